"""Reach: new patients in a service that is no habit of this account yet.

Source: MITRE ATT&CK T1213 (data from information repositories) and the incidents of September 2025: whoever holds an
account tries where else it leads. A service new to an account is common; patient after patient in it is not.
"""

from __future__ import annotations

import numpy as np

from tocsin.detect.segments import running_sum
from tocsin.detect.view import Carry, View
from tocsin.model.explained import NEW_SERVICE


class Reach:
    """New patients of the session in services that are new to the account.

    Example: stranger new-service, expected, expected new-service -> 1, 1, 2
    Wrongly: the week in which a service opens to a whole profession; a change of post.
    """

    name = "reach"
    family = "content"
    session_state = ("count",)
    account_state = ()

    def count(self, view: View, carry: Carry) -> np.ndarray:
        """Patients so far in the session."""
        flag = view.explained.fresh & ~view.explained.declared & ((view.explained.unsettled & NEW_SERVICE) != 0)
        so_far = running_sum(flag, view.seg, carry.session["count"], view.first)
        carry.session["count"] = so_far[view.last]
        return so_far
