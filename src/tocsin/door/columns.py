"""Columns of references as arrays that numpy can sort."""

from __future__ import annotations

from typing import Final

import numpy as np
import pyarrow as pa

_ODD: Final = np.uint64(0x9E3779B97F4A7C15)


def sortable(column: pa.ChunkedArray) -> np.ndarray:
    """A column of 17-byte references without nulls, dtype S17 (V17 cannot be sorted). All 17 bytes count: numpy pads
    with zero bytes, and every value has the full width."""
    return np.frombuffer(b"".join(_bytes(chunk) for chunk in column.chunks if len(chunk)), "S17")


def keys_of(references: np.ndarray) -> np.ndarray:
    """A uint64 for each 17-byte reference: all 17 bytes count. Numpy sorts them ten times as fast as the texts."""
    octets = np.ascontiguousarray(references).view(np.uint8).reshape(-1, 17)
    halves = np.ascontiguousarray(octets[:, 1:]).view(np.uint64)
    keys: np.ndarray = (halves[:, 0] * _ODD ^ halves[:, 1]) * _ODD ^ octets[:, 0]
    return keys


def _bytes(chunk: pa.Array) -> bytes:
    return bytes(memoryview(chunk.buffers()[1])[17 * chunk.offset : 17 * (chunk.offset + len(chunk))])
