"""A memory against a dictionary of when each key was last used."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tocsin.explain import memory
from tocsin.explain.memory import PERIODS, Memory

KEYS = (np.arange(1, 13, dtype=np.uint64) * np.uint64(0x9E3779B97F4A7C15)) & ~np.uint64(15)
some = st.sets(st.integers(0, 11), max_size=6)
steps = st.lists(st.tuples(st.sampled_from(["add", "use", "look"]), some, st.integers(0, 90)), max_size=30)


@settings(max_examples=300, deadline=None, derandomize=True)
@given(steps, st.sampled_from([1, 5, 12, 30, 365, 730]))
def test_a_key_is_known_from_when_it_is_added_until_it_was_not_used_for_so_long(
    course: list[tuple[str, set[int], int]], days: int
) -> None:
    known, last, today, length = Memory(), dict[int, int](), 20_000, -(-days // PERIODS)
    for what, which, later in course:
        today += later * length // 8
        known.turn(today, days)
        last = {one: used for one, used in last.items() if today // length - used // length <= -(-days // length)}
        assert set(np.flatnonzero(known.has(KEYS)).tolist()) == set(last)
        assert all(used >= today - days - 2 * length for used in last.values())
        keys = KEYS[sorted(which)]
        if what == "add":
            known.add(keys)
            last |= dict.fromkeys(which, today)
        else:
            assert known.has(keys).tolist() == [one in last for one in sorted(which)]
        if what == "use":
            known.renew()
            last |= {one: today for one in which if one in last}
        assert all((run[1:] > run[:-1]).all() for run in known.runs)


@pytest.mark.parametrize("days", [1, 7, 100, 365, 3_660])
def test_what_is_not_used_is_kept_for_as_long_as_was_said_and_little_longer(days: int) -> None:
    length = -(-days // PERIODS)
    for begun in range(20_000, 20_000 + 2 * length, max(length // 7, 1)):
        known = Memory()
        known.turn(begun, days)
        known.add(KEYS)
        for day in range(begun, begun + days + 2 * length + 2, max(length // 5, 1)):
            known.turn(day, days)
            found = known.has(KEYS)
            assert found.all() or day - begun > days, day - begun
            assert not found.any() or day - begun < days + 2 * length, day - begun


def test_another_time_begins_with_what_is_known() -> None:
    known = Memory()
    known.turn(20_000, 30)
    known.add(KEYS)
    known.turn(20_020, 365)
    known.turn(20_380, 365)
    assert known.has(KEYS).all()
    known.turn(20_450, 365)
    assert not known.has(KEYS).any()


@settings(max_examples=60, deadline=None, derandomize=True)
@given(st.lists(st.integers(0, 400), max_size=300), st.lists(st.integers(0, 400), max_size=300), st.integers(1, 40))
def test_runs_are_joined_in_pieces_as_they_would_be_in_one(some: list[int], more: list[int], piece: int) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(memory, "_PIECE", piece)
        known = Memory()
        for day, numbers in ((20_000, some), (20_040, more), (20_041, some), (20_500, [])):
            known.turn(day)
            known.add(np.array(numbers, np.uint64) << np.uint64(4))
            held = known.has(np.arange(401, dtype=np.uint64) << np.uint64(4))
            wanted = {20_000: some, 20_040: [*some, *more], 20_041: [*some, *more], 20_500: []}[day]
            assert set(np.flatnonzero(held).tolist()) == set(wanted)


def test_a_late_day_forgets_nothing() -> None:
    known = Memory()
    known.turn(20_400, 365)
    known.add(KEYS)
    known.turn(20_000, 365)
    known.turn(20_401, 365)
    assert known.has(KEYS).all()
    assert len(known) == len(KEYS)
