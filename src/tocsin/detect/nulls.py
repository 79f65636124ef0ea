"""What honest sessions do: survival functions per stratum, and the e-values that bet against them.

A stratum is (role, age of the account); it backs off to all roles, and these to the factory: each level is the mean of
its own accounts and of `PRIOR_ACCOUNTS` accounts that behave as the level above, so a small one leans on a large one.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

CAP: Final = 1024
"""Values beyond are judged as this one."""

AGE_BOUNDS: Final = (2, 7)
"""Days: an account is `new` (0-1), `young` (2-6) or `settled` (7 and more)."""
AGES: Final = ("new", "young", "settled")

PRIOR_ACCOUNTS: Final = 10.0
"""Weight of the level above, in accounts."""

MAX_TAIL_INDEX: Final = 1.5
"""Pareto index beyond the data, at most. From: CLUE-LDS, unexplained units, Hill index 0.9 (measured)."""
LIGHT_TAIL_INDEX: Final = 3.0
"""The same for what a pair of hands bounds: pace in a minute, steps of one."""
LIGHT_TAILED: Final = ("pace-minute", "neighbours")

FLOOR: Final = 1e-9


def e_value(p: np.ndarray) -> np.ndarray:
    """Turn p-values into e-values by the mixture calibrator (1 - p + p ln p) / (p (ln p)^2); 1/2 at p = 1.

    Source: Shafer, Shen, Vereshchagin, Vovk, *Test martingales, Bayes factors and p-values*, Stat. Sci. 2011.
    """
    p = np.clip(p, FLOOR, 1.0)
    near = p > 1 - 1e-6
    q = np.where(near, 0.5, p)
    log = np.log(q)
    return np.where(near, 0.5, (1 - q + q * log) / (q * log * log))


def age_code(days: np.ndarray) -> np.ndarray:
    """Position in AGES of accounts of so many days."""
    return np.searchsorted(AGE_BOUNDS, days, side="right")


@dataclass(frozen=True, slots=True)
class Sample:
    """Finished sessions of honest accounts, one entry per session."""

    account: np.ndarray
    """int: account number."""
    role: np.ndarray
    """str: role code."""
    age: np.ndarray
    """int: position in AGES."""
    values: np.ndarray
    """int64, shape (sessions, detectors): final counts, in the order of the registry."""

    def take(self, places: np.ndarray) -> Sample:
        """Some of the sessions."""
        return Sample(self.account[places], self.role[places], self.age[places], self.values[places])


def survival(account: np.ndarray, values: np.ndarray, *, tail_cap: float) -> tuple[np.ndarray, int]:
    """S(x) for x = 0 .. CAP: the mean over accounts of the share of its sessions that reach x; and the accounts.

    Beyond the largest x that at least five accounts reach, a Pareto tail: Hill's index over the exceedances, at most
    `tail_cap`.
    """
    accounts, back, sessions = np.unique(account, return_inverse=True, return_counts=True)
    if not len(accounts):
        return np.r_[1.0, np.zeros(CAP)], 0
    weight = 1.0 / sessions[back] / len(accounts)
    clipped = np.minimum(values, CAP)
    mass = np.bincount(clipped, weights=weight, minlength=CAP + 1)
    reached = np.cumsum(mass[::-1])[::-1]
    highest = np.zeros(len(accounts), np.int64)
    np.maximum.at(highest, back, clipped)
    bend = int(np.sort(highest)[-min(5, len(highest))])  # at least five accounts reach it
    bend = max(bend, 1)
    beyond = clipped > bend
    excess = float((weight[beyond] * np.log(clipped[beyond] / bend)).sum())
    index = min(float(weight[beyond].sum()) / excess, tail_cap) if excess > 0 else tail_cap
    x = np.arange(CAP + 1)
    at_bend = max(float(reached[bend]), 0.5 / max(len(account), 1))
    pareto = at_bend * (np.maximum(x, bend) / bend) ** -index
    return np.where(x <= bend, np.maximum(reached, at_bend), pareto), len(accounts)


def blend(own: np.ndarray, accounts: int, above: np.ndarray) -> np.ndarray:
    """The mean of a level and the level above, weighed by accounts."""
    return (own * accounts + above * PRIOR_ACCOUNTS) / (accounts + PRIOR_ACCOUNTS)
