"""How fast the store takes and gives events, and how many bytes it keeps of each. `--rows`: events, default 10^6.

Events are generated: 60 days, 20,000 accounts of unequal zeal, 8 services, 300,000 patients. Every figure is of one
process on the machine it ran on; day parts are measured first, then the same rows merged into months.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import tempfile
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from functools import partial
from pathlib import Path
from time import perf_counter

import numpy as np
import pyarrow as pa
from rich.console import Console
from rich.table import Table

from tocsin.model.event import ACTIONS, OUTCOMES, PATIENT_BYTES, QUERY_KINDS, REASONS, STORED_EVENT, words
from tocsin.store.duckdb import DuckDBQuestions
from tocsin.store.interface import stored
from tocsin.store.parquet import ParquetParts

FIRST = date(2025, 8, 1)
DAYS = 60
ACCOUNTS = 20_000
PATIENTS = 300_000


def day_of_events(rng: np.random.Generator, day: date, rows: int) -> pa.Table:
    """One day of the trail, in the accepted order."""
    midnight = int(datetime(day.year, day.month, day.day, tzinfo=UTC).timestamp()) * 1_000_000
    at = np.sort(rng.integers(0, 86_400_000_000, rows)) + midnight
    account = np.minimum(rng.zipf(1.3, rows) - 1, ACCOUNTS - 1)
    account = np.where(account == ACCOUNTS - 1, rng.integers(0, ACCOUNTS, rows), account)
    values: dict[str, pa.Array] = {
        "event_id": _ids(rng, at),
        "at": pa.array(at, pa.timestamp("us", tz="UTC")),
        "received_at": pa.array(at + rng.integers(0, 3_000_000, rows), pa.timestamp("us", tz="UTC")),
        "source": _texts("source", np.zeros(rows, np.int32), 1),
        "service": _texts("service", account % 8, 8),
        "account": _texts("urn:oid:1.2.250.1.71|", account, ACCOUNTS),
        "professional": _texts("9900", account, ACCOUNTS),
        "client": _texts("client", account % 5, 5),
        "address": _texts("198.51.100.", account % 5_000, 5_000),
        "network": _texts("198.51.", account % 500, 500),
        "purpose": _texts("TREAT", np.zeros(rows, np.int32), 1),
        "query_head": _texts("q", rng.integers(0, 2_000, rows), 2_000),
        "action": words(rng.choice(len(ACTIONS), rows, p=(0.03, 0.01, 0.1, 0.25, 0.55, 0.01, 0.04, 0.01)), ACTIONS),
        "outcome": words(rng.choice(3, rows, p=(0.97, 0.02, 0.01)), OUTCOMES),
        "query_kind": words(rng.integers(0, len(QUERY_KINDS), rows), QUERY_KINDS),
        "explained_by": words(rng.integers(0, len(REASONS), rows), REASONS),
        "patient": _references(rng.integers(0, PATIENTS, rows)),
        "device": pa.array(account.astype(np.uint64) * np.uint64(0x9E3779B97F4A7C15)),
        "token": pa.array((account * 64 + at // 14_400_000_000 % 64).astype(np.uint64) * np.uint64(0x9E3779B97F4A7C15)),
        "request": pa.array(rng.integers(1, 2**63, rows).astype(np.uint64)),
        "query_hash": pa.array(
            rng.integers(1, 2**63, rows // 8 + 1).astype(np.uint64)[rng.integers(0, rows // 8 + 1, rows)]
        ),
        "elements": pa.array(rng.choice([0, 7, 71, 4_096], rows).astype(np.uint32)),
        "id_low": pa.array(rng.integers(0, 4_096, rows).astype(np.int16)),
        "offset": pa.array(np.cumsum(rng.integers(900, 2_500, rows))),
        "length": pa.array(rng.integers(900, 2_500, rows).astype(np.int32)),
        "patients": pa.nulls(rows, pa.int32()),
    }
    columns = [values.get(field.name, _ones(field, rows)) for field in STORED_EVENT]
    return pa.table(
        [column.cast(field.type) for column, field in zip(columns, STORED_EVENT, strict=True)], STORED_EVENT
    )


def _ones(field: pa.Field, rows: int) -> pa.Array:
    return pa.array(np.ones(rows, np.int64)).cast(field.type) if pa.types.is_integer(field.type) else pa.nulls(rows)


def _texts(prefix: str, codes: np.ndarray, distinct: int) -> pa.Array:
    dictionary = pa.array([f"{prefix}{n}" for n in range(distinct)])
    return pa.DictionaryArray.from_arrays(pa.array(codes.astype(np.int32)), dictionary)


def _fixed(data: np.ndarray, width: int) -> pa.Array:
    return pa.FixedSizeBinaryArray.from_buffers(pa.binary(width), len(data), [None, pa.py_buffer(data.tobytes())])


def _ids(rng: np.random.Generator, at: np.ndarray) -> pa.Array:
    time = (at + 2**55).astype(">u8").view(np.uint8).reshape(-1, 8)[:, 1:]
    return _fixed(np.hstack([time, rng.integers(0, 256, (len(at), 9), dtype=np.uint8)]), 16)


def _references(patients: np.ndarray) -> pa.Array:
    """Patient n has the same 16 pseudo-random bytes every day."""
    keyed = np.random.default_rng(7).integers(0, 256, (PATIENTS, PATIENT_BYTES), dtype=np.uint8)
    keyed[:, 0] = 1
    return _fixed(keyed[patients], PATIENT_BYTES)


def measure(rows: int, root: Path) -> Iterator[tuple[str, float, str]]:
    """Name, value and unit of each figure."""
    rng = np.random.default_rng(20250914)
    parts = ParquetParts(root)
    days = [FIRST + timedelta(days=n) for n in range(DAYS)]
    tables = {day: day_of_events(rng, day, rows // DAYS) for day in days}
    in_memory = sum(table.nbytes for table in tables.values())
    rows = sum(table.num_rows for table in tables.values())

    took = sum(_timed(partial(parts.write, "events", table, day=day, batch=1)) for day, table in tables.items())
    yield "write, fsynced, one part a day", rows / took, "events/s"
    yield "write, of columns in memory", in_memory / took / 1e6, "MB/s"
    candidates = np.frombuffer(b"".join(tables[days[-1]].column("event_id").to_pylist()), "V16")
    tables.clear()
    yield "kept, day parts", _size(root) / rows, "bytes/event"
    took = _timed(lambda: parts.read("events", columns=["event_id", "at", "account", "patient"]))
    yield "read back, 4 columns", rows / took, "events/s"
    took = _timed(lambda: stored(parts.ids(days[-1]), candidates))
    yield "duplicates told apart, one day", len(candidates) / took, "events/s"
    yield from _asked("day parts", parts, rng)

    took = _timed(lambda: parts.compact("events", before=FIRST + timedelta(days=DAYS + 31)))
    yield "merge into months", rows / took, "events/s"
    yield "kept, months", _size(root) / rows, "bytes/event"
    yield from _asked("months", parts, rng)
    yield "verify, every checksum", rows / _timed(parts.verify), "events/s"
    yield "most memory held", resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e3, "MB"


def _asked(layout: str, parts: ParquetParts, rng: np.random.Generator) -> Iterator[tuple[str, float, str]]:
    questions = DuckDBQuestions(parts)
    ten = [f"urn:oid:1.2.250.1.71|{n}" for n in rng.integers(1_000, ACCOUNTS, 10)]
    one_event = parts.read("events", day=FIRST, columns=["event_id"]).column(0)[0].as_py()
    patients = parts.read("events", day=FIRST, columns=["patient"]).column(0)[:10].to_pylist()
    week = {"since": datetime(2025, 8, 4, tzinfo=UTC), "until": datetime(2025, 8, 11, tzinfo=UTC)}
    asked: dict[str, Callable[[], object]] = {
        "ten accounts, all columns": lambda: questions.accesses_of(ten),
        "ten accounts, distinct patients": lambda: questions.patients_of(ten),
        "busiest account, distinct patients": lambda: questions.patients_of(["urn:oid:1.2.250.1.71|0"]),
        "ten patients, all columns": lambda: questions.accesses_to(patients),
        "one event": lambda: questions.event(one_event),
        "services by hour, one week": lambda: questions.services_by_hour(**week),
        "services by hour, all": lambda: questions.services_by_hour(),
    }
    for name, ask in asked.items():
        ask()
        yield f"{name} ({layout})", min(_timed(ask) for _ in range(3)), "s"


def _timed(act: Callable[[], object]) -> float:
    start = perf_counter()
    act()
    return perf_counter() - start


def _size(root: Path) -> int:
    return sum(path.stat().st_size for path in root.rglob("*.parquet"))


def main() -> None:
    """Print a table, and write a JSON where asked."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--rows", type=int, default=1_000_000)
    arguments.add_argument("--json", type=Path)
    told = arguments.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        figures = list(measure(told.rows, Path(folder)))
    table = Table("", "value", "unit", title=f"The store: {told.rows:,} events, {os.cpu_count()} cores")
    for name, value, unit in figures:
        table.add_row(name, f"{value:,.3f}" if value < 10 else f"{value:,.0f}", unit)
    Console().print(table)
    if told.json:
        told.json.write_text(
            json.dumps([dict(zip(("name", "value", "unit"), f, strict=True)) for f in figures], indent=1)
        )


if __name__ == "__main__":
    main()
