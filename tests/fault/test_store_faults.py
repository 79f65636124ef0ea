"""The store, killed, full, torn, and read while it changes: no row is lost, doubled or made up."""

from __future__ import annotations

import contextlib
import os
import resource
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from functools import partial
from pathlib import Path

import pyarrow as pa
import pytest

from parity.strategies import table_of, whole_row
from tocsin.errors import DiskFull, StoreUnavailable
from tocsin.store.duckdb import DuckDBQuestions
from tocsin.store.layout import Layout
from tocsin.store.parquet import ParquetParts

DAYS = [date(2025, 9, 1), date(2025, 9, 30), date(2025, 10, 1)]


def events(day: date, batch: int) -> pa.Table:
    midnight = datetime(day.year, day.month, day.day, tzinfo=UTC)
    told = [
        {"at": midnight + timedelta(seconds=n), "line": n, "account": "ab"[n % 2], "batch": batch} for n in range(5)
    ]
    return table_of([whole_row(row) for row in told])


def filled(root: Path) -> ParquetParts:
    parts = ParquetParts(root, durable=False)
    for day in DAYS:
        for batch in (1, 2):
            parts.write("events", events(day, batch), day=day, batch=batch)
    return parts


class Killed(BaseException):
    """What no code may catch."""


def killed_at(monkeypatch: pytest.MonkeyPatch, nth: int, act: Callable[[], object]) -> bool:
    """Run `act`, killed just before its nth change of the disk. False if it was done before that."""
    left = nth

    def counted(change: Callable[..., object]) -> Callable[..., object]:
        def changing(*args: object, **kwargs: object) -> object:
            nonlocal left
            left -= 1
            if left <= 0:  # the dead do not clean up
                raise Killed
            return change(*args, **kwargs)

        return changing

    with monkeypatch.context() as patch:
        for name in ("rename", "replace", "unlink", "rmdir", "mkdir", "open"):
            patch.setattr(os, name, counted(getattr(os, name)))
        try:
            act()
        except Killed:
            return True
        return False


@pytest.mark.parametrize("late", [False, True])
def test_killed_at_any_step_of_a_compaction(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, late: bool) -> None:
    nth, killed = 0, True
    while killed:
        nth += 1
        parts = filled(tmp_path / str(nth))
        if late:
            parts.compact("events", before=DAYS[-1])
            parts.write("events", events(DAYS[0], 3), day=DAYS[0], batch=3)
        told = parts.read("events").to_pylist()
        killed = killed_at(monkeypatch, nth, partial(parts.compact, "events", before=DAYS[-1]))
        assert parts.read("events").to_pylist() == told
        assert DuckDBQuestions(parts).count("events") == len(told)
        parts.compact("events", before=DAYS[-1])
        assert parts.read("events").to_pylist() == told
    assert nth > 8


