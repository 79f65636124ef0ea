"""Changed key: how the account signs in, or how its owner is reached, was changed; then somebody comes in a new way.

Whoever holds a password first makes it last: another authenticator, another telephone, another e-mail. Source: MITRE
ATT&CK T1098.005 (device registration), T1556.006 (multi-factor authentication); CISA AA23-320A. People change
telephones too, and then come in with a new one: how often is measured.
"""

from __future__ import annotations

import numpy as np

from tocsin.detect.segments import ends_of, last_marked, running_max
from tocsin.detect.view import Carry, View
from tocsin.model.event import ACTIONS
from tocsin.model.explained import NEW_CLIENT, NEW_DEVICE, NEW_NETWORK
from tocsin.model.rows import MICROSECONDS_A_DAY

_CREDENTIAL = ACTIONS.index("credential")
_WAY = NEW_NETWORK | NEW_DEVICE | NEW_CLIENT
WITHIN_US = 7 * MICROSECONDS_A_DAY


class ChangedKey:
    """1 in a session from a new network, device or client, within 7 days of such a change; 2 if that came so too.

    Example: changes, known new-device -> 0, 1
    Example: changes new-network, known, session two known new-device -> 0, 0, 2
    Example: known new-device, session two changes, session two known -> 0, 0, 0
    Wrongly: a new telephone, enrolled from home; a help desk that renews a lost card.
    """

    name = "changed-key"
    family = "sign-in"
    session_state = ("most",)
    account_state = ("at", "foreign")

    def count(self, view: View, carry: Carry) -> np.ndarray:
        """What the session's newest way in says after the account's latest change."""
        order, account = view.account_order, view.account_seg
        changed = (view.rows.action == _CREDENTIAL) & (view.rows.outcome == 0)
        found = np.zeros(len(view.seg), np.int64)
        if changed.any() or carry.account["at"].any():
            new = (view.explained.unsettled & _WAY) != 0
            at, told, foreign = view.rows.at[order], changed[order], new[order].astype(np.int64)
            since = last_marked(at, told, account, carry.account["at"])
            was_foreign = last_marked(foreign, told, account, carry.account["foreign"])
            after = ~told & (since > 0) & (at - since <= WITHIN_US)
            found[order] = np.where(after & new[order], 1 + was_foreign, 0)
            last = ends_of(account)
            carry.account["at"] = np.where(told[last], at[last], since[last])
            carry.account["foreign"] = np.where(told[last], foreign[last], was_foreign[last])
        most = running_max(found, view.seg, carry.session["most"], view.first)
        carry.session["most"] = most[view.last]
        return most
