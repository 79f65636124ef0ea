"""Sets of 64-bit keys that grow: sorted runs merged as they double, 8 bytes a key, vectors in and out."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import pyarrow as pa

from tocsin.model.runs import add_run


def factorise(keys: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """(codes, first): keys numbered 0, 1, ... in the order in which they come, and where each comes first.

    By a hash table: several times faster than a sort.
    """
    if not len(keys):
        return np.zeros(0, np.int32), np.zeros(0, np.int64)
    codes = pa.array(keys).dictionary_encode().indices.to_numpy()
    new = np.empty(len(codes), bool)
    new[0] = True
    new[1:] = codes[1:] > np.maximum.accumulate(codes)[:-1]
    return codes, np.flatnonzero(new)


def order_of(numbers: np.ndarray) -> np.ndarray:
    """Positions that sort small whole numbers (0 and more), equal ones in the order in which they come."""
    if len(numbers) and int(numbers.max()) < 1 << 16:
        return np.argsort(numbers.astype(np.uint16), kind="stable")  # a radix sort
    return np.argsort(numbers, kind="stable")


@dataclass(slots=True)
class KeySet:
    """A set of uint64 keys. False *known*: about n / 2^64 per look-up, for n keys held."""

    runs: list[np.ndarray] = field(default_factory=list)

    def add(self, keys: np.ndarray) -> None:
        """Add keys, in any order, duplicates allowed."""
        if len(keys):
            add_run(self.runs, np.unique(keys), _merged)

    def has(self, keys: np.ndarray) -> np.ndarray:
        """bool array: which of these keys are in the set."""
        found = np.zeros(len(keys), bool)
        if not self.runs or not len(keys):
            return found
        order = np.argsort(keys)  # sorted look-ups walk each run once
        found[order] = self.has_sorted(keys[order])
        return found

    def has_sorted(self, keys: np.ndarray) -> np.ndarray:
        """The same for keys that rise."""
        hit = np.zeros(len(keys), bool)
        for run in self.runs:
            place = np.searchsorted(run, keys)
            place[place == len(run)] = 0
            hit |= run[place] == keys
        return hit

    def __len__(self) -> int:
        return sum(len(run) for run in self.runs)


def _merged(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """The sorted union of two sorted arrays without duplicates; `b` is the smaller."""
    place = np.searchsorted(a, b)
    inside = np.minimum(place, len(a) - 1)
    new = a[inside] != b
    return np.insert(a, place[new], b[new])
