"""The accepted order: a fold over the manifest's lines, kept small enough for memory.

Batches themselves are not kept: they are read again from the manifest, from the nearest landmark.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from tocsin.ledger.lines import Closed, Committed, Compressed, Line, Packed, SegmentState

LANDMARK_EVERY: Final = 256
"""Batches between two places of the manifest that are remembered."""


@dataclass(frozen=True, slots=True)
class Position:
    """Where appended bytes begin."""

    segment: int
    offset: int


@dataclass(frozen=True, slots=True)
class Piece:
    """Whole lines of one stream, side by side in one segment."""

    stream: str
    """What kind of bytes: `AuditEvent`, `Encounter`, `nginx:portal`."""
    segment: int
    offset: int
    length: int
    """Bytes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    """What was accepted together."""

    number: int
    """From 1, without gaps."""
    source: str
    received_at: datetime
    pieces: tuple[Piece, ...]
    bytes: int
    lines: int
    """Blank lines included."""
    meta: dict[str, Any]
    """What the collector said of it; `files`: [{sha256, bytes, lines}] of each file it came from."""


@dataclass(slots=True, kw_only=True)
class SegmentRecord:
    """What the manifest says of a segment."""

    number: int
    bytes: int = 0
    """Committed plain bytes."""
    sha256: str = ""
    """Of those."""
    closed: bool = False
    packed: Packed | None = None
    first_batch: int = 0
    last_batch: int = 0
    first_received_at: datetime
    last_received_at: datetime


@dataclass(slots=True)
class Order:
    """Everything the ledger knows of itself, from the lines applied so far."""

    last_batch: int = 0
    segments: dict[int, SegmentRecord] = field(default_factory=dict)
    landmarks: list[int] = field(default_factory=list)
    """Byte of the manifest at which batch 1, 1 + LANDMARK_EVERY, ... begins."""
    files: dict[str, set[str]] = field(default_factory=dict)
    """Source -> SHA-256 of each file taken in."""
    followed: dict[str, dict[str, int]] = field(default_factory=dict)
    """Source -> {SHA-256 of what was read of a file that grows: its bytes}; whole files are read to their end."""
    handed_in: set[str] = field(default_factory=set)
    """Names of what was taken from the inbox."""

    @property
    def last_segment(self) -> SegmentRecord | None:
        """The newest segment; the only one that may still be open."""
        return next(reversed(self.segments.values()), None)

    def apply(self, start: int, line: Line) -> None:
        """Take in the next line, which begins at byte `start` of the manifest."""
        if isinstance(line, Committed):
            self._commit(start, line)
        elif isinstance(line, Closed):
            self.segments[line.segment].closed = True
        elif isinstance(line, Compressed):
            self.segments[line.segment].packed = line.packed

    def _commit(self, start: int, line: Committed) -> None:
        if self.last_batch % LANDMARK_EVERY == 0:
            self.landmarks.append(start)
        self.last_batch = line.batch
        for state in line.segments:
            self._touch(state, line)
        for file in line.meta.get("files", ()):
            self.files.setdefault(line.source, set()).add(file["sha256"])
            self.followed.setdefault(line.source, {})[file["sha256"]] = file["bytes"]
        for mark in line.meta.get("follow", ()):
            places = self.followed.setdefault(line.source, {})
            places.pop(mark["was"], None)
            places[mark["sha256"]] = mark["bytes"]
        self.handed_in.update(line.meta.get("inbox", ()))

    def _touch(self, state: SegmentState, line: Committed) -> None:
        record = self.segments.get(state.segment)
        if record is None:
            record = SegmentRecord(
                number=state.segment,
                first_batch=line.batch,
                first_received_at=line.received_at,
                last_received_at=line.received_at,
            )
            self.segments[state.segment] = record
        record.bytes, record.sha256, record.closed = state.bytes, state.sha256, state.closed
        record.packed, record.last_batch = state.packed, line.batch
        # The clock may have been set back between two batches.
        record.first_received_at = min(record.first_received_at, line.received_at)
        record.last_received_at = max(record.last_received_at, line.received_at)


def batch_of(line: Committed) -> Batch:
    """The batch that a line commits."""
    return Batch(
        number=line.batch,
        source=line.source,
        received_at=line.received_at,
        pieces=tuple(Piece(*piece) for piece in line.pieces),
        bytes=line.bytes,
        lines=line.lines,
        meta=line.meta,
    )
