"""Enrolment: an account that begins after everybody else, and whom no unit vouches for.

Source: MITRE ATT&CK T1136 (create account), T1585 (establish accounts); in health, professionals registered with an
identifier that is invented or belongs to somebody else. Directories lag, so honest newcomers show this too: how often
is measured. Counted on the account's first day only: it says how the account came into being, once.
"""

from __future__ import annotations

import numpy as np

from tocsin.detect.segments import running_max, starts_of
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
    session_state = ("most",)
    account_state = ("met",)

    def count(self, view: View, carry: Carry) -> np.ndarray:
        """What the account's first row of all says, for the rest of its session."""
        first = view.account_order[starts_of(view.account_seg)]
        news = view.explained.newcomer[first] & (view.explained.age_days[first] == 0) & (carry.account["met"] == 0)
        came = np.zeros(len(view.seg), np.int64)
        came[first] = np.where(news, view.explained.unplaced[first], 0)
        carry.account["met"] = np.ones(len(first), np.int64)
        most = running_max(came, view.seg, carry.session["most"], view.first)
        carry.session["most"] = most[view.last]
        return most
