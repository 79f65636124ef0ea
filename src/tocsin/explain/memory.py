"""Memory: which keys are known, and when each was last used; what nobody used for long is forgotten.

A key is kept in one 64-bit number: its upper 60 bits, and in the last four the period (a twelfth of the time that is
remembered) in which it was last used. So a period ends for every account at once and for every key alike, whatever the
account does and however much there is; what is used goes on being known. 8 bytes a key; false *known*: n / 2^60.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

import numpy as np

from tocsin.model.runs import add_run

USUAL_DAYS: Final = 365
"""How long what is not used is remembered, unless a region says otherwise."""
PERIODS: Final = 12
"""Of the time that is remembered; it is kept to one period more."""
_STAMPS: Final = 16
_STAMP: Final = np.uint64(_STAMPS - 1)
_KEY: Final = ~_STAMP
_PIECE: Final = 1 << 20


@dataclass(slots=True)
class Memory:
    """Keys, each with the period of its last use."""

    runs: list[np.ndarray] = field(default_factory=list)
    """uint64, rising."""
    days: int = USUAL_DAYS
    """How long what is not used is remembered."""
    period: int = 0
    """Number of the period that goes on: days since 1970 over days of a period."""
    _old: list[tuple[np.ndarray, np.ndarray]] = field(default_factory=list, init=False, repr=False)
    """(run, places in it) of what the last look-up found and an earlier period used last."""

    def turn(self, day: int, days: int = USUAL_DAYS) -> None:
        """Go on to a day, remembering for so many: forget what nobody used in them. A day of before changes nothing."""
        self._old.clear()
        period = day // _period_days(days)
        if days != self.days or not self.runs:  # periods of another length: what is known was used just now
            self.days, self.period = days, period
            self.runs = [(run & _KEY) | self._stamp for run in self.runs]
        if period <= self.period:
            return
        kept = -(-days // _period_days(days))
        for ended in range(self.period + 1, period + 1)[-_STAMPS:]:
            stamp = np.uint64((ended - kept - 1) % _STAMPS)
            self.runs = [_but(run, stamp) for run in self.runs]
        if period - self.period > kept:
            self.runs = []
        self.runs = [run for run in self.runs if len(run)]
        self.period = period

    def add(self, keys: np.ndarray) -> None:
        """Know some keys from now on, in any order, duplicates allowed."""
        self._old.clear()
        if len(keys):
            add_run(self.runs, np.unique(keys & _KEY) | self._stamp, _joined)

    def has(self, keys: np.ndarray) -> np.ndarray:
        """bool: which of these keys are known."""
        order = np.argsort(keys)
        found = np.empty(len(keys), bool)
        found[order] = self.has_sorted(keys[order])
        return found

    def has_sorted(self, keys: np.ndarray) -> np.ndarray:
        """The same for keys that rise."""
        self._old.clear()
        wanted = keys & _KEY
        hit = np.zeros(len(keys), bool)
        for run in self.runs:
            place = np.searchsorted(run, wanted)
            place[place == len(run)] = 0
            held = run[place]
            here = (held & _KEY) == wanted
            hit |= here
            self._old.append((run, place[here & ((held & _STAMP) != self._stamp)]))
        return hit

    def renew(self) -> None:
        """What the last look-up found is in use."""
        for run, places in self._old:
            run[places] = (run[places] & _KEY) | self._stamp
        self._old.clear()

    @property
    def _stamp(self) -> np.uint64:
        return np.uint64(self.period % _STAMPS)

    def __len__(self) -> int:
        return sum(len(run) for run in self.runs)


def _period_days(days: int) -> int:
    return -(-days // PERIODS)


def _joined(before: np.ndarray, last: np.ndarray) -> np.ndarray:
    """Both, rising; of a key in both the later use. In pieces, so that it takes no more room than what it gives."""
    out = np.empty(len(before) + len(last), np.uint64)
    ends = [*range(_PIECE, len(before), _PIECE), len(before)]
    size = start = since = 0
    for end in ends:
        until = len(last) if end == len(before) else int(np.searchsorted(last, before[end] & _KEY))
        piece = _inserted(before[start:end], last[since:until])
        out[size : size + len(piece)] = piece
        size, start, since = size + len(piece), end, until
    return out if size == len(out) else out[:size].copy()


def _inserted(before: np.ndarray, last: np.ndarray) -> np.ndarray:
    place = np.searchsorted(before, last & _KEY)
    inside = np.minimum(place, len(before) - 1)
    again = (before[inside] ^ last) < _STAMPS
    before[inside[again]] = last[again]
    return np.insert(before, place[~again], last[~again])


def _but(run: np.ndarray, stamp: np.uint64) -> np.ndarray:
    """A run without the keys that a period used last."""
    size = 0
    for start in range(0, len(run), _PIECE):
        piece = run[start : start + _PIECE]
        piece = piece[(piece & _STAMP) != stamp]
        run[size : size + len(piece)] = piece
        size += len(piece)
    return run[:size].copy()
