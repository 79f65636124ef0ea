"""The end of a day: what it was worth goes into each account's statistic, and the next begins from nothing.

R becomes (R + 1) e(day): the e-SR statistic (Shin, Ramdas, Rinaldo, *E-detectors*, 2024), which holds a bet begun on
each day at once.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from tocsin.detect.registry import DETECTORS
from tocsin.detect.roles import Roles
from tocsin.detect.state import NOTHING, OF_THE_DAY, State
from tocsin.detect.weekly import Weekly
from tocsin.detect.weight import Weigher
from tocsin.model.evidence import MICRONATS

AT_WORK: Final = 0.5
"""How surely a thief who has begun is at work on a day: on the others the owner is, and there is nothing to see."""


@dataclass(frozen=True, slots=True)
class Days:
    """Account-days, ended or as far as they have come, one entry each."""

    account: np.ndarray
    age: np.ndarray
    """Position in AGES."""
    counts: np.ndarray
    """int64 (days, detectors)."""
    ln_e: np.ndarray
    """int64 micro-nats: what each was worth, as far as it has come or once it has ended."""
    peak: np.ndarray
    """int64 micro-nats: the most that it was worth while it lasted."""

    @classmethod
    def join(cls, days: list[Days]) -> Days:
        """All of them."""
        none = np.zeros(0, np.int64)
        nothing = cls(none, none, np.zeros((0, len(DETECTORS)), np.int64), none, none)
        return cls(*(np.concatenate([getattr(one, name) for one in (nothing, *days)]) for name in cls.__slots__))


def today(state: State, *, of: int | None = None) -> Days:
    """The day so far, of the accounts that did something (or of this one, if it did)."""
    accounts = np.flatnonzero(state.stratum_age >= 0) if of is None else np.array([of])[state.stratum_age[[of]] >= 0]
    so_far, peak = _half(state.today[accounts]), _half(state.peak[accounts])
    return Days(accounts, state.stratum_age[accounts], state.most[accounts], so_far, peak)


def end_day(state: State, weigher: Weigher, roles: Roles) -> Days:
    """The day is over for every account that did something: R becomes (R + 1) e(day)."""
    ended = today(state)
    accounts = ended.account
    if len(accounts):
        stratum = weigher.strata_of(accounts, ended.age, roles)
        e = np.add(*weigher.weigh(stratum, ended.counts.T, accounts, state.own, ended=True))
        ended = replace(ended, ln_e=_half(e))
        grown = np.logaddexp(0.0, (state.ln_r1[accounts] + ended.ln_e) / MICRONATS)
        state.ln_r1[accounts] = np.rint(grown * MICRONATS).astype(np.int64)
    forget_day(state, accounts)
    state.open.carried[:] = 0
    state.open.before[:] = state.open.weight
    return ended


def bet_so_far(weekly: Weekly, state: State, *, day: int, week_from: int, calibration: str) -> None:
    """Let the weekly bets count the day that goes on, as far as it has come: for reading, it is bet on at its end."""
    one = today(state)
    weekly.fold(
        one.account, one.ln_e, one.peak, state.clock[one.account],
        day=day, week_from=week_from, calibration=calibration,
    )  # fmt: skip


def _half(ln_e: np.ndarray) -> np.ndarray:
    """What a day is worth where half of the stake is kept aside, micro-nats."""
    half = np.logaddexp(np.log(1 - AT_WORK), np.log(AT_WORK) + ln_e / MICRONATS)
    return np.rint(half * MICRONATS).astype(np.int64)


def forget_day(state: State, accounts: np.ndarray | int) -> None:
    """Their day begins anew: what was counted is bet on once, though the slice may be opened again, or a rung ended."""
    state.most[accounts] = 0
    for column in OF_THE_DAY:
        state.account_state[accounts, column] = 0
    state.today[accounts] = 0
    state.peak[accounts] = NOTHING
    state.stratum_age[accounts] = -1
