"""Weekly: for each account and week a bet of its own, begun anew when a week begins. The analyst's queue reads it.

    A  becomes  (A + 1/7) e(day)    each time a day of the account ends

The stake of a week is one, a seventh for each of its days: so a theft on any day is bet on from then, and not thinned
by honest days before it. While the e-values are fair, the expectation of A is what was staked, at most one; what is not
yet staked is not counted. Kept is the peak of A, also within days, by whose reciprocal Ville bounds the chance of an
honest week to come so far. Where a rung ended in the middle of a day, what came after it is bet on with what was held,
and nothing is staked again. Source: Shafer, Shen, Vereshchagin, Vovk, *Test martingales, Bayes factors and p-values*,
Stat. Sci. 2011.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

import numpy as np

from tocsin.model.evidence import MICRONATS

KEPT: Final = 14
"""Weeks remembered, the running one included: a quarter of a year to be compared with."""
LN_A, DAY, PEAK, PEAK_AT = range(4)
"""Columns of `Week.accounts`: ln A; the latest day bet on; the peak of ln A, and the latest event of the day that
carried it there (microseconds)."""
NOTHING: Final = -(1 << 60)
"""ln A before the first day."""
_FRESH: Final = (NOTHING, NOTHING, NOTHING, 0)


@dataclass(slots=True)
class Week:
    """One week of all accounts."""

    calibration: str
    """Hash of the calibration on which its days were weighed; empty if it changed in between."""
    accounts: np.ndarray = field(default_factory=lambda: np.zeros((0, len(_FRESH)), np.int64))
    """int64 (accounts, columns); logarithms in micro-nats."""

    def active(self) -> np.ndarray:
        """Numbers of the accounts of which a day was bet on."""
        return np.flatnonzero(self.accounts[:, PEAK] > NOTHING)


@dataclass(slots=True)
class Weekly:
    """The weeks that are remembered, by number."""

    weeks: dict[int, Week] = field(default_factory=dict)

    def fold(
        self,
        account: np.ndarray,
        ln_e: np.ndarray,
        peak: np.ndarray,
        at: np.ndarray,
        *,
        day: int,
        week_from: int,
        calibration: str,
    ) -> None:
        """Bet on a day of some accounts, each named once.

        `ln_e`, `peak`: what it was worth in the end, and at most on the way (micro-nats); `at`: its latest event.

        Days come in their order. `week_from`: see `Judge.week_from`; `calibration`: the hash it was weighed on.
        """
        if not len(account):
            return
        week = self.weeks.setdefault((day - week_from) // 7, Week(calibration))
        if week.calibration != calibration:
            week.calibration = ""
        more = int(account.max()) + 1 - len(week.accounts)
        if more > 0:
            week.accounts = np.concatenate([week.accounts, np.tile(np.array(_FRESH, np.int64), (more, 1))])
        held = week.accounts[account]
        before = held[:, LN_A] / MICRONATS
        staked = np.where(held[:, DAY] >= day, before, np.logaddexp(before, -np.log(7.0)))
        stake = np.rint(staked * MICRONATS).astype(np.int64)
        top = stake + np.maximum(ln_e, peak)
        higher = top > held[:, PEAK]
        held[:, LN_A], held[:, DAY] = stake + ln_e, np.maximum(held[:, DAY], day)
        held[higher, PEAK], held[higher, PEAK_AT] = top[higher], at[higher]
        week.accounts[account] = held
        for number in [one for one in self.weeks if one <= max(self.weeks) - KEPT]:
            del self.weeks[number]
