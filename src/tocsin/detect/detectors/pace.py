"""Pace: new patients opened in a minute and in an hour, explained or not.

Nobody reads sixty records in a minute. What is usual depends on the work (a secretary's list, a robot), hence strata;
tails are heavy, hence survival functions and no Poisson. A declared job (a campaign; a task: migration, audit,
identity vigilance) says beforehand that many patients will be opened at once: its patients are not counted.
Source: CLUE-LDS (Landauer et al. 2022): new records a day have a variance 168 times their mean.
"""

from __future__ import annotations

import numpy as np

from tocsin.detect.detectors.strangers import windowed_at
from tocsin.detect.segments import running_max
from tocsin.detect.view import Carry, View


class Pace:
    """The session's highest count of new patients in one clock window of the account.

    Example pace-minute: expected, stranger, expected after 70 s, expected after 1 s -> 1, 2, 2, 2
    Example pace-minute: expected declared, expected declared, stranger -> 0, 0, 1
    Example pace-hour: expected, stranger, expected after 70 s, expected after 3600 s -> 1, 2, 3, 3
    Wrongly: a morning list opened by a secretary, a robot or a migration that nobody declared, a service that opens
    whole wards at once and tells each patient as read; the windows are those of the clock, not sliding.
    """

    family = "content"
    session_state = ("most",)
    account_state = ("window", "count")

    def __init__(self, name: str, window_us: int) -> None:
        self.name = name
        self.window_us = window_us

    def count(self, view: View, carry: Carry) -> np.ndarray:
        """Most new patients in a window, so far in the session; those of a declared job do not count."""
        flag = view.explained.fresh & ~view.explained.declared
        current = windowed_at(view, flag, self.window_us, carry.account, "window", "count")
        most = running_max(current, view.seg, carry.session["most"], view.first)
        carry.session["most"] = most[view.last]
        return most


def per_minute() -> Pace:
    """New patients in a clock minute."""
    return Pace("pace-minute", 60_000_000)


def per_hour() -> Pace:
    """New patients in a clock hour."""
    return Pace("pace-hour", 3_600_000_000)
