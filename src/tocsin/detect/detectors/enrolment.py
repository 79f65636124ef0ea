"""Enrolment: an account that begins after everybody else, and how it came into being.

Source: MITRE ATT&CK T1136 (create account), T1585 (establish accounts); in health, professionals registered with an
identifier that is invented, struck off, or belongs to somebody else, at times by the dozen. Directories lag, so honest
newcomers show this too: how often is measured. Counted on the account's first day only: it happens once.
"""

from __future__ import annotations

import numpy as np

from tocsin.detect.segments import running_max, starts_of
from tocsin.detect.view import Carry, View
from tocsin.model.explained import PLACED

COHORT = 16
"""Graver than anything that a directory says of one account; see `model.explained` for these."""
CODES = 2 * COHORT + 1
LEAST = 3
"""Sign-ups of others below which there is no cohort."""


class Enrolment:
    """On a newcomer's first day: who vouches for the account, the graver the higher.

    1 a directory knows the professional, in no unit; 2 none does; 4 the professional is at work already under another
    account; 8 a directory says that the professional exercises no more; 16 nobody vouches for it, and three others
    of which that is so signed up within a week from the same network, on which nobody had settled.

    Example: known newcomer unplaced -> 1
    Example: known newcomer unknown -> 2
    Example: known newcomer held -> 4
    Example: known newcomer struck-off -> 8
    Example: known newcomer unknown cohort 3 -> 16
    Example: known unknown -> 0
    Wrongly: a new hire whom the directory learns of days later; a professional who first signs in after months, or in
    a second way; a doctor back from retirement; interns who sign up together in a new building.
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
        standing = view.explained.unplaced[first].astype(np.int64)
        standing = np.where(
            (standing != PLACED) & (view.cohort[first] >= LEAST), np.maximum(standing, COHORT), standing
        )
        came[first] = np.where(news, standing, 0)
        carry.account["met"] = np.ones(len(first), np.int64)
        most = running_max(came, view.seg, carry.session["most"], view.first)
        carry.session["most"] = most[view.last]
        return most
