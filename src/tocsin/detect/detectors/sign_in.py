"""Sign-in: the session comes from a network, a device, a client or with an assurance that this account never used.

Source: Freeman, Jain, Duermuth, Biggio, Giacinto, *Who Are You?*, NDSS 2016: the ratio of how often a thief and the
owner show a feature. Here the feature is which of these things are new; how often owners show each is measured per
stratum and by the account's age. As there, what is new to the account is looked up among everybody: a network that the
region knows is a colleague's or an operator's, one on which nobody has settled is more often a thief's. Where the
region gives a table of countries, it is looked up too whether the account ever worked from the country. One witness,
never the judge: 22 % of real take-overs pass it (Wiefling et al. 2022).
"""

from __future__ import annotations

import numpy as np

from tocsin.detect.segments import running_max
from tocsin.detect.view import Carry, View
from tocsin.model.explained import NEW_ASSURANCE, NEW_CLIENT, NEW_COUNTRY, NEW_DEVICE, NEW_NETWORK, NEW_TO_ALL


class SignIn:
    """A set of bits: 1 new network, 2 device or client, 4 assurance; 8 that network to the region too, 16 its country.

    The country is told by a table that a region may give (`[countries] file`); without one its bit never stands. It
    counts with a new network only. An account that never worked from any (a hospital's own addresses lie in none) is
    compared with the region.

    Example: known new-network, known new-device, known -> 1, 3, 3
    Example: known new-network new-to-all, known new-to-all -> 9, 9
    Example: known new-network new-country, known new-country -> 17, 17
    Example: known new-country -> 0
    Example: known new-assurance, session two known new-client -> 4, 2
    Wrongly: a new telephone, a new ward, a journey, a telephone operator that changes addresses; of an account met less
    than a week ago all is new because Tocsin is. By itself it is the weakest ground.
    """

    name = "sign-in"
    family = "sign-in"
    session_state = ("network", "device", "assurance", "region", "country")
    account_state = ()

    def count(self, view: View, carry: Carry) -> np.ndarray:
        """Code of all that was new so far in the session."""
        novelty, unsettled = view.explained.novelty, view.explained.unsettled
        foreign = np.where((novelty & NEW_NETWORK) != 0, unsettled & NEW_TO_ALL, 0)
        abroad = np.where((novelty & NEW_NETWORK) != 0, unsettled & NEW_COUNTRY, 0)
        code = np.zeros(len(novelty), np.int64)
        for name, new, value in (
            ("network", novelty & NEW_NETWORK, 1),
            ("device", novelty & (NEW_DEVICE | NEW_CLIENT), 2),
            ("assurance", novelty & NEW_ASSURANCE, 4),
            ("region", foreign, 8),
            ("country", abroad, 16),
        ):
            seen = running_max((new != 0).astype(np.int64), view.seg, carry.session[name], view.first)
            carry.session[name] = seen[view.last]
            code += seen * value
        return code
