"""Sharing a target: several accounts, each in a place that is new to it, meet strangers of the same unit.

Source: the incidents of September 2025 in French regions, where about ten accounts shared the load. A crew whose
members come each from a relay of their own has no place in common (residential proxies are sold by the thousand), but
it works through one list. What the other accounts did is counted by the pool, in accepted order, so many patients of
each; this detector brings it to a session that is itself in a new place and has a stranger of its own there.
"""

from __future__ import annotations

import numpy as np

from tocsin.detect.detectors.sharing import brought
from tocsin.detect.detectors.strangers import is_stranger
from tocsin.detect.pool import TARGET
from tocsin.detect.view import Carry, View


class SharingTarget:
    """Strangers of the same unit that other accounts met from places new to them, at the session's latest stranger.

    Of each other account eight count at most, for an honest guest with a long list is no crew; and only accounts that
    aim at the unit: four of their strangers lie in it, and half of them all.

    Example: stranger new-network targeted 4, stranger targeted 5, expected targeted 9 -> 0, 5, 5
    Example: stranger new-device targeted 7, stranger targeted 6 -> 7, 7
    Example: stranger targeted 9 -> 0
    Wrongly: a ward that moves, a unit that a directory does not tell, several locums who begin there on one day.
    """

    name = "sharing-target"
    family = "content"
    session_state = ("most", "new")
    account_state = ()

    def count(self, view: View, carry: Carry) -> np.ndarray:
        """Patients of others so far."""
        return brought(is_stranger(view), view.pooled[:, TARGET], view, carry)
