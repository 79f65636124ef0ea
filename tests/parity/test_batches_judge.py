"""The judge gives what the referee gives, row by row and to the last micro-nat, whatever the size of its batches."""

from __future__ import annotations

import random

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from parity.referee import Referee
from parity.rivers import (
    ACCOUNTS,
    DAY,
    FIELDS,
    HOMES,
    HOUR,
    MARKED,
    MINUTE,
    MONDAY,
    ROLES,
    SECOND,
    Course,
    FixedLadder,
    Slices,
    Told,
    calibration_of,
    explained_of,
    fold,
    judge_of,
    ladder_of,
    ladders,
    rivers,
    rows_of,
)
from tocsin.detect.decided import CLEARING, decide
from tocsin.detect.judge import Judge
from tocsin.detect.registry import NAMES
from tocsin.model.decision import Decision

CALIBRATION = calibration_of()
SIZES = (1, 2, 7, None)
FIGURES = ("account", "at", "rung", "weight", "session", "events")


def calm(examples: int) -> settings:
    """Deterministic, and no clock."""
    slow = [HealthCheck.too_slow, HealthCheck.data_too_large]
    return settings(max_examples=examples, deadline=None, derandomize=True, suppress_health_check=slow)


def agree(judge: Judge, got: Course, referee: Referee, wanted: Course) -> None:
    """What came of a river, and what is remembered, is the same."""
    assert got.rows == wanted.rows
    assert [{name: alert[name] for name in FIGURES} for alert in got.alerts] == wanted.alerts
    assert got.evidence == wanted.evidence
    assert got.finished == wanted.finished
    assert got.stood == wanted.stood
    assert judge.heaviest == referee.heaviest
    state = judge.state
    for name in ("ln_r1", "today", "standing"):
        assert getattr(state, name).tolist() == [getattr(account, name) for account in referee.accounts]
    assert state.own_days.tolist() == [len(account.own.days) for account in referee.accounts]
    assert state.own_codes.sum(axis=1).tolist() == [len(account.own.codes) for account in referee.accounts]
    assert state.most.tolist() == [list(account.most.values()) for account in referee.accounts]


@calm(150)
@given(river=rivers(), ladder=ladders, contain=st.booleans(), size=st.sampled_from(SIZES))
def test_judge_agrees_with_the_referee(river: Slices, ladder: FixedLadder, contain: bool, size: int | None) -> None:
    judge = judge_of(ladder, CALIBRATION, contain=contain)
    referee = Referee(ladder, CALIBRATION, names=ACCOUNTS, roles=ROLES, homes=HOMES, contain=contain)
    agree(judge, fold(judge, river, size=size), referee, referee.fold(river))


@calm(50)
@given(river=rivers(), ladder=ladders, size=st.sampled_from(SIZES))
def test_each_account_is_weighed_on_its_own_calibration(river: Slices, ladder: FixedLadder, size: int | None) -> None:
    """As a past is: by the account's key, whatever its number."""
    several = [calibration_of(index) for index in (0.6, 1.2)]
    judge = judge_of(ladder, *several)
    referee = Referee(ladder, *several, names=ACCOUNTS, roles=ROLES, homes=HOMES, contain=True)
    agree(judge, fold(judge, river, size=size), referee, referee.fold(river))


@calm(60)
@given(river=rivers(most=20, days=2), ladder=ladders, contain=st.booleans())
def test_size_of_batches_changes_nothing(river: Slices, ladder: FixedLadder, contain: bool) -> None:
    courses = [fold(judge_of(ladder, CALIBRATION, contain=contain), river, size=size) for size in SIZES]
    assert all(course == courses[0] for course in courses[1:])


HARVEST = {
    "client": 0,
    "device": 9,
    "network": 71,
    "service": 0,
    "action": "read",
    "outcome": "success",
    "reason": "unexplained",
    "fresh": True,
    "novelty": 1,
    "unsettled": 3,
    "declared": False,
}
"""Strangers one after the other, from a network that is new."""


