"""The spool: events of one batch on their way from parser to fold, cut by day, in bounded memory."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pyarrow as pa

from tocsin.errors import DiskFull
from tocsin.model.event import EVENT
from tocsin.model.rows import MICROSECONDS_A_DAY

ROWS_HELD = 400_000
"""Rows kept in memory before they are written out, by day (about 80 MB)."""


@dataclass(slots=True)
class Spool:
    """Events by day (schema EVENT), in any order, duplicates included."""

    folder: Path
    held: list[pa.Table] = field(default_factory=list)
    rows: int = 0
    days_written: dict[int, list[Path]] = field(default_factory=dict)
    days_held: dict[int, list[pa.Table]] = field(default_factory=dict)

    def add(self, events: pa.Table) -> None:
        """Take in a table of events."""
        if not len(events):
            return
        self.held.append(events)
        self.rows += len(events)
        if self.rows >= ROWS_HELD:
            self._write()

    def days(self) -> list[int]:
        """Days (since 1970, UTC) that have events, oldest first."""
        self._cut()
        return sorted(set(self.days_written) | set(self.days_held))

    def take(self, day: int) -> pa.Table:
        """The events of a day; they leave the spool."""
        tables = self.days_held.pop(day, [])
        for path in self.days_written.pop(day, []):
            with pa.memory_map(str(path)) as file:
                tables.append(pa.ipc.open_file(file).read_all())
            path.unlink()
        return pa.concat_tables(tables).unify_dictionaries() if tables else EVENT.empty_table()

    def _cut(self) -> None:
        for day, table in by_day(self._let_go()):
            self.days_held.setdefault(day, []).append(table)

    def _write(self) -> None:
        self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        for day, table in by_day(self._let_go()):
            path = self.folder / f"{day}-{len(self.days_written.get(day, []))}.arrow"
            try:
                with pa.OSFile(str(path), "wb") as file, pa.ipc.new_file(file, table.schema) as writer:
                    writer.write_table(table)
            except OSError as problem:
                raise DiskFull(
                    f"the spool cannot be written ({problem.strerror or problem})", advice="Make room, then try again."
                ) from None
            self.days_written.setdefault(day, []).append(path)

    def _let_go(self) -> list[pa.Table]:
        held, self.held, self.rows = self.held, [], 0
        return held


def by_day(tables: list[pa.Table]) -> Iterator[tuple[int, pa.Table]]:
    """Events (schema EVENT) of some tables by day (since 1970, UTC), oldest first; the tables leave the list.

    One day is made at a time, and the tables are let go once they are joined: with several hundred thousand rows it is
    here that an import would hold the most.
    """
    if not tables:
        return
    table = pa.concat_tables(tables).unify_dictionaries().combine_chunks()
    tables.clear()
    day = table["at"].cast(pa.int64()).to_numpy() // MICROSECONDS_A_DAY
    days = np.unique(day)
    if len(days) == 1:
        yield int(days[0]), table
        return
    narrow = (day - days[0]).astype(np.int32)
    order = np.argsort(narrow.astype(np.uint16) if days[-1] - days[0] < 65_536 else narrow, kind="stable")
    starts = np.searchsorted(day[order], days)
    for one, rows in zip(days.tolist(), np.split(order, starts[1:]), strict=True):
        yield int(one), table.take(pa.array(rows))
