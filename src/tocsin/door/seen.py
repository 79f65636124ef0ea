"""Which references have been met: two sorted arrays, so that a small batch costs little beside millions."""

from __future__ import annotations

from typing import Final

import numpy as np

_RECENT: Final = 65_536
"""References kept apart before they are merged into the rest; a merge copies everything (17 bytes a reference)."""


class Seen:
    """A set of references, dtype S17, that only grows."""

    def __init__(self, references: np.ndarray) -> None:
        self._old = np.unique(references)
        self._recent = np.zeros(0, "S17")

    def new(self, references: np.ndarray) -> np.ndarray:
        """Positions of the references never met, each reference once, in their order. They count as met from now on."""
        distinct, first = np.unique(references, return_index=True)
        fresh = ~(_among(distinct, self._old) | _among(distinct, self._recent))
        self._recent = np.union1d(self._recent, distinct[fresh])
        if len(self._recent) > max(_RECENT, len(self._old) // 8):
            self._old = np.union1d(self._old, self._recent)
            self._recent = np.zeros(0, "S17")
        return np.sort(first[fresh])


def _among(wanted: np.ndarray, known: np.ndarray) -> np.ndarray:
    if not len(known):
        return np.zeros(len(wanted), bool)
    return known[np.minimum(np.searchsorted(known, wanted), len(known) - 1)] == wanted
