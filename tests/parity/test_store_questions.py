"""DuckDB over Parquet and the referee in memory give the same answers, however the trail is cut into parts."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from parity.strategies import (
    ACCOUNTS,
    DEVICES,
    MOMENTS,
    NETWORKS,
    PATIENTS,
    PROFESSIONALS,
    REQUESTS,
    Piece,
    event_id_of,
    periods,
    pieces,
    pieces_of,
    rows,
    some_of,
)
from tocsin.store.duckdb import DuckDBQuestions
from tocsin.store.interface import Questions
from tocsin.store.memory import MemoryParts, MemoryQuestions
from tocsin.store.parquet import ParquetParts

Ask = Callable[[Questions], pa.Table]

_over_time = st.tuples(some_of(ACCOUNTS), periods())

QUESTIONS: dict[str, st.SearchStrategy[Ask]] = {
    "accesses_of": _over_time.map(lambda a: lambda q: q.accesses_of(a[0], **a[1])),
    "accesses_to": st.tuples(some_of(PATIENTS), periods()).map(lambda a: lambda q: q.accesses_to(a[0], **a[1])),
    "patients_of": _over_time.map(lambda a: lambda q: q.patients_of(a[0], **a[1])),
    "seen": some_of(ACCOUNTS).map(lambda a: lambda q: q.seen(a)),
    "professionals_of": some_of(ACCOUNTS).map(lambda a: lambda q: q.professionals_of(a)),
    "accounts_of": some_of(PROFESSIONALS).map(lambda a: lambda q: q.accounts_of(a)),
    "days_of": _over_time.map(lambda a: lambda q: q.days_of(a[0], **a[1])),
    "origins_of": _over_time.map(lambda a: lambda q: q.origins_of(a[0], **a[1])),
    "accounts_from": st.tuples(some_of(NETWORKS), some_of(DEVICES), periods()).map(
        lambda a: lambda q: q.accounts_from(networks=a[0], devices=a[1], **a[2])
    ),
    "explanations_by": periods().map(lambda a: lambda q: q.explanations_by(**a)),
    "explanations_of": _over_time.map(lambda a: lambda q: q.explanations_of(a[0], **a[1])),
    "services_by_hour": periods().map(lambda a: lambda q: q.services_by_hour(**a)),
    "requests": st.tuples(some_of(REQUESTS), periods()).map(lambda a: lambda q: q.requests(a[0], **a[1])),
    "event": st.builds(event_id_of, st.sampled_from(MOMENTS), st.integers(0, 2)).map(lambda a: lambda q: q.event(a)),
}


@contextmanager
def _both(trail: list[Piece], *, compacted_before: date | None = None) -> Iterator[tuple[Questions, Questions]]:
    with tempfile.TemporaryDirectory() as folder:
        parquet, memory = ParquetParts(Path(folder), durable=False), MemoryParts()
        for piece in trail:
            for parts in (parquet, memory):
                parts.write("events", piece.table, day=piece.day, batch=piece.batch)
        if compacted_before is not None:
            parquet.compact("events", before=compacted_before)
        yield DuckDBQuestions(parquet, memory_mb=200, threads=1), MemoryQuestions(memory)


@pytest.mark.parametrize("name", QUESTIONS)
@settings(max_examples=25, deadline=None)
@given(data=st.data(), trail=pieces())
def test_two_engines_one_answer(name: str, data: st.DataObject, trail: list[Piece]) -> None:
    ask = data.draw(QUESTIONS[name])
    with _both(trail) as (duck, referee):
        assert ask(duck).schema == ask(referee).schema
        assert ask(duck).to_pylist() == ask(referee).to_pylist()


@pytest.mark.parametrize("name", QUESTIONS)
@settings(max_examples=10, deadline=None)
@given(data=st.data(), trail=pieces(), before=st.sampled_from((date(2025, 10, 1), date(2025, 11, 1))))
def test_compaction_changes_no_answer(name: str, data: st.DataObject, trail: list[Piece], before: date) -> None:
    ask = data.draw(QUESTIONS[name])
    with _both(trail, compacted_before=before) as (duck, referee):
        assert ask(duck).to_pylist() == ask(referee).to_pylist()


@settings(max_examples=40, deadline=None)
@given(data=st.data(), told=rows())
def test_the_cut_into_batches_changes_no_count(data: st.DataObject, told: list[dict[str, object]]) -> None:
    name = data.draw(st.sampled_from(sorted({*QUESTIONS} - {"accesses_of", "accesses_to", "requests", "event"})))
    ask = data.draw(QUESTIONS[name])
    in_one = [row | {"batch": 1} for row in {(row["event_id"], row["row"]): row for row in told}.values()]
    in_many = [row | {"batch": 1 + n % 3} for n, row in enumerate(in_one)]
    with _both(pieces_of(in_one)) as (one, _), _both(pieces_of(in_many)) as (many, _):
        assert ask(one).to_pylist() == ask(many).to_pylist()
