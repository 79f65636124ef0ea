"""What was missing: how a little otherwise the directory would have had to be for an access to be expected.

For each fact that names the patient, what would have had to change (nearest first):

    late      the fact is about this professional or unit, and was known only afterwards
    off       it would explain the access, but this explanation is switched off in the region
    margin    the fact is about this professional or unit, and its period misses the access by some days
    post      the patient was in a place where this professional works, but not then (a role or a duty has ended)
    place     the patient was in a place where this professional has no role
    person    somebody else is named
    nothing   no fact comes near

Made on demand, for the few accesses that a person looks at.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import pyarrow as pa
import pyarrow.compute as pc

from tocsin.explain.care import EARLIEST, LATEST, actor_key
from tocsin.explain.reasons import KINDS, Reason
from tocsin.explain.staff import Staff
from tocsin.model.rows import MICROSECONDS_A_DAY

WHAT: Final = ("late", "off", "margin", "post", "place", "person", "nothing")
"""Nearest first."""


@dataclass(frozen=True, slots=True)
class Access:
    """An access that nothing explains."""

    patients: tuple[bytes, ...]
    """References of the records of one person."""
    at: int
    """Microseconds UTC."""


@dataclass(frozen=True, slots=True)
class Missing:
    """One change that would have made an access expected."""

    what: str
    """One of WHAT."""
    kind: str = ""
    """The kind of fact; empty for `nothing`."""
    days: float = 0.0
    """By how much it missed, for `late`, `margin` and `post`."""
    name: str = ""
    """The unit or establishment (`post`, `place`) or the professional (`person`), as the directory names them; of `off`
    the explanation."""


@dataclass(frozen=True, slots=True)
class Counted:
    """A change, and how many of some accesses it would have made expected."""

    missing: Missing
    """`days`: the most that any of them needs."""
    patients: int


def missing_of(
    access: Access,
    actor: str | None,
    *,
    facts: pa.Table,
    staff: Staff,
    reasons: Mapping[str, Reason],
    off: Mapping[str, Reason],
) -> list[Missing]:
    """What would have explained that `actor` saw this person then: nearest first, never empty.

    `reasons`: what counts in the region; `off`: what is known and does not.
    """
    named = facts.filter(pc.is_in(facts["patient"], pa.array(access.patients, facts["patient"].type)))
    found = {
        candidate: None
        for row in _rows(named)
        for reason in _of_kind(row, {**reasons, **off})
        for candidate in _candidates(row, reason, access.at, actor, staff, off)
    }
    return sorted(found, key=lambda one: (WHAT.index(one.what), one.days, one.name, one.kind)) or [Missing("nothing")]


def counted(found: Iterable[Sequence[Missing]]) -> list[Counted]:
    """Changes that would have explained most of some accesses, the most first; each access counts once for each."""
    patients: dict[tuple[str, str, str], int] = {}
    days: dict[tuple[str, str, str], float] = {}
    for of_one in found:
        nearest: dict[tuple[str, str, str], float] = {}
        for one in of_one:
            key = (one.what, "" if one.what in ("place", "post", "person") else one.kind, one.name)
            nearest[key] = min(nearest.get(key, one.days), one.days)
        for key, needed in nearest.items():
            patients[key] = patients.get(key, 0) + 1
            days[key] = max(days.get(key, 0.0), needed)
    ordered = sorted(patients, key=lambda key: (-patients[key], WHAT.index(key[0]), key))
    return [Counted(Missing(key[0], key[1], days[key], key[2]), patients[key]) for key in ordered]


def _of_kind(row: dict[str, Any], reasons: Mapping[str, Reason]) -> list[Reason]:
    """The explanations that rest on a fact, whoever it names."""
    if row["kind"] not in KINDS:
        return []
    names = ("stay", "shared-unit") if row["kind"] == "stay" else (row["kind"],)
    own = [one for one in reasons.values() if one.kind == row["kind"] and one.of_code in ("", row["code"])]
    return [reasons[name] for name in names if name in reasons] + own


def _candidates(
    row: dict[str, Any], reason: Reason, at: int, actor: str | None, staff: Staff, off: Mapping[str, Reason]
) -> Iterable[Missing]:
    starts = EARLIEST if row["starts"] is None else row["starts"]
    ends = row["ends"] if row["ends"] is not None else starts if row["kind"] == "referral" else LATEST
    misses = _days(max(starts - reason.before_us - at, at - ends - reason.after_us, 0))
    late = _days(max((EARLIEST if row["known_at"] is None else row["known_at"]) - at, 0))
    posts = staff.posts.get(actor or "", ())
    by_person = row["actor"] is not None and reason.name != "shared-unit"
    by_place = reason.name != "stay" if row["kind"] == "stay" else row["actor"] is None  # as in `care.grants_of`
    place = row["unit"] or row["establishment"] or ""
    keys = _place_keys(row) if by_place else set()
    here = [post for post in posts if post.key in keys]
    now = [post for post in here if post.starts <= at <= post.ends and post.known_at <= at]
    theirs = (by_person and actor is not None and row["actor"] == actor) or bool(now)
    if theirs and reason.name in off:
        if not misses and not late:
            yield Missing("off", row["kind"], 0.0, reason.name)
    elif theirs and not misses and late:
        yield Missing("late", row["kind"], late)
    elif theirs and misses:
        yield Missing("margin", row["kind"], misses)
    elif misses or late or theirs or reason.name in off:
        return
    else:
        if here:
            apart = min(max(one.starts - at, at - one.ends, 0) for one in here)
            yield Missing("post", row["kind"], _days(apart), place)
        elif by_place and place:
            yield Missing("place", row["kind"], 0.0, place)
        if by_person:
            yield Missing("person", row["kind"], 0.0, row["actor"])


def _days(microseconds: int) -> float:
    return microseconds / MICROSECONDS_A_DAY


def _place_keys(row: dict[str, Any]) -> set[int]:
    keys = set()
    if row["unit"]:
        keys.add(actor_key(str(row["unit"]), kind="unit"))
    if row["establishment"]:
        keys.add(actor_key(str(row["establishment"]), kind="site"))
    return keys


def _rows(facts: pa.Table) -> list[dict[str, Any]]:
    texts = ("kind", "actor", "unit", "establishment", "code")
    columns = {name: facts[name].cast(pa.string()).to_pylist() for name in texts}
    columns |= {name: facts[name].cast(pa.int64()).to_pylist() for name in ("starts", "ends", "known_at")}
    return [{name: values[i] for name, values in columns.items()} for i in range(len(facts))]
