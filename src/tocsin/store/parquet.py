"""Parts as Parquet files: zstd level 1, row groups small enough that one account is found without reading the rest."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from tocsin.errors import StoreUnavailable
from tocsin.store.files import REBUILD, put, put_bytes
from tocsin.store.interface import SCHEMAS, Kind
from tocsin.store.layout import Layout
from tocsin.store.shape import check_day, fitted, joined

ROWS_IN_GROUP: Final = 16_384
"""From: facts measured on 10^7 events; smaller groups gain little, larger ones read four times as much."""

FORMAT: Final = {"compression": "zstd", "compression_level": 1, "write_page_checksum": True}
"""How parts are written. Page checksums: a flipped bit is an error, not another patient."""


class ParquetParts:
    """`interface.Parts` in a folder. One writer at a time; readers may come and go."""

    def __init__(self, root: Path, *, durable: bool = True) -> None:
        """`durable=False` leaves out fsync: for what is thrown away afterwards."""
        self.layout = Layout(root)
        self._durable = durable

    def write(self, kind: Kind, table: pa.Table, *, day: date | None, batch: int) -> None:
        """See `interface.Parts.write`."""
        table = fitted(table, self._schema_for(kind, table.schema))
        check_day(kind, table, day)
        if batch < 0:
            raise ValueError(f"A batch has a number from 0, not {batch}.")
        path = self.layout.part(kind, (day, batch))
        put(
            path,
            lambda file: pq.write_table(table, file, row_group_size=ROWS_IN_GROUP, **FORMAT),
            durable=self._durable,
        )

    def read(self, kind: Kind, *, day: date | None = None, columns: Sequence[str] | None = None) -> pa.Table:
        """See `interface.Parts.read`."""
        schema = self.schema(kind)
        if schema is None:
            return pa.table({})
        if columns is not None:
            schema = pa.schema([schema.field(name) for name in columns])
        in_force = self.layout.in_force(kind, first=day, last=day)
        return joined((self._part(path, schema) for path in in_force.parts.values()), schema)

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
        in_force = self.layout.in_force("events", first=day, last=day)
        found = [path for (_, batch), path in in_force.parts.items() if before is None or batch < before]
        table = joined((self._part(path, schema) for path in found), schema)
        return _distinct([_bytes_of(chunk) for chunk in table.column(0).chunks])

    def clear(self) -> None:
        """See `interface.Parts.clear`."""
        gone = self.layout.top.with_name(f".{self.layout.top.name}.gone")
        shutil.rmtree(gone, ignore_errors=True)
        if self.layout.top.exists():
            self.layout.top.replace(gone)  # in one step: half a store would answer, and wrongly
            shutil.rmtree(gone, ignore_errors=True)

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

    def _part(self, path: Path, schema: pa.Schema) -> pa.Table:
        try:
            with pq.ParquetFile(path, page_checksum_verification=True) as file:
                return fitted(file.read(columns=schema.names), schema)
        except (OSError, ValueError, KeyError, pa.ArrowException) as error:
            raise self._torn(path) from error

    def _torn(self, path: Path) -> StoreUnavailable:
        return StoreUnavailable(f"The derived part {self.layout.short(path)} is missing or torn.", advice=REBUILD)


def _bytes_of(ids: pa.FixedSizeBinaryArray) -> np.ndarray:
    """The ids of an array without nulls: shape (n,), dtype S16."""
    return np.frombuffer(ids.buffers()[1] or b"", dtype="S16")[ids.offset : ids.offset + len(ids)]


def _distinct(ids: list[np.ndarray]) -> np.ndarray:
    """Sorted, each once. (`np.unique` hashes texts, which takes eight times as long.)"""
    ordered = np.sort(np.concatenate([np.empty(0, "S16"), *ids]))
    if not len(ordered):
        return ordered
    return ordered[np.append(True, ordered[1:] != ordered[:-1])]
