"""An exception: up to its counts content is no evidence; honey and sign-ins stay evidence; it ends by itself."""

from __future__ import annotations

from dataclasses import replace

import pytest

from parity.rivers import (
    ACCOUNTS,
    DAY,
    HOUR,
    MARKED,
    MINUTE,
    MONDAY,
    FixedLadder,
    Slices,
    Told,
    calibration_of,
    fold,
    judge_of,
    ladder_of,
)
from tocsin.detect.decided import decide
from tocsin.detect.judge import Judge
from tocsin.detect.registry import NAMES
from tocsin.detect.weight import CONTENT
from tocsin.model.decision import Decision
from tocsin.model.explained import NEW_TO_ALL

LADDER = ladder_of((1.5, 90.0, 91.0, 92.0), (HOUR, HOUR, HOUR, HOUR))
NEVER = ladder_of((90.0, 90.0, 91.0, 92.0), (HOUR, HOUR, HOUR, HOUR))
CONTENT_NAMES = tuple(name for name in NAMES[:CONTENT] if not name.startswith("sharing"))


def busy(day: int, strangers: int, **told: object) -> tuple[int, list[Told]]:
    """A session of the first account in which it opens so many patients whom nothing explains."""
    rows = [
        Told(
            event=day * 1_000 + number,
            at=day * DAY + 9 * HOUR + number * MINUTE,
            patient=10_000 * day + number + 1,
            fresh=True,
            unit=500 + number % 7,
            age_days=9,
        )
        for number in range(strangers)
    ]
    return day, [replace(row, **told) for row in rows]  # type: ignore[arg-type]


def made(up_to: int, *, until_day: int = MONDAY + 30, what: str = "expected") -> Decision:
    caps = tuple((name, up_to) for name in CONTENT_NAMES) if what == "expected" else ()
    return Decision(what=what, account=ACCOUNTS[0], at=MONDAY * DAY, who="officer", until=until_day * DAY, caps=caps)


def judged(rows: Slices, *decisions: Decision, ladder: FixedLadder = LADDER) -> tuple[Judge, list[str]]:
    """A judge that met the account, took up decisions, then saw these rows; the rungs that were climbed."""
    judge = judge_of(ladder, calibration_of(), contain=False)
    fold(judge, [busy(MONDAY, 1)])
    for decision in decisions:
        decide(judge, decision)
    return judge, [alert["rung"] for alert in fold(judge, rows).alerts]


def test_what_is_expected_raises_nothing_and_what_goes_beyond_does() -> None:
    assert judged([busy(MONDAY + 1, 30)])[1][:1] == ["ask"]
    assert judged([busy(MONDAY + 1, 30)], made(31))[1] == []
    assert judged([busy(MONDAY + 1, 200)], made(31))[1][:1] == ["ask"]


def test_weeks_of_what_is_expected_do_not_add_up() -> None:
    days = [busy(MONDAY + 1 + day, 30) for day in range(20)]
    assert judged(days, made(31))[1] == []
    assert judged(days)[1]


def test_honey_and_sign_ins_stay_evidence() -> None:
    plain, _ = judged([busy(MONDAY + 1, 30)], made(31))
    honey = judged([busy(MONDAY + 1, 30, patient=MARKED)], made(31))[1]
    assert honey[:1] == ["ask"]
    signed, rungs = judged([busy(MONDAY + 1, 30, novelty=7, unsettled=NEW_TO_ALL)], made(31))
    assert rungs[:1] == ["ask"]
    assert int(signed.state.open.weight.max()) > int(plain.state.open.weight.max())


def test_it_ends_by_itself_and_when_it_is_withdrawn() -> None:
    rows: Slices = [busy(MONDAY + 5, 30)]
    assert judged(rows, made(31, until_day=MONDAY + 6))[1] == []
    assert judged(rows, made(31, until_day=MONDAY + 5))[1][:1] == ["ask"]
    assert judged(rows, made(31), made(0, what="withdrawn"))[1][:1] == ["ask"]


@pytest.mark.parametrize("what", ["true", "challenge-failed"])
def test_a_stolen_account_has_no_exception(what: str) -> None:
    judge, _ = judged([], made(31), made(0, what=what))
    assert judge.state.expected_until[0] == 0
    assert (judge.state.own_e[0] > 1).all()


def test_another_takes_its_place() -> None:
    judge, _ = judged([], made(31), made(3))
    assert set(judge.state.expected[0].tolist()) == {-1, 2}


def test_the_own_past_goes_on_capping_under_an_exception() -> None:
    days = [busy(MONDAY + 1 + day, 2) for day in range(10)]
    judge, _ = judged([*days, (MONDAY + 12, [])], made(31), ladder=NEVER)
    without, _ = judged([*days, (MONDAY + 12, [])], ladder=NEVER)
    assert judge.state.own_days[0] == without.state.own_days[0] > 5
    assert (judge.state.own_e[0] <= without.state.own_e[0]).all()
    decide(judge, made(0, what="withdrawn"))
    assert (judge.state.own_e[0] == without.state.own_e[0]).all()
