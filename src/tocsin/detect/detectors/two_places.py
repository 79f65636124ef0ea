"""Two places: the account is at work here and there within minutes, and one of them is no habit of it.

Source: impossible travel, as every identity provider has it; here without coordinates, which a keyed network does not
have: a place is a device and a network. A thief works while the owner does.
"""

from __future__ import annotations

import numpy as np

from tocsin.detect.detectors.strangers import windowed
from tocsin.detect.segments import ends_of, last_marked
from tocsin.detect.view import Carry, View
from tocsin.model.explained import NEW_DEVICE, NEW_NETWORK
from tocsin.model.rows import MICROSECONDS_A_DAY, mix

WITHIN_US = 10 * 60_000_000
"""Nobody changes place within ten minutes, and back again, all day."""


class TwoPlaces:
    """Changes of place within ten minutes on the day, from or to one that is new, over all sessions.

    Rows of which the trail tells no place are passed over.

    Example: known at ward, known at home new-device after 60 s, known at ward after 60 s, known at ward -> 0, 1, 2, 2
    Example: known at ward, known at home new-device after 3600 s -> 0, 0
    Example: known at ward, known, known at home new-device after 60 s -> 0, 0, 1
    Wrongly: a new telephone beside the computer; a proxy that sends the same machine out by several addresses.
    """

    name = "two-places"
    family = "sign-in"
    session_state = ()
    account_state = ("place", "at", "new", "day", "count")

    def count(self, view: View, carry: Carry) -> np.ndarray:
        """Changes so far on the day."""
        if not len(view.seg):
            return np.zeros(0, np.int64)
        order, account, rows = view.account_order, view.account_seg, view.rows
        known = (rows.device != 0) | (rows.network != 0)
        place = np.where(known, (mix(rows.device, rows.network) & np.uint64((1 << 62) - 1)).astype(np.int64), 0)[order]
        new = ((view.explained.unsettled & (NEW_DEVICE | NEW_NETWORK)) != 0)[order]
        at = rows.at[order]
        told, last = place > 0, ends_of(account)
        before = {}
        for name, values in (("place", place), ("at", at), ("new", new.astype(np.int64))):
            before[name] = last_marked(values, told, account, carry.account[name])
            carry.account[name] = np.where(told[last], values[last], before[name][last])
        moved = told & (place != before["place"]) & (before["place"] > 0) & (at - before["at"] <= WITHIN_US)
        moved &= new | (before["new"] > 0)
        flag = np.zeros(len(order), bool)
        flag[order] = moved
        return windowed(view, flag, MICROSECONDS_A_DAY, carry.account, "day", "count")
