"""Who an account is at work: the professional it belongs to, and the units this professional works or is on call in."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import pyarrow as pa

from tocsin.explain.care import EARLIEST, LATEST, actor_key
from tocsin.explain.reasons import Reason

NO_ROLE = ""
"""Role of an account that no directory names."""


@dataclass(frozen=True, slots=True)
class Post:
    """One place where an actor stands, and when."""

    key: int
    """Key of the actor, a unit or an establishment."""
    starts: int
    ends: int
    known_at: int
    roster: bool
    """On call there, not employed there."""


@dataclass(slots=True)
class Staff:
    """Accounts -> professionals -> posts: the facts `alias`, `struck-off`, `role`, `roster`, `task` without patient."""

    actor_of_alias: dict[str, str] = field(default_factory=dict)
    posts: dict[str, list[Post]] = field(default_factory=dict)
    roles: dict[str, tuple[int, str]] = field(default_factory=dict)
    """Actor -> (starts of the latest role, its code)."""
    workplaces: dict[str, tuple[int, str, str]] = field(default_factory=dict)
    """Actor -> (starts of the latest role with a place, its unit, its establishment); empty where it has none."""
    roles_known: dict[str, int] = field(default_factory=dict)
    """Actor -> from when a directory knows any role or duty of his."""
    tasks: dict[str, list[tuple[int, int, int]]] = field(default_factory=dict)
    """Actor -> [(starts, ends, known_at)] of declared jobs on all patients."""
    entrusted: set[str] = field(default_factory=set)
    """Actors of declared jobs, on some patients or on all."""
    struck_off: dict[str, set[int]] = field(default_factory=dict)
    """Actor -> when a directory told that he exercises no more."""
    listed: dict[str, set[int]] = field(default_factory=dict)
    """Actor -> when a directory told his names, then too."""
    site_of_unit: dict[str, str] = field(default_factory=dict)
    site_of_service: dict[str, str] = field(default_factory=dict)
    categories_of_service: dict[str, str] = field(default_factory=dict)
    _told: dict[tuple[str, str], tuple[int, str]] = field(default_factory=dict)
    """(kind, name) -> (known_at, what it says) of the fact that holds: where two differ, the one known last."""

    def learn(self, facts: pa.Table) -> None:
        """Take in facts (schema FACT) that name no patient; the others are `Grants`."""
        wanted = pa.array(["alias", "struck-off", "role", "roster", "task", "unit", "service"])
        facts = facts.filter(pa.compute.is_in(facts["kind"].cast(pa.string()), wanted))
        columns = {
            name: facts[name].cast(pa.string()).to_pylist()
            for name in ("kind", "actor", "unit", "establishment", "service", "code")
        }
        spans = {name: facts[name].cast(pa.int64()).to_pylist() for name in ("starts", "ends", "known_at")}
        patient = facts["patient"].is_valid().to_pylist()
        for i, kind in enumerate(columns["kind"]):
            actor, unit, site = columns["actor"][i], columns["unit"][i], columns["establishment"][i]
            starts, ends, known_at = (
                spans["starts"][i] if spans["starts"][i] is not None else EARLIEST,
                spans["ends"][i] if spans["ends"][i] is not None else LATEST,
                spans["known_at"][i] if spans["known_at"][i] is not None else EARLIEST,
            )
            if kind == "alias" and actor and columns["code"][i]:
                self._tell(self.actor_of_alias, "alias", columns["code"][i], actor, known_at)
                self.listed.setdefault(actor, set()).add(known_at)
            elif kind == "struck-off" and actor:
                self.struck_off.setdefault(actor, set()).add(known_at)
            elif kind == "unit" and unit and site:
                self._tell(self.site_of_unit, "unit", unit, site, known_at)
            elif kind == "service" and columns["service"][i]:
                if site:
                    self._tell(self.site_of_service, "service", columns["service"][i], site, known_at)
                code = columns["code"][i] or ""
                self._tell(self.categories_of_service, "categories", columns["service"][i], code, known_at)
            elif kind in ("role", "roster") and actor and (unit or site):
                self._know_role(actor, known_at)
                where = actor_key(unit, kind="unit") if unit else actor_key(site, kind="site")
                self.posts.setdefault(actor, []).append(Post(where, starts, ends, known_at, kind == "roster"))
                if kind == "role":
                    self._remember_role(actor, starts, columns["code"][i])
                    workplace = (starts, unit or "", site or "")
                    self.workplaces[actor] = max(workplace, self.workplaces.get(actor, workplace))
            elif kind == "role" and actor:
                self._know_role(actor, known_at)
                self._remember_role(actor, starts, columns["code"][i])
            elif kind == "task" and actor:
                self.entrusted.add(actor)
                if not patient[i]:
                    self.tasks.setdefault(actor, []).append((starts, ends, known_at))

    def _tell(self, table: dict[str, str], kind: str, name: str, value: str, known_at: int) -> None:
        """Let the fact that was known last hold, whatever the order in which they come."""
        if (known_at, value) >= self._told.get((kind, name), (known_at, value)):
            self._told[kind, name] = known_at, value
            table[name] = value

    def _know_role(self, actor: str, known_at: int) -> None:
        self.roles_known[actor] = min(known_at, self.roles_known.get(actor, known_at))

    def _remember_role(self, actor: str, starts: int, code: str | None) -> None:
        if code and (actor not in self.roles or (starts, code) > self.roles[actor]):
            self.roles[actor] = (starts, code)

    def actor(self, account: str, professional: str | None) -> str | None:
        """The actor behind an account as the trail names it, or None if no directory knows.

        A service account belongs to nobody: a job may be declared for the account itself, by its full name.
        """
        for name in (account, account.rpartition("|")[2], professional):
            if name and name in self.actor_of_alias:
                return self.actor_of_alias[name]
        return professional or (account if account in self.entrusted else None)

    def site(self, actor: str | None) -> str:
        """The establishment of the actor's latest role with a place; empty if no directory tells."""
        _, unit, site = self.workplaces.get(actor or "", (0, "", ""))
        return site or self.site_of_unit.get(unit, unit)

    def role(self, actor: str | None) -> str:
        """The code of the actor's latest role; NO_ROLE if none."""
        return self.roles.get(actor, (0, NO_ROLE))[1] if actor else NO_ROLE


@dataclass(slots=True)
class PostTable:
    """The posts of numbered accounts in compressed rows: account a has posts first[a] to first[a + 1]."""

    first: np.ndarray
    key: np.ndarray
    starts: np.ndarray
    ends: np.ndarray
    known_at: np.ndarray
    roster: np.ndarray


def post_table(staff: Staff, actors: list[str | None], *, roster: Reason | None) -> PostTable:
    """Posts for accounts 0, 1, ... whose actors are given; each actor is also a post of its own.

    `roster`: the margins of a duty, if it is a reason in force.
    """
    before, after = (roster.before_us, roster.after_us) if roster else (0, 0)
    first, rows = [0], []
    for actor in actors:
        if actor:
            rows.append(Post(actor_key(actor, kind="who"), EARLIEST, LATEST, EARLIEST, False))
            rows.extend(staff.posts.get(actor, ()))
        first.append(len(rows))
    return PostTable(
        first=np.array(first, np.int64),
        key=np.array([post.key for post in rows], np.uint64),
        starts=np.array([post.starts - before * post.roster for post in rows], np.int64),
        ends=np.array([post.ends + after * post.roster for post in rows], np.int64),
        known_at=np.array([post.known_at for post in rows], np.int64),
        roster=np.array([post.roster for post in rows], bool),
    )
