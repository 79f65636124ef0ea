"""Cohort: accounts that nobody vouches for and that begin on one network, within a week of each other.

A fold of its own, by network: for the first rows of such an account it counts, in accepted order, the other accounts of
which the same was so. Only networks that are no settled habit of anybody count: who signs up from the hospital signs up
where interns do.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from tocsin.model.explained import NEW_TO_ALL, PLACED, Explained
from tocsin.model.rows import MICROSECONDS_A_DAY, Rows, mix

DAYS = 7


@dataclass(slots=True)
class Cohort:
    """Sign-ups by network: account -> day."""

    begun: dict[int, dict[int, int]] = field(default_factory=dict)

    def open_slice(self, day: int) -> None:
        """Forget what is older than DAYS."""
        for network in list(self.begun):
            self.begun[network] = {a: when for a, when in self.begun[network].items() if when > day - DAYS}
            if not self.begun[network]:
                del self.begun[network]

    def count(self, rows: Rows, explained: Explained) -> np.ndarray:
        """int64 per row (accepted order): others so far, at an account's first row on a network in a batch; else 0."""
        others = np.zeros(len(rows), np.int64)
        signing_up = (explained.unplaced != PLACED) & (rows.account >= 0) & (rows.network != 0)
        places = np.flatnonzero(signing_up & ((explained.unsettled & NEW_TO_ALL) != 0))
        if not len(places):
            return others
        pair = mix(rows.network[places], rows.account[places].astype(np.uint64))
        _, first = np.unique(pair, return_index=True)
        for i in places[np.sort(first)].tolist():
            here = self.begun.setdefault(int(rows.network[i]), {})
            here.setdefault(int(rows.account[i]), int(rows.at[i] // MICROSECONDS_A_DAY))
            others[i] = len(here) - 1
        return others
