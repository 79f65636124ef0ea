"""The analyst's queue of a week: e-BH over the accounts that did something in it (pure).

    e = min(peak, C) / max(1 + ln C, mean of min(peak, C) over the honest account-weeks before)
    on the queue: the k highest, for the greatest k of which each has e >= m / (k fdr); m accounts were active

By Ville a fair bet's peak reaches x with a chance of at most 1 / x, so a peak cut at C has an expectation of at most
1 + ln C: e is an e-value, at every moment of the week and of its peak, so that nobody leaves the queue by working on.
C is the least cut at which one account alone can stand on the queue. The mean is the check on nulls that are estimated:
where the weeks before came to more than the theory allows, that is what counts. Then the expected share of honest
accounts among those on the queue is at most `fdr`, whatever accounts have to do with one another (Wang and Ramdas,
*False discovery rate control with e-values*, JRSS B 2022). Decision 18 says what else was possible.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

import numpy as np

from tocsin.detect.weekly import PEAK, PEAK_AT, Weekly
from tocsin.model.evidence import MICRONATS

AccountWeek = tuple[int, int]
"""Account number, week number."""


@dataclass(frozen=True, slots=True)
class Queue:
    """A week's accounts, heaviest first, and how far down the queue goes."""

    accounts: np.ndarray
    """Numbers of all accounts that were active."""
    ln_e: np.ndarray
    """int64 micro-nats, falling."""
    peak_at: np.ndarray
    """The latest event of the day that carried each to its peak, microseconds."""
    length: int
    """So many of them are on the queue."""
    line: float
    """The e-value that the last of them needed; with nobody on the queue what one account alone would need."""
    past: int
    """Account-weeks before that the mean is of."""
    set_aside: int
    """Account-weeks before that are left out of it: stolen by verdict, or on their queue and not answered yet."""
    mean: float
    """Of min(peak, C) over the weeks before; 0 if there are none."""
    allowed: float
    """1 + ln C: what the theory allows the mean to be."""

    def on_it(self) -> frozenset[int]:
        """Numbers of the accounts on the queue."""
        return frozenset(self.accounts[: self.length].tolist())


def queue_of(
    weekly: Weekly,
    number: int,
    *,
    fdr: float,
    stolen: Collection[AccountWeek] = (),
    owners: Collection[AccountWeek] = (),
) -> Queue:
    """The queue of a week. Compared with the whole weeks before it that were weighed on the same calibration.

    `stolen`, `owners`: account-weeks of which people said whose they were. The first are no honest weeks; of the
    others only those are left out that their own queue held, since nobody has answered it.
    """
    peaks: list[np.ndarray] = []
    aside = 0
    for before in _weeks_before(weekly, number):
        week = weekly.weeks[before]
        accounts = week.active()
        held = _ranked(weekly, before, fdr, peaks, aside).on_it()
        honest = np.array(
            [
                (account, before) in owners or (account not in held and (account, before) not in stolen)
                for account in accounts.tolist()
            ],
            bool,
        )
        peaks.append(week.accounts[accounts[honest], PEAK])
        aside += int((~honest).sum())
    return _ranked(weekly, number, fdr, peaks, aside)


def e_bh(e: np.ndarray, fdr: float) -> int:
    """How many of some e-values, falling, are on the queue: the greatest k with e[k - 1] >= m / (k fdr), or none."""
    k = np.arange(1, len(e) + 1)
    enough = np.flatnonzero(e * k * fdr >= len(e))
    return int(enough[-1]) + 1 if len(enough) else 0


def ln_cut(accounts: int, fdr: float) -> float:
    """ln C, where C / (1 + ln C) = accounts / fdr."""
    wanted = np.log(max(accounts, 1) / fdr)
    found = wanted
    for _ in range(100):  # x = wanted + ln(1 + x) contracts by 1 / (1 + x)
        found = wanted + np.log1p(found)
    return float(found)


def _weeks_before(weekly: Weekly, number: int) -> list[int]:
    """Whole weeks before this one on its calibration, oldest first: the one in which that came into force is not."""
    calibration = weekly.weeks[number].calibration
    found = []
    for before in range(number - 1, -1, -1):
        week = weekly.weeks.get(before)
        if not calibration or week is None or week.calibration != calibration:
            break
        found.append(before)
    return found[::-1]


def _ranked(weekly: Weekly, number: int, fdr: float, before: list[np.ndarray], aside: int) -> Queue:
    week = weekly.weeks[number]
    accounts = week.active()
    cut = ln_cut(len(accounts), fdr)
    past = np.concatenate([np.zeros(0, np.int64), *before])
    mean = float(np.exp(np.minimum(past / MICRONATS, cut)).mean()) if len(past) else 0.0
    divisor = max(1 + cut, mean)
    ln_e = np.rint((np.minimum(week.accounts[accounts, PEAK] / MICRONATS, cut) - np.log(divisor)) * MICRONATS)
    order = np.lexsort((accounts, -ln_e))
    e = np.exp((ln_e[order] + 1) / MICRONATS)  # one micro-nat for the rounding: C itself stands on the line
    length = e_bh(e, fdr)
    return Queue(
        accounts=accounts[order],
        ln_e=ln_e[order].astype(np.int64),
        peak_at=week.accounts[accounts[order], PEAK_AT],
        length=length,
        line=len(accounts) / (max(length, 1) * fdr),
        past=len(past),
        set_aside=aside,
        mean=mean,
        allowed=1 + cut,
    )
