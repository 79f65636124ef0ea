"""What is said when bytes are not what was appended: where, what it touches, what to do. Never whose."""

from __future__ import annotations

from collections.abc import Sequence

from tocsin.errors import LedgerDamaged
from tocsin.ledger.order import Batch, SegmentRecord


def damaged(
    record: SegmentRecord, start: int, stop: int, why: str, *, batches: Sequence[Batch] | None = None
) -> LedgerDamaged:
    """The error for plain bytes `start` to `stop` (excluded) of a segment, and the batches there if they are known."""
    return LedgerDamaged(
        f"Segment {record.number} of the ledger is damaged between bytes {start} and {stop}"
        f" ({record.bytes} are committed): {why}.",
        done=_affected(record, batches) + " Nothing was changed; no other segment is touched by this.",
        advice="Restore the segment from a backup; without one, collect these hours again from the source into a"
        " new ledger. Until then nothing in them can be vouched for.",
    )


def _affected(record: SegmentRecord, batches: Sequence[Batch] | None) -> str:
    if batches is None:
        numbers = record.first_batch, record.last_batch
        times = record.first_received_at, record.last_received_at
        says = "The segment holds"
    elif not batches:
        return "No batch is affected."
    else:
        numbers = batches[0].number, batches[-1].number
        received = [batch.received_at for batch in batches]
        times = min(received), max(received)
        says = f"{len(batches)} batches are affected:" if len(batches) > 1 else "One batch is affected:"
    return f"{says} {numbers[0]} to {numbers[1]}, received from {times[0]:{_TIME}} to {times[1]:{_TIME}} UTC."


_TIME = "%Y-%m-%d %H:%M:%S"
