"""Sums and maxima within segments are those of a loop over the rows, whichever rows anything happens at."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from tocsin.detect.segments import (
    SPREAD,
    Marked,
    changes,
    ends_of,
    last_marked,
    previous,
    running_max,
    running_sum,
    starts_of,
)


@dataclass(frozen=True)
class Case:
    """Rows of a batch."""

    values: np.ndarray
    flag: np.ndarray
    seg: np.ndarray
    carry: np.ndarray

    def looped(self, values: np.ndarray, then: Callable[[int, int], int], *, at: np.ndarray) -> list[int]:
        """What has become of the carry at each row, by a loop: `then` is called at the rows `at`."""
        so_far = self.carry.tolist()
        out = []
        for value, here, seg in zip(values.tolist(), at.tolist(), self.seg.tolist(), strict=True):
            if here:
                so_far[seg] = then(so_far[seg], value)
            out.append(so_far[seg])
        return out


def _is(before: int, value: int) -> int:
    return value


def _plus(before: int, value: int) -> int:
    return before + value


@st.composite
def cases(draw: st.DrawFn, least: int = 0, most: int = 5) -> Case:
    lengths = draw(st.lists(st.integers(1, 4), max_size=6))
    rows = sum(lengths)
    several = st.just(0) | st.integers(least, most)
    return Case(
        values=np.array(draw(st.lists(several, min_size=rows, max_size=rows)), np.int64),
        flag=np.array(draw(st.lists(st.booleans(), min_size=rows, max_size=rows)), bool),
        seg=np.repeat(np.arange(len(lengths)), lengths),
        carry=np.array(draw(st.lists(several, min_size=len(lengths), max_size=len(lengths))), np.int64),
    )


@given(cases(least=-3))
def test_a_running_sum_is_that_of_a_loop(case: Case) -> None:
    every = np.ones(len(case.seg), bool)
    wanted = case.looped(case.values, _plus, at=every)
    assert running_sum(case.values, case.seg, case.carry).tolist() == wanted
    assert running_sum(case.values, case.seg, case.carry, starts_of(case.seg)).tolist() == wanted
    assert running_sum(case.flag, case.seg, case.carry).tolist() == case.looped(case.flag, _plus, at=every)


@given(cases())
def test_a_running_maximum_is_that_of_a_loop(case: Case) -> None:
    every = np.ones(len(case.seg), bool)
    assert running_max(case.values, case.seg, case.carry).tolist() == case.looped(case.values, max, at=every)
    large = case.values * (int(SPREAD) // 6)
    assert running_max(large, case.seg, case.carry).tolist() == case.looped(large, max, at=every)


@given(cases(most=2**62))
def test_the_last_marked_row_is_one_before(case: Case) -> None:
    wanted = case.looped(case.values, _is, at=case.flag)
    shifted = [
        wanted[row - 1] if row and case.seg[row] == case.seg[row - 1] else case.carry[case.seg[row]]
        for row in range(len(wanted))
    ]
    assert last_marked(case.values, case.flag, case.seg, case.carry).tolist() == shifted


@given(cases())
def test_some_rows_are_counted_as_in_a_loop_over_them(case: Case) -> None:
    some = Marked.at(case.flag, case.seg)
    values = case.values[some.places]
    first = starts_of(case.seg)
    assert some.places.tolist() == np.flatnonzero(case.flag).tolist()
    for computed, then in (
        (some.sum(values, case.carry), _plus),
        (some.max(values, case.carry), max),
        (values, _is),
    ):
        wanted = case.looped(case.values, then, at=case.flag)
        assert computed.tolist() == [wanted[place] for place in some.places]
        assert some.spread(computed, case.carry, case.seg, first).tolist() == wanted
        assert some.latest(computed, case.carry).tolist() == [wanted[end] for end in ends_of(case.seg)]


@given(cases())
def test_the_one_before_is_of_the_same_segment(case: Case) -> None:
    some = Marked.at(case.flag, case.seg)
    so_far, wanted = case.carry.tolist(), []
    for place in some.places.tolist():
        wanted.append(so_far[case.seg[place]])
        so_far[case.seg[place]] = int(case.values[place])
    assert some.previous(case.values[some.places], case.carry).tolist() == wanted
    everyone = Marked.at(np.ones(len(case.seg), bool), case.seg)
    assert previous(case.values, case.seg, case.carry).tolist() == everyone.previous(case.values, case.carry).tolist()


@given(st.lists(st.integers(0, 2)))
def test_segments_begin_and_end_where_the_value_changes(values: list[int]) -> None:
    rows = range(len(values))
    new = [row == 0 or values[row] != values[row - 1] for row in rows]
    assert changes(np.array(values, np.int64)).tolist() == new
    assert starts_of(np.array(values, np.int64)).tolist() == [row for row in rows if new[row]]
    assert ends_of(np.array(values, np.int64)).tolist() == [
        row for row in rows if row + 1 == len(values) or new[row + 1]
    ]
