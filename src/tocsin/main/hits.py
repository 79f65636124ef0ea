"""Hits: what the rules that are switched on match in the stored events. Notes: they move no weight and no rung.

(1) the rules that are on; of one that cannot be read it is said why, and the others go on
(2) what they look up, as it is known now: roles and honey patients, each only if a rule asks
(3) the question: newest first, or counted; beside alerts, over the days that an alert is about
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import cache
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pyarrow as pa

from tocsin import wiring
from tocsin.config import Settings
from tocsin.door.persons import Persons
from tocsin.errors import TocsinError
from tocsin.explain.staff import Staff
from tocsin.main.saved import marked_in, state_path
from tocsin.main.words import Said, say
from tocsin.model.alert import Alert
from tocsin.model.hit import Wanted
from tocsin.model.picture import Moment
from tocsin.model.rows import MICROSECONDS_A_DAY
from tocsin.model.rule import LEVELS, Rule

if TYPE_CHECKING:
    from tocsin.main.inspect import Reading

_EPOCH: Final = date(1970, 1, 1)


@dataclass(frozen=True, slots=True)
class SwitchedOn:
    """The rules that are on."""

    rules: Mapping[str, Rule]
    unread: tuple[str, ...] = ()
    """Why others that should be on are not: a sentence each."""


# -- (1) ---------------------------------------------------------------------------------------------------------------


def switched_on(settings: Settings) -> SwitchedOn:
    """What `rules.on` switches on. Never raises: a rule is a note, and a note stops nothing."""
    if not settings.rules.on:
        return SwitchedOn({})
    from tocsin.main.shelved_rules import read_wanted

    rules, unread = read_wanted(settings)
    return SwitchedOn({rule.name: rule for rule in rules}, tuple(unread))


# -- (2) ---------------------------------------------------------------------------------------------------------------


def looked_up(rules: Iterable[Rule], settings: Settings, parts: Any) -> Wanted:
    """Rules with what they look up."""

    @cache
    def staff() -> Staff:
        made = Staff()
        made.learn(parts.read("facts"))
        return made

    def role_of(account: str | None, professional: str | None) -> str | None:
        return staff().role(staff().actor(account, professional)) or None if account else None

    wanted = Wanted({rule.name: rule.condition for rule in rules}, settings.zone, role_of)
    if not wanted.names("honey"):
        return wanted
    return Wanted(wanted.conditions, settings.zone, role_of, honey_of(settings, parts))


def honey_of(settings: Settings, parts: Any) -> list[bytes]:
    """Every reference that is a honey patient's: as it was marked, or of the same person."""
    marked = marked_in(state_path(settings))
    if not len(marked):
        return []
    told = parts.read("persons")
    persons = Persons(told)
    others = np.array(told["patient"].to_pylist(), "V17") if told.num_rows else np.zeros(0, "V17")
    every = np.unique(np.concatenate([marked, others]))
    honey = np.isin(persons.person_of(every), persons.person_of(marked))
    return [reference.tobytes() for reference in every[honey]]


# -- (3) ---------------------------------------------------------------------------------------------------------------


def sums(counted: pa.Table) -> dict[str, int]:
    """Rule -> hits, of a table of HITS_BY."""
    found = counted.group_by("rule").aggregate([("events", "sum")]).to_pylist()
    return {one["rule"]: one["events_sum"] for one in found}


def counts_lately(reading: Reading, rules: Iterable[Rule], days: int) -> dict[str, int]:
    """Rule -> hits of the last so many days of the trail."""
    known = reading.parts.days("events")
    if not known:
        return {}
    since = datetime.combine(known[-1] - timedelta(days=days - 1), datetime.min.time(), UTC)
    wanted = looked_up(rules, reading.settings, reading.parts)
    return sums(reading.questions.hits_by(wanted, since=since))


