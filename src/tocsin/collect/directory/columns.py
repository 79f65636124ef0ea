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


def order_of(values: np.ndarray) -> np.ndarray:
    """Places that sort values of one width of 16 bytes or more (dtype V or S) by their bytes, equal ones as they come.

    As whole numbers, which numpy sorts several times as fast as texts.
    """
    octets = np.ascontiguousarray(values).view(np.uint8).reshape(len(values), values.dtype.itemsize)
    last, next_ = (np.ascontiguousarray(octets[:, -at:][:, :8]).view(">u8")[:, 0].astype(np.uint64) for at in (8, 16))
    order = np.argsort(next_, kind="stable")
    before = octets[:, :-16]
    if (before != before[:1]).any() or (next_[order][1:] == next_[order][:-1]).any():
        return np.lexsort((last, next_, *before.T[::-1]))
    return order


def numbered(values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Of each distinct value, by its bytes, where it comes first; and of each value its number among these."""
    order = order_of(values)
    ordered = values[order]
    new = np.ones(len(values), bool)
    new[1:] = ordered[1:] != ordered[:-1]
    number = np.empty(len(values), np.int64)
    number[order] = np.cumsum(new) - 1
    return order[new], number


def times(micros: np.ndarray) -> pa.Array:
    """int64 microseconds as UTC timestamps, null where NO_TIME."""
    return pa.array(micros, mask=micros == NO_TIME).cast(pa.timestamp("us", tz="UTC"))
