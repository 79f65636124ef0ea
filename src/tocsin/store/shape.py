"""Tables made to fit a schema, losslessly or not at all."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, date, datetime, time, timedelta

import pyarrow as pa
import pyarrow.compute as pc

from tocsin.store.interface import Kind


def fitted(table: pa.Table, schema: pa.Schema) -> pa.Table:
    """The columns of `schema`, in its order and with its types. Raises `ValueError` for a table that does not fit."""
    missing = [name for name in schema.names if name not in table.column_names]
    if missing:
        raise ValueError(f"Columns missing: {', '.join(missing)}.")
    return pa.table([_column(table.column(field.name), field) for field in schema], schema=schema)


def joined(tables: Iterable[pa.Table], schema: pa.Schema) -> pa.Table:
    """The tables one after the other, each dictionary column with one dictionary."""
    return pa.concat_tables(list(tables) or [schema.empty_table()]).unify_dictionaries()


def check_day(kind: Kind, table: pa.Table, day: date | None) -> None:
    """Raise `ValueError` unless events lie within their day: questions look for an event where its time says."""
    if kind != "events" or not table.num_rows:
        return
    if day is None:
        raise ValueError("Events belong to a day.")
    extent = pc.min_max(table.column("at")).as_py()
    start = datetime.combine(day, time(), UTC)
    if extent["min"] < start or extent["max"] >= start + timedelta(days=1):
        raise ValueError(f"An event of another day was to be written to {day}.")


def _column(column: pa.ChunkedArray, field: pa.Field) -> pa.ChunkedArray:
    if column.null_count and not field.nullable:
        raise ValueError(f"Column {field.name} may not be null.")
    if column.type == field.type:
        return column
    if pa.types.is_dictionary(field.type) and not pa.types.is_dictionary(column.type):
        column = column.cast(field.type.value_type).dictionary_encode()
    return column.cast(field.type)
