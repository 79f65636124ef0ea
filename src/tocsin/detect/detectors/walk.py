"""A walk that goes up and down by one and never below zero: how long has one thing outweighed another?

Source: Page, *Continuous inspection schemes*, Biometrika 1954.
"""

from __future__ import annotations

import numpy as np

from tocsin.detect.segments import last_marked, running_max, running_sum
from tocsin.detect.view import Carry, View
from tocsin.model.event import ACTIONS

_POSITIVE = np.uint64((1 << 62) - 1)
WALK = ("free", "depth", "most")
"""What a walk keeps of a session."""

_OPENING = np.isin(np.arange(len(ACTIONS)), [ACTIONS.index(a) for a in ("read", "write", "export")])


def is_opening(view: View) -> np.ndarray:
    """bool: a patient's record was read, written or exported."""
    rows = view.rows
    return _OPENING[rows.action] & (rows.patient != 0) & (rows.outcome == 0)


def walk(up: np.ndarray, down: np.ndarray, view: View, carry: Carry) -> np.ndarray:
    """The highest point so far, by session.

    The height is that of the same walk without a floor, less the lowest such value so far (zero included).
    """
    seg, first, last = view.seg, view.first, view.last
    free = running_sum(up.astype(np.int64) - down.astype(np.int64), seg, carry.session["free"], first)
    depth = running_max(np.maximum(-free, 0), seg, carry.session["depth"], first)
    most = running_max(np.maximum(free + depth, 0), seg, carry.session["most"], first)
    carry.session["free"], carry.session["depth"], carry.session["most"] = free[last], depth[last], most[last]
    return most


def left_behind(view: View, marked: np.ndarray, carry: Carry) -> np.ndarray:
    """bool: the opening before this one, in the session, was a marked one of another patient."""
    opening, last = is_opening(view), view.last
    who = (view.rows.patient & _POSITIVE).astype(np.int64)
    before = last_marked(who, opening, view.seg, carry.session["patient"])
    was = last_marked(marked.astype(np.int64), opening, view.seg, carry.session["marked"])
    carry.session["patient"] = np.where(opening[last], who[last], before[last])
    carry.session["marked"] = np.where(opening[last], marked[last], was[last])
    return opening & (was > 0) & (who != before)