def long_river(seed: int, *, days: int = 16, rows: int = 24) -> Slices:
    """Weeks of three accounts whose days differ little, so that each has a past of its own; all kinds of rows."""
    draw = random.Random(seed)
    slices: Slices = []
    for day in range(MONDAY, MONDAY + days):
        told: list[Told] = []
        at, busy = day * DAY + draw.choice((0, 6 * HOUR, 22 * HOUR)), draw.random() < 0.3
        who = {"account": draw.randrange(3)}
        for number in range(rows):
            row = {name: draw.choice(values) for name, values in FIELDS.items() if name != "pause"}
            pause = MINUTE if busy else draw.choice((SECOND, MINUTE, MINUTE, 40 * MINUTE, 2 * HOUR))
            at = min(at + pause, (day + 1) * DAY - 1)
            seldom = {"fresh": 0.3, "fresh_listed": 0.2, "novelty": 0.1, "patient": 0.9}
            row |= {name: 0 if name == "novelty" else False for name, share in seldom.items() if draw.random() > share}
            row["patient"] = row["patient"] if row["patient"] != MARKED or draw.random() < 0.1 else 901
            row |= HARVEST | who if busy and draw.random() < 0.8 else {}
            row["age_days"], row["newcomer"] = day - MONDAY, row["account"] == 2
            told.append(Told(event=day * 100 + number, at=at, **row))
        slices.append((day, told))
    return slices


NEVER = ladder_of((900.0, 900.0, 900.0, 900.0), (12 * HOUR, 24 * HOUR, 30 * MINUTE, 72 * HOUR))
OFTEN = ladder_of((1.0, 2.0, 2.2, 9.0), (12 * HOUR, 24 * HOUR, 30 * MINUTE, 72 * HOUR))


def with_stragglers(river: Slices, *, account: int, every: int = 5) -> Slices:
    """The same rows, each day in pieces, between which comes a row of the day before."""
    slices: Slices = []
    for day, told in river:
        for start in range(0, len(told), every):
            slices.append((day, told[start : start + every]))
            late = Told(event=day * 100 + 90 + start, at=day * DAY - HOUR, account=account, fresh=True, unit=1)
            slices.append((day - 1, [late]))
    return slices


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("ladder", [NEVER, OFTEN], ids=["nobody climbs", "many climb"])
def test_a_row_of_yesterday_ends_no_day(seed: int, ladder: FixedLadder) -> None:
    """Promise: a day is bet on once, however often rows of the day before come in between."""
    river = long_river(seed, days=8)[:]
    whole, torn = (judge_of(ladder, CALIBRATION, contain=False) for _ in range(2))
    course, other = fold(whole, river), fold(torn, with_stragglers(river, account=-1))
    assert other.alerts == course.alerts
    for name in ("ln_r1", "own_days", "own_counts", "most", "today", "standing"):
        assert (getattr(torn.state, name) == getattr(whole.state, name)).all(), name
    assert {number: week.accounts.tolist() for number, week in torn.weekly.weeks.items()} == {
        number: week.accounts.tolist() for number, week in whole.weekly.weeks.items()
    }


@pytest.mark.parametrize("seed", range(3))
def test_late_rows_agree_with_the_referee(seed: int) -> None:
    river = with_stragglers(long_river(seed, days=5), account=0)
    judge = judge_of(OFTEN, CALIBRATION)
    referee = Referee(OFTEN, CALIBRATION, names=ACCOUNTS, roles=ROLES, homes=HOMES, contain=True)
    agree(judge, fold(judge, river), referee, referee.fold(river))


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("ladder", [NEVER, OFTEN], ids=["nobody climbs", "many climb"])
def test_own_past_agrees_with_the_referee(seed: int, ladder: FixedLadder) -> None:
    judge = judge_of(ladder, CALIBRATION)
    referee = Referee(ladder, CALIBRATION, names=ACCOUNTS, roles=ROLES, homes=HOMES, contain=True)
    river = long_river(seed)
    agree(judge, fold(judge, river, size=SIZES[seed % len(SIZES)]), referee, referee.fold(river))
    assert judge.state.own_days.max() > 5 or ladder is OFTEN


def test_these_rivers_give_every_detector_something_to_count() -> None:
    """A comparison of zeros would prove nothing."""
    most = np.zeros(len(NAMES), np.int64)
    for seed in range(6):
        judge = judge_of(NEVER, CALIBRATION, climbing=False)
        fold(judge, [*long_river(seed), (MONDAY + 20, long_river(seed, days=1)[0][1][:0])])
        most = np.maximum(most, np.max([ended.counts.max(axis=0, initial=0) for _, ended in judge.days], axis=0))
    assert {name for name, so_far in zip(NAMES, most, strict=True) if not so_far} <= {"absence"}


