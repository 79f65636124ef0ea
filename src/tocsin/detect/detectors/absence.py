"""Absence: the account wakes after days of silence.

Source: MITRE ATT&CK T1078 (valid accounts): accounts that nobody uses are taken because nobody looks. Holidays are long
too, so this says little by itself.
"""

from __future__ import annotations

import numpy as np

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
        days, held = view.windows(MICROSECONDS_A_DAY), carry.account
        before = np.empty_like(days.number)
        before[1:] = days.number[:-1]
        before[days.opening] = held["day"]
        silent = np.where(before > 0, np.maximum(days.number - before - 1, 0), 0)
        goes_on = days.number[days.opening] == held["day"]
        silent[days.opening[goes_on]] = held["count"][goes_on]
        carry.account["day"], carry.account["count"] = days.number[days.closing], silent[days.closing]
        out = np.zeros(len(view.seg), np.int64)
        if silent.any():
            out[view.account_order] = silent[days.seg]
        return out
