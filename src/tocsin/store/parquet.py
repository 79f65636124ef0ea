"""Parts as Parquet files: zstd level 1, row groups small enough that one account is found without reading the rest."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date
from pathlib import Path
from typing import BinaryIO, TypeVar

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from tocsin.errors import StoreUnavailable
from tocsin.store.files import REBUILD, put, put_bytes
from tocsin.store.form import PLACES, ROWS_IN_GROUP, writer
from tocsin.store.interface import KINDS, SCHEMAS, Kind
from tocsin.store.layout import InForce, Layout, Place
from tocsin.store.merge import Merge
from tocsin.store.shape import check_day, fitted, joined

T = TypeVar("T")


class ParquetParts:
    """`interface.Parts` in a folder. One writer at a time; readers may come and go."""

    def __init__(self, root: Path, *, durable: bool = True, upto: int | None = None) -> None:
        """`durable=False` leaves out fsync: for what is thrown away afterwards. `upto`: see `Layout`; to read only."""
        self.layout = Layout(root, upto)
        self._durable = durable

    def write(self, kind: Kind, table: pa.Table, *, day: date | None, batch: int) -> None:
        """See `interface.Parts.write`."""
        table = fitted(table, self._schema_for(kind, table.schema))
        check_day(kind, table, day)
        if batch < 0:
            raise ValueError(f"A batch has a number from 0, not {batch}.")
        path = self.layout.part(kind, (day, batch))
        merged = self._merge(kind, table.schema) if self.layout.merged_over(kind, (day, batch)) else None
        if merged:
            merged.sweep()  # before the part is there: until it is taken out of what is merged, it does not count
        put(path, lambda file: _write(table, file), durable=self._durable)
        if merged:
            merged.take_out((day, batch))

    def read(self, kind: Kind, *, day: date | None = None, columns: Sequence[str] | None = None) -> pa.Table:
        """See `interface.Parts.read`."""
        schema = self.schema(kind)
        if schema is None:
            return pa.table({})
        if columns is not None:
            schema = pa.schema([schema.field(name) for name in columns])
        return self._looking_twice(kind, day, lambda in_force: self._rows(in_force, schema, day))

    def days(self, kind: Kind) -> list[date]:
        """See `interface.Parts.days`."""
        return sorted({day for day, _ in self.layout.in_force(kind).places() if day is not None})

    def batches(self, kind: Kind, day: date | None) -> list[int]:
        """See `interface.Parts.batches`."""
        places = self.layout.in_force(kind, first=day, last=day).places()
        return [batch for its_day, batch in places if its_day == day]

    def ids(self, day: date, *, before: int | None = None) -> np.ndarray:
        """See `interface.Parts.ids`."""
        schema = pa.schema([SCHEMAS["events"].field("event_id")])

        def tables(in_force: InForce) -> list[pa.Table]:
            loose = [path for (_, batch), path in in_force.parts.items() if before is None or batch < before]
            merged = [self._merged_part(one.path, schema, _earlier(day, before)) for one in in_force.merged]
            return [*(self._part(path, schema) for path in loose), *merged]

        found = self._looking_twice("events", day, tables)
        return _distinct([_bytes_of(chunk) for table in found for chunk in table.column("event_id").chunks])

    def drop(self, *, after: int) -> int:
        """See `interface.Parts.drop`."""
        found = [
            path for kind in KINDS for (_, batch), path in self.layout.in_force(kind).parts.items() if batch > after
        ]
        for path in found:
            path.unlink(missing_ok=True)
        return len(found)

    def compact(self, kind: Kind, *, before: date, many: int = 1) -> list[str]:
        """See `interface.Parts.compact`."""
        schema = self.schema(kind)
        return [] if schema is None else self._merge(kind, schema).compact(before=before, many=many)

    def verify(self) -> int:
        """See `interface.Parts.verify`."""
        files = [path for kind in KINDS for path in self.layout.in_force(kind).files()]
        for path in files:
            self.check(path)
        return len(files)

    def clear(self) -> None:
        """See `interface.Parts.clear`."""
        self.layout.clear()

    def check(self, path: Path) -> None:
        """Read a part whole, page checksums included. Raises `StoreUnavailable` naming it if it is torn."""
        try:
            with pq.ParquetFile(path, page_checksum_verification=True) as file:
                for _ in file.iter_batches():
                    pass
        except (OSError, ValueError, pa.ArrowException) as error:
            raise self._torn(path) from error

    def schema(self, kind: Kind) -> pa.Schema | None:
        """The schema of a kind; None if it has none of its own and nothing was written yet."""
        if kind in SCHEMAS:
            return SCHEMAS[kind]
        path = self._schema_path(kind)
        try:
            return pa.ipc.read_schema(pa.py_buffer(path.read_bytes()))
        except FileNotFoundError:
            return None
        except (OSError, pa.ArrowInvalid) as error:
            raise self._torn(path) from error

    def _schema_for(self, kind: Kind, written: pa.Schema) -> pa.Schema:
        """The schema of a kind, which is that of the first table if it has none of its own."""
        schema = self.schema(kind)
        if schema is None:
            schema = written.remove_metadata()
            told = schema.serialize().to_pybytes()
            put_bytes(self._schema_path(kind), told, durable=self._durable)
        return schema

    def _schema_path(self, kind: Kind) -> Path:
        return self.layout.folder(kind) / "schema.arrow"

    def _merge(self, kind: Kind, schema: pa.Schema) -> Merge:
        return Merge(self.layout, kind, schema, durable=self._durable)

    def _looking_twice(self, kind: Kind, day: date | None, use: Callable[[InForce], T]) -> T:
        """Use what is in force; once more if a file went meanwhile, because its rows were merged into another."""
        try:
            return use(self.layout.in_force(kind, first=day, last=day))
        except StoreUnavailable as error:
            if not isinstance(error.__cause__, FileNotFoundError):
                raise
            return use(self.layout.in_force(kind, first=day, last=day))

    def _rows(self, in_force: InForce, schema: pa.Schema, day: date | None) -> pa.Table:
        """The rows in the order of parts."""
        if not in_force.merged:
            return joined((self._part(path, schema) for path in in_force.parts.values()), schema)
        whole = pa.schema([*schema, *PLACES])
        loose = [_placed(self._part(path, schema), place) for place, path in in_force.parts.items()]
        merged = [self._merged_part(one.path, whole, _earlier(day, None)) for one in in_force.merged]
        table = joined([*loose, *merged], whole)
        places = table.select([field.name for field in PLACES])
        places = places.set_column(0, PLACES[0], pc.fill_null(table["_day"], date.min))  # no day comes first
        order = pc.sort_indices(places, [(field.name, "ascending") for field in PLACES])
        return table.take(order).select(schema.names)

    def _part(self, path: Path, schema: pa.Schema) -> pa.Table:
        try:
            with pq.ParquetFile(path, page_checksum_verification=True) as file:
                return fitted(file.read(columns=schema.names), schema)
        except (OSError, ValueError, KeyError, pa.ArrowException) as error:
            raise self._torn(path) from error

    def _merged_part(self, path: Path, schema: pa.Schema, that: pc.Expression | None) -> pa.Table:
        """Some rows of a merged file; the others are not held in memory."""
        try:
            table = pq.read_table(
                path, columns=schema.names, filters=that, partitioning=None, page_checksum_verification=True
            )
            return fitted(table, schema)
        except (OSError, ValueError, KeyError, pa.ArrowException) as error:
            raise self._torn(path) from error

    def _torn(self, path: Path) -> StoreUnavailable:
        return StoreUnavailable(f"The derived part {self.layout.short(path)} is missing or torn.", advice=REBUILD)


def _write(table: pa.Table, file: BinaryIO) -> None:
    with writer(file, table.schema) as part:
        part.write_table(table, row_group_size=ROWS_IN_GROUP)


def _earlier(day: date | None, before: int | None) -> pc.Expression | None:
    """Rows of a merged file that are of this day, and of batches before that."""
    if day is None:
        return None
    its = pc.field("_day") == pa.scalar(day)
    return its if before is None else its & (pc.field("_batch") < before)


def _placed(table: pa.Table, place: Place) -> pa.Table:
    """A part with the columns that a merged file has."""
    rows = table.num_rows
    columns = (pa.repeat(pa.scalar(place[0], pa.date32()), rows), np.full(rows, place[1]), np.arange(rows))
    for field, column in zip(PLACES, columns, strict=True):
        table = table.append_column(field, pa.array(column, field.type))
    return table


def _bytes_of(ids: pa.FixedSizeBinaryArray) -> np.ndarray:
    """The ids of an array without nulls: shape (n,), dtype S16."""
    return np.frombuffer(ids.buffers()[1] or b"", dtype="S16")[ids.offset : ids.offset + len(ids)]


def _distinct(ids: list[np.ndarray]) -> np.ndarray:
    """Sorted, each once. (`np.unique` hashes texts, which takes eight times as long.)"""
    ordered = np.sort(np.concatenate([np.empty(0, "S16"), *ids]))
    if not len(ordered):
        return ordered
    return ordered[np.append(True, ordered[1:] != ordered[:-1])]
