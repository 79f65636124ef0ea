"""Common mode: a whole place that changes at once is one event, not many thieves.

In a catastrophe the staff of a hospital open the same people before any directory knows them. Of a day of a place:

    a crowd      a stranger (a person whom nothing explains) whom three accounts or more have opened
    common mode  five crowds or more, and twice as many as on the worst of the last days (of five at least)
    expected     in common mode: the crowds, and all further strangers of whoever has met two of them

Only accesses from machines and networks that are settled habits of their accounts count, and are expected: to make a
crowd, a thief must hold three accounts of one house and their owners' machines. One patient whom everybody looks up, a
celebrity, makes no common mode.
Source: common causes and special ones are told apart by parallel series of one place (Shewhart, *Economic Control of
Quality of Manufactured Product*, 1931); in a fictitious region, with a mass-casualty plan one in three strangers of the
staff called in was a crowd when opened, of all others one in two hundred.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

import numpy as np

from tocsin.model.explained import WAYS_IN
from tocsin.model.rows import Rows, mix

OTHERS: Final = 2
"""Other accounts that make a stranger a crowd."""
LEAST: Final = 5
"""Crowds, at least."""
TIMES: Final = 2
"""So many times as many as on the worst of the days before."""
HISTORY: Final = 5
"""Days that must have ended: on the first of a trail everybody is a stranger."""
MEMBER: Final = 2
"""Crowds after which an account is one of those who came for them."""


@dataclass(slots=True)
class Common:
    """Strangers that the accounts of each establishment have in common: today, and how many on the last days."""

    day: int = 0
    opened: dict[int, list[int]] = field(default_factory=dict)
    """Key of (establishment, person) -> numbers of the accounts that have met this stranger today, in order."""
    crowds: dict[int, int] = field(default_factory=dict)
    """Key of an establishment -> crowds so far today."""
    members: dict[int, int] = field(default_factory=dict)
    """Account number -> crowds of today that it is part of."""
    before: dict[int, dict[int, int]] = field(default_factory=dict)
    """Day -> `crowds` when it ended."""

    def open_slice(self, day: int, *, days: int) -> None:
        """Before the rows of a day: the one before is over. Rows of yesterday that come late belong to today.

        `days`: with how many days before it is compared.
        """
        if self.day - 1 <= day <= self.day:
            return
        if self.day:
            self.before[self.day] = self.crowds
        self.day, self.opened, self.crowds, self.members = day, {}, {}, {}
        for old in [held for held in self.before if held < day - days]:
            del self.before[old]

    def expects(self, rows: Rows, strange: np.ndarray, unsettled: np.ndarray, place: np.ndarray) -> np.ndarray:
        """bool per row (accepted order): a stranger who is met because of what the whole place is about.

        `strange`: rows of strangers; `place`: uint64 key of each row's establishment, 0 if none.
        """
        found = np.zeros(len(rows), bool)
        if len(self.before) < HISTORY:
            return found
        met = self._met(rows, strange, unsettled, place)
        crowded = met.crowds >= np.maximum(LEAST, TIMES * self._most(met.place))
        if crowded.any():
            account, part = self._joined(met)
            found[met.row[crowded & ((met.others >= OTHERS) | (met.of(account, part, self.members) >= MEMBER))]] = True
        return found

    def remember(self, rows: Rows, strange: np.ndarray, unsettled: np.ndarray, place: np.ndarray) -> None:
        """Take in rows after `expects`; `strange` are all that nothing else explains."""
        met = self._met(rows, strange, unsettled, place)
        for account in self._joined(met)[0].tolist():
            self.members[account] = self.members.get(account, 0) + 1
        for key, account in zip(met.key.tolist(), met.account.tolist(), strict=True):
            self.opened.setdefault(key, []).append(account)
        for where in met.place[met.others == OTHERS].tolist():
            self.crowds[where] = self.crowds.get(where, 0) + 1

    def _met(self, rows: Rows, strange: np.ndarray, unsettled: np.ndarray, place: np.ndarray) -> Met:
        """The rows that count, with what stood at each of them, itself included."""
        row = np.flatnonzero(strange & ((unsettled & WAYS_IN) == 0) & (place != 0))
        where, account = place[row], rows.account[row].astype(np.int64)
        key = mix(rows.patient[row], where)
        before = {one: len(self.opened.get(one, ())) for one in np.unique(key).tolist()}
        others = _so_far(key, np.ones(len(row), np.int64), before) - 1
        return Met(row, key, account, where, others, _so_far(where, (others == OTHERS).astype(np.int64), self.crowds))

    def _joined(self, met: Met) -> tuple[np.ndarray, np.ndarray]:
        """(account, position among the rows) of each who becomes part of a crowd: with the third, the first two too."""
        late = np.flatnonzero(met.others >= OTHERS)
        joined = [(int(met.account[i]), i) for i in late.tolist()]
        for i in late[met.others[late] == OTHERS].tolist():
            sooner = [*self.opened.get(int(met.key[i]), ()), *met.account[:i][met.key[:i] == met.key[i]].tolist()]
            joined += [(account, i) for account in sooner[:OTHERS]]
        told = np.array(joined, np.int64).reshape(-1, 2)
        return told[:, 0], told[:, 1]

    def _most(self, place: np.ndarray) -> np.ndarray:
        """Crowds of each place on the worst of the days before."""
        distinct, back = np.unique(place, return_inverse=True)
        most = [max((day.get(key, 0) for day in self.before.values()), default=0) for key in distinct.tolist()]
        return np.array(most, np.int64)[back]


@dataclass(frozen=True, slots=True)
class Met:
    """Strangers of a batch that count, one entry each."""

    row: np.ndarray
    key: np.ndarray
    """uint64: establishment and person."""
    account: np.ndarray
    place: np.ndarray
    """uint64 key of the establishment."""
    others: np.ndarray
    """Other accounts of the establishment that have met the same stranger."""
    crowds: np.ndarray
    """Crowds of the establishment."""

    def of(self, account: np.ndarray, position: np.ndarray, held: dict[int, int]) -> np.ndarray:
        """How often each row's account stands among some (account, position), up to that row, and was held before."""
        keys, values = (
            np.r_[account, self.account],
            np.r_[np.ones(len(account), np.int64), np.zeros(len(self.row), int)],
        )
        order = np.argsort(np.r_[position, np.arange(len(self.row))], kind="stable")
        counted = np.empty(len(keys), np.int64)
        counted[order] = _so_far(keys[order], values[order], held)
        return counted[len(account) :]


def _so_far(keys: np.ndarray, values: np.ndarray, held: dict[int, int]) -> np.ndarray:
    """int64 sum of the values among rows of one key, that row included, and of what was held of the key before."""
    order = np.argsort(keys, kind="stable")
    ordered, total = keys[order], np.cumsum(values[order])
    first = np.flatnonzero(np.r_[True, ordered[1:] != ordered[:-1]]) if len(keys) else np.zeros(0, np.int64)
    carry = np.array([held.get(key, 0) for key in ordered[first].tolist()], np.int64) - (total - values[order])[first]
    out = np.empty(len(keys), np.int64)
    out[order] = total + np.repeat(carry, np.diff(np.r_[first, len(keys)]))
    return out
