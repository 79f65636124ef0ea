"""Strangers: patients opened in a session whom nothing explains.

Source: explanation-based auditing (Fabbri and LeFevre, VLDB 2011): over nine accesses in ten are explained; a thief's
are not. Counted per session, and over the account's day so that many short sessions do not hide it.
"""

from __future__ import annotations

import numpy as np

from tocsin.detect.segments import Marked, running_max, running_sum
from tocsin.detect.view import Carry, View, Windows
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
        so_far = running_sum(is_stranger(view), view.seg, carry.session["count"], view.first)
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
        today = windowed_at(view, flag, MICROSECONDS_A_DAY, carry.account, "day", "count")
        most = running_max(today, view.seg, carry.session["most"], view.first)
        carry.session["most"] = most[view.last]
        return most


def windowed(
    view: View, flag: np.ndarray, window_us: int, state: dict[str, np.ndarray], window: str, count: str
) -> np.ndarray:
    """int64 per row in session order: flagged rows so far in the account's current tumbling window.

    `state[window]` holds each account's latest window, `state[count]` its count.
    """
    windows = view.windows(window_us)
    flagged, so_far, held = _counted(view, flag, windows, state, window, count)
    out = np.empty(len(flag), np.int64)
    out[view.account_order] = flagged.spread(so_far, held, windows.seg, windows.first)
    return out


def windowed_at(
    view: View, flag: np.ndarray, window_us: int, state: dict[str, np.ndarray], window: str, count: str
) -> np.ndarray:
    """The same at the rows that are flagged; 0 at the others."""
    flagged, so_far, _ = _counted(view, flag, view.windows(window_us), state, window, count)
    out = np.zeros(len(flag), np.int64)
    out[view.account_order[flagged.places]] = so_far
    return out


def _counted(
    view: View, flag: np.ndarray, windows: Windows, state: dict[str, np.ndarray], window: str, count: str
) -> tuple[Marked, np.ndarray, np.ndarray]:
    """(flagged rows in account order, how many so far in the window of each, how many before by window)."""
    held = np.zeros(len(windows.first), np.int64)
    held[windows.opening] = np.where(state[window] == windows.number[windows.opening], state[count], 0)
    flagged = Marked.at(flag[view.account_order], windows.seg)
    so_far = flagged.sum(np.ones(len(flagged.places), np.int64), held)
    state[window] = windows.number[windows.closing]
    state[count] = flagged.latest(so_far, held)[windows.closing]
    return flagged, so_far, held
