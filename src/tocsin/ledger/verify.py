"""Hash everything again: the manifest's chain first, then each segment against what was committed."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from tocsin.errors import LedgerDamaged
from tocsin.ledger.damage import damaged
from tocsin.ledger.order import Batch, SegmentRecord, batch_of
from tocsin.ledger.parts import packed_sha256, parts_of
from tocsin.ledger.recovery import read_order
from tocsin.ledger.view import LedgerView

Progress = Callable[[int], None]
"""Told the plain bytes checked since the last call."""
Range = tuple[int, int]
"""(start, stop) of plain bytes, stop excluded."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SegmentCheck:
    """What hashing a segment again gave."""

    segment: int
    form: Literal["plain", "packed"]
    bytes: int
    """Committed plain bytes."""
    damage: tuple[Range, ...] = ()
    """What cannot be vouched for."""
    batches: tuple[int, ...] = ()
    """Numbers of the batches that have bytes there."""
    received_at: tuple[datetime, datetime] | None = None
    """When the first and the last of them were received."""
    error: LedgerDamaged | None = None
    """None if the segment is what was committed."""


def verify(ledger: LedgerView, *, progress: Progress | None = None) -> Iterator[SegmentCheck]:
    """Check every committed byte; one result per segment, oldest first. Changes nothing.

    Raises `LedgerDamaged` before the first result if the manifest itself is not sound.
    """
    read_order(ledger.path)
    for record in ledger.segments:
        yield check_segment(ledger, record.number, progress=progress)


def check_segment(ledger: LedgerView, segment: int, *, progress: Progress | None = None) -> SegmentCheck:
    """Check one segment."""
    for _ in range(2):
        try:
            return _check(ledger, ledger.record(segment), progress or _unheard)
        except FileNotFoundError:  # it has just been compressed, or it is gone
            ledger.refresh()
    record = ledger.record(segment)
    return _unsound(ledger, record, [(0, record.bytes)], "its file is missing")


def _check(ledger: LedgerView, record: SegmentRecord, progress: Progress) -> SegmentCheck:
    running, unreadable = hashlib.sha256(), []
    for part in parts_of(ledger.path, record):
        if part.data is None:
            unreadable.append((part.start, part.stop))
        else:
            running.update(part.data)
        progress(part.stop - part.start)
    if unreadable:
        return _unsound(ledger, record, unreadable, "these bytes cannot be read")
    if running.hexdigest() != record.sha256:
        suspect = (_last_good_commit(ledger, record), record.bytes)
        return _unsound(ledger, record, [suspect], "it does not hash to what was committed")
    if record.packed and packed_sha256(ledger.path, record) != record.packed.sha256:
        return _unsound(ledger, record, [], "its compressed file was changed, though every plain byte is right")
    return SegmentCheck(segment=record.number, form=_form(record), bytes=record.bytes)


def _last_good_commit(ledger: LedgerView, record: SegmentRecord) -> int:
    """The largest committed length up to which the segment still hashes right: each commit recorded its own."""
    running, good = hashlib.sha256(), 0
    parts = parts_of(ledger.path, record)
    data = b""
    for length, sha256 in _commits_in(ledger, record):
        while (missing := length - good) > len(data) and (part := next(parts, None)) and part.data:
            data += part.data
        running.update(data[:missing])
        if running.hexdigest() != sha256:
            return good
        data, good = data[missing:], length
    return good


def _commits_in(ledger: LedgerView, record: SegmentRecord) -> Iterator[tuple[int, str]]:
    for line in ledger.commits(after=record.first_batch - 1, until=record.last_batch):
        for state in line.segments:
            if state.segment == record.number:
                yield state.bytes, state.sha256


def _unsound(ledger: LedgerView, record: SegmentRecord, damage: list[Range], why: str) -> SegmentCheck:
    batches = [batch for batch in _batches_in(ledger, record) if _touches(batch, record.number, damage)]
    received = [batch.received_at for batch in batches]
    start, stop = (damage[0][0], damage[-1][1]) if damage else (0, record.bytes)
    return SegmentCheck(
        segment=record.number,
        form=_form(record),
        bytes=record.bytes,
        damage=tuple(damage),
        batches=tuple(batch.number for batch in batches),
        received_at=(min(received), max(received)) if received else None,
        error=damaged(record, start, stop, why, batches=batches),
    )


def _batches_in(ledger: LedgerView, record: SegmentRecord) -> Iterator[Batch]:
    return (batch_of(line) for line in ledger.commits(after=record.first_batch - 1, until=record.last_batch))


def _touches(batch: Batch, segment: int, damage: list[Range]) -> bool:
    return any(
        piece.segment == segment and piece.offset < stop and start < piece.offset + piece.length
        for piece in batch.pieces
        for start, stop in damage
    )


def _form(record: SegmentRecord) -> Literal["plain", "packed"]:
    return "packed" if record.packed else "plain"


def _unheard(_: int) -> None:
    """Progress that nobody asked for."""
