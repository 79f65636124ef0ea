"""Which references have been met: two sorted arrays, so that a small batch costs little beside millions."""

from __future__ import annotations

from typing import Final

import numpy as np

from tocsin.door.columns import keys_of

_RECENT: Final = 65_536
"""References kept apart before they are merged into the rest; a merge copies everything (25 bytes a reference)."""


class Seen:
    """A set of references, dtype S17, that only grows.

    They are sorted by a 64-bit key, which numpy does ten times as fast as by their text, and compared whole. Should two
    have one key, the second may count as new again: it is sealed twice then, never lost.
    """

    def __init__(self, references: np.ndarray) -> None:
        keys, references, _ = _distinct(references)
        self._old = _Sorted(keys, references)
        self._recent = _Sorted(keys[:0], references[:0])

    def new(self, references: np.ndarray) -> np.ndarray:
        """Positions of the references never met, each reference once, in their order. They count as met from now on."""
        keys, distinct, first = _distinct(references)
        fresh = ~(self._old.has(keys, distinct) | self._recent.has(keys, distinct))
        self._recent = self._recent.joined(keys[fresh], distinct[fresh])
        if len(self._recent.keys) > max(_RECENT, len(self._old.keys) // 8):
            self._old = self._old.joined(self._recent.keys, self._recent.references)
            self._recent = _Sorted(keys[:0], distinct[:0])
        return np.sort(first[fresh])


class _Sorted:
    """References by their keys."""

    def __init__(self, keys: np.ndarray, references: np.ndarray) -> None:
        self.keys = keys
        self.references = references

    def has(self, keys: np.ndarray, references: np.ndarray) -> np.ndarray:
        if not len(self.keys):
            return np.zeros(len(keys), bool)
        at = np.minimum(np.searchsorted(self.keys, keys), len(self.keys) - 1)
        known: np.ndarray = (self.keys[at] == keys) & (self.references[at] == references)
        return known

    def joined(self, keys: np.ndarray, references: np.ndarray) -> _Sorted:
        at = np.searchsorted(self.keys, keys)
        return _Sorted(np.insert(self.keys, at, keys), np.insert(self.references, at, references))


def _distinct(references: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Keys, sorted; their references, each once; where each stands first."""
    keys = keys_of(references)
    order = np.argsort(keys, kind="stable")
    keys, ordered = keys[order], references[order]
    first = np.ones(len(keys), bool)
    first[1:] = (keys[1:] != keys[:-1]) | (ordered[1:] != ordered[:-1])
    return keys[first], ordered[first], order[first]
