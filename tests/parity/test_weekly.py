"""The weekly bets agree with a slow referee, whatever the size of batches, and with a state saved in between."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from parity.rivers import (
    DAY,
    HOUR,
    MINUTE,
    MONDAY,
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
from tocsin.detect.state import Sessions
from tocsin.detect.weekly import DAY as ON_DAY
from tocsin.detect.weekly import ENDED, KEPT, LN_A, NOTHING, PEAK, PEAK_AT, Weekly
from tocsin.main import saved
from tocsin.main.river import River
from tocsin.model.evidence import MICRONATS

CALIBRATION = calibration_of()
WEEK_FROM = 4
WEEK = (MONDAY - WEEK_FROM) // 7 * 7 + WEEK_FROM
"""First day of a week."""


def referee(sessions: list[tuple[int, int, int, int]]) -> dict[tuple[int, int], dict[str, int]]:
    """(account, week) -> the bet after all sessions (account, last_at, id, weight), one after the other."""
    held: dict[tuple[int, int], dict[str, int]] = {}
    for account, last_at, _, weight in sorted(sessions):
        day = last_at // DAY
        fresh = {"ln_a": NOTHING, "day": NOTHING, "ended": 0, "peak": NOTHING, "peak_at": 0}
        one = held.setdefault((account, (day - WEEK_FROM) // 7), fresh)
        one["ended"] = one["ended"] + 1 if one["day"] == day else 1
        one["day"] = day
        stake = math.log(1 / 7 / one["ended"] / (one["ended"] + 1))
        grown = float(np.logaddexp(one["ln_a"] / MICRONATS, stake))
        one["ln_a"] = round(grown * MICRONATS) + weight
        if one["ln_a"] > one["peak"]:
            one["peak"], one["peak_at"] = one["ln_a"], last_at
    return held


def told(weekly: Weekly) -> dict[tuple[int, int], dict[str, int]]:
    """The same of the vectors."""
    return {
        (account, number): {
            name: int(week.accounts[account, column])
            for name, column in (
                ("ln_a", LN_A),
                ("day", ON_DAY),
                ("ended", ENDED),
                ("peak", PEAK),
                ("peak_at", PEAK_AT),
            )
        }
        for number, week in weekly.weeks.items()
        for account in week.active().tolist()
    }


def close(mine: dict[Any, dict[str, int]], theirs: dict[Any, dict[str, int]]) -> bool:
    """Equal, but for a micro-nat a session where a rounding fell the other way."""
    return mine.keys() == theirs.keys() and all(
        abs(mine[key][name] - theirs[key][name]) <= (100 if name in ("ln_a", "peak") else 0)
        for key in mine
        for name in mine[key]
    )


def finished_of(course: Any) -> list[tuple[int, int, int, int]]:
    return [(one[0], one[1], one[2], one[6]) for ended in course.finished for one in ended]


@calm(80)
@given(river=rivers(), ladder=ladders, contain=st.booleans(), size=st.sampled_from(SIZES))
def test_the_weekly_bets_agree_with_the_referee(
    river: Slices, ladder: FixedLadder, contain: bool, size: int | None
) -> None:
    judge = judge_of(ladder, CALIBRATION, contain=contain)
    course = fold(judge, [*river, (river[-1][0] + 2, [])], size=size)
    assert close(told(judge.weekly), referee(finished_of(course)))


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
    judge = judge_of(
        ladder_of((9.0, 9.0, 9.0, 9.0), (12 * HOUR, 24 * HOUR, 30 * MINUTE, 72 * HOUR)), CALIBRATION, climbing=False
    )
    course = fold(judge, [*long_river(seed), (MONDAY + 15, [])])
    assert len(judge.weekly.weeks) == 3
    assert close(told(judge.weekly), referee(finished_of(course)))


def sessions_of(rows: list[tuple[int, int, int, int]]) -> Sessions:
    """Sessions (account, last_at, id, weight), the rest of no interest."""
    none = Sessions.none()
    account, last_at, ident, weight = (np.array(column, np.int64) for column in zip(*rows, strict=True))
    zeros = np.zeros(len(rows), np.int64)
    return Sessions(
        key=ident.astype(np.uint64), id=ident.astype(np.uint64), account=account.astype(np.int32),
        first_at=last_at, last_at=last_at, events=zeros, age=zeros, weight=weight, content=weight,
        counts=np.zeros((len(rows), none.counts.shape[1]), np.int64),
        carried=np.zeros((len(rows), none.carried.shape[1]), np.int64),
    )  # fmt: skip


some_sessions = st.lists(
    st.tuples(
        st.integers(0, 4),
        st.integers(MONDAY * 4, (MONDAY + 15) * 4).map(lambda quarter: quarter * DAY // 4),
        st.integers(1, 10**6),
        st.integers(-3 * MICRONATS, 6 * MICRONATS),
    ),
    min_size=1,
    max_size=30,
    unique_by=lambda row: row[2],
)


@given(rows=some_sessions, cut=st.integers(0, 30))
def test_a_fold_may_be_cut_anywhere_between_two_moments(rows: list[tuple[int, int, int, int]], cut: int) -> None:
    whole, parts = Weekly(), Weekly()
    whole.fold(sessions_of(rows), week_from=WEEK_FROM, calibration="c")
    border = sorted(row[1] for row in rows)[min(cut, len(rows) - 1)]
    for some in ([r for r in rows if r[1] < border], [r for r in rows if r[1] >= border]):
        if some:
            parts.fold(sessions_of(some), week_from=WEEK_FROM, calibration="c")
    assert told(parts) == told(whole)
    assert close(told(whole), referee(rows))


@given(rows=some_sessions, seed=st.integers(0, 100))
def test_the_order_in_which_sessions_are_handed_over_changes_nothing(
    rows: list[tuple[int, int, int, int]], seed: int
) -> None:
    found = []
    for order in (rows, [rows[i] for i in np.random.default_rng(seed).permutation(len(rows))]):
        weekly = Weekly()
        weekly.fold(sessions_of(order), week_from=WEEK_FROM, calibration="c")
        found.append(told(weekly))
    assert found[0] == found[1]


def test_a_week_begins_anew_and_old_ones_are_forgotten() -> None:
    weekly = Weekly()
    for week in range(KEPT + 3):
        at = (WEEK + 7 * week + 2) * DAY
        weekly.fold(sessions_of([(0, at, week + 1, 2 * MICRONATS)]), week_from=WEEK_FROM, calibration="c")
    assert len(weekly.weeks) == KEPT
    peaks = {int(week.accounts[0, PEAK]) for week in weekly.weeks.values()}
    assert peaks == {round((2 - math.log(14)) * MICRONATS)}


def test_a_week_weighed_on_two_calibrations_says_so() -> None:
    weekly = Weekly()
    at = MONDAY * DAY
    weekly.fold(sessions_of([(0, at, 1, 0)]), week_from=WEEK_FROM, calibration="one")
    assert [week.calibration for week in weekly.weeks.values()] == ["one"]
    weekly.fold(sessions_of([(0, at + 1, 2, 0)]), week_from=WEEK_FROM, calibration="two")
    weekly.fold(sessions_of([(0, at + 2, 3, 0)]), week_from=WEEK_FROM, calibration="two")
    assert [week.calibration for week in weekly.weeks.values()] == [""]


@pytest.mark.parametrize("sessions_a_day", [1, 4, 30])
def test_fair_bets_grow_to_no_more_than_their_stake(sessions_a_day: int) -> None:
    """On nulls that are true: E[A] is what was staked, at most one; and a peak reaches x in at most one week in x."""
    accounts = 20_000
    rng = np.random.default_rng(sessions_a_day)
    weekly, rows = Weekly(), 0
    for day in range(WEEK, WEEK + 7):
        for turn in range(sessions_a_day):
            p = rng.random(accounts)
            e = np.where(p < 0.05, 10.0, 0.5 / 0.95)  # expectation one
            at = np.full(accounts, day * DAY + turn)
            ids = np.arange(rows, rows + accounts)
            rows += accounts
            weight = np.rint(np.log(e) * MICRONATS).astype(np.int64)
            some = sessions_of(list(zip(range(accounts), at.tolist(), ids.tolist(), weight.tolist(), strict=True)))
            weekly.fold(some, week_from=WEEK_FROM, calibration="c")
    (week,) = weekly.weeks.values()
    final = np.exp(week.accounts[:, LN_A] / MICRONATS)
    peak = np.exp(week.accounts[:, PEAK] / MICRONATS)
    staked = sessions_a_day / (sessions_a_day + 1)
    error = final.std() / math.sqrt(accounts)
    assert final.mean() <= staked + 4 * error
    if sessions_a_day == 1:
        assert final.mean() >= staked - 4 * error
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