def test_silence_is_counted() -> None:
    """Days of silence need days without a row."""
    judge = judge_of(NEVER, CALIBRATION, climbing=False)
    rows = [Told(event=day, at=day * DAY) for day in (MONDAY, MONDAY + 9, MONDAY + 9)]
    fold(judge, [(MONDAY, rows[:1]), (MONDAY + 9, rows[1:]), (MONDAY + 10, [])])
    assert [int(ended.counts[0, NAMES.index("absence")]) for _, ended in judge.days if len(ended.account)] == [0, 8]


# -- a day is bet on once ----------------------------------------------------------------------------------------------

SUSPICIOUS = [
    Told(event=0, at=MONDAY * DAY, age_days=9),
    *(
        Told(
            event=n,
            at=(MONDAY + 5) * DAY + n * SECOND,
            action="sign-in",
            outcome="failed-request",
            device=8 + n % 2,
            fresh=True,
            newcomer=True,
            unplaced=2,
            unsettled=3,
            patient=901,
        )
        for n in range(1, 30)
    ),
]
"""Silence, then refused sign-ins from two places, and strangers: what is counted over all sessions of an account."""
QUIET = Told(event=99, at=(MONDAY + 5) * DAY + 2 * HOUR, reason="own-past", age_days=9, device=9)


def after(*between: object) -> Judge:
    """Suspicious days, what comes between, and a quiet row in another session of the same day."""
    judge = judge_of(NEVER, CALIBRATION)
    fold(judge, [(MONDAY, SUSPICIOUS[:1]), (MONDAY + 5, SUSPICIOUS[1:])])
    assert judge.state.today[0] > 3_000_000
    for step in between:
        if isinstance(step, Decision):
            decide(judge, step)
        else:
            fold(judge, [(step, [])])  # type: ignore[list-item]
    if between and not isinstance(between[-1], Decision):
        judge.open_slice(MONDAY + 5)
    judge.judge(rows_of([QUIET]), explained_of([QUIET]))
    return judge


def test_a_day_whose_slice_is_opened_again_is_not_bet_on_again() -> None:
    """Promise: lines that come late open a day many times; what it counted before is not weighed once more.

    Those of yesterday belong to the day that goes on; older ones are of another day, and end it.
    """
    plain, yesterday = after(), after(*[MONDAY + 4] * 10)
    assert (yesterday.state.most == plain.state.most).all()
    assert int(yesterday.state.ln_r1[0]) == int(plain.state.ln_r1[0])
    assert int(yesterday.state.today[0]) == int(plain.state.today[0])
    older = after(MONDAY + 2)
    assert not older.state.most[0].any()
    assert int(after(*[MONDAY + 2] * 10).state.ln_r1[0]) == int(older.state.ln_r1[0])


@pytest.mark.parametrize("what", CLEARING)
def test_what_a_person_cleared_does_not_come_back_with_the_next_row(what: str) -> None:
    cleared = after(Decision(what=what, at=QUIET.at - 1, account=ACCOUNTS[0], who="desk"))
    assert not cleared.state.most[0].any()
    assert cleared.state.ln_r1[0] == 0
    assert cleared.state.today[0] < 0


@pytest.mark.parametrize("size", SIZES)
def test_a_session_over_midnight_weighs_what_its_heavier_day_does(size: int | None) -> None:
    night = (MONDAY + 1) * DAY
    strangers = [Told(event=n, at=night - (20 - n) * SECOND, fresh=True, unit=n + 1, patient=n + 1) for n in range(20)]
    quiet = [Told(event=50 + n, at=night + n * SECOND, reason="own-past", patient=1) for n in range(3)]
    judge = judge_of(NEVER, CALIBRATION)
    fold(judge, [(MONDAY, strangers)], size=size)
    heavy = int(judge.state.open.weight[0])
    assert heavy > 1_000_000
    fold(judge, [(MONDAY + 1, quiet)], size=size)
    assert judge.state.open.events.tolist() == [23]
    assert judge.state.open.weight.tolist() == [heavy]
    assert judge.state.today[0] < 0, "the account's new day begins from nothing"


@pytest.mark.parametrize("size", SIZES)
def test_what_lies_between_two_new_patients_does_not_break_the_tempo(size: int | None) -> None:
    rows = [
        Told(event=n, at=MONDAY * DAY + n * SECOND, fresh=n % 3 == 0, reason="stay", patient=n // 3 + 1)
        for n in range(30)
    ]
    judge = judge_of(NEVER, CALIBRATION)
    fold(judge, [(MONDAY, rows)], size=size)
    assert judge.state.most[0, NAMES.index("tempo")] == 8
