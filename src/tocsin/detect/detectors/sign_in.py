"""Sign-in: the session comes from a network, a device, a client or with an assurance that this account never used.

Source: Freeman, Jain, Duermuth, Biggio, Giacinto, *Who Are You?*, NDSS 2016: the ratio of how often a thief and the
owner show a feature. Here the feature is which of three things are new; how often owners show each is measured per
stratum and by the account's age. One witness, never the judge: 22 % of real take-overs pass it (Wiefling et al. 2022).
"""

from __future__ import annotations

import numpy as np

from tocsin.detect.segments import running_max
from tocsin.detect.view import Carry, View
from tocsin.model.explained import NEW_ASSURANCE, NEW_CLIENT, NEW_DEVICE, NEW_NETWORK


class SignIn:
    """A code 0 to 7: 1 for a new network, 2 for a new device or client, 4 for a new assurance.

    Example: known new-network, known new-device, known -> 1, 3, 3
    Example: known new-assurance, session two known new-client -> 4, 2
    Wrongly: a new telephone, a new ward, a journey, a telephone operator that changes addresses; of an account met less
    than a week ago all is new because Tocsin is. By itself it is the weakest ground.
    """

    name = "sign-in"
    family = "sign-in"
    session_state = ("network", "device", "assurance")
    account_state = ()

    def count(self, view: View, carry: Carry) -> np.ndarray:
        """Code of all that was new so far in the session."""
        novelty = view.explained.novelty
        code = np.zeros(len(novelty), np.int64)
        for name, mask, value in (
            ("network", NEW_NETWORK, 1),
            ("device", NEW_DEVICE | NEW_CLIENT, 2),
            ("assurance", NEW_ASSURANCE, 4),
        ):
            seen = running_max(((novelty & mask) != 0).astype(np.int64), view.seg, carry.session[name], view.first)
            carry.session[name] = seen[view.last]
            code += seen * value
        return code
