"""Parquet and memory keep the same rows, in the same order, with the same types."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from unittest import mock

from hypothesis import given, settings
from hypothesis import strategies as st

from parity.strategies import DAYS, Piece, pieces
from tocsin.model.event import STORED_EVENT
from tocsin.store.memory import MemoryParts
from tocsin.store.parquet import ParquetParts


@settings(max_examples=30, deadline=None)
@given(trail=pieces(), twice=st.booleans(), before=st.integers(0, 5))
def test_parts_come_back_alike(trail: list[Piece], twice: bool, before: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        parquet, memory = ParquetParts(Path(folder), durable=False), MemoryParts()
        for piece in trail * (2 if twice else 1):
            for parts in (parquet, memory):
                parts.write("events", piece.table, day=piece.day, batch=piece.batch)
        assert parquet.days("events") == memory.days("events")
        for day in (None, *DAYS):
            assert parquet.read("events", day=day).to_pylist() == memory.read("events", day=day).to_pylist()
            assert parquet.read("events", day=day).schema == STORED_EVENT
            assert parquet.batches("events", day) == memory.batches("events", day)
        for day in DAYS:
            assert parquet.ids(day, before=before).tolist() == memory.ids(day, before=before).tolist()


@dataclass(frozen=True)
class Write:
    piece: Piece


@dataclass(frozen=True)
class Compact:
    before: date


_compactions = st.sampled_from((date(2025, 9, 30), date(2025, 10, 1), date(2025, 11, 1))).map(Compact)
_steps = st.lists(pieces().flatmap(lambda its: st.sampled_from(its).map(Write) if its else _compactions) | _compactions)


@settings(max_examples=40, deadline=None)
@given(steps=_steps, parts_of_a_day=st.integers(1, 3))
def test_writing_and_compacting_in_any_order(steps: list[Write | Compact], parts_of_a_day: int) -> None:
    """A part may come late, or again, after its day or month was merged."""
    with (
        tempfile.TemporaryDirectory() as folder,
        mock.patch("tocsin.store.merge.PARTS_OF_A_DAY", parts_of_a_day),
    ):
        parquet, memory = ParquetParts(Path(folder), durable=False), MemoryParts()
        for step in steps:
            for parts in (parquet, memory):
                match step:
                    case Write(piece):
                        parts.write("events", piece.table, day=piece.day, batch=piece.batch)
                    case Compact(before):
                        parts.compact("events", before=before)
            assert_alike(parquet, memory)


def assert_alike(parquet: ParquetParts, memory: MemoryParts) -> None:
    assert parquet.days("events") == memory.days("events")
    assert parquet.read("events").to_pylist() == memory.read("events").to_pylist()
    for day in DAYS:
        assert parquet.read("events", day=day).to_pylist() == memory.read("events", day=day).to_pylist()
        assert parquet.batches("events", day) == memory.batches("events", day)
        assert parquet.ids(day, before=3).tolist() == memory.ids(day, before=3).tolist()


@settings(max_examples=20, deadline=None)
@given(trail=pieces())
def test_order_is_day_then_batch_then_row_as_written(trail: list[Piece]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        parts = ParquetParts(Path(folder), durable=False)
        for piece in trail:
            parts.write("events", piece.table, day=piece.day, batch=piece.batch)
        expected = [row for piece in sorted(trail, key=lambda p: (p.day, p.batch)) for row in piece.table.to_pylist()]
        assert parts.read("events").to_pylist() == expected
