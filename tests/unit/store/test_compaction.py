"""Parts merged into months and days: fewer files, the same rows."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from parity.strategies import table_of, whole_row
from tocsin.store.merge import PARTS_OF_A_DAY
from tocsin.store.parquet import ParquetParts

SEPTEMBER = [date(2025, 9, day) for day in (1, 2, 30)]
OCTOBER = date(2025, 10, 1)


def events(day: date, *accounts: str, batch: int = 1) -> pa.Table:
    midnight = datetime(day.year, day.month, day.day, tzinfo=UTC)
    told = [
        {"at": midnight + timedelta(seconds=n), "line": n, "account": account, "batch": batch}
        for n, account in enumerate(accounts)
    ]
    return table_of([whole_row(row) for row in told])


@pytest.fixture
def parts(tmp_path: Path) -> ParquetParts:
    made = ParquetParts(tmp_path)
    for day in SEPTEMBER:
        made.write("events", events(day, "b", "a", "c", "a"), day=day, batch=1)
    made.write("events", events(OCTOBER, "z", "y"), day=OCTOBER, batch=1)
    return made


def files(folder: Path) -> list[str]:
    return sorted(str(path.relative_to(folder / "v1/events")) for path in folder.rglob("*.parquet"))


def test_a_month_that_has_ended_becomes_one_file_sorted_by_account(parts: ParquetParts, tmp_path: Path) -> None:
    before = parts.read("events").to_pylist()
    assert parts.compact("events", before=OCTOBER) == ["2025-09"]
    assert files(tmp_path) == ["day=2025-10-01/batch-000001.parquet", "merged=2025-09/000001.parquet"]
    accounts = pq.read_table(tmp_path / "v1/events/merged=2025-09/000001.parquet").column("account").to_pylist()
    assert accounts == sorted(accounts)
    assert parts.read("events").to_pylist() == before


def test_a_month_that_has_not_ended_stays_in_days(parts: ParquetParts) -> None:
    assert parts.compact("events", before=date(2025, 9, 30)) == []


def test_the_second_time_there_is_nothing_to_do(parts: ParquetParts, tmp_path: Path) -> None:
    parts.compact("events", before=OCTOBER)
    first = files(tmp_path)
    assert parts.compact("events", before=OCTOBER) == []
    assert files(tmp_path) == first


def test_what_comes_late_counts_at_once_and_is_merged_the_next_time(parts: ParquetParts, tmp_path: Path) -> None:
    parts.compact("events", before=OCTOBER)
    parts.write("events", events(SEPTEMBER[0], "late", batch=9), day=SEPTEMBER[0], batch=9)
    assert parts.batches("events", SEPTEMBER[0]) == [1, 9]
    assert "late" in parts.read("events", day=SEPTEMBER[0]).column("account").to_pylist()
    before = parts.read("events").to_pylist()
    assert parts.compact("events", before=OCTOBER) == ["2025-09"]
    assert files(tmp_path)[1:] == ["merged=2025-09/000002.parquet"]
    assert parts.read("events").to_pylist() == before


def test_a_part_that_was_merged_can_still_be_written_again(parts: ParquetParts) -> None:
    parts.compact("events", before=OCTOBER)
    parts.write("events", events(SEPTEMBER[1], "again"), day=SEPTEMBER[1], batch=1)
    assert parts.read("events", day=SEPTEMBER[1]).column("account").to_pylist() == ["again"]
    assert parts.read("events").num_rows == 4 + 1 + 4 + 2


def test_an_open_day_of_many_batches_is_merged_too(parts: ParquetParts, tmp_path: Path) -> None:
    for batch in range(1, PARTS_OF_A_DAY + 1):
        parts.write("events", events(OCTOBER, "a", "b", batch=batch), day=OCTOBER, batch=batch)
    before = parts.read("events").to_pylist()
    assert parts.compact("events", before=date(2025, 9, 1)) == ["2025-10-01"]
    assert "merged=2025-10-01/000001.parquet" in files(tmp_path)
    assert parts.read("events").to_pylist() == before
    assert parts.compact("events", before=date(2025, 11, 1)) == ["2025-09", "2025-10"]
    assert files(tmp_path) == ["merged=2025-09/000001.parquet", "merged=2025-10/000001.parquet"]
    assert parts.read("events").to_pylist() == before


def test_kinds_without_accounts_keep_their_order(tmp_path: Path) -> None:
    parts = ParquetParts(tmp_path)
    for batch in (2, 1):
        parts.write("coverage", pa.table({"hour": [3, 1, 2], "batch": [batch] * 3}), day=SEPTEMBER[0], batch=batch)
    parts.compact("coverage", before=OCTOBER)
    assert parts.read("coverage").to_pydict() == {"hour": [3, 1, 2, 3, 1, 2], "batch": [1, 1, 1, 2, 2, 2]}


def test_what_belongs_to_no_day_is_merged_when_it_has_many_parts(tmp_path: Path) -> None:
    parts = ParquetParts(tmp_path)
    for batch in range(PARTS_OF_A_DAY):
        assert parts.compact("alerts", before=OCTOBER) == []
        parts.write("alerts", pa.table({"n": [batch, -batch]}), day=None, batch=batch)
    assert parts.compact("alerts", before=OCTOBER) == ["none"]
    assert [path.parent.name for path in tmp_path.rglob("*.parquet")] == ["merged=none"]
    parts.write("alerts", pa.table({"n": [100]}), day=None, batch=1)
    parts.write("alerts", pa.table({"n": [200]}), day=OCTOBER, batch=0)
    assert parts.batches("alerts", None) == list(range(PARTS_OF_A_DAY))
    assert parts.days("alerts") == [OCTOBER]
    assert parts.read("alerts").column("n").to_pylist()[:5] == [0, 0, 100, 2, -2]
    assert parts.read("alerts").column("n").to_pylist()[-1] == 200
