"""Homes: the service in which an account is at home, from where it was at work so far.

    rows of a slice      -> counted, by account and service
    the slice has ended  -> they count, but not those of accounts under alert: a thief moves nobody's home
    a week begins        -> each account is at home where it had most rows (ties: the first name); for the whole week

A home is read once a week, because an account-week must be in one stratum: where homes changed in the middle of one, it
could cross either line. An account that is new in a week has none in it.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Final

import numpy as np

from tocsin.model.rows import Names, Rows

NOWHERE: Final = -1


def _none() -> np.ndarray:
    return np.zeros((0, 0), np.int32)


@dataclass(slots=True)
class Homes:
    """State of the fold, by number of the account and of the service."""

    counts: np.ndarray = field(default_factory=_none)
    """int32 (accounts, services): rows of slices that have ended. Grown ahead, so that it is seldom copied."""
    today: np.ndarray = field(default_factory=_none)
    """int32, the same shape: rows of the slice that goes on."""
    day: int = 0
    """Of the open slice."""
    week: int | None = None
    """First day of the week for which homes were read."""
    of: np.ndarray = field(default_factory=lambda: np.zeros(0, np.int32))
    """int32 by account: the service it is at home in, NOWHERE if in none. Accounts beyond have none. Never changed."""

    def open_slice(self, day: int, *, week_from: int, alerted: Mapping[int, Collection[int]], services: Names) -> bool:
        """Before the rows of `day`. Returns whether a week has begun, so that homes were read anew.

        `week_from`: a day on which weeks begin; `alerted`: day -> accounts against which an alert stood.
        """
        if self.week is not None and self.day - 1 <= day <= self.day:  # rows of yesterday that come late are today's
            return False
        barred = [account for account in alerted.get(self.day, ()) if account < len(self.today)]
        self.today[barred] = 0
        self.counts += self.today
        self.today[:] = 0
        self.day = day
        week = day - (day - week_from) % 7
        if self.week is not None and self.week - 7 <= week <= self.week:  # rows of last week that come late are no week
            return False
        self.week, self.of = week, self._read(services)
        return True

    def count(self, rows: Rows) -> None:
        """Take in rows of the open slice."""
        named = (rows.account >= 0) & (rows.service >= 0)
        if not named.any():
            return
        account, service = rows.account[named].astype(np.int64), rows.service[named].astype(np.int64)
        self._grow(int(account.max()) + 1, int(service.max()) + 1)
        # of the same type: else NumPy casts row by row, fifty times as slow
        np.add.at(self.today.reshape(-1), account * self.today.shape[1] + service, np.int32(1))

    def names(self, services: Names, accounts: int) -> list[str]:
        """The name of the service that each account is at home in, by number; "" if in none."""
        names = [*services.names, ""]
        known = [names[service] for service in self.of[:accounts].tolist()]
        return known + [""] * (accounts - len(known))

    def told(self, counts: np.ndarray) -> np.ndarray:
        """int64 (account, service, rows) of `counts` or `today`, where there are any: how they are saved."""
        account, service = np.nonzero(counts)
        return np.stack([account, service, counts[account, service]], axis=1).astype(np.int64)

    def take_up(self, counts: np.ndarray, today: np.ndarray) -> None:
        """The reverse of `told`, of both."""
        both = np.concatenate([counts, today])
        if len(both):
            self._grow(int(both[:, 0].max()) + 1, int(both[:, 1].max()) + 1)
        for into, (account, service, rows) in ((self.counts, counts.T), (self.today, today.T)):
            into[account, service] = rows

    def _read(self, services: Names) -> np.ndarray:
        known = np.flatnonzero(self.counts.any(axis=1))
        of = np.full(int(known[-1]) + 1 if len(known) else 0, NOWHERE, np.int32)
        by_name = np.array(sorted(range(len(services.names)), key=services.names.__getitem__), np.int64)
        by_name = by_name[by_name < self.counts.shape[1]]
        if len(known):
            of[known] = by_name[self.counts[known][:, by_name].argmax(axis=1)]  # of equals the first
        return of

    def _grow(self, accounts: int, services: int) -> None:
        rows, columns = self.counts.shape
        if accounts <= rows and services <= columns:
            return
        shape = (max(accounts, 2 * rows) if accounts > rows else rows, max(services, columns))
        for name in ("counts", "today"):
            grown = np.zeros(shape, np.int32)
            grown[:rows, :columns] = getattr(self, name)
            setattr(self, name, grown)
