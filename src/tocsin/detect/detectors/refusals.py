"""Refusals: sign-ins to this account that failed on the day.

Source: MITRE ATT&CK T1110.003 (password spraying), T1621 (requests of a second factor until one is accepted). People
mistype; they do so once or twice.
"""

from __future__ import annotations

import numpy as np

from tocsin.detect.detectors.strangers import windowed
from tocsin.detect.view import Carry, View
from tocsin.model.event import ACTIONS
from tocsin.model.rows import MICROSECONDS_A_DAY

_SIGN_IN = ACTIONS.index("sign-in")


class Refusals:
    """Failed sign-ins of the account on its day, over all its sessions.

    Example: fails, fails, known, session two fails -> 1, 2, 2, 3
    Wrongly: a password changed yesterday, a card that does not read, a robot with an expired secret; a thief who tries
    and does not get in.
    """

    name = "refusals"
    family = "sign-in"
    session_state = ()
    account_state = ("day", "count")

    def count(self, view: View, carry: Carry) -> np.ndarray:
        """Failures so far on the day."""
        failed = (view.rows.action == _SIGN_IN) & (view.rows.outcome != 0)
        return windowed(view, failed, MICROSECONDS_A_DAY, carry.account, "day", "count")
