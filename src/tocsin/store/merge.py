"""Many parts into one file, sorted by account, and back.

A merged file has three columns more than its parts: the day, the batch and the row each row came from, so that what
was written is read again in its order.
"""

from __future__ import annotations

import contextlib
from collections import defaultdict
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import BinaryIO, Final

import duckdb
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from tocsin.errors import StoreUnavailable
from tocsin.store.engine import engine
from tocsin.store.files import REBUILD, put
from tocsin.store.form import PLACES, ROWS_IN_GROUP, writer
from tocsin.store.interface import Kind
from tocsin.store.layout import InForce, Layout, Merged, Place, month_of
from tocsin.store.shape import fitted

PARTS_OF_A_DAY: Final = 16
"""What is not yet part of a merged month is merged when it has that many parts: a live stream makes thousands."""


_LOOSE: Final = """
    read_parquet($files, filename = '_file', file_row_number = true, hive_partitioning = false) JOIN
    (SELECT unnest($files) AS _file, unnest($days::DATE[]) AS _day, unnest($batches::INTEGER[]) AS _batch)
    USING (_file)"""
"""The rows of parts, each with the day and batch of its file."""


class Merge:
    """`interface.Parts.compact` for one kind in one layout."""

    def __init__(self, layout: Layout, kind: Kind, schema: pa.Schema, *, durable: bool, memory_mb: int = 1024) -> None:
        self._layout = layout
        self._kind: Kind = kind
        self._schema = schema
        self._durable = durable
        self._memory_mb = memory_mb

    def compact(self, *, before: date, many: int = 1) -> list[str]:
        """See `interface.Parts.compact`."""
        self.sweep()
        merged = []
        for name, in_force in _due(self._layout.in_force(self._kind), before, many):
            self._merge(name, in_force)
            self.sweep()
            merged.append(name)
        return merged

    def take_out(self, place: Place) -> None:
        """Put what is merged in force without this part, so that the part itself counts again."""
        for merged in self._layout.merged_over(self._kind, place):
            path = self._layout.next_file(self._kind, merged.name)
            self._put(path, (_without(batch, place) for batch in _batches_of(merged.path)))
            rest = Merged(merged.name, path, merged.places - {place})
            self._layout.put_in_force(self._kind, rest, durable=self._durable)

    def sweep(self) -> None:
        """Delete what no longer counts. Readers that had it in hand look again."""
        for path in self._layout.superseded(self._kind):
            path.unlink(missing_ok=True)
            _remove_if_empty(path.parent)

    def _merge(self, name: str, sources: InForce) -> None:
        path = self._layout.next_file(self._kind, name)
        expected = sum(pq.read_metadata(source).num_rows for source in sources.files())
        with engine(self._layout, memory_mb=self._memory_mb, threads=2) as made:
            written = self._put(path, _sorted(made, sources, self._schema))
        if written != expected:
            path.unlink()
            raise StoreUnavailable(f"Merging {name} gave {written} rows of {expected}; it was left as it was.")
        self._layout.put_in_force(self._kind, Merged(name, path, frozenset(sources.places())), durable=self._durable)

    def _put(self, path: Path, batches: Iterator[pa.Table]) -> int:
        """Write batches as they come; returns the rows written."""
        schema = pa.schema([*self._schema, *PLACES])
        rows = 0

        def fill(file: BinaryIO) -> None:
            nonlocal rows
            with writer(file, schema) as merged:
                for batch in batches:
                    merged.write_table(fitted(batch, schema), row_group_size=ROWS_IN_GROUP)
                    rows += batch.num_rows

        try:
            put(path, fill, durable=self._durable)
        except (duckdb.Error, pa.ArrowException, ValueError) as error:
            raise StoreUnavailable(f"Parts could not be merged to {path.parent.name}.", advice=REBUILD) from error
        return rows


def _due(in_force: InForce, before: date, many: int) -> Iterator[tuple[str, InForce]]:
    """What is to be merged, and from what: closed months with so much loose, then days with many parts."""
    groups: dict[str, list[Place]] = defaultdict(list)
    for place in in_force.places():
        groups[_group(place[0], before)].append(place)
    for name, places in groups.items():
        parts = {place: in_force.parts[place] for place in places if place in in_force.parts}
        merged = tuple(one for one in in_force.merged if one.name.startswith(name))
        finer = [one for one in merged if one.name != name]
        if (len(parts) + len(finer)) >= (many if _is_month(name) else PARTS_OF_A_DAY):
            yield name, InForce(parts, merged)


def _group(day: date | None, before: date) -> str:
    if day is None:
        return "none"
    return month_of(day) if month_of(day) < month_of(before) else day.isoformat()


def _is_month(name: str) -> bool:
    return len(name) == len("2025-09")


def _sorted(made: duckdb.DuckDBPyConnection, sources: InForce, schema: pa.Schema) -> Iterator[pa.Table]:
    """The rows of all sources by account, then as they were written, a row group at a time."""
    names = ", ".join(f'"{name}"' for name in schema.names)
    selects: list[str] = []
    values: dict[str, object] = {}
    if sources.parts:
        selects.append(f"SELECT {names}, _day, _batch, file_row_number::INTEGER AS _row FROM {_LOOSE}")
        values |= {
            "files": [str(path) for path in sources.parts.values()],
            "days": [day for day, _ in sources.parts],
            "batches": [batch for _, batch in sources.parts],
        }
    if sources.merged:
        selects.append(f"SELECT {names}, _day, _batch, _row FROM read_parquet($merged, hive_partitioning = false)")
        values["merged"] = [str(one.path) for one in sources.merged]
    order = ("account NULLS FIRST, " if "account" in schema.names else "") + "_day NULLS FIRST, _batch, _row"
    relation = made.sql(f"{' UNION ALL '.join(selects)} ORDER BY {order}", params=values)
    for batch in relation.to_arrow_reader(ROWS_IN_GROUP):
        yield pa.Table.from_batches([batch])


def _batches_of(path: Path) -> Iterator[pa.Table]:
    with pq.ParquetFile(path, page_checksum_verification=True) as file:
        for batch in file.iter_batches(batch_size=ROWS_IN_GROUP):
            yield pa.Table.from_batches([batch])


def _without(table: pa.Table, place: Place) -> pa.Table:
    day, batch = place
    its_day = pc.is_null(table["_day"]) if day is None else pc.equal(table["_day"], pa.scalar(day))
    its = pc.fill_null(pc.and_(its_day, pc.equal(table["_batch"], batch)), False)
    return table.filter(pc.invert(its))


def _remove_if_empty(folder: Path) -> None:
    with contextlib.suppress(OSError):
        folder.rmdir()
