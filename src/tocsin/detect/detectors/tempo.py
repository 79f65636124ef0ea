"""Tempo: new patients opened at even intervals, as a script or a man with a list does.

Work comes in bursts, and the gaps between patients are heavy-tailed. A walk goes one up when a gap is within a half of
the gap before it, either way, and one down when it is not. Patients of one instant have no
gap.
Source: Barabasi, *The origin of bursts and heavy tails in human dynamics*, Nature 2005; OWASP OAT-011 (scraping).
"""

from __future__ import annotations

import numpy as np

from tocsin.detect.detectors.walk import WALK, walk
from tocsin.detect.segments import last_marked
from tocsin.detect.view import Carry, View


class Tempo:
    """The longest stretch of even intervals, uneven ones taken off.

    Example: expected, expected after 10 s, expected after 11 s, expected after 10 s, known after 60 s -> 0, 0, 1, 2, 2
    Example: expected, expected after 10 s, expected after 100 s, expected after 5 s -> 0, 0, 0, 0
    Example: expected, expected after 9 s, expected after 9 s, expected after 0 s, expected after 9 s -> 0, 0, 1, 1, 2
    Wrongly: a round at a counter, a service that opens the next record of a list by itself, an undeclared robot.
    """

    name = "tempo"
    family = "content"
    session_state = (*WALK, "at", "gap")
    account_state = ()

    def count(self, view: View, carry: Carry) -> np.ndarray:
        """Even intervals ahead of uneven ones, at the most so far."""
        fresh, at, last = view.explained.fresh & ~view.explained.declared, view.rows.at, view.last
        before = last_marked(at, fresh, view.seg, carry.session["at"])
        gap = np.where(fresh & (before > 0), at - before, 0)
        paired = fresh & (gap > 0)
        earlier = last_marked(gap, paired, view.seg, carry.session["gap"])
        even = paired & (earlier > 0) & (2 * gap < 3 * earlier) & (2 * earlier < 3 * gap)
        carry.session["at"] = np.where(fresh[last], at[last], before[last])
        carry.session["gap"] = np.where(paired[last], gap[last], earlier[last])
        return walk(even, paired & (earlier > 0) & ~even, view, carry)
