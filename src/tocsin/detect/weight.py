"""Weight: counts -> e-values -> one number per session.

ln e(session) = ln e(sign-in) + ln e(content | sign-in) + ln e(honey)
e(content)    = average of the content detectors' e-values
an e-value    = the smaller of what the stratum and what the account's own history allow
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

import numpy as np

from tocsin.detect.calibration import Calibration
from tocsin.detect.nulls import AGES, CAP, e_value
from tocsin.detect.registry import NAMES, SHARES
from tocsin.model.evidence import MICRONATS

HONEY_NATS: Final = (0.0, float(np.log(100.0)), float(np.log(10_000.0)))
"""None, listed (capped: a search lists whoever matches), opened or exported."""

THIEF_SIGN_IN: Final = np.array([0.50, 0.12, 0.08, 0.22, 0.01, 0.02, 0.02, 0.03])
"""How often a thief's session shows each code of `sign-in`: half look like the owner's (stolen tokens, same machine),
most of the others come from a new network and a new device. An assumption: Freeman et al. 2016 use the same kind."""

SIGN_IN_BOUNDS: Final = (0.5, 400.0)
"""The e-value of a sign-in stays within: one witness, never the judge."""

MOST: Final = {"sharing": 100.0}
"""E-values stay below: what others do on a network may raise a doubt, never more."""
MOST_OF_ALL: Final = 100_000.0

OWN_BINS: Final = 12
"""An account's own history is kept by powers of two: 0, 1, 2-3, 4-7, ..., 1024 and more."""

CONTENT: Final = len(SHARES)
SESSION_AT: Final = NAMES.index("strangers")
TODAY_AT: Final = NAMES.index("strangers-today")
SIGN_IN_AT: Final = NAMES.index("sign-in")
HONEY_AT: Final = NAMES.index("honey")

_bin_of: Final = np.minimum(
    np.ceil(np.log2(np.arange(CAP + 1) + 1)).astype(np.int64), OWN_BINS - 1
)  # bit length: 0 -> 0, 1 -> 1, 2-3 -> 2, ...


def bins(values: np.ndarray) -> np.ndarray:
    """The bin of own history for each value."""
    return _bin_of[np.minimum(values, CAP)]


def own_e_values(counts: np.ndarray, sessions: np.ndarray) -> np.ndarray:
    """What an account's own past allows: e-values, shape (..., OWN_BINS), infinite where it was never reached.

    `counts[..., b]` own sessions reached bin b or more (of `sessions`). At least five sessions must stand.
    """
    share = counts / (sessions[..., None] + 1.0)
    usable = (counts > 0) & (sessions[..., None] >= 5)
    return np.where(usable, e_value(np.maximum(share, 1e-6)), np.inf)


@dataclass(slots=True)
class Weigher:
    """E-value tables of one calibration, made for each stratum when it is first met."""

    calibration: Calibration
    strata: dict[tuple[str, int], int] = field(default_factory=dict)
    content: np.ndarray = field(default_factory=lambda: np.zeros((0, CONTENT, CAP + 1)))
    sign_in: np.ndarray = field(default_factory=lambda: np.zeros((0, 8)))
    today: np.ndarray = field(default_factory=lambda: np.zeros((0, CAP + 1)))
    """Survival of `strangers-today`, of which a session bets on its own part only; see `bet`."""

    def stratum(self, role: str, age: int) -> int:
        """Number of a stratum (role code, position in AGES)."""
        key = (role, age)
        if key not in self.strata:
            self.strata[key] = len(self.strata)
            tables = [
                np.minimum(e_value(self.calibration.null(name, role, AGES[age])), MOST.get(name, MOST_OF_ALL))
                for name in NAMES[:CONTENT]
            ]
            seen = np.maximum(self.calibration.null("sign-in", role, AGES[age]), 1e-3)
            ratio = np.clip(THIEF_SIGN_IN / (seen / seen.sum()), *SIGN_IN_BOUNDS)
            self.content = np.concatenate([self.content, np.stack(tables)[None]])
            today = self.calibration.null(NAMES[TODAY_AT], role, AGES[age])
            self.today = np.concatenate([self.today, today[None]])
            self.sign_in = np.concatenate([self.sign_in, np.log(ratio)[None]])
        return self.strata[key]

    def strata_of(self, role: np.ndarray, age: np.ndarray, names: tuple[str, ...]) -> np.ndarray:
        """Numbers of strata, of positions in `names` and in AGES."""
        pair = role * len(AGES) + age
        number = np.zeros(len(names) * len(AGES) + 1, np.int64)
        for code in np.flatnonzero(np.bincount(pair, minlength=1)).tolist():
            number[code] = self.stratum(names[code // len(AGES)], code % len(AGES))
        return number[pair]

    def share(self, d: int, stratum: np.ndarray, counts: np.ndarray) -> np.ndarray:
        """How many honest sessions reach what detector `d` counted; of the day's strangers, see `earlier_today`."""
        value = np.minimum(counts[d], CAP)
        if d == TODAY_AT:
            return self.today[stratum, value] / self.today[stratum, earlier_today(counts)]
        null = [self.calibration.null(NAMES[d], role, AGES[age]) for role, age in self.strata]
        return np.stack(null)[stratum, value]

    def bet(self, d: int, stratum: np.ndarray, counts: np.ndarray) -> np.ndarray:
        """E-values of content detector `d` for rows of counts, int64 (detectors, rows)."""
        value = np.minimum(counts[d], CAP)
        e = self.content[stratum, d, value]
        if d == TODAY_AT:
            later = np.flatnonzero(earlier_today(counts))
            if len(later):
                e[later] = np.minimum(e_value(self.share(d, stratum[later], counts[:, later])), MOST_OF_ALL)
        return e

    def weigh(
        self, stratum: np.ndarray, counts: np.ndarray, account: np.ndarray, own: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray]:
        """(content, others) in int64 micro-nats for rows of counts.

        `counts`: int64 (detectors, rows); `account` (rows,) indexes `own`, e-value caps (accounts, CONTENT, OWN_BINS).
        """
        total = np.zeros(counts.shape[1])
        for d in range(CONTENT):
            value = np.minimum(counts[d], CAP)
            total += SHARES[d] * np.minimum(self.bet(d, stratum, counts), own[account, d, _bin_of[value]])
        content = np.rint(np.log(total) * MICRONATS).astype(np.int64)
        others = self.sign_in[stratum, counts[SIGN_IN_AT]] + np.asarray(HONEY_NATS)[counts[HONEY_AT]]
        return content, np.rint(others * MICRONATS).astype(np.int64)


def earlier_today(counts: np.ndarray) -> np.ndarray:
    """Strangers of the account's day that are not the session's own, for counts (detectors, rows).

    A session bets on its own part of the day: given so many before it, how many honest days get this far? So a day is
    bet on once, however many sessions it has.
    """
    return np.clip(counts[TODAY_AT] - counts[SESSION_AT], 0, CAP)
