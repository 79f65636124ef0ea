"""Enrolment: an account that begins after everybody else, and whom no unit vouches for.

Source: MITRE ATT&CK T1136 (create account), T1585 (establish accounts); in health, professionals registered with an
identifier that is invented or belongs to somebody else. Directories lag, so honest newcomers show this too: how often
is measured. Counted on the account's first day only: it says how the account came into being, once.
"""

from __future__ import annotations

import numpy as np

from tocsin.detect.view import Carry, View


class Enrolment:
    """On a newcomer's first day: 1 if a directory knows the professional, in no unit; 2 if none does.

    Example: known newcomer unplaced -> 1
    Example: known newcomer unknown -> 2
    Example: known unknown -> 0
    Wrongly: a new hire whom the directory learns of days later; a professional who first signs in after months.
    """

    name = "enrolment"
    family = "sign-in"
    session_state = ()
    account_state = ()

    def count(self, view: View, carry: Carry) -> np.ndarray:
        """The same on every row of the day."""
        first_day = view.explained.newcomer & (view.explained.age_days == 0)
        return np.where(first_day, view.explained.unplaced, 0).astype(np.int64)
