"""Arrays of bytes and times as Arrow columns."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from tocsin.collect.directory.times import NO_TIME


def binary(values: np.ndarray, known: np.ndarray | None = None) -> pa.Array:
    """Values of one width (dtype V or S) as a fixed-width column, null where not `known`."""
    valid = None if known is None else pa.py_buffer(np.packbits(known, bitorder="little").tobytes())
    data = pa.py_buffer(np.ascontiguousarray(values).tobytes())
    return pa.Array.from_buffers(pa.binary(values.dtype.itemsize), len(values), [valid, data])


def times(micros: np.ndarray) -> pa.Array:
    """int64 microseconds as UTC timestamps, null where NO_TIME."""
    return pa.array(micros, mask=micros == NO_TIME).cast(pa.timestamp("us", tz="UTC"))
