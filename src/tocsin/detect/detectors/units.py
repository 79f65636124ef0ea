"""Units: distinct units, in a session, of patients whom nothing explains.

Source: the detector D12 of the CLUE-LDS measurement (docs/explanation/clue.md): "this session keeps opening units in
which nobody around this user works". A unit is that of the patient's stay, else the service's establishment, else the
patient alone.
"""

from __future__ import annotations

import numpy as np

from tocsin.detect.segments import running_sum
from tocsin.detect.view import Carry, View
from tocsin.model.keys import factorise
from tocsin.model.rows import mix


def first_in_session(view: View, key: np.ndarray, wanted: np.ndarray, carry: Carry) -> np.ndarray:
    """bool: the first wanted row of its (session, key)."""
    first = np.zeros(len(key), bool)
    places = wanted.nonzero()[0]
    if len(places):
        keys = mix(view.session[places], key[places])
        _, at = factorise(keys)
        keys, places = keys[at], places[at]
        new = np.ones(len(keys), bool)
        asked = view.goes_on[view.seg[places]].nonzero()[0]  # a session that begins has met nothing
        new[asked] = ~carry.met(keys[asked])
        first[places[new]] = True
        carry.meet.append((keys[new], places[new]))
    return first


class Units:
    """Distinct units of the session's strangers.

    Example: stranger of A, stranger of A, stranger of B, expected, stranger of C -> 1, 1, 2, 2, 3
    Wrongly: a pool nurse, a locum, a transport or biology desk whose units the directory does not tell; without stays
    in the directory every patient is a unit of its own, and this counts as `strangers` does.
    """

    name = "units"
    family = "content"
    session_state = ("count",)
    account_state = ()

    def count(self, view: View, carry: Carry) -> np.ndarray:
        """Units so far in the session."""
        new = first_in_session(view, view.explained.unit, view.explained.unit != 0, carry)
        so_far = running_sum(new, view.seg, carry.session["count"], view.first)
        carry.session["count"] = so_far[view.last]
        return so_far
