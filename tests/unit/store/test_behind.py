"""Parts written beside: all of them, in their order, by the end; what goes wrong is not lost."""

from __future__ import annotations

import threading
from datetime import date
from pathlib import Path

import pyarrow as pa
import pytest

from tocsin.errors import DiskFull
from tocsin.store.behind import WAITING, WriteBehind
from tocsin.store.interface import Kind
from tocsin.store.parquet import ParquetParts

FACTS = pa.table({"x": [1]})


class Told:
    """Parts that only remember; at `fails` the disk is full."""

    def __init__(self, *, fails: int = -1) -> None:
        self.batches: list[int] = []
        self.go = threading.Event()
        self.go.set()
        self._fails = fails

    def write(self, kind: Kind, table: pa.Table, *, day: date | None, batch: int) -> None:
        self.go.wait()
        if batch == self._fails:
            raise DiskFull("no room", advice="Make room.")
        self.batches.append(batch)


def test_everything_is_written_at_the_end_in_order() -> None:
    told = Told()
    with WriteBehind(told) as parts:
        for batch in range(5 * WAITING):
            parts.write("facts", FACTS, day=None, batch=batch)
    assert told.batches == list(range(5 * WAITING))


def test_on_the_disk_it_is_what_it_would_be(tmp_path: Path) -> None:
    table = pa.table({"name": ["a", "b"]})
    with WriteBehind(ParquetParts(tmp_path, durable=False)) as parts:
        parts.write("sessions", table, day=date(2025, 9, 1), batch=1)
    assert ParquetParts(tmp_path).read("sessions") == table


@pytest.mark.parametrize("after", [0, 1, 3 * WAITING])
def test_what_went_wrong_is_told_and_nothing_follows_it(after: int) -> None:
    told = Told(fails=2)

    def write_all() -> None:
        with WriteBehind(told) as parts:
            for batch in range(3 + after):
                parts.write("facts", FACTS, day=None, batch=batch)

    with pytest.raises(DiskFull):
        write_all()
    assert told.batches == [0, 1]


def test_an_error_of_the_writer_is_not_hidden_and_no_thread_is_left() -> None:
    before = threading.active_count()
    told = Told()

    def stop() -> None:
        with WriteBehind(told) as parts:
            parts.write("facts", FACTS, day=None, batch=1)
            raise KeyError("mine")

    with pytest.raises(KeyError):
        stop()
    assert threading.active_count() == before


def test_tables_do_not_pile_up() -> None:
    told = Told()
    told.go.clear()
    threading.Timer(0.2, told.go.set).start()
    with WriteBehind(told) as parts:
        for batch in range(WAITING + 1):
            parts.write("facts", FACTS, day=None, batch=batch)
        assert told.batches, "the last had to wait for the first"
