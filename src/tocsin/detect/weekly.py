"""Weekly: for each account and week a bet of its own, begun anew when a week begins. The analyst's queue reads it.

    A  becomes  (A + w) e(session)    each time a session ends; w is the part of the stake put down for this session

The stake of a week is one: a seventh for each of its days, and of a day's seventh 1 / (k (k + 1)) for the k-th session
that ends on it. So a theft on any day is bet on from then, and not thinned by honest sessions before it. While the
e-values are fair, the expectation of A is what was staked, at most one; what is not yet staked is not counted. Kept is
the peak of A, by whose reciprocal Ville bounds the chance of an honest week to come so far. Source: Shafer, Shen,
Vereshchagin, Vovk, *Test martingales, Bayes factors and p-values*, Stat. Sci. 2011; the split of the stake is ours.

A session counts in the week of its latest event. It is folded once it has ended, so batches change nothing.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

import numpy as np

from tocsin.detect.segments import starts_of
from tocsin.detect.state import Sessions
from tocsin.model.evidence import MICRONATS
from tocsin.model.rows import MICROSECONDS_A_DAY

KEPT: Final = 14
"""Weeks remembered, the running one included: a quarter of a year to be compared with."""
LN_A, DAY, ENDED, PEAK, PEAK_AT = range(5)
"""Columns of `Week.accounts`: ln A; the latest day on which a session ended, and how many did; the peak of ln A, and
when the session ended that carried it there (microseconds)."""
NOTHING: Final = -(1 << 60)
"""ln A before the first session."""
_FRESH: Final = (NOTHING, NOTHING, 0, NOTHING, 0)


@dataclass(slots=True)
class Week:
    """One week of all accounts."""

    calibration: str
    """Hash of the calibration on which its sessions were weighed; empty if it changed in between."""
    accounts: np.ndarray = field(default_factory=lambda: np.zeros((0, len(_FRESH)), np.int64))
    """int64 (accounts, columns); logarithms in micro-nats."""

    def active(self) -> np.ndarray:
        """Numbers of the accounts of which a session ended."""
        return np.flatnonzero(self.accounts[:, PEAK] > NOTHING)


@dataclass(slots=True)
class Weekly:
    """The weeks that are remembered, by number."""

    weeks: dict[int, Week] = field(default_factory=dict)

    def fold(self, sessions: Sessions, *, week_from: int, calibration: str) -> None:
        """Bet on sessions that have ended, of each account not before those already folded. See `Judge.week_from`."""
        day = sessions.last_at // MICROSECONDS_A_DAY
        week = (day - week_from) // 7
        for number in np.unique(week).tolist():
            one = self.weeks.setdefault(number, Week(calibration))
            if one.calibration != calibration:
                one.calibration = ""
            inside = week == number
            _bet(one, sessions.take(inside), day[inside])
        if self.weeks:
            for number in [held for held in self.weeks if held <= max(self.weeks) - KEPT]:
                del self.weeks[number]


def _bet(week: Week, sessions: Sessions, day: np.ndarray) -> None:
    """Fold sessions of a week: turn by turn the first of each account, then the second, ..."""
    order = np.lexsort((sessions.id, sessions.last_at, sessions.account))
    account, day, at = sessions.account[order], day[order], sessions.last_at[order]
    weight = sessions.weight[order]
    first = starts_of(account)
    rank = np.arange(len(order)) - np.repeat(first, np.diff(np.r_[first, len(order)]))
    by_turn = np.argsort(rank, kind="stable")
    bounds = np.searchsorted(rank[by_turn], np.arange(int(rank.max()) + 2))
    more = int(account.max()) + 1 - len(week.accounts)
    if more > 0:
        week.accounts = np.concatenate([week.accounts, np.tile(np.array(_FRESH, np.int64), (more, 1))])
    for begin, end in zip(bounds[:-1].tolist(), bounds[1:].tolist(), strict=True):
        now = by_turn[begin:end]
        held = week.accounts[account[now]]
        ended = np.where(held[:, DAY] == day[now], held[:, ENDED], 0) + 1
        staked = -np.log(7.0 * ended * (ended + 1))
        ln_a = np.rint(np.logaddexp(held[:, LN_A] / MICRONATS, staked) * MICRONATS).astype(np.int64) + weight[now]
        higher = ln_a > held[:, PEAK]
        held[:, LN_A], held[:, DAY], held[:, ENDED] = ln_a, day[now], ended
        held[higher, PEAK], held[higher, PEAK_AT] = ln_a[higher], at[now][higher]
        week.accounts[account[now]] = held
