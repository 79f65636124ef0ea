"""Verdicts by account-week: the last word of each person, and nothing where two differ."""

from __future__ import annotations

from tocsin.main.tables import alert_id
from tocsin.main.verdicts import MONDAY, account_weeks, precision, verdicts
from tocsin.model.alert import Alert
from tocsin.model.decision import Decision
from tocsin.model.episode import Episode

DAY = 86_400_000_000
WEEK = 2_900
"""A week; its Monday is day MONDAY + 7 * WEEK."""


def alert_in(week: int, account: str = "a") -> Alert:
    return Alert(
        account=account, at=(MONDAY + 7 * week + 2) * DAY, rung="ask", weight=1, one_in=1.0, measured=True,
        stratum="", calibration="c", session=week, grounds=(), events=(),
    )  # fmt: skip


def say(what: str, about: str, *, week: int = WEEK, who: str = "officer", day: int = 3, **told: object) -> Decision:
    at = (MONDAY + 7 * week + day) * DAY
    return Decision(what=what, account="a", about=about, at=at, who=who, **told)  # type: ignore[arg-type]


def weeks(decisions: list[Decision], alerts: list[Alert], told_of: list[Episode] | None = None) -> dict[int, object]:
    found = verdicts(decisions, alerts, told_of or [])
    return {week: None if one is None else one.stolen for (_, week), one in found.items()}


def test_an_alert_means_its_own_week_however_late_it_is_answered() -> None:
    alert = alert_in(WEEK)
    assert weeks([say("true", alert_id(alert), week=WEEK + 6)], [alert]) == {WEEK: True}


def test_an_episode_means_the_weeks_of_its_alerts() -> None:
    alerts = [alert_in(WEEK), alert_in(WEEK + 1)]
    episode = Episode(id="EP-1", account="a", alerts=tuple(alerts), opened_at=alerts[0].at)
    assert weeks([say("false", "EP-1", week=WEEK + 6)], alerts, [episode]) == {WEEK: False, WEEK + 1: False}


def test_an_account_means_the_last_seven_days() -> None:
    assert weeks([say("false", "a")], [alert_in(WEEK - 9)]) == {WEEK - 1: False, WEEK: False}


def test_days_that_are_named_are_those_days() -> None:
    assert weeks([say("not-mine", "a", days=(MONDAY + 7 * (WEEK - 3),))], []) == {WEEK - 3: True}


def test_the_last_word_of_a_person_counts_and_two_who_differ_settle_nothing() -> None:
    alert = alert_in(WEEK)
    about = alert_id(alert)
    assert weeks([say("true", about), say("false", about, day=4)], [alert]) == {WEEK: False}
    assert weeks([say("true", about), say("false", about, who="lead")], [alert]) == {WEEK: None}
    assert weeks([say("mine", about), say("aware", about)], [alert]) == {}


def test_account_weeks_by_number_and_what_was_asked_rightly() -> None:
    alerts = [alert_in(WEEK), alert_in(WEEK + 1), alert_in(WEEK + 2)]
    said = verdicts([say("true", alert_id(alerts[0])), say("false", alert_id(alerts[1]))], alerts, [])
    numbers = {"a": 7}.get
    assert account_weeks(said, numbers, stolen=True) == {(7, WEEK)}
    assert account_weeks(said, numbers, stolen=False) == {(7, WEEK + 1)}
    assert account_weeks(said, {}.get, stolen=True) == frozenset()
    assert precision(alerts, said, MONDAY) == {"asked": 3, "answered": 2, "rightly": 1}
