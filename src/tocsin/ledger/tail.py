"""The tail: the one segment that grows, and the segments that the batch in hand has touched."""

from __future__ import annotations

import hashlib
import os
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from tocsin.ledger.check import QuickSum
from tocsin.ledger.disk import Disk
from tocsin.ledger.fresh import Fresh
from tocsin.ledger.layout import packed_file, partial_file, plain_file, segments_folder
from tocsin.ledger.lines import Packed, SegmentState
from tocsin.ledger.order import Position
from tocsin.ledger.packing import Squeeze


@dataclass(slots=True)
class Growing:
    """A segment that takes bytes."""

    number: int
    opened_at: datetime
    """When its first batch was received."""
    length: int = 0
    """Bytes appended, committed or not."""
    hash: Any = field(default_factory=hashlib.sha256)
    """Running SHA-256 of those bytes."""
    check: QuickSum | None = field(default_factory=QuickSum)
    """Of the bytes that are on the disk in plain; None if some were appended by an earlier process."""
    fresh: Fresh | None = None
    """Its bytes, as long as none of them is committed nor on the disk in plain."""

    def copy(self) -> Growing:
        """The same, as of now, once it is on the disk."""
        check = self.check.copy() if self.check else None
        return Growing(self.number, self.opened_at, self.length, self.hash.copy(), check)

    def state(self, *, closed: bool, packed: Packed | None = None) -> SegmentState:
        """The segment as a commit would leave it."""
        return SegmentState(self.number, self.length, self.hash.hexdigest(), closed, packed)


@dataclass(slots=True)
class Full:
    """A segment that the batch in hand has filled; not committed yet."""

    grown: Growing
    packed: Packed | None = None

    def state(self) -> SegmentState:
        """The segment as a commit would leave it."""
        return self.grown.state(closed=True, packed=self.packed)


