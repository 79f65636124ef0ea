"""Pool: accounts that share a thief, by the network and the device they share.

A fold of its own, by network and device: for every row it counts, in accepted order, the strangers that *others*
met from the same network (or device), where it is no settled habit of theirs. A hospital's own proxy is a habit of
nearly everybody who uses it, so it pools nothing.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from tocsin.model.explained import NEW_DEVICE, NEW_NETWORK, Explained
from tocsin.model.rows import MICROSECONDS_A_DAY, Rows

DAYS = 7
"""Strangers are remembered for so many days."""
SETTLED_AGE = 2
"""Days: of a younger account nothing is settled, so its networks say nothing."""


@dataclass(slots=True)
class Pool:
    """Strangers by place (network or device), and by place and account, for each of the last days."""

    by_place: dict[int, dict[int, int]] = field(default_factory=dict)
    by_account: dict[int, dict[tuple[int, int], int]] = field(default_factory=dict)

    def open_slice(self, day: int) -> None:
        """Forget what is older than DAYS."""
        for old in [held for held in self.by_place if held <= day - DAYS]:
            del self.by_place[old], self.by_account[old]

    def count(self, rows: Rows, explained: Explained) -> np.ndarray:
        """int64 per row (accepted order): strangers of others so far; 0 where the row is no stranger of its own."""
        pooled = np.zeros(len(rows), np.int64)
        stranger = explained.fresh & (explained.reason == 0) & (rows.account >= 0)
        stranger &= explained.age_days >= SETTLED_AGE
        for bit, places in ((NEW_NETWORK, rows.network), (NEW_DEVICE, rows.device)):
            counted = np.flatnonzero(stranger & ((explained.unsettled & bit) != 0) & (places != 0))
            for i in counted.tolist():
                place, account = int(places[i]), int(rows.account[i])
                day = int(rows.at[i] // MICROSECONDS_A_DAY)
                here = self.by_place.setdefault(day, {})
                own = self.by_account.setdefault(day, {})
                here[place] = here.get(place, 0) + 1
                own[place, account] = own.get((place, account), 0) + 1
                total = sum(held.get(place, 0) for held in self.by_place.values())
                mine = sum(held.get((place, account), 0) for held in self.by_account.values())
                pooled[i] = max(int(pooled[i]), total - mine)
        return pooled
