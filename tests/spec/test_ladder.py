"""The ladder: who climbs, what each rung stops and for how long, and what is left when it ends."""

from __future__ import annotations

import pytest

from parity.rivers import (
    ACCOUNTS,
    DAY,
    HOUR,
    MARKED,
    MINUTE,
    MONDAY,
    Course,
    FixedLadder,
    Told,
    calibration_of,
    fold,
    judge_of,
    ladder_of,
)
from tocsin.detect.judge import Judge
from tocsin.detect.registry import NAMES
from tocsin.model.explained import NEW_TO_ALL

CALIBRATION = calibration_of()
NEVER = 10_000.0
SETTLED = 7
"""Days after which an account is settled, so that what is new about it is evidence."""
LASTING = (12 * HOUR, 24 * HOUR, 30 * MINUTE, 72 * HOUR)
"""The defaults of the replay contract."""


def at(hours: float) -> int:
    """A time on the Monday or after."""
    return MONDAY * DAY + round(hours * HOUR)


def stranger(event: int, hours: float, **told: object) -> Told:
    """Somebody nobody explains is opened."""
    return Told(event=event, at=at(hours), fresh=True, unit=event + 1, **told)  # type: ignore[arg-type]


def burst(hours: float, *, first: int = 0, patients: int = 20, **told: object) -> list[Told]:
    """Twenty strangers, a second apart."""
    return [stranger(first + n, hours + n / 3600, **told) for n in range(patients)]


def quiet(event: int, hours: float, **told: object) -> Told:
    """A row that weighs nothing new."""
    return Told(event=event, at=at(hours), reason="own-past", **told)  # type: ignore[arg-type]


def only(rung: str, *, above: float = 0.5) -> FixedLadder:
    """A ladder of which one rung is at 0.5 nats and the higher ones out of reach."""
    rungs = ("ask", "own-patients-only", "end-sessions", "suspend")
    place = rungs.index(rung)
    return ladder_of(tuple(above if n <= place else NEVER for n in range(4)), LASTING)


