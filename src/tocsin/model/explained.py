"""What explain adds to event rows: the reason, and what is new."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Final

import numpy as np

NEW_NETWORK: Final = 1
NEW_DEVICE: Final = 2
NEW_CLIENT: Final = 4
NEW_ASSURANCE: Final = 8
"""A level of assurance this account has not signed in with before; whether lower is for the detector to say."""
NEW_SERVICE: Final = 16
NEW_TO_ALL: Final = 32
"""The network is new to the whole region, not only to this account."""
NEW_COUNTRY: Final = 64
"""The network lies in a country, by the region's table, from which the account does not work; `unsettled` only. Of an
account that is known from no country it is one from which nobody in the region works."""
WAYS_IN: Final = NEW_NETWORK | NEW_DEVICE | NEW_CLIENT | NEW_ASSURANCE
"""What can be new about the way in which an account is entered."""

PLACED: Final = 0
"""A directory gives the account's professional a post, or declares a job of the account's."""
NOWHERE: Final = 1
"""A directory knows the professional, in no unit."""
UNKNOWN: Final = 2
"""No directory does."""
HELD: Final = 4
"""The professional is at work already, under another account."""
STRUCK_OFF: Final = 8
"""A directory says that the professional exercises no more."""


@dataclass(slots=True, frozen=True)
class Explained:
    """Vectors beside `Rows`, same length and order."""

    reason: np.ndarray
    """int8, position in REASONS; what a region has added comes after."""
    fresh: np.ndarray
    """bool: the first opening of this person by this account that is not its own past (explained or not)."""
    fresh_listed: np.ndarray
    """bool: likewise for a listing."""
    unit: np.ndarray
    """uint64 key of the unit of a fresh unexplained patient; else 0."""
    ward: np.ndarray
    """The same where it is that of a stay; 0 where the patient has none, so that the unit is only the service's."""
    novelty: np.ndarray
    """uint8 bit set of NEW_*: this row is the first in which the account shows it, in all that is remembered."""
    unsettled: np.ndarray
    """uint8 bit set of NEW_*: shown before perhaps, but not settled as a habit of this account (or of any) yet."""
    age_days: np.ndarray
    """int32: days since the account's first event."""
    declared: np.ndarray
    """bool: a declared job of this account (a task or a campaign) speaks of this row, whatever else explains it."""
    newcomer: np.ndarray
    """bool: the account was first met after the first week of the trail, when whoever works was there."""
    unplaced: np.ndarray
    """int8, of a newcomer's first day, else PLACED: who vouches for the account."""

    def take(self, places: np.ndarray) -> Explained:
        """The rows at these places."""
        return Explained(**{f.name: getattr(self, f.name)[places] for f in fields(self)})
