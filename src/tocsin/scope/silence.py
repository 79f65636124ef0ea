"""Silence: hours in which a service that usually speaks said nothing (pure). Nothing can be vouched for in them."""

from __future__ import annotations

from typing import Final

import numpy as np

HOUR_US: Final = 3_600_000_000
USUALLY: Final = 0.8
"""A service usually speaks at an hour of the day (weekends apart) if it did on this share of such days."""
LEAST_DAYS: Final = 3
"""Days of a kind that must be seen before anything is usual."""


def silent_hours(hours: np.ndarray, events: np.ndarray) -> np.ndarray:
    """Hours (since 1970, UTC, int64) within the first and the last that had events, silent though it usually speaks.

    `hours` and `events`: the hours with events and how many, for one service. The first and last hours never count.
    """
    spoken = hours[events > 0]
    if len(spoken) < 2:
        return np.zeros(0, np.int64)
    every = np.arange(int(spoken.min()), int(spoken.max()) + 1)
    spoke = np.isin(every, spoken)
    weekend = (every // 24 + 3) % 7 >= 5  # 1970-01-01 was a Thursday
    kind = (every % 24) + 24 * weekend
    seen = np.bincount(kind, minlength=48)
    share = np.bincount(kind, weights=spoke, minlength=48) / np.maximum(seen, 1)
    usual = (share >= USUALLY) & (seen >= LEAST_DAYS)
    return every[~spoke & usual[kind]]
