"""Sets of 64-bit keys that grow: sorted runs merged as they double, 8 bytes a key, vectors in and out."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np


@dataclass(slots=True)
class KeySet:
    """A set of uint64 keys. False *known*: about n / 2^64 per look-up, for n keys held."""

    runs: list[np.ndarray] = field(default_factory=list)

    def add(self, keys: np.ndarray) -> None:
        """Add keys, in any order, duplicates allowed."""
        if not len(keys):
            return
        self.runs.append(np.unique(keys))
        while len(self.runs) > 1 and len(self.runs[-1]) * 2 >= len(self.runs[-2]):
            last, before = self.runs.pop(), self.runs.pop()
            self.runs.append(_merged(before, last))

    def has(self, keys: np.ndarray) -> np.ndarray:
        """bool array: which of these keys are in the set."""
        found = np.zeros(len(keys), bool)
        if not self.runs or not len(keys):
            return found
        order = np.argsort(keys, kind="stable")  # sorted look-ups walk each run once
        ordered = keys[order]
        hit = np.zeros(len(keys), bool)
        for run in self.runs:
            place = np.searchsorted(run, ordered)
            place[place == len(run)] = 0
            hit |= run[place] == ordered
        found[order] = hit
        return found

    def __len__(self) -> int:
        return sum(len(run) for run in self.runs)


def _merged(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """The sorted union of two sorted arrays without duplicates; `b` is the smaller."""
    place = np.searchsorted(a, b)
    inside = np.minimum(place, len(a) - 1)
    new = a[inside] != b
    return np.insert(a, place[new], b[new])
