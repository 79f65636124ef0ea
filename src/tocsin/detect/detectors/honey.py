"""Honey: a fictitious patient whom nobody has a reason to look for.

Source: Ben Salem and Stolfo, DIMVA 2011: masqueraders touch decoys within minutes; honest users touch some by accident.
A search lists whoever matches, so a listing is capped; opening or exporting one is near-decisive.
"""

from __future__ import annotations

import numpy as np

from tocsin.detect.segments import running_max
from tocsin.detect.view import Carry, View


class Honey:
    """0 none, 1 listed, 2 opened or exported.

    Example: known, lists honey, stranger honey, lists honey -> 0, 1, 2, 2
    Wrongly: a search that lists whoever matches (capped); a test, a training, somebody who was told which patients are
    fictitious and looks; a mark that a real patient's record was merged with.
    """

    name = "honey"
    family = "honey"
    session_state = ("most",)
    account_state = ()

    def count(self, view: View, carry: Carry) -> np.ndarray:
        """The gravest touch so far in the session."""
        touch = (view.marked & (view.rows.outcome == 0)).astype(np.int64)
        touch += view.marked & view.opening
        most = running_max(touch, view.seg, carry.session["most"], view.first)
        carry.session["most"] = most[view.last]
        return most
