"""Strangers: patients opened in a session whom nothing explains.

Source: explanation-based auditing (Fabbri and LeFevre, VLDB 2011): over nine accesses in ten are explained; a thief's
are not. Counted per session, and over the account's day so that many short sessions do not hide it.
"""

from __future__ import annotations

import numpy as np

from tocsin.detect.segments import ends_of, running_max, running_sum
from tocsin.detect.view import Carry, View
from tocsin.model.rows import MICROSECONDS_A_DAY


def is_stranger(view: View) -> np.ndarray:
    """bool: a first opening that nothing explains."""
    return view.explained.fresh & (view.explained.reason == 0)


class Strangers:
    """Unexplained patients first opened in the session.

    Example: stranger, stranger, known, expected, stranger -> 1, 2, 2, 2, 3
    Example: stranger, stranger again, session two stranger -> 1, 1, 1
    Wrongly: a replacement, a campaign or an on-call duty that nobody declared; a directory that is late or lacks a
    service; an auditor. Many at once with the same reason missing: mend the directory, not the line.
    """

    name = "strangers"
    family = "content"
    session_state = ("count",)
    account_state = ()

    def count(self, view: View, carry: Carry) -> np.ndarray:
        """Patients so far in the session."""
        so_far = running_sum(is_stranger(view).astype(np.int64), view.seg, carry.session["count"], view.first)
        carry.session["count"] = so_far[view.last]
        return so_far


class StrangersToday:
    """Unexplained patients first opened by the account on the day (UTC), over all its sessions.

    Example: stranger, stranger, session two known, session two stranger -> 1, 2, 0, 3
    Example: stranger, session two stranger next day -> 1, 1
    Wrongly: as `strangers`; and the day is that of UTC, so a night on duty is two.
    """

    name = "strangers-today"
    family = "content"
    session_state = ("most",)
    account_state = ("day", "count")

    def count(self, view: View, carry: Carry) -> np.ndarray:
        """Patients so far on the account's day, at the session's latest stranger."""
        flag = is_stranger(view)
        today = windowed(view, flag, MICROSECONDS_A_DAY, carry.account, "day", "count")
        most = running_max(np.where(flag, today, 0), view.seg, carry.session["most"], view.first)
        carry.session["most"] = most[view.last]
        return most


def windowed(
    view: View, flag: np.ndarray, window_us: int, state: dict[str, np.ndarray], window: str, count: str
) -> np.ndarray:
    """int64 per row in session order: flagged rows so far in the account's current tumbling window.

    Windows are [k w, (k + 1) w) of `at`. `state[window]` holds each account's latest window, `state[count]` its count.
    """
    order, account = view.account_order, view.account_seg
    number = np.maximum.accumulate(view.rows.at[order] // window_us + account * np.int64(1 << 40)) - account * np.int64(
        1 << 40
    )
    if not len(number):
        return np.zeros(0, np.int64)
    new = np.r_[True, (account[1:] != account[:-1]) | (number[1:] != number[:-1])]
    seg = np.cumsum(new) - 1
    first = np.flatnonzero(new)
    opens = np.r_[True, account[first][1:] != account[first][:-1]]  # the account's first window in this batch
    same = opens & (state[window][account[first]] == number[first])
    held = np.where(same, state[count][account[first]], 0)
    so_far = running_sum(flag[order].astype(np.int64), seg, held)
    last = ends_of(account)
    state[window], state[count] = number[last], so_far[last]
    out = np.empty(len(so_far), np.int64)
    out[order] = so_far
    return out
