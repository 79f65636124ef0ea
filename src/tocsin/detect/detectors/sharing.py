"""Sharing: several accounts, all new to one network, each opening strangers there.

In the 2025 incidents about ten accounts shared the load; in LANL's red-team record 701 of 749 events came from one host
over up to 45 accounts a day. What the other accounts did on the network is counted by the pool, in accepted order; this
detector brings it to a session that is itself new there and has a stranger of its own. It takes the family of what it
adds up: content.
"""

from __future__ import annotations

import numpy as np

from tocsin.detect.detectors.strangers import is_stranger
from tocsin.detect.segments import ends_of, running_max
from tocsin.detect.view import Carry, View


class Sharing:
    """Strangers that other accounts new to this network met there, at the session's own latest stranger."""

    name = "sharing"
    family = "content"
    session_state = ("most",)
    account_state = ()

    def count(self, view: View, carry: Carry) -> np.ndarray:
        """Patients of others so far."""
        most = running_max(np.where(is_stranger(view), view.pooled, 0), view.seg, carry.session["most"])
        carry.session["most"] = most[ends_of(view.seg)]
        return most
