"""Sharing: several accounts, all new to one network, each opening strangers there.

Source: the incidents of September 2025 in French regions, where about ten accounts shared the load; LANL's red-team
record (Kent 2015), where 701 of 749 events came from one host over up to 45 accounts a day. What the other accounts did
on the network is counted by the pool, in accepted order; this detector brings it to a session that is itself new there
and has a stranger of its own. It takes the family of what it adds up: content.
"""

from __future__ import annotations

import numpy as np

from tocsin.detect.detectors.strangers import is_stranger
from tocsin.detect.pool import PLACE
from tocsin.detect.segments import running_max
from tocsin.detect.view import Carry, View
from tocsin.model.explained import NEW_CLIENT, NEW_DEVICE, NEW_NETWORK

LEAST = 5
"""Strangers of others below which nothing is shared: a guest or two in one place is no ring."""


class Sharing:
    """Strangers that other accounts new to this network met there, at the session's own latest stranger.

    Counted in sessions that show a network or a device for the first time: what the others did is evidence once, not
    anew in every session of an honest guest of the same network.

    Example: stranger new-network pooled 4, stranger pooled 5, expected pooled 9, stranger pooled 7 -> 0, 5, 5, 7
    Example: stranger pooled 9 -> 0
    Wrongly: a new site, a new proxy or a conference, where several professionals are new to one network and each works
    among patients whom the directory does not tell yet.
    """

    name = "sharing"
    family = "content"
    session_state = ("most", "new")
    account_state = ()

    def count(self, view: View, carry: Carry) -> np.ndarray:
        """Patients of others so far."""
        return brought(is_stranger(view), view.pooled[:, PLACE], view, carry)


def brought(own: np.ndarray, pooled: np.ndarray, view: View, carry: Carry) -> np.ndarray:
    """The most that others did (`pooled`) at the session's `own` rows, if it shows a new place. State: most, new."""
    first_seen = (view.explained.novelty & (NEW_NETWORK | NEW_DEVICE | NEW_CLIENT)) != 0
    new = running_max(first_seen.astype(np.int64), view.seg, carry.session["new"], view.first)
    counted = own & (new > 0) & (pooled >= LEAST)
    most = running_max(np.where(counted, pooled, 0), view.seg, carry.session["most"], view.first)
    last = view.last
    carry.session["most"], carry.session["new"] = most[last], new[last]
    return most
