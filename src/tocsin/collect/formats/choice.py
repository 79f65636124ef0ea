"""Which shape a line can have: told by a few of its bytes, so that no line is offered to one shape after the other.

Lines with one number of quotes have words of 8 bytes at each quote; some of them tell the shapes of that number apart.
A choice is a guess that spares work: the shape that was chosen still compares every byte.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np

from tocsin.collect.formats.octets import words_of

MAX_QUOTES: Final = 1024
"""Quotes of a line that may tell its shape; of a longer line the first."""

MAX_WORDS: Final = 8
"""Words that a choice may look at. Shapes that these do not tell apart are tried in turn."""

_BEFORE, _AFTER = -7, 0
"""A word ends with a quote (it begins 7 bytes before it) or begins with it."""

_FACTORS: Final = np.array(
    [0x9E3779B97F4A7C15, 0xC2B2AE3D27D4EB4F, 0x165667B19E3779F9, 0xD6E8FEB86659FD93,
     0xA0761D6478BD642F, 0xE7037ED1A0B428DB, 0x8EBC6AF09C88C6E3, 0x589965CC75374CC3], np.uint64
)  # fmt: skip
"""Odd and otherwise arbitrary: what hashes equal by chance is told apart by the comparison of bytes."""


@dataclass(frozen=True, slots=True)
class Marks:
    """The words at the quotes of the line that a shape was learned from, those before and then those after."""

    words: np.ndarray
    """(2 * quotes,) uint64."""
    fixed: np.ndarray
    """(2 * quotes,) bool: the word stands in every line of the shape."""

    @classmethod
    def of(cls, line: bytes, starts: np.ndarray, ends: np.ndarray) -> Marks:
        """Of a line whose bytes are fixed from each of the starts to its end."""
        octets = np.frombuffer(line, np.uint8)
        quotes = np.flatnonzero(octets == ord('"'))[:MAX_QUOTES]
        places = np.concatenate([quotes + _BEFORE, quotes + _AFTER])
        segment = np.searchsorted(starts, places, side="right") - 1
        fixed = (places >= 0) & (places + 8 <= ends[segment])
        return cls(words_of(line + bytes(8))[np.where(fixed, places, 0)], fixed)


class Choice:
    """Tells the shapes with one number of quotes apart."""

    def __init__(self, marks: list[Marks]) -> None:
        looks = _telling(marks)
        quotes = len(marks[0].words) // 2
        self._quote = looks % quotes
        self._away = np.where(looks < quotes, _BEFORE, _AFTER)
        keys = np.stack([_hash(one.words[looks]) for one in marks])
        self._keys, self._shape = np.unique(keys, return_index=True)
        self.twins = sorted(set(range(len(marks))) - set(self._shape.tolist()))
        """Shapes, by number, that are never chosen because another looks the same."""

    def split(self, words: np.ndarray, quotes: np.ndarray, first_quote: np.ndarray) -> Iterator[tuple[int, np.ndarray]]:
        """Of k lines with this number of quotes: a shape, by number, and which lines, ascending, it may fit."""
        key = _hash(words[quotes[first_quote[:, None] + self._quote] + self._away])
        place = np.searchsorted(self._keys, key)
        place[place == len(self._keys)] = 0
        place[self._keys[place] != key] = len(self._keys)
        order = np.argsort(place, kind="stable")
        cuts = np.cumsum(np.bincount(place, minlength=len(self._keys))).tolist()
        for shape, first, end in zip(self._shape.tolist(), [0, *cuts], cuts, strict=False):
            if first < end:
                yield shape, order[first:end]


def _hash(words: np.ndarray) -> np.ndarray:
    """One number of the words in the last axis."""
    return (words * _FACTORS[: words.shape[-1]]).sum(-1, dtype=np.uint64)


def _telling(marks: list[Marks]) -> np.ndarray:
    """The words, at most MAX_WORDS, that tell the most shapes apart.

    Only words that all the shapes have fixed; greedily the one that splits the classes so far into the most.
    """
    usable = np.flatnonzero(np.all([one.fixed for one in marks], axis=0))
    codes = _ranks(np.stack([one.words[usable] for one in marks]))
    varying = codes.max(0, initial=0) > 0
    usable, codes = usable[varying], codes[:, varying]
    looks: list[int] = []
    classes, found = np.zeros(len(marks), np.int64), 1
    while found < len(marks) and len(usable) and len(looks) < MAX_WORDS:
        split = _ranks(classes[:, None] * len(marks) + codes)
        best = int(split.max(0).argmax())
        if split[:, best].max() + 1 == found:
            break
        classes, found = split[:, best], int(split[:, best].max()) + 1
        looks.append(int(usable[best]))
    return np.array(looks, np.int64)


def _ranks(values: np.ndarray) -> np.ndarray:
    """Of each column its values as numbers from 0, equal values alike, (n, f) int64."""
    order = np.argsort(values, axis=0, kind="stable")
    ordered = np.take_along_axis(values, order, axis=0)
    rank = np.zeros(values.shape, np.int64)
    np.cumsum(ordered[1:] != ordered[:-1], axis=0, out=rank[1:])
    out = np.empty_like(rank)
    np.put_along_axis(out, order, rank, axis=0)
    return out
