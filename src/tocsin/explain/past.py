"""What an account did before, and from when it counts.

A touch on day d counts as an account's own past from day d + 2, if no alert stood against the account on d or d + 1:
a thief must not become known by coming back tomorrow. The same rule holds for all that is "new" about a sign-in.
From then on it is known until it was not used for a year (see `Memory`).
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from tocsin.explain.memory import USUAL_DAYS, Memory
from tocsin.model.keys import KeySet
from tocsin.model.runs import add_run

DAYS_TO_SETTLE = 2


@dataclass(slots=True)
class Past:
    """Keys of (account, something): settled ones are known; pending ones wait for a quiet day."""

    settled: Memory = field(default_factory=Memory)
    pending: dict[int, list[tuple[np.ndarray, np.ndarray]]] = field(default_factory=dict)
    """Day -> [(keys, account numbers)]: see `add_touches`."""
    waiting: dict[int, KeySet] = field(default_factory=dict)
    """Day -> the same keys, for look-up."""

    def settle(self, today: int, alerted: dict[int, set[int]], *, remember_days: int = USUAL_DAYS) -> None:
        """Before the slice of day `today`: let quiet touches of two days ago and more count from now on.

        What was not used for `remember_days` is forgotten.
        """
        self.settled.turn(today, remember_days)
        for day in sorted(day for day in self.pending if day <= today - DAYS_TO_SETTLE):
            barred = alerted.get(day, set()) | alerted.get(day + 1, set())
            for keys, accounts in self.pending.pop(day):
                quiet = ~np.isin(accounts, list(barred)) if barred else slice(None)
                self.settled.add(keys[quiet])
            del self.waiting[day]

    def known(self, keys: np.ndarray) -> np.ndarray:
        """bool: settled, so counts as the account's own past."""
        return self.settled.has(keys)

    def look(self, keys: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """(known, met): settled; touched in the last days though not settled yet. bool, one entry a key.

        `renew` after it says that what was found is in use.
        """
        order = np.argsort(keys)
        ordered = keys[order]
        known, met = np.empty(len(keys), bool), np.zeros(len(keys), bool)
        known[order] = self.settled.has_sorted(ordered)
        pending = np.zeros(len(keys), bool)
        for held in self.waiting.values():
            pending |= held.has_sorted(ordered)
        met[order] = pending
        return known, met

    def met(self, keys: np.ndarray) -> np.ndarray:
        """bool: touched in the last days though not settled yet (so: not for the first time)."""
        return self.look(keys)[1]

    def renew(self) -> None:
        """What the last look-up found to be known goes on being remembered."""
        self.settled.renew()

    def met_on(self, day: int, keys: np.ndarray) -> np.ndarray:
        """bool: already noted for that day."""
        return self.waiting[day].has(keys) if day in self.waiting else np.zeros(len(keys), bool)

    def add(self, day: int, keys: np.ndarray, accounts: np.ndarray) -> None:
        """Touches of day `day`: keys and the account number of each."""
        if len(keys):
            add_touches(self.pending.setdefault(day, []), keys, accounts)
            self.waiting.setdefault(day, KeySet()).add(keys)


def add_touches(runs: list[tuple[np.ndarray, np.ndarray]], keys: np.ndarray, accounts: np.ndarray) -> None:
    """Put touches behind others; a live day brings them in thousands of batches."""
    add_run(runs, (keys, accounts), _joined, size=lambda run: len(run[0]))


def _joined(
    before: tuple[np.ndarray, np.ndarray], last: tuple[np.ndarray, np.ndarray]
) -> tuple[np.ndarray, np.ndarray]:
    return np.concatenate([before[0], last[0]]), np.concatenate([before[1], last[1]])
