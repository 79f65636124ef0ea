"""Sharing a tempo: several accounts, each in a place that is new to it, open new patients at the same even intervals.

Source: OWASP OAT-011 (scraping): one script, many identities. Gaps between people's acts are heavy-tailed (Barabasi,
*The origin of bursts and heavy tails in human dynamics*, Nature 2005); those of one script on several accounts are
alike, whatever the network each comes from. What the other accounts did is counted by the pool, in accepted order: new
patients in the same service after four gaps, each within a quarter of the one before, that are about as long.
"""

from __future__ import annotations

import numpy as np

from tocsin.detect.detectors.sharing import brought
from tocsin.detect.pool import TEMPO
from tocsin.detect.view import Carry, View


class SharingTempo:
    """New patients that other accounts opened from places new to them at the tempo of this session, service alike.

    Of each other account eight count at most.

    Example: expected new-network paced 4, stranger paced 5, known paced 9, expected paced 7 -> 0, 5, 5, 7
    Example: expected paced 9 -> 0
    Wrongly: a counter or a service that opens the next record by itself, used by several people who are new there.
    """

    name = "sharing-tempo"
    family = "content"
    session_state = ("most", "new")
    account_state = ()

    def count(self, view: View, carry: Carry) -> np.ndarray:
        """Patients of others so far."""
        return brought(view.explained.fresh, view.pooled[:, TEMPO], view, carry)
