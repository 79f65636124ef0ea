"""The weekly bets agree with a slow referee, whatever the size of batches, and with a state saved in between."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from parity.referee import Referee
from parity.rivers import (
    ACCOUNTS,
    HOMES,
    HOUR,
    MINUTE,
    MONDAY,
    ROLES,
    FixedLadder,
    Slices,
    calibration_of,
    fold,
    judge_of,
    ladder_of,
    ladders,
    rivers,
)
from parity.test_batches_judge import SIZES, calm, long_river
from parity.trails import course, river, slices, trail
from tocsin.detect.days import bet_so_far
from tocsin.detect.weekly import DAY as ON_DAY
from tocsin.detect.weekly import KEPT, LN_A, NOTHING, PEAK, PEAK_AT, Weekly
from tocsin.main import saved
from tocsin.main.river import River
from tocsin.model.evidence import MICRONATS

CALIBRATION = calibration_of()
WEEK_FROM = 4
WEEK = (MONDAY - WEEK_FROM) // 7 * 7 + WEEK_FROM
"""First day of a week."""


Bet = tuple[int, int, int, int, int]
"""(account, day, ln e in micro-nats, the most on the way, time of the day's latest event)."""


def referee(bets: list[Bet]) -> dict[tuple[int, int], dict[str, int]]:
    """(account, week) -> what is held after all bets, one after the other."""
    held: dict[tuple[int, int], dict[str, int]] = {}
    for account, day, ln_e, peak, at in bets:
        fresh = {"ln_a": NOTHING, "day": NOTHING, "peak": NOTHING, "peak_at": 0}
        one = held.setdefault((account, (day - WEEK_FROM) // 7), fresh)
        if one["day"] < day:
            one["ln_a"] = round(float(np.logaddexp(one["ln_a"] / MICRONATS, math.log(1 / 7))) * MICRONATS)
        top = one["ln_a"] + max(ln_e, peak)
        one["ln_a"] += ln_e
        one["day"] = max(day, one["day"])
        if top > one["peak"]:
            one["peak"], one["peak_at"] = top, at
    return held


def told(weekly: Weekly) -> dict[tuple[int, int], dict[str, int]]:
    """The same of the vectors."""
    columns = (("ln_a", LN_A), ("day", ON_DAY), ("peak", PEAK), ("peak_at", PEAK_AT))
    return {
        (account, number): {name: int(week.accounts[account, column]) for name, column in columns}
        for number, week in weekly.weeks.items()
        for account in week.active().tolist()
    }


def close(mine: dict[Any, dict[str, int]], theirs: dict[Any, dict[str, int]]) -> bool:
    """Equal, but for a micro-nat a day where a rounding fell the other way."""
    return mine.keys() == theirs.keys() and all(
        abs(mine[key][name] - theirs[key][name]) <= (100 if name in ("ln_a", "peak") else 0)
        for key in mine
        for name in mine[key]
    )


@calm(100)
@given(river=rivers(), ladder=ladders, contain=st.booleans(), size=st.sampled_from(SIZES))
def test_the_weekly_bets_agree_with_the_referee(
    river: Slices, ladder: FixedLadder, contain: bool, size: int | None
) -> None:
    whole = [*river, (river[-1][0] + 2, [])]
    judge = judge_of(ladder, CALIBRATION, contain=contain)
    fold(judge, whole, size=size)
    slow = Referee(ladder, CALIBRATION, names=ACCOUNTS, roles=ROLES, homes=HOMES, contain=contain)
    slow.fold(whole)
    assert close(told(judge.weekly), referee(slow.bets))


@calm(40)
@given(river=rivers(most=20, days=2), ladder=ladders, contain=st.booleans())
def test_size_of_batches_changes_no_bet(river: Slices, ladder: FixedLadder, contain: bool) -> None:
    found = []
    for size in SIZES:
        judge = judge_of(ladder, CALIBRATION, contain=contain)
        fold(judge, [*river, (river[-1][0] + 2, [])], size=size)
        found.append(told(judge.weekly))
    assert all(one == found[0] for one in found[1:])


@pytest.mark.parametrize("seed", range(3))
def test_a_long_river_agrees_with_the_referee(seed: int) -> None:
    """Rungs end in the middle of days, and what comes after is bet on with what was held."""
    ladder = ladder_of((2.0, 3.0, 4.0, 5.0), (2 * HOUR, 3 * HOUR, 30 * MINUTE, 5 * HOUR))
    judge, slow = (
        judge_of(ladder, CALIBRATION),
        Referee(ladder, CALIBRATION, names=ACCOUNTS, roles=ROLES, homes=HOMES, contain=True),
    )
    river = [*long_river(seed), (MONDAY + 15, [])]
    fold(judge, river)
    slow.fold(river)
    assert len(judge.weekly.weeks) >= 2
    assert close(told(judge.weekly), referee(slow.bets))
    assert len({bet[:2] for bet in slow.bets}) < len(slow.bets)


def bet_on(weekly: Weekly, bets: list[Bet], *, calibration: str = "c") -> None:
    """Fold bets of one day."""
    account, day, ln_e, peak, at = (np.array(column, np.int64) for column in zip(*bets, strict=True))
    (number,) = set(day.tolist())
    weekly.fold(account, ln_e, peak, at, day=number, week_from=WEEK_FROM, calibration=calibration)


def by_day(bets: list[Bet]) -> list[list[Bet]]:
    """Bets in the order of days."""
    return [[bet for bet in bets if bet[1] == day] for day in sorted({bet[1] for bet in bets})]


some_bets = st.lists(
    st.tuples(
        st.integers(0, 4),
        st.integers(MONDAY, MONDAY + 15),
        st.integers(-3 * MICRONATS, 6 * MICRONATS),
        st.integers(-3 * MICRONATS, 6 * MICRONATS),
        st.integers(0, 10**9),
    ),
    min_size=1,
    max_size=30,
    unique_by=lambda bet: bet[:2],
)


@given(bets=some_bets, seed=st.integers(0, 100))
def test_accounts_of_a_day_may_be_bet_on_together_or_apart(bets: list[Bet], seed: int) -> None:
    together, apart = Weekly(), Weekly()
    for some in by_day(bets):
        bet_on(together, some)
        for place in np.random.default_rng(seed).permutation(len(some)):
            bet_on(apart, [some[place]])
    assert told(apart) == told(together)
    assert close(told(together), referee([bet for some in by_day(bets) for bet in some]))


def test_days_that_come_in_turns_are_staked_once() -> None:
    """Promise: the stake of a week is one, in whatever order its days are folded."""
    weekly = Weekly()
    for day in (WEEK, WEEK + 1) * 5:
        bet_on(weekly, [(0, day, 0, 0, 1)])
    (week,) = weekly.weeks.values()
    assert week.accounts[0, LN_A] == pytest.approx(math.log(2 / 7) * MICRONATS, abs=20)


@calm(60)
@given(river=rivers(most=30, days=3), ladder=ladders, cut=st.integers(0, 40))
def test_nobody_leaves_the_queue_by_working_on(river: Slices, ladder: FixedLadder, cut: int) -> None:
    """Promise: the peak that a running day has reached stays a peak, whatever the rest of the day and its end bring."""

    def peaks(some: Slices) -> dict[tuple[int, int], int]:
        judge = judge_of(ladder, CALIBRATION, contain=False)
        fold(judge, some)
        bet_so_far(judge.weekly, judge.state, day=judge.day, week_from=judge.week_from, calibration="c")
        return {pair: one["peak"] for pair, one in told(judge.weekly).items()}

    begun = [(day, rows[:cut]) if place == len(river) - 1 else (day, rows) for place, (day, rows) in enumerate(river)]
    early, late = peaks(begun), peaks([*river, (river[-1][0] + 2, [])])
    assert all(late[pair] >= peak - 20 for pair, peak in early.items())


def test_a_week_begins_anew_and_old_ones_are_forgotten() -> None:
    weekly = Weekly()
    for week in range(KEPT + 3):
        bet_on(weekly, [(0, WEEK + 7 * week + 2, 2 * MICRONATS, 0, week)])
    assert len(weekly.weeks) == KEPT
    peaks = {int(week.accounts[0, PEAK]) for week in weekly.weeks.values()}
    assert peaks == {round((2 - math.log(7)) * MICRONATS)}


def test_a_week_weighed_on_two_calibrations_says_so() -> None:
    weekly = Weekly()
    bet_on(weekly, [(0, WEEK, 0, 0, 1)], calibration="one")
    assert [week.calibration for week in weekly.weeks.values()] == ["one"]
    for day in (WEEK + 1, WEEK + 2):
        bet_on(weekly, [(0, day, 0, 0, 2)], calibration="two")
    assert [week.calibration for week in weekly.weeks.values()] == [""]


def test_a_day_of_nobody_begins_no_week() -> None:
    weekly, none = Weekly(), np.zeros(0, np.int64)
    weekly.fold(none, none, none, none, day=MONDAY, week_from=WEEK_FROM, calibration="c")
    assert not weekly.weeks


@pytest.mark.parametrize("at_work", [1, 4, 7])
def test_fair_bets_grow_to_no_more_than_their_stake(at_work: int) -> None:
    """On nulls that are true: E[A] is what was staked, at most one; and a peak reaches x in at most one week in x."""
    accounts = 20_000
    rng = np.random.default_rng(at_work)
    weekly = Weekly()
    for day in range(WEEK, WEEK + at_work):
        e = np.where(rng.random(accounts) < 0.05, 10.0, 0.5 / 0.95)  # expectation one
        ln_e = np.rint(np.log(e) * MICRONATS).astype(np.int64)
        numbers = np.arange(accounts)
        weekly.fold(numbers, ln_e, ln_e, numbers, day=day, week_from=WEEK_FROM, calibration="c")
    (week,) = weekly.weeks.values()
    final = np.exp(week.accounts[:, LN_A] / MICRONATS)
    peak = np.exp(week.accounts[:, PEAK] / MICRONATS)
    error = final.std() / math.sqrt(accounts)
    assert abs(final.mean() - at_work / 7) <= 4 * error
    for x in (2.0, 10.0, 50.0):
        assert (peak >= x).mean() <= 1 / x + 3 * math.sqrt(1 / x / accounts)
    for ln_c in (3.0, 8.0):
        cut = np.minimum(peak, math.exp(ln_c))
        assert cut.mean() <= 1 + ln_c


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_what_a_saved_river_says_of_the_week_hangs_on_no_batch_and_no_stop(seed: int, tmp_path: Path) -> None:
    def said(of: River) -> dict[tuple[str, int], dict[str, int]]:
        saved.save(tmp_path / "state.npz", of, folded=1, told={})
        weekly, names = saved.weekly_in(tmp_path / "state.npz")
        return {(names[account], week): one for (account, week), one in told(weekly).items()}

    days = slices(trail(seed))
    whole = river()
    course(whole, days)
    wanted = said(whole)
    assert len(wanted) > 2
    for size in (1, 7):
        cut = river()
        course(cut, days, size=size)
        assert said(cut) == wanted
    for after in range(1, len(days)):
        begun, resumed = river(), river()
        course(begun, days[:after])
        saved.save(tmp_path / "half.npz", begun, folded=1, told={})
        assert saved.load(tmp_path / "half.npz", resumed)
        course(resumed, days[after:])
        assert said(resumed) == wanted


def test_a_state_that_is_not_there_says_nothing(tmp_path: Path) -> None:
    assert saved.weekly_in(tmp_path / "nothing") == (Weekly(), [])
