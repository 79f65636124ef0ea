"""Running sums and maxima within segments, as vectors. A segment is a run of equal `seg`; they are numbered from 0.

`carry` is what stood before, by segment number; `first`, where it is at hand: the position of the first row of each
segment. Little happens in trails, so all is computed at the rows where something does (see `Marked`), and spread over
the rows that follow.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

SPREAD = np.int64(1) << 40
"""Larger than any value a running maximum is taken of."""


def changes(values: np.ndarray) -> np.ndarray:
    """bool: the value is another than that of the row before, or there is no row before."""
    new = np.empty(len(values), bool)
    new[:1] = True
    np.not_equal(values[1:], values[:-1], out=new[1:])
    return new


def starts_of(seg: np.ndarray) -> np.ndarray:
    """Position of the first row of each segment."""
    return changes(seg).nonzero()[0]


def ends_of(seg: np.ndarray) -> np.ndarray:
    """Position of the last row of each segment."""
    return _ends(starts_of(seg), len(seg))


def _ends(starts: np.ndarray, rows: int) -> np.ndarray:
    ends = np.empty_like(starts)
    ends[:-1] = starts[1:]
    ends[-1:] = rows
    ends -= 1
    return ends


@dataclass(frozen=True, slots=True)
class Marked:
    """Some rows of a batch. Vectors of values are of these rows alone; not every segment need have one."""

    places: np.ndarray
    """Their positions in the batch, rising."""
    seg: np.ndarray
    """The segment of each."""
    first: np.ndarray
    last: np.ndarray
    """Which of them is the first and the last of its segment."""
    whose: np.ndarray
    """The segments that have one, rising."""

    @classmethod
    def at(cls, flag: np.ndarray, seg: np.ndarray) -> Marked:
        """The rows whose flag (bool) is set."""
        places = flag.nonzero()[0]
        if not len(places):
            return cls(places, places, places, places, places)
        of = seg[places]
        first = starts_of(of)
        return cls(places, of, first, _ends(first, len(of)), of[first])

    def sum(self, values: np.ndarray, carry: np.ndarray) -> np.ndarray:
        """int64 sum so far within the segment, that row included."""
        total = values.cumsum(dtype=np.int64)
        missing = carry[self.whose] - total[self.first] + values[self.first]
        total += missing.repeat(self.last - self.first + 1)
        return total

    def max(self, values: np.ndarray, carry: np.ndarray) -> np.ndarray:
        """int64 maximum so far within the segment; values and carry lie in [0, SPREAD)."""
        above = self.seg * SPREAD
        raised = values + above
        raised[self.first] = np.maximum(values[self.first], carry[self.whose]) + above[self.first]
        np.maximum.accumulate(raised, out=raised)
        raised -= above
        return raised

    def previous(self, values: np.ndarray, carry: np.ndarray) -> np.ndarray:
        """The value of the one before within the segment; the carry at the first."""
        before = np.empty_like(values)
        before[1:] = values[:-1]
        before[self.first] = carry[self.whose]
        return before

    def latest(self, values: np.ndarray, carry: np.ndarray) -> np.ndarray:
        """int64 by segment: the value of its last; the carry if it has none."""
        out = carry.astype(np.int64)
        out[self.whose] = values[self.last]
        return out

    def spread(self, values: np.ndarray, carry: np.ndarray, seg: np.ndarray, first: np.ndarray) -> np.ndarray:
        """int64 for all rows of the batch: the value of the latest one up to it in the segment; the carry if none."""
        if not len(self.places):
            return carry.astype(np.int64)[seg] if carry.any() else np.zeros(len(seg), np.int64)
        step = np.zeros(len(seg), np.int64)  # by how much each row differs from the row before
        step[self.places] = values - self.previous(values, carry)
        step[first] += carry
        step[first[1:]] -= self.latest(values, carry)[:-1]
        return step.cumsum(out=step)


def running_sum(values: np.ndarray, seg: np.ndarray, carry: np.ndarray, first: np.ndarray | None = None) -> np.ndarray:
    """int64 sum so far within each segment, that row included."""
    some = Marked.at(values != 0, seg)
    total = some.sum(values[some.places], carry)
    return some.spread(total, carry, seg, starts_of(seg) if first is None else first)


def running_max(values: np.ndarray, seg: np.ndarray, carry: np.ndarray, first: np.ndarray | None = None) -> np.ndarray:
    """int64 maximum so far within each segment; values and carry lie in [0, SPREAD)."""
    some = Marked.at(values != 0, seg)
    most = some.max(values[some.places], carry)
    return some.spread(most, carry, seg, starts_of(seg) if first is None else first)


def previous(values: np.ndarray, seg: np.ndarray, carry: np.ndarray) -> np.ndarray:
    """The value of the row before within the segment; the carry at its first row."""
    out = np.empty_like(values)
    out[1:] = values[:-1]
    out[starts_of(seg)] = carry
    return out


def last_marked(
    values: np.ndarray, marked: np.ndarray, seg: np.ndarray, carry: np.ndarray, first: np.ndarray | None = None
) -> np.ndarray:
    """The value of the latest marked row strictly before each row, within the segment; the carry if none."""
    after = np.zeros(len(seg), bool)
    np.logical_and(marked[:-1], seg[1:] == seg[:-1], out=after[1:])
    some = Marked.at(after, seg)
    return some.spread(values[some.places - 1], carry, seg, starts_of(seg) if first is None else first)
