"""A walk that goes up and down by one and never below zero: how long has one thing outweighed another?

Source: Page, *Continuous inspection schemes*, Biometrika 1954.
"""

from __future__ import annotations

import numpy as np

from tocsin.detect.segments import Marked
from tocsin.detect.view import Carry, View

_POSITIVE = np.uint64((1 << 62) - 1)
WALK = ("free", "depth", "most")
"""What a walk keeps of a session."""


def walk(up: np.ndarray, down: np.ndarray, view: View, carry: Carry) -> np.ndarray:
    """The highest point so far, by session.

    The height is that of the same walk without a floor, less the lowest such value so far (zero included).
    """
    moves, held = Marked.at(up | down, view.seg), carry.session
    free = moves.sum(up[moves.places].astype(np.int64) - down[moves.places], held["free"])
    depth = moves.max(np.maximum(-free, 0), held["depth"])
    most = moves.max(np.maximum(free + depth, 0), held["most"])
    height = moves.spread(most, held["most"], view.seg, view.first)
    carry.session |= {name: moves.latest(now, held[name]) for name, now in zip(WALK, (free, depth, most), strict=True)}
    return height


def left_behind(view: View, marked: np.ndarray, carry: Carry) -> np.ndarray:
    """bool: the opening before this one, in the session, was a marked one of another patient."""
    openings, held = Marked.at(view.opening, view.seg), carry.session
    who = (view.rows.patient[openings.places] & _POSITIVE).astype(np.int64)
    glance = marked[openings.places]
    other = who != openings.previous(who, held["patient"])
    left = np.zeros(len(marked), bool)
    left[openings.places] = openings.previous(glance, held["marked"]) & other
    carry.session |= {
        "patient": openings.latest(who, held["patient"]),
        "marked": openings.latest(glance, held["marked"]),
    }
    return left