def run(ladder: FixedLadder, told: list[Told], *, contain: bool = True) -> tuple[Judge, Course]:
    """Fold rows, day by day."""
    judge = judge_of(ladder, CALIBRATION, contain=contain)
    days = sorted({t.at // DAY for t in told})
    return judge, fold(judge, [(day, [t for t in told if t.at // DAY == day]) for day in days])


def held(course: Course) -> list[bool]:
    """Which rows were kept from happening."""
    return [stopped for stopped, _ in course.rows]


def climbs(course: Course) -> list[str]:
    """The rungs reached, in order."""
    return [alert["rung"] for alert in course.alerts]


@pytest.mark.parametrize("rung", ["ask", "own-patients-only"])
def test_the_lower_rungs_stop_nothing(rung: str) -> None:
    _, course = run(only(rung), burst(8))
    assert climbs(course) == [rung]
    assert not any(held(course))


def test_one_alert_each_time_a_rung_is_climbed() -> None:
    _, course = run(ladder_of((0.2, 0.6, NEVER, NEVER), LASTING), burst(8, patients=60))
    assert climbs(course) == ["ask", "own-patients-only"]
    assert [alert["account"] for alert in course.alerts] == [ACCOUNTS[0]] * 2


def test_an_alert_bears_the_time_and_the_id_of_the_event_that_carried_it_there() -> None:
    told = burst(8)
    _, course = run(only("ask"), told)
    alert = course.alerts[0]
    carried = next(t for t in told if t.at == alert["at"])
    assert f"{carried.id:032x}" in alert["events"]
    assert len(alert["events"]) <= 10


# -- suspend needs two families ----------------------------------------------------------------------------------------

ALL_LOW = ladder_of((0.5, 0.5, 0.5, 0.5), LASTING)


def test_content_alone_suspends_nobody() -> None:
    _, course = run(ALL_LOW, burst(8, patients=60), contain=False)
    assert climbs(course) == ["end-sessions"]


@pytest.mark.parametrize(
    "second",
    [
        pytest.param({"novelty": 3, "age_days": SETTLED}, id="sign-in from a new network and machine"),
        pytest.param({"patient": MARKED}, id="a honey patient"),
    ],
)
def test_two_families_suspend(second: dict[str, int]) -> None:
    _, course = run(ALL_LOW, [stranger(100, 7.99, **second), *burst(8, unsettled=3)], contain=False)
    assert climbs(course)[-1] == "suspend"


def test_a_doubtful_sign_in_suspends_nobody_who_works_from_where_she_always_does() -> None:
    """Promise: a new telephone in the morning and a long list at the desk are two things, not two families."""
    told = [stranger(100, 7.99, novelty=3, unsettled=3, age_days=SETTLED), *burst(8)]
    _, course = run(ALL_LOW, told, contain=False)
    assert climbs(course)[-1] == "end-sessions"


@pytest.mark.parametrize(
    "second",
    [
        pytest.param({"novelty": 3, "age_days": SETTLED - 1}, id="all is new of an account met less than a week ago"),
        pytest.param({"patient": MARKED, "action": "list"}, id="a honey patient that a search listed"),
    ],
)
def test_what_is_no_family_of_its_own_suspends_nobody(second: dict[str, int]) -> None:
    _, course = run(ALL_LOW, [stranger(100, 7.99, **second), *burst(8)], contain=False)
    assert climbs(course)[-1] == "end-sessions"


def test_a_network_that_is_new_in_the_middle_of_a_session_counts() -> None:
    """Promise: a session taken over on its way is doubted from that row on, and once."""
    told = [quiet(0, 8), quiet(1, 8.01), quiet(2, 8.02, novelty=1, network=7), quiet(3, 8.03, network=7)]
    _, course = run(only("ask", above=NEVER), told)
    gains = {event: gain for event, _, _, gain, _ in course.evidence}
    assert [t.id for t in told if gains.get(t.id, 0) > 0] == [told[2].id]
    assert len({session for _, session in course.rows}) == 1


@pytest.mark.parametrize("first", [4, 3])
def test_what_is_new_in_one_session_does_not_hide_what_is_new_in_another(first: int) -> None:
    """Promise: a new level of assurance at the desk does not cover a new network and machine elsewhere on the day."""
    other = 7 - first
    bits = {3: 3, 4: 8}  # network and device; assurance
    usual = {"reason": "own-past", "unsettled": NEW_TO_ALL, "age_days": SETTLED}
    told = [
        Told(event=0, at=at(8), novelty=bits[first], **usual),
        Told(event=1, at=at(9), novelty=bits[other], client=5, **usual),
    ]
    judge, _ = run(only("ask", above=NEVER), told)
    assert judge.state.most[0, NAMES.index("sign-in")] == 15
    assert judge.state.today[0] > 1_000_000


def test_families_of_different_sessions_count_together_for_a_week() -> None:
    def course(days: float) -> Course:
        new_machine = Told(event=900, at=at(1), novelty=3, reason="own-past", age_days=SETTLED)
        ladder = ladder_of((2.5, 2.5, 2.5, 2.5), LASTING)
        return run(ladder, [new_machine, *burst(1 + 24 * days, patients=60, unsettled=3)], contain=False)[1]

    assert climbs(course(6))[-1] == "suspend"
    assert climbs(course(9))[-1] == "end-sessions"


# -- end-sessions ------------------------------------------------------------------------------------------------------


def test_end_sessions_stops_the_rest_of_the_session_and_no_other() -> None:
    rest = [quiet(50, 8.1), quiet(51, 8.2, client=5), quiet(52, 8.3, device=9), quiet(53, 8.4, account=1)]
    _, course = run(only("end-sessions"), [*burst(8), *rest, quiet(54, 8.5)])
    crossed = held(course).index(True)
    assert held(course)[crossed:20] == [True] * (20 - crossed)
    assert held(course)[20:] == [True, False, False, False, True]


@pytest.mark.parametrize(
    ("pause_us", "stopped"),
    [
        pytest.param(29 * MINUTE, True, id="29 minutes: still the session"),
        pytest.param(30 * MINUTE, True, id="30 minutes: still the session"),
        pytest.param(30 * MINUTE + 1, False, id="longer: another session"),
    ],
)
def test_end_sessions_lasts_until_thirty_minutes_without_an_event(pause_us: int, stopped: bool) -> None:
    told = burst(8)
    last = told[-1].at
    again = Told(event=70, at=last + pause_us, reason="own-past")
    judge, course = run(only("end-sessions"), [*told, again])
    assert held(course)[-1] is stopped
    assert (judge.state.standing[0] == 0) is not stopped


def test_events_that_are_stopped_prolong_the_end_of_the_session() -> None:
    """Somebody who keeps trying stays out: 20 minutes and 20 minutes are no silence of 30."""
    _, course = run(only("end-sessions"), [*burst(8), quiet(50, 8.3), quiet(51, 8.6), quiet(52, 8.9), quiet(53, 9.5)])
    assert held(course)[-4:] == [True, True, True, False]


# -- suspend -----------------------------------------------------------------------------------------------------------

TWO = ladder_of((3.4, 3.4, 3.4, 3.4), LASTING)
"""Reached by a new machine and many strangers, by neither alone."""
THIEF = [stranger(100, 8, novelty=3, age_days=SETTLED), *burst(8.01, patients=60, unsettled=3)]


def test_suspend_stops_every_session_of_the_account_for_72_hours() -> None:
    later = [quiet(200, 9, client=5), quiet(201, 9.5, account=1), quiet(202, 79.9), quiet(203, 80.1)]
    _, course = run(TWO, [*THIEF, *later])
    assert climbs(course)[-1] == "suspend"
    assert held(course)[-4:] == [True, False, True, False]


def test_a_suspended_account_raises_no_second_alert_meanwhile() -> None:
    _, course = run(TWO, [*THIEF, *burst(30, first=300)], contain=False)
    assert climbs(course).count("suspend") == 1


# -- what is left when a rung ends -------------------------------------------------------------------------------------


@pytest.mark.parametrize(("rung", "hours"), [("ask", 12), ("own-patients-only", 24)])
def test_after_its_time_a_rung_can_be_climbed_again(rung: str, hours: float) -> None:
    told = burst(8)
    before = [*told, *burst(8 + hours - 1, first=300)]
    after = [*told, *burst(8 + hours + 0.1, first=300)]
    assert climbs(run(only(rung), before)[1]) == [rung]
    assert climbs(run(only(rung), after)[1]) == [rung] * 2


def test_the_statistic_restarts_with_the_end_of_the_rung() -> None:
    judge, course = run(only("ask"), [*burst(8), quiet(99, 21)])
    assert judge.state.standing[0] == 0
    assert judge.state.ln_r1[0] == 0
    assert judge.state.open.weight.sum() < 0, "only the quiet session weighs"
    assert course.alerts[0]["weight"] > 500_000


def test_the_sessions_that_a_rung_saw_are_handed_out_when_it_ends() -> None:
    judge, course = run(only("ask"), [*burst(8, patients=40), quiet(99, 20.1), quiet(100, 45)])
    finished = [session for slice_ in course.finished for session in slice_]
    assert sorted(events for _, _, _, _, events, *_ in finished) == [1, 40]
    assert judge.state.open.events.tolist() == [1]


def test_an_account_under_alert_teaches_nothing_about_itself() -> None:
    thief, honest = burst(8), [quiet(60, 8, account=1), quiet(61, 21, account=1)]
    judge, _ = run(only("ask"), sorted([*thief, *honest, quiet(99, 21), quiet(100, 30)], key=lambda t: t.at))
    assert judge.state.own_days.tolist() == [0, 1, 0]


def test_the_days_on_which_a_rung_stands_are_told_to_the_last() -> None:
    judge, course = run(only("ask"), [*burst(20), quiet(99, 25)])
    assert (0, MONDAY + 1) in course.stood[0], "it stands past midnight"
    judge, course = run(only("ask"), [*burst(11, patients=40), quiet(99, 25)])
    assert (0, MONDAY + 1) not in course.stood[0], "it ended at eleven"
    assert judge.state.standing[0] == 0


def test_an_end_that_stopped_rows_moved_past_midnight_stands_on_that_day_too() -> None:
    tries = [quiet(50 + n, 23.2 + n / 4) for n in range(5)]  # the last at 00:12
    _, course = run(only("end-sessions"), [*burst(23), *tries, quiet(90, 30)])
    assert (0, MONDAY + 1) in course.stood[1]


# -- contain=False -----------------------------------------------------------------------------------------------------


def test_without_containment_nothing_is_held_and_rungs_tick_alike() -> None:
    told = [*THIEF, *burst(9, first=300, account=1), quiet(400, 30), quiet(401, 85), quiet(402, 85.1, account=1)]
    contained, free = run(TWO, told), run(TWO, told, contain=False)
    assert any(held(contained[1]))
    assert not any(held(free[1]))
    assert contained[0].state.standing.tolist() == free[0].state.standing.tolist()
    firsts = [[(a["account"], a["rung"], a["at"]) for a in course.alerts] for _, course in (contained, free)]
    assert firsts[0] == firsts[1]


def test_while_learning_nobody_climbs_and_the_heaviest_week_is_kept() -> None:
    judge = judge_of(ALL_LOW, CALIBRATION, climbing=False)
    course = fold(judge, [(MONDAY, THIEF)])
    assert not course.alerts
    assert max(judge.heaviest.values()) > 2_000_000


def test_a_past_with_two_families_over_the_second_rung_is_doubted() -> None:
    two, alone = judge_of(TWO, CALIBRATION, climbing=False), judge_of(ALL_LOW, CALIBRATION, climbing=False)
    fold(two, [(MONDAY, [*THIEF, *burst(9, first=300, account=1)])])
    fold(alone, [(MONDAY, burst(8, patients=60))])
    assert {account for account, _ in two.doubtful} == {0}
    assert not alone.doubtful


def test_a_slice_in_which_nobody_is_named_passes() -> None:
    judge = judge_of(ALL_LOW, CALIBRATION)
    judge.accounts.names.clear()
    assert fold(judge, [(MONDAY, [Told(event=1, at=at(1), account=-1)])]).rows == [(False, 0)]
