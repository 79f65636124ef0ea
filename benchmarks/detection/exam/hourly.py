"""The static baseline: new records per hour. Its line is drawn from the region's own past, at the budget of `ask`."""

from __future__ import annotations

import copy
from collections import defaultdict, deque
from dataclasses import dataclass, field

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from tocsin.model.event import ACTIONS, codes_of

HOUR_US = 3_600_000_000
_OPENS = [ACTIONS.index(word) for word in ("read", "write")]


@dataclass(slots=True)
class Hourly:
    """Per account: whom it has opened, and when it last opened somebody new."""

    met: dict[str, set[bytes]] = field(default_factory=lambda: defaultdict(set))
    recent: dict[str, deque[int]] = field(default_factory=lambda: defaultdict(deque))
    weeks: dict[tuple[str, int], int] = field(default_factory=dict)
    """(account, week from day 0 of 1970) -> most new records in an hour."""

    def copy(self) -> Hourly:
        """A copy that goes on by itself; those whom an account has opened are copied when it opens somebody new."""
        mine = Hourly()
        mine.met = _Layered(self.met)
        mine.recent = defaultdict(deque, {name: copy.copy(times) for name, times in self.recent.items()})
        return mine

    def counts(self, events: pa.Table) -> list[tuple[str, int, int]]:
        """(account, at, new records in the hour up to it) of each opening of somebody new."""
        action = codes_of(events["action"], ACTIONS)
        rows = np.flatnonzero(np.isin(action, _OPENS) & ~events["patient"].is_null().to_numpy())
        some = events.select(["account", "at", "patient"]).take(pa.array(rows))
        accounts = some["account"].cast(pa.string()).to_pylist()
        times = some["at"].cast(pa.int64()).to_pylist()
        found = []
        for account, at, patient in zip(accounts, times, some["patient"].to_pylist(), strict=True):
            if account is None or patient in self.met[account]:
                continue
            self.met[account].add(patient)
            times_of = self.recent[account]
            times_of.append(at)
            while times_of[0] <= at - HOUR_US:
                times_of.popleft()
            found.append((account, at, len(times_of)))
        return found

    def past(self, events: pa.Table, day: int) -> None:
        """A day that teaches."""
        for account, _, count in self.counts(events):
            key = (account, day)
            self.weeks[key] = max(self.weeks.get(key, 0), count)
        for account in set(events["account"].cast(pa.string()).to_pylist()) - {None}:
            self.weeks.setdefault((account, day), 0)

    def line(self, budget: float, *, from_day: int) -> int:
        """The count that at most `budget` of account-weeks go above; the first days, when all is new, do not teach."""
        weeks: dict[tuple[str, int], int] = {}
        for (account, day), count in self.weeks.items():
            if day >= from_day:
                key = (account, (day - from_day) // 7)
                weeks[key] = max(weeks.get(key, 0), count)
        tops = sorted(weeks.values(), reverse=True)
        return tops[max(int(budget * (len(tops) + 1)) - 1, 0)]

    def alarms(self, events: pa.Table, line: int, *, only: list[str] | None) -> list[tuple[str, int]]:
        """(account, at) of each account's first count above the line on a day; `only`: of these accounts."""
        first: dict[str, int] = {}
        if only is not None:
            events = events.filter(pc.is_in(events["account"].cast(pa.string()), pa.array(only, pa.string())))
        for account, at, count in self.counts(events):
            if count > line:
                first.setdefault(account, at)
        return list(first.items())


class _Layered(dict[str, "_Both"]):
    """Sets on top of other sets that stay as they are."""

    def __init__(self, below: dict[str, set[bytes]]) -> None:
        super().__init__()
        self._below = below

    def __missing__(self, name: str) -> _Both:
        self[name] = _Both(self._below.get(name, set()))
        return self[name]


class _Both:
    """A set on top of another."""

    def __init__(self, below: set[bytes]) -> None:
        self._below, self._own = below, set()

    def __contains__(self, one: bytes) -> bool:
        return one in self._own or one in self._below

    def add(self, one: bytes) -> None:
        """One more."""
        self._own.add(one)
