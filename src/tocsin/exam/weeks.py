"""Which account-weeks of a past may teach what an honest week looks like (pure)."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass

import numpy as np

MOST_DOUBTFUL = 0.02
"""At most this share of account-weeks is set aside: beyond, the region is simply heavier than the factory."""


@dataclass(frozen=True, slots=True)
class Weeks:
    """Account-weeks, one entry each."""

    account: np.ndarray
    """int64 account numbers."""
    week: np.ndarray
    """int64 week numbers."""
    heaviest: np.ndarray
    """int64 micro-nats."""
    set_aside: int
    """Doubtful account-weeks left out."""
    stolen: int
    """Account-weeks left out because people said that somebody else held the account."""
    answered: int
    """Account-weeks of which people said that they were the owner's: none of them is left out."""


def honest_weeks(
    heaviest: Mapping[tuple[int, int], int],
    doubtful: Collection[tuple[int, int]],
    *,
    days: int,
    stolen: Collection[tuple[int, int]] = (),
    owners: Collection[tuple[int, int]] = (),
) -> Weeks:
    """Account-weeks that lie whole within a past of so many days (weeks count from its first), without the doubtful.

    A past of less than a week gives its only, partial week. The heaviest doubtful are set aside first, and no more than
    MOST_DOUBTFUL of all. What people said goes before doubt: a week that was `stolen` is left out, one of the `owners`
    stays.
    """
    whole = max(days // 7, 1)
    inside = {pair: weight for pair, weight in heaviest.items() if 0 <= pair[1] < whole}
    theirs = {pair for pair in stolen if pair in inside}
    spared = {pair for pair in owners if pair in inside}
    doubted = sorted(
        (pair for pair in doubtful if pair in inside and pair not in theirs and pair not in spared),
        key=lambda pair: (-inside[pair], pair),
    )
    aside = set(doubted[: int(np.ceil(MOST_DOUBTFUL * len(inside)))])
    kept = sorted(pair for pair in inside if pair not in aside and pair not in theirs)
    return Weeks(
        account=np.array([account for account, _ in kept], np.int64),
        week=np.array([week for _, week in kept], np.int64),
        heaviest=np.array([inside[pair] for pair in kept], np.int64),
        set_aside=len(aside),
        stolen=len(theirs),
        answered=len(spared),
    )
