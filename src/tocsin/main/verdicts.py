"""Verdicts by account-week: what people's decisions come to, where weeks are compared or learned from.

A decision speaks of the days it names (`not-mine`), of the days of the alerts it was about, or, where it named an
account, of the day it was taken and the seven before. The last word of each person counts; two who differ settle
nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from tocsin.main.tables import alert_id
from tocsin.model.alert import Alert
from tocsin.model.decision import Decision
from tocsin.model.episode import Episode
from tocsin.model.rows import MICROSECONDS_A_DAY

STOLEN: Final = ("true", "challenge-failed", "not-mine")
OWNERS: Final = ("false", "expected", "challenge-passed")
"""`mine` clears single sessions, not a week."""
DAYS_BEFORE: Final = 7
MONDAY: Final = 4
"""1970-01-05: weeks of a calendar are counted from here."""


@dataclass(frozen=True, slots=True)
class Said:
    """What was said of an account-week."""

    stolen: bool
    """Somebody else held the account."""
    who: tuple[str, ...]
    """Who said so."""
    at: int
    """When it was last said, microseconds UTC."""


def verdicts(
    decisions: Iterable[Decision], alerts: Iterable[Alert], told_of: Iterable[Episode], *, week_from: int = MONDAY
) -> dict[tuple[str, int], Said | None]:
    """(account, week) -> what was said of it; None where people differ. Weeks are counted from day `week_from`."""
    known = list(alerts)
    by_episode = {episode.id: episode.alerts for episode in told_of}
    last: dict[tuple[str, int], dict[str, tuple[bool, int]]] = {}
    for decision in decisions:
        if decision.what not in STOLEN + OWNERS:
            continue
        days = decision.days or _days(decision, by_episode.get(decision.about, ()) or _named(decision, known))
        for week in {(day - week_from) // 7 for day in days}:
            persons = last.setdefault((decision.account, week), {})
            persons[decision.who] = (decision.what in STOLEN, decision.at)
    return {key: _together(persons) for key, persons in last.items()}


def account_weeks(
    said: Mapping[tuple[str, int], Said | None], numbers: Callable[[str], int | None], *, stolen: bool
) -> frozenset[tuple[int, int]]:
    """(account number, week) of which everybody says so. `numbers`: the number of an account, if it is known."""
    return frozenset(
        (number, week)
        for (account, week), one in said.items()
        if one is not None and one.stolen == stolen and (number := numbers(account)) is not None
    )


def precision(alerts: Iterable[Alert], said: Mapping[tuple[str, int], Said | None], week_from: int) -> dict[str, int]:
    """Of the account-weeks in which a rung was climbed: how many were answered, and how many of these rightly asked."""
    asked = {(alert.account, (alert.at // MICROSECONDS_A_DAY - week_from) // 7) for alert in alerts}
    answers = [one for key in asked if (one := said.get(key)) is not None]
    return {"asked": len(asked), "answered": len(answers), "rightly": sum(one.stolen for one in answers)}


def _named(decision: Decision, alerts: list[Alert]) -> tuple[Alert, ...]:
    if not decision.about or decision.about in (decision.account, decision.account.rpartition("|")[2]):
        return ()
    return tuple(a for a in alerts if a.account == decision.account and alert_id(a).startswith(decision.about))


def _days(decision: Decision, alerts: Iterable[Alert]) -> set[int]:
    named = {alert.at // MICROSECONDS_A_DAY for alert in alerts}
    today = decision.at // MICROSECONDS_A_DAY
    return named or set(range(today - DAYS_BEFORE, today + 1))


def _together(persons: dict[str, tuple[bool, int]]) -> Said | None:
    words = {stolen for stolen, _ in persons.values()}
    if len(words) != 1:
        return None
    return Said(words.pop(), tuple(sorted(persons)), max(at for _, at in persons.values()))
