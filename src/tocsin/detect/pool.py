"""Pool: accounts that share a thief, by what they share: the network or device, the patients' unit, the tempo.

A fold of its own, by what is shared: for every row it counts, in accepted order, what *others* did with it from a
network or a device that is no settled habit of theirs. A hospital's own proxy is a habit of nearly everybody who uses
it, so it pools nothing.

    PLACE   strangers met from the same network, or on the same device
    TARGET  strangers whose latest stay was in the same unit, of accounts that have made it their target
    TEMPO   new patients opened in the same service at the same even intervals
"""

from __future__ import annotations

from bisect import bisect
from dataclasses import dataclass, field
from typing import Final

import numpy as np

from tocsin.model.explained import NEW_DEVICE, NEW_NETWORK, Explained
from tocsin.model.rows import MICROSECONDS_A_DAY, Rows

DAYS = 7
"""What was counted is remembered for so many days."""
SETTLED_AGE = 2
"""Days: of a younger account nothing is settled, so its networks say nothing."""
PLACE, TARGET, TEMPO = range(3)
"""Columns of what is counted."""
MOST_OF_ONE: Final = 8
"""Of TARGET and TEMPO so many of one account count at most: an honest guest with a long list is no crew."""
AIMED: Final = 4
"""A unit is an account's target where so many of its strangers lie in it, at least, and half of them all. Whoever takes
patients at random meets others who do in every large unit; that is no crew."""
EVEN_RUN: Final = 3
"""Gaps in a row, each within a quarter of the one before, from which on a tempo is even."""
_STEP: Final = 1.25**0.5
GAPS: Final = tuple(round(1_000_000 * _STEP**k) for k in range(68))
"""Microseconds, from a second up: gaps are alike in the same step and in the next."""
LONGEST: Final = 30 * 60 * 1_000_000
"""A longer gap is a break."""


@dataclass(slots=True)
class Tally:
    """Counts by (what is shared, account) for each of the last days; of an account at most `most` count to others."""

    most: int | None = None
    days: dict[int, dict[tuple[int, int], int]] = field(default_factory=dict)
    _own: dict[tuple[int, int], int] = field(default_factory=dict)
    _all: dict[int, int] = field(default_factory=dict)

    def put(self, days: dict[int, dict[tuple[int, int], int]]) -> None:
        """Go on from these."""
        self.days = {}
        for day, held in days.items():
            for (key, account), n in held.items():
                self.add(day, key, account, n)

    def add(self, day: int, key: int, account: int, n: int = 1) -> None:
        """So many more."""
        held, pair = self.days.setdefault(day, {}), (key, account)
        held[pair] = held.get(pair, 0) + n
        self._change(pair, n)

    def of(self, key: int, account: int) -> int:
        """What this account comes to."""
        return self._own.get((key, account), 0)

    def of_others(self, key: int, account: int) -> int:
        """What others than this account come to."""
        return self._all.get(key, 0) - self._counted(self.of(key, account))

    def forget_until(self, day: int) -> None:
        """Forget this day and what is older."""
        for old in [held for held in self.days if held <= day]:
            for pair, n in self.days.pop(old).items():
                self._change(pair, -n)

    def _change(self, pair: tuple[int, int], n: int) -> None:
        before = self._own.get(pair, 0)
        key, all_of_it = pair[0], self._all.get(pair[0], 0) + self._counted(before + n) - self._counted(before)
        if before + n:
            self._own[pair] = before + n
        else:
            del self._own[pair]
        if all_of_it:
            self._all[key] = all_of_it
        else:
            del self._all[key]

    def _counted(self, n: int) -> int:
        return n if self.most is None else min(n, self.most)


@dataclass(frozen=True, slots=True)
class Pace:
    """How an account opens new patients."""

    service: int
    at: int
    gap: int
    """Before the last of them, microseconds; 0 if it was the first."""
    run: int
    """Gaps in a row that were alike."""

    def then(self, service: int, at: int) -> Pace:
        """After one more."""
        gap = at - self.at
        if service != self.service or gap < 0 or gap > LONGEST:
            return Pace(service, at, 0, 0)
        alike = self.gap > 0 and 4 * gap <= 5 * self.gap and 4 * self.gap <= 5 * gap
        return Pace(service, at, gap, self.run + 1 if alike else 0)


