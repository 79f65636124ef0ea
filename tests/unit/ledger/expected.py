"""What a ledger must hold: a list of batches, compared byte for byte."""

from __future__ import annotations

import os
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from tocsin.ledger import Ledger, LedgerView, verify

T0 = datetime(2025, 9, 1, 8, 0, tzinfo=UTC)
SMALL = {"segment_bytes": 400, "frame_bytes": 64, "segment_age": timedelta(minutes=10)}
"""Settings under which a few lines fill a segment."""


@dataclass(frozen=True)
class Expected:
    """One batch: what was appended, in order."""

    source: str
    appends: tuple[tuple[str, bytes], ...]

    @property
    def data(self) -> bytes:
        return b"".join(data for _, data in self.appends)


def commit(ledger: Ledger, batch: Expected, *, now: datetime = T0) -> int:
    """Append and commit."""
    with ledger.batch(source=batch.source, now=now) as writer:
        for stream, data in batch.appends:
            writer.append(stream, data)
        return writer.commit({"note": len(batch.appends)})


def assert_holds(ledger: LedgerView, batches: list[Expected], *, block_bytes: int = 100) -> None:
    """The ledger has these batches and no byte more, by every way to read it."""
    found = list(ledger.batches())
    assert [batch.number for batch in found] == list(range(1, len(batches) + 1))
    for batch, expected in zip(found, batches, strict=True):
        assert batch.source == expected.source
        assert batch.bytes == len(expected.data)
        pieces = [ledger.read(piece.segment, piece.offset, piece.length) for piece in batch.pieces]
        assert b"".join(pieces) == expected.data
        blocks = list(ledger.blocks(batch, block_bytes=block_bytes))
        assert b"".join(block.data for _, block in blocks) == expected.data
        assert _by_stream(blocks) == _by_stream_appended(expected)
    assert all(check.error is None for check in verify(ledger))


def assert_tidy(ledger: LedgerView) -> None:
    """Each segment exists in one form, as long as what was committed, and nothing else is in the folder."""
    folder = ledger.path / "segments"
    names = {f"{record.number:08d}.seg{'.zst' if record.packed else ''}" for record in ledger.segments}
    assert set(os.listdir(folder)) == names
    for record in ledger.segments:
        if not record.packed:
            assert (folder / f"{record.number:08d}.seg").stat().st_size == record.bytes
    assert (ledger.path / "manifest.jsonl").read_bytes().endswith(b"}\n")


def reopened(path: Path, **settings) -> Ledger:
    """Open again, without a thread."""
    return Ledger.open(path, now=T0, **SMALL | {"background": False} | settings)


def _by_stream(blocks) -> dict[str, bytes]:
    found: dict[str, bytes] = {}
    for stream, block in blocks:
        found[stream] = found.get(stream, b"") + block.data
    return found


def _by_stream_appended(expected: Expected) -> dict[str, bytes]:
    found: dict[str, bytes] = {}
    for stream, data in expected.appends:
        if data:
            found[stream] = found.get(stream, b"") + data
    return found
