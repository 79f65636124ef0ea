"""Why a session weighs what it weighs: one sentence a detector, heaviest first, with its numbers."""

from __future__ import annotations

from typing import Final

import numpy as np

from tocsin.detect.nulls import AGES
from tocsin.detect.registry import NAMES, SHARES
from tocsin.detect.step import Step
from tocsin.detect.weight import CONTENT, HONEY_AT, HONEY_NATS, SIGN_IN_AT, Weigher, earlier_today

_SAYS: Final = {
    "strangers": "{n} patients opened in this session whom nothing explains",
    "strangers-today": "{n} patients opened today whom nothing explains, {before} of them not in this session",
    "units": "patients of {n} units in which nobody around this account works",
    "pace-minute": "{n} new patients in one minute",
    "pace-hour": "{n} new patients in one hour",
    "listed": "{n} patients listed whom nothing explains",
    "neighbours": "{n} times the next local number, one after the other",
    "searches-unopened": "{n} searches more than patients opened",
    "pages": "result list turned to page {n}",
    "sharing": "{n} strangers opened from the same network or device by other accounts that are new to it",
}
_NEW: Final = ((1, "network"), (2, "device or client"), (4, "level of assurance"))
_HONEY: Final = ("", "a honey patient was listed", "a honey patient was opened")


def reasons_for(done: Step, place: int, weigher: Weigher) -> tuple[str, ...]:
    """Sentences for the row at `place` of a step."""
    at = done.back[place]
    stratum = int(done.stratum[at])
    role, age = next(key for key, number in weigher.strata.items() if number == stratum)
    counts = done.counts[:, at]
    here = np.array([stratum])
    peers = f"{role or 'all roles'}, {AGES[age]} accounts"
    before = int(earlier_today(counts[:, None])[0])
    said: list[tuple[float, str]] = []
    for d in range(CONTENT):
        share = float(SHARES[d] * weigher.bet(d, here, counts[:, None])[0])
        usual = float(weigher.share(d, here, counts[:, None])[0])
        if counts[d] and share > SHARES[d]:
            rarity = f"reached by one session in {1 / max(usual, 1e-9):,.0f} ({peers})"
            says = _SAYS[NAMES[d]].format(n=counts[d], before=before)
            said.append((float(np.log(max(share, 1e-9))), f"{NAMES[d]}: {says}; {rarity}"))
    code = int(counts[SIGN_IN_AT])
    if code:
        new = ", ".join(name for bit, name in _NEW if code & bit)
        said.append((float(weigher.sign_in[stratum, code]), f"sign-in: new {new} for this account"))
    touch = int(counts[HONEY_AT])
    if touch:
        said.append((HONEY_NATS[touch], f"honey: {_HONEY[touch]}"))
    said.sort(key=lambda pair: (-pair[0], pair[1]))
    return tuple(sentence for _, sentence in said) or ("earlier sessions of this account add up",)