def tempo_key(service: int, gap: int, step: int = 0) -> int:
    """Tempi that are alike have the key of this one, or of the step above or below it."""
    return service * 1_000 + bisect(GAPS, gap) + step + 1


@dataclass(slots=True)
class Pool:
    """What is counted by what is shared, for each of the last days."""

    place: Tally = field(default_factory=Tally)
    met: Tally = field(default_factory=Tally)
    """Strangers by unit, and all of them by key 0."""
    target: Tally = field(default_factory=lambda: Tally(MOST_OF_ONE))
    tempo: Tally = field(default_factory=lambda: Tally(MOST_OF_ONE))
    paces: dict[int, Pace] = field(default_factory=dict)
    """By account number: its new patients from where it has not settled."""

    def open_slice(self, day: int) -> None:
        """Forget what is older than DAYS, and the paces of who rests."""
        for tally in (self.place, self.met, self.target, self.tempo):
            tally.forget_until(day - DAYS)
        rests = [account for account, pace in self.paces.items() if pace.at < (day - 1) * MICROSECONDS_A_DAY]
        for account in rests:
            del self.paces[account]

    def count(self, rows: Rows, explained: Explained) -> np.ndarray:
        """int64 (rows, 3), accepted order: what others did so far; 0 where the row is nothing of the kind itself."""
        pooled = np.zeros((len(rows), 3), np.int64)
        fresh = explained.fresh & (rows.account >= 0) & (explained.age_days >= SETTLED_AGE)
        fresh &= (explained.unsettled & (NEW_NETWORK | NEW_DEVICE)) != 0
        stranger = fresh & (explained.reason == 0)
        for bit, keys in ((NEW_NETWORK, rows.network), (NEW_DEVICE, rows.device)):
            counted = np.flatnonzero(stranger & ((explained.unsettled & bit) != 0) & (keys != 0))
            for i in counted.tolist():
                key, account = int(keys[i]), int(rows.account[i])
                self.place.add(int(rows.at[i] // MICROSECONDS_A_DAY), key, account)
                pooled[i, PLACE] = max(int(pooled[i, PLACE]), self.place.of_others(key, account))
        for i in np.flatnonzero(stranger).tolist():
            day = int(rows.at[i] // MICROSECONDS_A_DAY)
            pooled[i, TARGET] = self._aims(int(rows.account[i]), int(explained.ward[i]), day)
        for i in np.flatnonzero(fresh & ~explained.declared).tolist():
            pooled[i, TEMPO] = self._keeps_time(int(rows.account[i]), int(rows.service[i]), int(rows.at[i]))
        return pooled

    def _aims(self, account: int, unit: int, day: int) -> int:
        """Count a stranger of a unit (0: of none); how many others met there who aim at it, if the account does."""
        self.met.add(day, 0, account)
        if not unit:
            return 0
        self.met.add(day, unit, account)
        there = self.met.of(unit, account)
        if there < AIMED or 2 * there < self.met.of(0, account):
            return 0
        self.target.add(day, unit, account)
        return self.target.of_others(unit, account)

    def _keeps_time(self, account: int, service: int, at: int) -> int:
        """Count a new patient; how many others opened at the account's tempo, if it keeps one."""
        before = self.paces.get(account)
        if before is not None and at == before.at and service == before.service:
            return 0  # one act, several patients
        pace = self.paces[account] = before.then(service, at) if before else Pace(service, at, 0, 0)
        if pace.run < EVEN_RUN or pace.gap < GAPS[0]:
            return 0
        self.tempo.add(at // MICROSECONDS_A_DAY, tempo_key(service, pace.gap), account)
        return max(self.tempo.of_others(tempo_key(service, pace.gap, step), account) for step in (-1, 0, 1))
