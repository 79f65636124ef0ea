"""What honest days do: survival functions per stratum, and the e-values that bet against them.

A stratum is (role, age of the account); it backs off to all roles, and these to the factory: each level is the mean of
its own accounts and of `PRIOR_ACCOUNTS` accounts that behave as the level above, so a small one leans on a large one.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

CAP: Final = 1024
"""Values beyond are judged as this one."""

AGES: Final = ("new", "young", "newcomer", "recent", "settled")
"""How long an account is known: `new` (0-1 days) and `young` (2-6) in the first week of a trail, when Tocsin is new to
everybody; `newcomer` (0-1) and `recent` (2-6) later, when the account is; `settled` (7 and more)."""
AGE_BOUNDS: Final = (2, 7)
SETTLED: Final = AGES.index("settled")
YOUNGER: Final = {"young": "new", "recent": "newcomer", "settled": "young"}

PRIOR_ACCOUNTS: Final = 10.0
"""Weight of the level above, in accounts."""

ONE_MORE: Final = 0.05
"""What was never seen is not impossible: one day in twenty of one more account reached one step further. It is what
makes a share a p-value, (k + 1) / (n + 1), and keeps a bet from growing on what few days could not show."""

MAX_TAIL_INDEX: Final = 1.5
"""Pareto index beyond the data, at most. From: CLUE-LDS, unexplained units, Hill index 0.9 (measured)."""
LIGHT_TAIL_INDEX: Final = 3.0
"""The same for what a pair of hands bounds (pace in a minute, steps of one), and for codes, the graver the higher."""
LIGHT_TAILED: Final = ("pace-minute", "neighbours", "enrolment")

FLOOR: Final = 1e-9


THIEF_TAIL: Final = 0.25
THIEF: Final = np.r_[(1.0 + np.arange(CAP + 1)) ** -THIEF_TAIL, 0.0]


def age_code(days: np.ndarray, newcomer: np.ndarray) -> np.ndarray:
    """Position in AGES of accounts of so many days."""
    step = np.searchsorted(AGE_BOUNDS, days, side="right")
    return np.where(step == len(AGE_BOUNDS), SETTLED, step + len(AGE_BOUNDS) * newcomer)


@dataclass(frozen=True, slots=True)
class Sample:
    """Days of honest accounts that have ended, one entry per account-day."""

    account: np.ndarray
    """int: account number."""
    role: np.ndarray
    """str: role code."""
    age: np.ndarray
    """int: position in AGES."""
    values: np.ndarray
    """int64, shape (days, detectors): final counts, in the order of the registry."""
    countries: bool = False
    """Whether a table told countries meanwhile."""

    def take(self, places: np.ndarray) -> Sample:
        """Some of the days."""
        return Sample(self.account[places], self.role[places], self.age[places], self.values[places], self.countries)


def survival(account: np.ndarray, values: np.ndarray, *, tail_cap: float) -> tuple[np.ndarray, int]:
    """S(x) for x = 0 .. CAP: the mean over accounts of the share of its days that reach x; and the accounts.

    Beyond the largest x that at least five accounts reach, a Pareto tail: Hill's index over the exceedances, at most
    `tail_cap`.
    """
    accounts, back, days = np.unique(account, return_inverse=True, return_counts=True)
    if not len(accounts):
        return np.r_[1.0, np.zeros(CAP)], 0
    weight = 1.0 / days[back] / len(accounts)
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


def reached(account: np.ndarray, values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """For x = 0 .. CAP: the mean over accounts of the share of its days that reach x; accounts that ever did."""
    accounts, back, days = np.unique(account, return_inverse=True, return_counts=True)
    clipped = np.minimum(values, CAP)
    mass = np.bincount(clipped, weights=1.0 / days[back] / max(len(accounts), 1), minlength=CAP + 1)
    highest = np.zeros(len(accounts), np.int64)
    np.maximum.at(highest, back, clipped)
    ever = np.bincount(highest, minlength=CAP + 1)
    return np.cumsum(mass[::-1])[::-1], np.cumsum(ever[::-1])[::-1]


def blend(share: np.ndarray, accounts: np.ndarray, above: np.ndarray) -> np.ndarray:
    """A survival function from what was `reached` and that of the level above, step by step.

    Of the days that reach x, which share reaches x + 1? The mean of the own answer, weighed by the accounts that
    ever reached x, and the answer above, weighed by PRIOR_ACCOUNTS. So a level says what it has seen, and borrows the
    tail that it has not. Source: Hjort, *Nonparametric Bayes estimators based on beta processes*, Ann. Stat. 1990.
    """
    own = share[1:] / np.maximum(share[:-1], FLOOR)
    prior = above[1:] / np.maximum(above[:-1], FLOOR)
    step = (accounts[:-1] * own + PRIOR_ACCOUNTS * prior + ONE_MORE) / (accounts[:-1] + PRIOR_ACCOUNTS + ONE_MORE)
    return np.r_[1.0, np.cumprod(np.clip(step, 0.0, 1.0))]


def blend_frequencies(own: np.ndarray, accounts: int, above: np.ndarray) -> np.ndarray:
    """The mean of the frequencies of a level and of the level above, weighed by accounts."""
    return (own * accounts + above * PRIOR_ACCOUNTS) / (accounts + PRIOR_ACCOUNTS)


def carried(own: np.ndarray, same: np.ndarray, wanted: np.ndarray) -> np.ndarray:
    """What a survival function of one age lets expect of the next: `own`, changed as the level above changes with age.

    `own` and `same` are of one age, `same` and `wanted` of one level. A log-linear model without interaction: what is
    peculiar to the stratum stays, what comes with age is borrowed.
    """
    return np.minimum.accumulate(np.clip(own * wanted / np.maximum(same, FLOOR), 0.0, 1.0))


def carried_frequencies(own: np.ndarray, same: np.ndarray, wanted: np.ndarray) -> np.ndarray:
    """The same for frequencies of codes."""
    least = 1e-4  # of a code that nobody showed
    out = np.maximum(own, least) * np.maximum(wanted, least) / np.maximum(same, least)
    return out / out.sum()
