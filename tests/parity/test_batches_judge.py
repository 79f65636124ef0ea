"""The judge gives what the referee gives, row by row and to the last micro-nat, whatever the size of its batches."""

from __future__ import annotations

import random

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from parity.referee import Referee
from parity.rivers import (
    ACCOUNTS,
    DAY,
    HOUR,
    MINUTE,
    MONDAY,
    ROLES,
    FixedLadder,
    Slices,
    Told,
    calibration_of,
    fold,
    judge_of,
    ladder_of,
    ladders,
    rivers,
)

CALIBRATION = calibration_of()
SIZES = (1, 2, 7, None)
FIGURES = ("account", "at", "rung", "weight", "session", "events")


def calm(examples: int) -> settings:
    """Deterministic, and no clock."""
    slow = [HealthCheck.too_slow, HealthCheck.data_too_large]
    return settings(max_examples=examples, deadline=None, derandomize=True, suppress_health_check=slow)


@calm(150)
@given(river=rivers(), ladder=ladders, contain=st.booleans(), size=st.sampled_from(SIZES))
def test_judge_agrees_with_the_referee(river: Slices, ladder: FixedLadder, contain: bool, size: int | None) -> None:
    judge = judge_of(ladder, CALIBRATION, contain=contain)
    got = fold(judge, river, size=size)
    referee = Referee(ladder, CALIBRATION, ACCOUNTS, ROLES, contain=contain)
    wanted = referee.fold(river)
    assert got.rows == wanted.rows
    assert [{name: alert[name] for name in FIGURES} for alert in got.alerts] == wanted.alerts
    assert got.evidence == wanted.evidence
    assert got.finished == wanted.finished
    assert got.stood == wanted.stood
    assert judge.heaviest == referee.heaviest
    assert judge.state.ln_r1.tolist() == [account.ln_r1 for account in referee.accounts]
    assert judge.state.standing.tolist() == [account.standing for account in referee.accounts]


@calm(60)
@given(river=rivers(most=20, days=2), ladder=ladders, contain=st.booleans())
def test_size_of_batches_changes_nothing(river: Slices, ladder: FixedLadder, contain: bool) -> None:
    courses = [fold(judge_of(ladder, CALIBRATION, contain=contain), river, size=size) for size in SIZES]
    assert all(course == courses[0] for course in courses[1:])


def long_river(seed: int) -> Slices:
    """Two weeks of three accounts with a few short sessions a day, so that each has a history of its own."""
    draw = random.Random(seed)
    slices: Slices = []
    for day in range(MONDAY, MONDAY + 14):
        told = []
        for number in range(12):
            fresh = draw.random() < 0.4
            told.append(
                Told(
                    event=day * 100 + number,
                    at=day * DAY + number * 45 * MINUTE + draw.choice((0, 1, 20 * MINUTE)),
                    account=draw.randrange(3),
                    client=draw.choice((0, 5)),
                    fresh=fresh,
                    unit=draw.choice((0, 501, 502)) if fresh else 0,
                    page=draw.choice((0, 0, 0, 3)),
                    age_days=day - MONDAY,
                )
            )
        slices.append((day, told))
    return slices


@pytest.mark.parametrize("seed", range(6))
def test_own_history_agrees_with_the_referee(seed: int) -> None:
    ladder = ladder_of((1.0, 2.0, 2.2, 9.0), (12 * HOUR, 24 * HOUR, 30 * MINUTE, 72 * HOUR))
    judge = judge_of(ladder, CALIBRATION)
    referee = Referee(ladder, CALIBRATION, ACCOUNTS, ROLES, contain=True)
    river = long_river(seed)
    got, wanted = fold(judge, river), referee.fold(river)
    assert judge.state.own_sessions.tolist() == [len(account.own) for account in referee.accounts]
    assert judge.state.own_sessions.max() > 5
    assert got.evidence == wanted.evidence
    assert got.finished == wanted.finished
