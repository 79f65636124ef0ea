"""Absence: the account wakes after days of silence.

Source: MITRE ATT&CK T1078 (valid accounts): accounts that nobody uses are taken because nobody looks. Holidays are long
too, so this says little by itself.
"""

from __future__ import annotations

import numpy as np

from tocsin.detect.segments import ends_of, starts_of
from tocsin.detect.view import Carry, View
from tocsin.model.rows import MICROSECONDS_A_DAY


class Absence:
    """Whole days of silence before the account's day.

    Example: known, known next day, known after 864000 s -> 0, 0, 9
    Wrongly: holidays, leave, a professional who signs in once a month.
    """

    name = "absence"
    family = "content"
    session_state = ()
    account_state = ("day", "count")

    def count(self, view: View, carry: Carry) -> np.ndarray:
        """Days, on every row of the day."""
        out = np.zeros(len(view.seg), np.int64)
        if not len(out):
            return out
        order, account = view.account_order, view.account_seg
        day = view.rows.at[order] // MICROSECONDS_A_DAY
        first, last = starts_of(account), ends_of(account)
        new = np.r_[True, (account[1:] != account[:-1]) | (day[1:] != day[:-1])]
        before = np.r_[0, day[:-1]]
        before[first] = carry.account["day"]
        silent = np.where(before > 0, np.maximum(day - before - 1, 0), 0)
        same = day[first] == carry.account["day"]
        silent[first[same]] = carry.account["count"][same]
        silent = silent[np.flatnonzero(new)][np.cumsum(new) - 1]
        carry.account["day"], carry.account["count"] = day[last], silent[last]
        out[order] = silent
        return out
