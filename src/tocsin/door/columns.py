"""Columns of references as arrays that numpy can sort."""

from __future__ import annotations

import numpy as np
import pyarrow as pa


def sortable(column: pa.ChunkedArray) -> np.ndarray:
    """A column of 17-byte references without nulls, dtype S17 (V17 cannot be sorted). All 17 bytes count: numpy pads
    with zero bytes, and every value has the full width."""
    return np.frombuffer(b"".join(_bytes(chunk) for chunk in column.chunks if len(chunk)), "S17")


def _bytes(chunk: pa.Array) -> bytes:
    return bytes(memoryview(chunk.buffers()[1])[17 * chunk.offset : 17 * (chunk.offset + len(chunk))])
