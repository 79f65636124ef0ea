"""How parts are written as Parquet."""

from __future__ import annotations

from typing import Any, BinaryIO, Final

import pyarrow as pa
import pyarrow.parquet as pq

ROWS_IN_GROUP: Final = 16_384
"""From: 10^7 events, ten accounts: 0.25 s; 122,880 rows take four times as long, 8,192 gain a fifth."""

PLACES: Final = (
    pa.field("_day", pa.date32()),
    pa.field("_batch", pa.int32(), nullable=False),
    pa.field("_row", pa.int32(), nullable=False),
)
"""What a merged file has beside its kind's columns: the part and the row of it that each row was."""

_ENCODINGS: Final = {
    "event_id": "DELTA_BYTE_ARRAY",  # begins with the time: neighbours share their first bytes
    "at": "DELTA_BINARY_PACKED",
    "received_at": "DELTA_BINARY_PACKED",
    "offset": "DELTA_BINARY_PACKED",
    "length": "DELTA_BINARY_PACKED",
    "_row": "DELTA_BINARY_PACKED",
}
"""Columns whose values hardly repeat; all others have dictionaries. From: benchmarks/speed/store.py, 84 bytes an event
with dictionaries throughout, 73 so."""

_TYPES: Final = {"event_id": pa.binary(16), "offset": pa.int64(), "length": pa.int32(), "_row": pa.int32()}


def writer(file: BinaryIO, schema: pa.Schema) -> pq.ParquetWriter:
    """A writer of parts. Page checksums: a flipped bit is an error, not another patient."""
    encodings = {field.name: _ENCODINGS[field.name] for field in schema if _repeats_little(field)}
    options: dict[str, Any] = {"column_encoding": encodings} if encodings else {}
    return pq.ParquetWriter(
        file,
        schema,
        compression="zstd",
        compression_level=1,
        write_page_checksum=True,
        use_dictionary=[name for name in schema.names if name not in encodings],
        **options,
    )


def _repeats_little(field: pa.Field) -> bool:
    return field.name in _ENCODINGS and field.type == _TYPES.get(field.name, pa.timestamp("us", tz="UTC"))
