"""The ledger as everybody may read it: no lock, nothing changed on the disk."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from tocsin.errors import LedgerDamaged
from tocsin.ledger.cutting import blocks_of
from tocsin.ledger.damage import damaged
from tocsin.ledger.lines import Committed
from tocsin.ledger.manifest import End, lines_between, scan
from tocsin.ledger.order import LANDMARK_EVERY, Batch, Order, SegmentRecord, batch_of
from tocsin.ledger.reading import Reader
from tocsin.model.block import Block

BLOCK_BYTES = 8 << 20
"""Of a block that is read again. Measured: from 1 MiB on, larger blocks read no faster; 8 suit the parsers."""
_READ_ATTEMPTS = 3
"""A segment changes its form once, from plain to compressed."""


class LedgerView:
    """What was committed, in the accepted order."""

    def __init__(self, path: Path, order: Order, end: End) -> None:
        self.path = path
        self._order = order
        self._end = end
        self._reader = Reader(path)

    @property
    def last_batch(self) -> int:
        """Number of the last committed batch; 0 if there is none."""
        return self._order.last_batch

    @property
    def total_bytes(self) -> int:
        """Committed plain bytes."""
        return sum(record.bytes for record in self._order.segments.values())

    @property
    def segments(self) -> tuple[SegmentRecord, ...]:
        """What the manifest says of each segment, oldest first."""
        return tuple(self._order.segments.values())

    def refresh(self) -> int:
        """Take in what a writer has committed since; gives the number of the last batch."""
        for start, line in scan(self.path, self._end):
            self._order.apply(start, line)
        return self.last_batch

    def knows(self, source: str, sha256: str) -> bool:
        """Whether a file with this SHA-256 (lower-case hexadecimal) was taken in from this source before."""
        return sha256 in self._order.files.get(source, ())

    def followed(self, source: str) -> dict[str, int]:
        """How far files of this source that grow were read: {SHA-256 of what was read: its bytes}."""
        return dict(self._order.followed.get(source, {}))

    def was_handed_in(self, name: str) -> bool:
        """Whether this was taken from the inbox before."""
        return name in self._order.handed_in

    def batches(self, *, after: int = 0) -> Iterator[Batch]:
        """The batches committed so far, in accepted order, beginning with number `after + 1`."""
        return (batch_of(line) for line in self.commits(after=after))

    def commits(self, *, after: int = 0, until: int | None = None) -> Iterator[Committed]:
        """The lines that commit them, from number `after + 1` to `until`."""
        last = self.last_batch if until is None else min(until, self.last_batch)
        if after >= last:
            return
        start = self._order.landmarks[after // LANDMARK_EVERY]
        for line in lines_between(self.path, start, self._end.offset):
            if isinstance(line, Committed) and line.batch > after:
                yield line
                if line.batch >= last:
                    return

    def read(self, segment: int, offset: int, length: int) -> bytes:
        """Committed bytes of a segment, compressed or not.

        Raises `LedgerDamaged` if they are not there, or not what was appended (which compressed bytes show at once,
        and plain ones when they are verified).
        """
        for _ in range(_READ_ATTEMPTS):
            try:
                return self._reader.read(self.record(segment), offset, length)
            except FileNotFoundError:  # it has just been compressed
                self.refresh()
            except OSError as error:
                why = f"the disk says: {error.strerror}"
                raise damaged(self.record(segment), offset, offset + length, why) from error
        raise damaged(self.record(segment), offset, offset + length, "its file is missing")

    def blocks(self, batch: Batch, *, block_bytes: int = BLOCK_BYTES) -> Iterator[tuple[str, Block]]:
        """The whole lines of a batch, piece by piece as they were appended, each block with its stream.

        Blocks hold at most `block_bytes`, and at most MAX_LINE_BYTES; a longer line stands in `overlong` only.
        """
        for piece in batch.pieces:
            for block in blocks_of(piece, self.read, block_bytes=block_bytes):
                yield piece.stream, block

    def record(self, segment: int) -> SegmentRecord:
        """What the manifest says of a segment."""
        record = self._order.segments.get(segment)
        if record is None:
            raise LedgerDamaged(
                f"Segment {segment} is asked for and the ledger has none of that number.",
                advice="If the ledger was restored from an older backup, run `tocsin rebuild`.",
            )
        return record


def utc(now: datetime) -> datetime:
    """The same moment in UTC; a time without a zone is a mistake of the caller."""
    if now.tzinfo is None:
        raise ValueError("`now` needs a time zone")
    return now.astimezone(UTC)
