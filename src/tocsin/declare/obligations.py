"""Obligations: what is due to whom by when, from dated law and five instants that are never mixed (pure).

Only `aware` (the controller's) starts the 72 hours of GDPR art. 33; the insurance clock starts at the victim's own
knowledge. Without the instant there is no deadline: time gone by since detection is shown, and it is asked for.
A delay is counted in clock hours of UTC: no weekend, no holiday, no change of the clocks.
"""

from __future__ import annotations

import calendar
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from functools import cache
from importlib import resources
from typing import Final

from tocsin.model.picture import Instants

HOUR_US: Final = 3_600_000_000

TRIGGERS: Final = (
    "aware",  # the controller became aware: a person says so
    "detected",  # the first alert
    "processor-aware",  # the processor became aware: a person says so
    "victim-knew",  # the victim knew of the attack: a person says so; need not be `aware`
    "aware-significant",  # aware that the incident is significant (NIS 2): a person says so
    "resolved",  # the incident is over: a person says so
)
"""Instants from which delays run; and `filed:KEY`, when that other declaration was filed."""

ASKED: Final = {
    "aware": "Quand le responsable de traitement a-t-il pris connaissance de la violation, et qui le dit ?",
    "processor-aware": "Quand le sous-traitant a-t-il pris connaissance de la violation ?",
    "victim-knew": "Quand la victime (l'assuré) a-t-elle eu connaissance de l'atteinte ?",
    "aware-significant": "Quand a-t-on su que l'incident est important au sens de NIS 2 ?",
    "resolved": "Quand l'incident a-t-il été résolu ?",
    "detected": "",
    "processor": "L'organisme est-il sous-traitant pour certains services ?",
    "high-risk": "Le risque pour les personnes est-il élevé ? Une personne en juge, avec le DPO.",
    "health-structure": "L'organisme doit-il signaler au CERT Santé, et l'incident est-il grave ou significatif ?",
    "insured": "Une assurance couvre-t-elle les pertes dues à l'attaque ?",
    "public-authority": "L'organisme est-il une autorité publique au sens de l'article 40 du CPP ?",
    "nis2": "NIS 2 s'applique-t-elle à l'organisme à cette date ?",
    "essential-operator": "L'organisme est-il opérateur de services essentiels ?",
    "risk-unlikely": "",
}
"""What a person is asked where an instant or a fact is open, in French."""

STATES: Final = (
    "late",  # the deadline has passed and nothing was filed
    "running",  # a deadline lies ahead
    "without-delay",  # no hour value: time goes by
    "open",  # the instant or a fact is not known
    "filed",
    "not-applicable",  # a person said so
    "not-in-force",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Obligation:
    """One rule, as `obligations.toml` has it."""

    key: str
    title: str
    article: str
    trigger: str
    delay: str
    words: str
    recipient: str
    applies: str
    source: str
    read: date
    unless: str = ""
    in_force: date | None = None
    until: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """What people answered. What is not here is open."""

    answers: Mapping[str, bool] = field(default_factory=dict)
    """Fact -> yes or no."""
    instants: Mapping[str, int] = field(default_factory=dict)
    """Trigger beside those of `Instants` -> when, microseconds UTC."""
    filed: Mapping[str, int] = field(default_factory=dict)
    """Obligation -> when it was filed, microseconds UTC."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Due:
    """One obligation and where it stands."""

    obligation: Obligation
    state: str
    """One of STATES."""
    triggered_at: int | None
    """When its delay began to run, microseconds UTC."""
    deadline: int | None
    """Microseconds UTC; None where there is none: never invented."""
    margin: int | None
    """Where Reg. 1182/71 art. 3 would end it (full hours); a margin, never the deadline."""
    elapsed: int
    """Microseconds since the trigger; since detection where the trigger is not known."""
    elapsed_since: str
    """`trigger` or `detected`."""
    asked: tuple[str, ...]
    """What a person must say, in French."""


@cache
def obligations() -> tuple[Obligation, ...]:
    """Every rule that Tocsin knows, in the order of the file."""
    text = resources.files("tocsin.declare").joinpath("obligations.toml").read_text("utf-8")
    return tuple(Obligation(key=key, **entry) for key, entry in tomllib.loads(text).items())


def due(instants: Instants, facts: Facts, now: int, *, rules: Iterable[Obligation] | None = None) -> list[Due]:
    """Where every obligation stands at `now` (microseconds UTC), in the order of the rules."""
    return [_due(rule, instants, facts, now) for rule in (obligations() if rules is None else rules)]


def deadline_of(triggered_at: int, delay: str) -> int | None:
    """The end of a delay ("72h", "1 month") that began at `triggered_at`, microseconds UTC; None for no delay."""
    if not delay:
        return None
    number, _, unit = delay.partition(" ") if " " in delay else (delay.removesuffix("h"), "", "h")
    if unit == "h":
        return triggered_at + int(number) * HOUR_US
    return _months_later(triggered_at, int(number))


def _due(rule: Obligation, instants: Instants, facts: Facts, now: int) -> Due:
    at = _trigger(rule, instants, facts)
    deadline = None if at is None else deadline_of(at, rule.delay)
    state, asked = _state(rule, at, deadline, facts, now, instants)
    shown = None if state in ("not-in-force", "not-applicable") else deadline
    return Due(
        obligation=rule,
        state=state,
        triggered_at=at,
        deadline=shown,
        margin=None if shown is None else -(-shown // HOUR_US) * HOUR_US,
        elapsed=max(now - (instants.detected if at is None else at), 0),
        elapsed_since="detected" if at is None else "trigger",
        asked=asked,
    )


def _trigger(rule: Obligation, instants: Instants, facts: Facts) -> int | None:
    if rule.trigger.startswith("filed:"):
        return facts.filed.get(rule.trigger.removeprefix("filed:"))
    if rule.trigger == "aware":
        return instants.aware
    if rule.trigger == "detected":
        return instants.detected
    return facts.instants.get(rule.trigger)


def _state(
    rule: Obligation, at: int | None, deadline: int | None, facts: Facts, now: int, instants: Instants
) -> tuple[str, tuple[str, ...]]:
    day = _date(instants.detected if at is None else at)
    if rule.in_force is None or day < rule.in_force or (rule.until is not None and day >= rule.until):
        return "not-in-force", ()
    if rule.key in facts.filed:
        return "filed", ()
    if facts.answers.get(rule.applies) is False or facts.answers.get(rule.unless) is True:
        return "not-applicable", ()
    asked = [ASKED[rule.applies]] if rule.applies and rule.applies not in facts.answers else []
    if at is None:
        asked.append(ASKED.get(rule.trigger, ""))
    told = tuple(word for word in asked if word)
    if at is None or (rule.applies and rule.applies not in facts.answers and deadline is None):
        return "open", told
    if deadline is None:
        return "without-delay", told
    return ("late" if now > deadline else "running"), told


def _months_later(at_us: int, months: int) -> int:
    at = datetime.fromtimestamp(at_us // 1_000_000, UTC)
    year, month = divmod(at.month - 1 + months, 12)
    last = calendar.monthrange(at.year + year, month + 1)[1]
    moved = at.replace(year=at.year + year, month=month + 1, day=min(at.day, last))
    return int(moved.timestamp()) * 1_000_000 + at_us % 1_000_000


def _date(at_us: int) -> date:
    return datetime.fromtimestamp(at_us // 1_000_000, UTC).date()
