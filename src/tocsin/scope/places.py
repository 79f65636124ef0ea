"""Places: from which networks and devices an account's owner is known to work.

A place is *established* when on two days before the incident it was used by sound sessions: quiet ones (weight at most
ln 2) of which at least half the patients were to be expected. So a thief who came softly at first does not make a
habit of his own network: those whom he takes are nobody's to expect.

A dimension (network, device) in which the owner has no habit at all, or which the row does not name, tells nothing.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from tocsin.model.event import REASONS
from tocsin.scope.columns import ABSENT, Columns

DAYS_TO_ESTABLISH = 2
"""As explain settles a habit after two days: docs/explanation/weight.md."""

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


def places_of(columns: Columns, *, quiet: np.ndarray, before: int) -> Places:
    """Places of the rows; `quiet` (bool per row) says whose sessions may establish, `before` (day) until when."""
    sound = quiet & _expected(columns) & (columns.days() < before)
    return Places(_dimension(columns.network, columns.days(), sound), _dimension(columns.device, columns.days(), sound))


def _expected(columns: Columns) -> np.ndarray:
    """bool per row: its session names patients, and at least half of the rows that do are explained."""
    _, seg = np.unique(columns.session, return_inverse=True)
    named = np.bincount(seg, weights=columns.named)
    known = np.bincount(seg, weights=explained(columns))
    return ((named > 0) & (2 * known >= named))[seg]


def _dimension(code: np.ndarray, days: np.ndarray, sound: np.ndarray) -> Dimension:
    counted = sound & (code != ABSENT)
    used = np.unique(np.stack([code[counted], days[counted]]), axis=1)[0]
    known, on_days = np.unique(used, return_counts=True)
    habits = known[on_days >= DAYS_TO_ESTABLISH]
    return Dimension(code, (code != ABSENT) & ~np.isin(code, habits), bool(len(habits)))
