"""Thresholds, leaving one account out."""

import numpy as np


def leave_one_out(maxima: np.ndarray, *, b: int) -> np.ndarray:
    """For each account the (b+1)-th largest of the *other* accounts' maxima; the alarm is strictly above it.

    Without ties exactly b + 1 of the n accounts exceed their own threshold: (b + 1) / n false alarms per account-week.
    """
    order = np.sort(maxima)[::-1]
    # Leaving out an account among the b+1 largest moves the next one up.
    return np.where(maxima >= order[b], order[b + 1], order[b])
