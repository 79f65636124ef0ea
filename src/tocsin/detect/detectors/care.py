"""Care: patients looked at once and left, one after the other, whoever they are.

Care comes back to a record: it reads again, writes, opens documents. A harvest looks once and goes on, and so does a
thief among the owner's own patients, whom no explanation betrays. A walk goes one up when a patient new to the account
is left for another after one look, and one down, never below zero, with every other opening.
Source: detection by the missing follow-up (Boxwala et al., JAMIA 2011: what was done after an access tells the
suspicious from the proper one); the walk is Page's, Biometrika 1954.
"""

from __future__ import annotations

import numpy as np

from tocsin.detect.detectors.walk import WALK, left_behind, walk
from tocsin.detect.view import Carry, View


class WithoutCare:
    """The longest stretch of new patients looked at once, other openings taken off.

    Example: stranger, expected, known, expected, expected -> 0, 1, 2, 2, 3
    Example: stranger, stranger again, expected, expected again -> 0, 0, 0, 0
    Wrongly: work that is one look at each (a dashboard, an audit, a call centre) and that nobody declared; a service
    whose trail tells the opening alone and not what is done with the record.
    """

    name = "without-care"
    family = "content"
    session_state = (*WALK, "patient", "marked")
    account_state = ()

    def count(self, view: View, carry: Carry) -> np.ndarray:
        """Patients left after one look, ahead of every other opening, at the most so far."""
        left = left_behind(view, view.explained.fresh & ~view.explained.declared, carry)
        return walk(left, view.opening & ~view.explained.fresh & ~left, view, carry)