class Tail:
    """Appends bytes, and can go back to where the last commit left it."""

    def __init__(
        self, ledger: Path, disk: Disk, *, next_segment: int, growing: Growing | None, frame_bytes: int
    ) -> None:
        self._ledger = ledger
        self._disk = disk
        self._frame_bytes = frame_bytes
        self._descriptor: int | None = None
        self._next = self._committed_next = next_segment
        self._growing = growing
        self._committed = growing.copy() if growing else None
        self.full: dict[int, Full] = {}
        """By number: what the batch in hand has filled."""

    @property
    def committed(self) -> Growing | None:
        """The open segment as the last commit left it; None if every segment is closed."""
        return self._committed

    def has_room(self, length: int, segment_bytes: int) -> bool:
        """Whether `length` more bytes belong in the segment that grows (an empty one takes any number)."""
        growing = self._growing
        return growing is None or growing.length == 0 or growing.length + length <= segment_bytes

    def append(self, data: bytes, *, received_at: datetime) -> Position:
        """Take in bytes at the end; they are not durable before `sync`."""
        growing = self._grow(received_at)
        if growing.fresh and growing.fresh.failed:
            self._write_out(growing)
        if growing.fresh:
            growing.fresh.add(data)
        else:
            self._write(growing, data)
        growing.hash.update(data)
        position = self.here()
        growing.length += len(data)
        return position

    def here(self) -> Position:
        """Where the next byte goes if there is room."""
        return Position(self._growing.number, self._growing.length) if self._growing else Position(self._next, 0)

    def fill(self) -> int:
        """The segment that grows is full: the next bytes go to a new one. Gives its number."""
        assert self._growing is not None
        number = self._growing.number
        self.full[number] = Full(self._growing)
        self._let_go()
        return number

    def due(self) -> int | None:
        """The segment that grows, if enough has come that it should be packed as far as it is."""
        growing = self._growing
        return growing.number if growing and growing.fresh and growing.fresh.due() else None

    def fresh(self, number: int) -> Fresh | None:
        """A segment that is not on the disk in plain."""
        grown = self.full[number].grown if number in self.full else self._growing
        return grown.fresh if grown and grown.number == number else None

    def all_fresh(self) -> frozenset[int]:
        """Segments of the batch in hand that are not on the disk in plain."""
        grown = [*(full.grown for full in self.full.values()), *([self._growing] if self._growing else [])]
        return frozenset(one.number for one in grown if one.fresh)

    def is_new(self, number: int) -> bool:
        """Whether a segment holds bytes of the batch in hand only."""
        return self._committed is None or number != self._committed.number

    def sync(self) -> None:
        """Make the batch in hand durable. What was packed already is, and has no plain form. Nobody packs meanwhile."""
        for number, full in self.full.items():
            if full.packed is None:
                self._write_out(full.grown)
                self._disk.sync_file(plain_file(self._ledger, number))
        if self._growing:
            self._write_out(self._growing)
        if self._descriptor is not None:  # a batch without bytes may find none open
            self._disk.sync(self._descriptor)
        if self._next != self._committed_next:
            self._disk.sync_folder(segments_folder(self._ledger))

    def states(self) -> tuple[SegmentState, ...]:
        """Every segment that the batch in hand touched, oldest first."""
        states = [full.state() for full in self.full.values()]
        if self._growing and self._growing.length > self._length_before():
            states.append(self._growing.state(closed=False))
        return tuple(states)

    def settle(self) -> list[int]:
        """The batch is committed: this is where to go back to. Gives the filled segments that are not packed yet."""
        unpacked = [number for number, full in self.full.items() if full.packed is None]
        self.full.clear()
        self._committed = self._growing.copy() if self._growing else None
        self._committed_next = self._next
        return unpacked

    def close_segment(self) -> None:
        """Between batches: the open segment takes no more bytes."""
        self._let_go()
        self._committed = None

    def roll_back(self) -> None:
        """Remove every byte since the last commit."""
        committed = self._committed
        self.release()
        for number in self.all_fresh():
            if fresh := self.fresh(number):
                fresh.let_go()
        self.full.clear()
        for number in range(self._committed_next, self._next):
            self._disk.remove(partial_file(self._ledger, number))
            self._disk.remove(packed_file(self._ledger, number))
            self._disk.remove(plain_file(self._ledger, number))
        if committed:
            self._disk.truncate(plain_file(self._ledger, committed.number), committed.length)
        self._growing = committed.copy() if committed else None
        self._next = self._committed_next

    def release(self) -> None:
        """Let go of the file."""
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None

    def _grow(self, received_at: datetime) -> Growing:
        if self._growing is None:
            squeeze = Squeeze(self._ledger, self._disk, self._next, frame_bytes=self._frame_bytes)
            fresh = Fresh(squeeze, frame_bytes=self._frame_bytes)
            self._growing = Growing(self._next, received_at, fresh=fresh)
            self._next += 1
        return self._growing

    def _write(self, growing: Growing, data: bytes) -> None:
        """To the plain form of the segment that grows."""
        if self._descriptor is None:
            self._descriptor = self._disk.open_to_append(plain_file(self._ledger, growing.number))
        self._disk.write(self._descriptor, data)
        if growing.check:
            growing.check.update(data)

    def _write_out(self, grown: Growing) -> None:
        """Leave a segment in its plain form, if it is not there in that already."""
        if grown.fresh is None:
            return
        descriptor = self._disk.open_to_append(plain_file(self._ledger, grown.number))
        try:
            for data in grown.fresh.plain():
                self._disk.write(descriptor, data)
                if grown.check:
                    grown.check.update(data)
        finally:
            if grown is self._growing:
                self._descriptor = descriptor
            else:
                os.close(descriptor)
        grown.fresh.let_go()
        self._disk.remove(partial_file(self._ledger, grown.number))
        grown.fresh = None

    def _length_before(self) -> int:
        assert self._growing is not None
        return 0 if self._committed is None or self.is_new(self._growing.number) else self._committed.length

    def _let_go(self) -> None:
        self.release()
        self._growing = None