def hits_of_batch(settings: Settings, batch: int) -> dict[str, Any]:
    """Rule -> hits among the events of one batch (0: none), of the rules that are on."""
    on = switched_on(settings)
    if not batch or not on.rules:
        return {"rules": {}, "rules_unread": list(on.unread)}
    parts = wiring.parts(settings.state / "derived", upto=batch)
    wanted = looked_up(on.rules.values(), settings, parts)
    try:
        counts = sums(wiring.questions(settings, parts).hits_by(wanted, batches=(batch - 1, batch)))
    except TocsinError as problem:  # the batch is kept and folded: what failed is a note on it
        return {"rules": {}, "rules_unread": [*on.unread, str(problem)]}
    return {"rules": {name: counts.get(name, 0) for name in on.rules}, "rules_unread": list(on.unread)}


def beside(reading: Reading, alerts: list[Alert], on: SwitchedOn) -> list[list[dict[str, Any]]]:
    """Of each alert, the rules that its account matched on the alert's days: the gravest first."""
    if not alerts or not on.rules:
        return [[] for _ in alerts]
    spans = [days_of(alert) for alert in alerts]
    counted = reading.questions.hits_by(
        looked_up(on.rules.values(), reading.settings, reading.parts),
        accounts=sorted({alert.account for alert in alerts}),
        since=_midnight(min(first for first, _ in spans)),
        until=_midnight(max(last for _, last in spans) + timedelta(days=1)),
    )
    of_account: dict[str, list[dict[str, Any]]] = {}
    for row in counted.to_pylist():
        of_account.setdefault(row["account"], []).append(row)
    return [
        _notes((row for row in of_account.get(alert.account, ()) if first <= row["day"] <= last), on.rules)
        for alert, (first, last) in zip(alerts, spans, strict=True)
    ]


def moments(reading: Reading, accounts: Iterable[str], since: int, until: int) -> list[Moment]:
    """The rules that are on and that these accounts matched between two times (microseconds, both included): one moment
    for each account and rule, when it first matched."""
    on = switched_on(reading.settings)
    if not on.rules:
        return []
    counted = reading.questions.hits_by(
        looked_up(on.rules.values(), reading.settings, reading.parts),
        accounts=sorted(accounts),
        since=_time(since),
        until=_time(until + 1),
    )
    found: dict[tuple[str, str], list[dict[str, Any]]] = {}
    for row in counted.to_pylist():
        found.setdefault((row["account"], row["rule"]), []).append(row)
    told = []
    for (account, name), rows in found.items():
        (note,) = _notes(rows, on.rules)
        words = matched(note)
        at, event = at_of(note["example"]), note["example"]
        told.append(
            Moment(at=at, kind="rule", what=name, account=account, words=words["en"], fr=words["fr"], evidence=(event,))
        )
    return told


def matched(note: Mapping[str, Any]) -> Said:
    """The sentence of a note: which rule, how grave, how often."""
    level = say(f"level.{note['level']}")
    return say("rule-matched", title=note["title"], rule=note["rule"], level=level, n=note["events"])


def days_of(alert: Alert) -> tuple[date, date]:
    """The UTC days that an alert is about: from the first of its heaviest events to the one on which it was raised."""
    first = min((at_of(event) for event in alert.events), default=alert.at)
    days = [_EPOCH + timedelta(days=at // MICROSECONDS_A_DAY) for at in (min(first, alert.at), alert.at)]
    return days[0], days[1]


def at_of(event: str) -> int:
    """The time in an event id (hex), microseconds UTC: see `model.event.COLUMNS`."""
    return int(event[:14], 16) - (1 << 55)


def rule_data(rule: Rule) -> dict[str, Any]:
    """What is said of a rule wherever it matched."""
    return {"rule": rule.name, "level": rule.level, "title": {"en": rule.title, "fr": rule.title_fr or rule.title}}


def _notes(rows: Iterable[dict[str, Any]], rules: Mapping[str, Rule]) -> list[dict[str, Any]]:
    found: dict[str, list[dict[str, Any]]] = {}
    for row in rows:
        found.setdefault(row["rule"], []).append(row)
    told = [
        {
            **rule_data(rules[name]),
            "events": sum(row["events"] for row in its),
            "example": min(row["example"] for row in its).hex(),
        }
        for name, its in found.items()
    ]
    return sorted(told, key=lambda one: (-LEVELS.index(one["level"]), one["rule"]))


def _time(at_us: int) -> datetime:
    return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=at_us)


def _midnight(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=UTC)
