"""Places: from which networks and devices an account's owner is known to work.

Quiet sessions (weight at most ln 2) before the episode establish a place, in one of two ways:

| a place is established by...                              | because                                             |
|-----------------------------------------------------------|-----------------------------------------------------|
| two days of quiet use, at least half of the patients in   | a thief takes those whom nobody would expect        |
| each session to be expected                               |                                                     |
| two days of quiet use that began a week or more before,   | many owners have no directory to explain them; a    |
| the first session from it quiet too                       | thief's new network or machine is loud when it is new |

A dimension (network, device) in which the owner has no habit at all, or which the row does not name, tells nothing.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from tocsin.model.event import REASONS
from tocsin.scope.columns import ABSENT, Columns

DAYS_TO_ESTABLISH = 2
"""As explain settles a habit after two days."""

DAYS_TO_AGE = 7
"""A place in quiet use for so long needs no explained patients. A choice; no measurement sets it."""

_DAY_BITS = 24
"""Days since 1970 fit in so many bits, until the year 47900."""

OWN, FOREIGN, UNTOLD = 0, 1, 2
"""Owner's established place | something of it is not the owner's | the row, or the past, does not say."""

_UNEXPLAINED, _NO_PATIENT = REASONS.index("unexplained"), REASONS.index("no-patient")


@dataclass(frozen=True, slots=True)
class Dimension:
    """Networks, or devices, of the rows."""

    code: np.ndarray
    """int64 per row; ABSENT if the row names none."""
    new: np.ndarray
    """bool per row: it is named and not established."""
    telling: bool
    """The owner has a habit: that something is new says something."""


@dataclass(frozen=True, slots=True)
class Places:
    """Where each row came from."""

    network: Dimension
    device: Dimension

    def kind(self) -> np.ndarray:
        """int8 per row: OWN, FOREIGN or UNTOLD."""
        told = np.zeros(len(self.network.code), bool)
        foreign = told.copy()
        for dimension in (self.network, self.device):
            if dimension.telling:
                told |= dimension.code != ABSENT
                foreign |= dimension.new
        return np.where(foreign, FOREIGN, np.where(told, OWN, UNTOLD)).astype(np.int8)

    def strange_throughout(self) -> np.ndarray:
        """bool per row: all that the row names of its place is new, and something is."""
        foreign = np.zeros(len(self.network.code), bool)
        familiar = foreign.copy()
        for dimension in (self.network, self.device):
            if dimension.telling:
                foreign |= dimension.new
                familiar |= (dimension.code != ABSENT) & ~dimension.new
        return foreign & ~familiar


def explained(columns: Columns) -> np.ndarray:
    """bool per row: it names a patient whom something explains."""
    return (columns.reason != _UNEXPLAINED) & (columns.reason != _NO_PATIENT) & columns.named


def places_of(columns: Columns, *, quiet: np.ndarray, before: int, vouched: np.ndarray) -> Places:
    """Places of the rows; `quiet` (bool per row) says whose sessions may establish, `before` (day) until when.

    `vouched` (bool per row): a person said that the owner was there; that establishes by itself.
    """
    expected = expected_sessions(columns)
    network, device = (
        _dimension(code, columns.days(), quiet=quiet, expected=expected, before=before, known=code[vouched])
        for code in (columns.network, columns.device)
    )
    return Places(network, device)


def expected_sessions(columns: Columns) -> np.ndarray:
    """bool per row: its session names patients, and at least half of what it did to those named is explained.

    The rows of one request count once for what is explained and once for what is not, however often they are told.
    """
    _, seg = np.unique(columns.session, return_inverse=True)
    known_rows = explained(columns)
    weight = columns.named.astype(float)
    told = np.flatnonzero(columns.named & (columns.request != 0))
    if len(told):
        same = np.stack(
            [seg[told].astype(np.uint64), columns.request[told], known_rows[told].astype(np.uint64)], axis=1
        )
        _, back, tellings = np.unique(same, axis=0, return_inverse=True, return_counts=True)
        weight[told] = 1.0 / tellings[back.ravel()]
    named = np.bincount(seg, weights=weight)
    known = np.bincount(seg, weights=weight * known_rows)
    return ((named > 0) & (2 * known >= named - 1e-9))[seg]


def _dimension(
    code: np.ndarray, days: np.ndarray, *, quiet: np.ndarray, expected: np.ndarray, before: int, known: np.ndarray
) -> Dimension:
    used = quiet & (days < before) & (code != ABSENT)
    vouched = _on_days(code, days, used & expected)
    aged = np.intersect1d(_on_days(code, days, used), _old(code, days, used, before - DAYS_TO_AGE))
    habits = np.union1d(np.union1d(vouched, aged), known[known != ABSENT])
    return Dimension(code, (code != ABSENT) & ~np.isin(code, habits), bool(len(habits)))


def _on_days(code: np.ndarray, days: np.ndarray, used: np.ndarray) -> np.ndarray:
    """Codes in use on DAYS_TO_ESTABLISH days or more."""
    pairs = np.unique((code[used] << _DAY_BITS) | days[used])
    found, on_days = np.unique(pairs >> _DAY_BITS, return_counts=True)
    return found[on_days >= DAYS_TO_ESTABLISH]


def _old(code: np.ndarray, days: np.ndarray, used: np.ndarray, day: int) -> np.ndarray:
    """Codes in quiet use by that day, and not used otherwise on their first day or before."""
    early = days <= day
    # One place more than there are codes: ABSENT, the last, looks itself up there.
    first = np.full(int(code.max(initial=ABSENT)) + 2, np.iinfo(np.int64).max, np.int64)
    np.minimum.at(first, code[used & early], days[used & early])
    loud = code[~used & (days <= first[code])]
    return np.setdiff1d(code[used & early], loud)
