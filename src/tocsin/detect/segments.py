"""Running sums and maxima within segments, as vectors. A segment is a run of equal `seg`, numbered from 0 upwards.

`first`, where it is at hand: the position of the first row of each segment. What is rare in trails is nowhere in most
batches, so all functions look for that first.
"""

from __future__ import annotations

import numpy as np

SPREAD = np.int64(1) << 40
"""Larger than any value a running maximum is taken of."""


def starts_of(seg: np.ndarray) -> np.ndarray:
    """Position of the first row of each segment."""
    return np.flatnonzero(np.r_[True, seg[1:] != seg[:-1]]) if len(seg) else np.zeros(0, np.int64)


def ends_of(seg: np.ndarray) -> np.ndarray:
    """Position of the last row of each segment."""
    return np.flatnonzero(np.r_[seg[1:] != seg[:-1], True]) if len(seg) else np.zeros(0, np.int64)


def running_sum(values: np.ndarray, seg: np.ndarray, carry: np.ndarray, first: np.ndarray | None = None) -> np.ndarray:
    """int64 sum so far within each segment, that row included; `carry` (one per segment) is what stood before."""
    if not values.any():
        return carry[seg].astype(np.int64)
    total = np.cumsum(values, dtype=np.int64)
    first = starts_of(seg) if first is None else first
    before = total[first] - values[first]
    return total + (carry - before)[seg]


def running_max(values: np.ndarray, seg: np.ndarray, carry: np.ndarray, first: np.ndarray | None = None) -> np.ndarray:
    """int64 maximum so far within each segment; values and carry lie in [0, SPREAD)."""
    if not values.any():
        return carry[seg].astype(np.int64)
    raised = values.astype(np.int64) + seg * SPREAD
    first = starts_of(seg) if first is None else first
    raised[first] = np.maximum(raised[first], carry + np.arange(len(first)) * SPREAD)
    return np.maximum.accumulate(raised) - seg * SPREAD


def previous(values: np.ndarray, seg: np.ndarray, carry: np.ndarray) -> np.ndarray:
    """The value of the row before within the segment; the carry at its first row."""
    out = np.empty_like(values)
    if len(values):
        out[1:] = values[:-1]
        out[starts_of(seg)] = carry
    return out


def last_marked(values: np.ndarray, marked: np.ndarray, seg: np.ndarray, carry: np.ndarray) -> np.ndarray:
    """The value of the latest marked row strictly before each row, within the segment; the carry if none."""
    if not len(values):
        return values
    place = np.where(marked, np.arange(len(values)), -1)
    latest = np.maximum.accumulate(place)
    before = np.r_[-1, latest[:-1]]
    first = starts_of(seg)[seg]
    return np.where(before >= first, values[before], carry[seg])
