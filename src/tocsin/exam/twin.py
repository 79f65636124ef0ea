"""The twin (pure): whose accounts a night lends to thieves, and what was lost before each rung."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from tocsin.exam.thieves import BEHAVIOURS, Theft, lists, opens
from tocsin.model.alert import RUNGS, Alert
from tocsin.model.rows import references_of

LEAST_OPENED: Final = 3
"""Patients an account must have opened in the night to be stolen: a thief picks people who are at work."""
LEAST_DAYS: Final = 2
"""Days of those looked at on which it must have been seen: newcomers are a matter of their own."""


@dataclass(frozen=True, slots=True)
class Around:
    """What the days before a night say of who is at work and whom they open."""

    accounts: tuple[str, ...]
    """Accounts that may be stolen, in the order of the alphabet."""
    patients: np.ndarray
    """V17: every patient met, sorted."""
    number: dict[str, int]
    """Account -> its number here."""
    opener: np.ndarray
    opened: np.ndarray
    """int64: (account number, place in `patients`) of each pair, rising, each once."""

    def loot(self, account: str, count: int, *, own_unit: bool, rng: np.random.Generator) -> np.ndarray:
        """Patients (V17) whom the account has not opened: any, or only those whom its colleagues have.

        Colleagues are accounts that opened a patient it opened. There may be fewer than `count`.
        """
        mine = self.opened[self.opener == self.number.get(account, -1)]
        pool = np.arange(len(self.patients))
        if own_unit:
            close = np.unique(self.opener[np.isin(self.opened, mine)])
            pool = np.unique(self.opened[np.isin(self.opener, close)])
        pool = pool[~np.isin(pool, mine)]
        return self.patients[rng.permutation(pool)[:count]]


def around(days: Sequence[pa.Table], night: pa.Table, *, but: Iterable[str] = ()) -> Around:
    """Look at days (schema EVENT, the night among them); accounts in `but` are not to be stolen."""
    opened = [_openings(day) for day in days]
    seen = Counter(name for names, _ in opened for name in set(names))
    patients, place = np.unique(np.concatenate([references for _, references in opened]), return_inverse=True)
    names = sorted(seen)
    number = {name: i for i, name in enumerate(names)}
    opener = np.array([number[name] for told, _ in opened for name in told], np.int64)
    pairs = np.unique(opener * max(len(patients), 1) + place)
    tonight, references = _openings(night)
    whom: dict[str, set[bytes]] = {}
    for name, one in zip(tonight, references.tolist(), strict=True):
        whom.setdefault(name, set()).add(one)
    barred, enough = set(but), min(LEAST_DAYS, len(days))
    fine = sorted(
        name
        for name, theirs in whom.items()
        if len(theirs) >= LEAST_OPENED and seen[name] >= enough and name not in barred
    )
    return Around(tuple(fine), patients, number, *np.divmod(pairs, max(len(patients), 1)))


def _openings(rows: pa.Table) -> tuple[list[str], np.ndarray]:
    """(accounts, V17 references) of the rows in which somebody opened somebody."""
    theirs = rows.filter(pa.array(opens(rows) & rows["account"].is_valid().to_numpy()))
    return theirs["account"].cast(pa.string()).to_pylist(), references_of(theirs["patient"])


@dataclass(frozen=True, slots=True)
class Try:
    """What one thief took before each rung."""

    behaviour: str
    opened: int
    """Patients in all."""
    listed: int
    before: list[tuple[int, int] | None] = field(default_factory=list)
    """By rung (it or a higher one): (opened, listed) until it, the act that raised it included; None: never."""


def outcome(theft: Theft, alerts: Iterable[Alert]) -> Try:
    """Hold a theft against the alerts of the night."""
    at = theft.rows["at"].cast(pa.int64()).to_numpy()
    first, last = int(at.min()), int(at.max())
    theirs = [alert for alert in alerts if alert.account == theft.account and first <= alert.at <= last]
    before: list[tuple[int, int] | None] = []
    for rung in range(len(RUNGS)):
        reached = min((alert.at for alert in theirs if RUNGS.index(alert.rung) >= rung), default=None)
        before.append(None if reached is None else _taken(theft.rows.filter(pa.array(at <= reached))))
    return Try(theft.behaviour, *_taken(theft.rows), before)


def _taken(rows: pa.Table) -> tuple[int, int]:
    def distinct(mask: np.ndarray) -> int:
        return int(pc.count_distinct(rows["patient"].filter(pa.array(mask))).as_py())

    return distinct(opens(rows)), distinct(lists(rows))


def summary(tries: Sequence[Try]) -> list[dict[str, Any]]:
    """By behaviour: how many tries, what a thief takes in all, and before each rung share, median, p90, most.

    A rung that was never reached counts as infinitely many patients; then the quantile is null. `most` is of the tries
    that reached it.
    """
    out = []
    for behaviour in BEHAVIOURS:
        mine = [one for one in tries if one.behaviour == behaviour.name]
        if not mine:
            continue
        out.append(
            {
                "behaviour": behaviour.name,
                "title": behaviour.title,
                "tries": len(mine),
                "opened": float(np.median([one.opened for one in mine])),
                "listed": float(np.median([one.listed for one in mine])),
                "before": {name: _lost([one.before[rung] for one in mine]) for rung, name in enumerate(RUNGS)},
            }
        )
    return out


def _lost(before: Sequence[tuple[int, int] | None]) -> dict[str, Any]:
    told: dict[str, Any] = {"reached": sum(one is not None for one in before)}
    for place, what in enumerate(("opened", "listed")):
        counts = np.array([np.inf if one is None else one[place] for one in before], float)
        median, p90 = np.quantile(counts, (0.5, 0.9), method="inverted_cdf")
        met = counts[np.isfinite(counts)]
        told[what] = {
            "median": float(median) if np.isfinite(median) else None,
            "p90": float(p90) if np.isfinite(p90) else None,
            "most": float(met.max()) if len(met) else None,
        }
    return told
