"""Excess: by how much strangers outnumber patients who were to be expected, in a row.

Honest people meet strangers among their own patients; a thief meets nobody else. So a walk goes one up with a stranger
and one down, never below zero, with an opening that something explains: its height is how long the stretch of
strangers is. `glances` counts only strangers whose record was opened once and left for another patient's.
Source: explanation-based auditing (Fabbri and LeFevre, VLDB 2011) read one after the other; Page, Biometrika 1954.
"""

from __future__ import annotations

import numpy as np

from tocsin.detect.detectors.strangers import is_stranger
from tocsin.detect.detectors.walk import WALK, left_behind, walk
from tocsin.detect.view import Carry, View


def is_expected(view: View) -> np.ndarray:
    """bool: an opening that something explains."""
    return view.opening & (view.explained.reason != 0)


class Excess:
    """The longest stretch of strangers, expected patients taken off.

    Example: stranger, stranger, known, stranger, stranger -> 1, 2, 2, 2, 3
    Wrongly: as `strangers`; a first day in a unit of which the directory does not tell yet.
    """

    name = "excess"
    family = "content"
    session_state = WALK
    account_state = ()

    def count(self, view: View, carry: Carry) -> np.ndarray:
        """Strangers ahead of expected openings, at the most so far."""
        return walk(is_stranger(view), is_expected(view), view, carry)


class Glances:
    """The longest stretch of strangers looked at once, expected patients taken off.

    Example: stranger, stranger, stranger again, stranger -> 0, 1, 1, 1
    Wrongly: identity desks and directories, whose work is to look at each once, where no task is declared.
    """

    name = "glances"
    family = "content"
    session_state = (*WALK, "patient", "marked")
    account_state = ()

    def count(self, view: View, carry: Carry) -> np.ndarray:
        """Strangers left after one look, ahead of expected openings, at the most so far."""
        return walk(left_behind(view, is_stranger(view), carry), is_expected(view), view, carry)
