"""The nearest missing reason: what would have explained an access, if it had been a little otherwise.

Candidates, nearest first: a fact known too late, a fact whose period missed the access, a fact that names somebody
else, no fact at all. Made on demand, for the few accesses that a person looks at.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from tocsin.explain.care import EARLIEST, LATEST, actor_key
from tocsin.explain.reasons import Reason
from tocsin.explain.staff import Staff
from tocsin.model.rows import MICROSECONDS_A_DAY

_CARE = ("appointment", "stay", "referral", "care-team", "campaign", "task")


@dataclass(frozen=True, slots=True)
class Nearest:
    """What was missing."""

    reason: str
    """The reason that would have held; "" if no fact names the patient."""
    days: float
    """By how many days the period or the knowledge missed; 0 if somebody else is named."""
    en: str
    fr: str


def nearest_reason(
    patients: list[bytes], at: int, actor: str | None, *, facts: pa.Table, staff: Staff, reasons: dict[str, Reason]
) -> Nearest:
    """What came nearest to explaining that `actor` saw one of these records of one person at `at` (microseconds)."""
    found = facts.filter(pc.is_in(facts["patient"], pa.array(patients, facts["patient"].type)))
    mine = {actor} if actor else set()
    places = {post.key for post in staff.posts.get(actor or "", ())}
    best: tuple[int, float, Nearest] | None = None
    for row in _rows(found):
        if row["kind"] not in _CARE or row["kind"] not in reasons:
            continue
        reason = reasons[row["kind"]]
        starts, ends = (
            row["starts"] or EARLIEST,
            row["ends"] or (row["starts"] if row["kind"] == "referral" else LATEST),
        )
        theirs = row["actor"] in mine or bool(places & _place_keys(row))
        early = max(starts - reason.before_us - at, at - (ends or LATEST) - reason.after_us, 0) / MICROSECONDS_A_DAY
        late = max((row["known_at"] or EARLIEST) - at, 0) / MICROSECONDS_A_DAY
        candidate = _judged(row["kind"], theirs, early, late)
        if best is None or candidate[:2] < best[:2]:
            best = candidate
    if best is None:
        return Nearest("", 0.0, "no directory fact names this patient", "aucun fait d'annuaire ne cite ce patient")
    return best[2]


def _judged(kind: str, theirs: bool, early: float, late: float) -> tuple[int, float, Nearest]:
    if theirs and late > 0 and early == 0:
        text = f"{_a(kind)} would explain it, but was known {late:.1f} days later"
        return 0, late, Nearest(kind, late, text, f"un fait ({kind}) l'expliquerait, connu {late:.1f} jours plus tard")
    if theirs:
        text = f"{_a(kind)} of this professional or unit misses the access by {early:.1f} days"
        return 1, early, Nearest(kind, early, text, f"un fait ({kind}) manque l'accès de {early:.1f} jours")
    text = f"{_a(kind)} names another professional or unit"
    return 2, early, Nearest(kind, 0.0, text, f"un fait ({kind}) cite un autre professionnel ou une autre unité")


def _a(kind: str) -> str:
    return f"an {kind}" if kind[0] in "aeiou" else f"a {kind}"


def _place_keys(row: dict[str, Any]) -> set[int]:
    keys = set()
    if row["unit"]:
        keys.add(actor_key(str(row["unit"]), kind="unit"))
    if row["establishment"]:
        keys.add(actor_key(str(row["establishment"]), kind="site"))
    return keys


def _rows(facts: pa.Table) -> list[dict[str, Any]]:
    plain = {name: facts[name].cast(pa.string()).to_pylist() for name in ("kind", "actor", "unit", "establishment")}
    spans = {name: facts[name].cast(pa.int64()).to_pylist() for name in ("starts", "ends", "known_at")}
    columns = {**plain, **spans}
    return [{name: values[i] for name, values in columns.items()} for i in range(len(facts))]