def test_killed_at_any_step_of_writing_a_merged_part_again(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Either the part as it was or the part as it is, and the others always."""
    again = events(DAYS[1], 1).slice(0, 2)
    nth, killed = 0, True
    while killed:
        nth += 1
        parts = filled(tmp_path / str(nth))
        parts.compact("events", before=DAYS[-1])
        was = parts.read("events").to_pylist()
        will_be = [
            row for row in was if not (row["at"].date() == DAYS[1] and row["batch"] == 1 and row["offset"] > 1000)
        ]
        killed = killed_at(monkeypatch, nth, partial(parts.write, "events", again, day=DAYS[1], batch=1))
        assert parts.read("events").to_pylist() in ((was, will_be) if killed else (will_be,))
        parts.write("events", again, day=DAYS[1], batch=1)
        assert parts.read("events").to_pylist() == will_be
    assert nth > 5


def test_a_full_disk_leaves_what_was_there(tmp_path: Path) -> None:
    """A real limit on the size of files, in a process of its own."""
    parts = filled(tmp_path)
    code = f"""
import sys; sys.path[:0] = {sys.path!r}
from functools import partial
from datetime import date; from pathlib import Path
import resource, pyarrow as pa
from tocsin.errors import DiskFull; from tocsin.store.parquet import ParquetParts
parts = ParquetParts(Path({str(tmp_path)!r}))
table = parts.read("events", day=date(2025, 9, 1))
resource.setrlimit(resource.RLIMIT_FSIZE, (4096, 4096))
try: parts.write("events", table, day=date(2025, 9, 1), batch=1)
except DiskFull as full: sys.exit(full.exit_code)
"""
    told = parts.read("events").to_pylist()
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == DiskFull.exit_code
    assert parts.read("events").to_pylist() == told
    assert not list(tmp_path.rglob(".*unfinished"))


def test_the_limit_above_is_real() -> None:
    assert resource.getrlimit(resource.RLIMIT_FSIZE)[0] != 4096


def torn(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-7])


def emptied(path: Path) -> None:
    path.write_bytes(b"")


def flipped(path: Path) -> None:
    data = bytearray(path.read_bytes())
    data[len(data) // 8] ^= 0xFF
    path.write_bytes(data)


@pytest.mark.parametrize("damage", [torn, emptied, flipped])
@pytest.mark.parametrize("merged", [False, True])
def test_a_damaged_part_is_named(tmp_path: Path, damage: Callable[[Path], None], merged: bool) -> None:
    parts = filled(tmp_path)
    if merged:
        parts.compact("events", before=DAYS[-1])
    path = next((tmp_path / "v1/events").rglob("*-09*/*.parquet"))
    assert parts.verify() > 0
    damage(path)
    asked: list[Callable[[], object]] = [lambda: parts.read("events"), parts.verify]
    if damage is not flipped:  # DuckDB does not look at page checksums: that is what `verify` is for
        asked.append(lambda: DuckDBQuestions(parts).accesses_of(["a"]))
    for ask in asked:
        with pytest.raises(StoreUnavailable) as failure:
            ask()
        assert path.name in str(failure.value)
        assert "tocsin rebuild" in failure.value.advice
        assert str(tmp_path) not in str(failure.value)


def test_no_flipped_byte_is_read_as_another_row(tmp_path: Path) -> None:
    parts = filled(tmp_path)
    told = parts.read("events").to_pylist()
    path = next((tmp_path / "v1/events").rglob("*.parquet"))
    sound = path.read_bytes()
    for place in range(0, len(sound), 23):
        path.write_bytes(sound[:place] + bytes([sound[place] ^ 0xFF]) + sound[place + 1 :])
        with contextlib.suppress(StoreUnavailable):
            assert parts.read("events").to_pylist() == told


def test_a_torn_manifest_is_named(tmp_path: Path) -> None:
    parts = filled(tmp_path)
    parts.compact("events", before=DAYS[-1])
    (tmp_path / "v1/events/merged=2025-09/in-force.json").write_text("{")
    with pytest.raises(StoreUnavailable, match="tocsin rebuild"):
        parts.read("events")


def test_a_reader_whose_files_are_merged_under_it_looks_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    parts = filled(tmp_path)
    told = parts.read("events").to_pylist()
    questions = DuckDBQuestions(parts)
    fresh = Layout.in_force
    for ask in (lambda: parts.read("events").num_rows, lambda: questions.count("events")):
        stale = [parts.layout.in_force("events")]
        parts.write("events", events(DAYS[0], 1), day=DAYS[0], batch=1)
        parts.compact("events", before=DAYS[-1])
        with monkeypatch.context() as patch:
            patch.setattr(
                Layout, "in_force", lambda *args, stale=stale, **kw: stale.pop() if stale else fresh(*args, **kw)
            )
            assert ask() == len(told)


def test_a_folder_that_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / "v1").write_text("in the way")
    with pytest.raises(StoreUnavailable):
        ParquetParts(tmp_path).write("events", events(DAYS[0], 1), day=DAYS[0], batch=1)
