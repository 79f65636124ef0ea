"""From the result file to the numbers of the page: shares, quantiles, intervals by bootstrap over accounts."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
from benchmarks.detection.exam.plan import (
    ALIKE,
    BARS,
    BEHAVIOURS,
    CONTENT,
    HELD_AT,
    HELD_WITHIN,
    INSIDE,
    LISTS,
    PRINTED,
)

from tocsin.config import Settings
from tocsin.model.alert import RUNGS

RESAMPLES = 1_000
OPENED, LISTED, EXPORTED = range(3)
HOWS = ("opened", "listed", "exported")
Interval = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Loss:
    """Patients taken before something happened, over all thefts; a theft that it never met counts as infinite."""

    share: float
    median: float
    p90: float
    highest: float
    """Of the thefts that were met."""
    share_95: Interval
    median_95: Interval
    p90_95: Interval


@dataclass(frozen=True, slots=True)
class Behaviour:
    """One behaviour of thieves."""

    name: str
    thefts: int
    set_aside: int
    """Thefts left out because their account stood on a rung already: neither caught nor missed."""
    how: int
    """What is counted: OPENED, or LISTED of those who only list, or EXPORTED."""
    in_all: float
    """Median of what a theft takes, if nobody stops it."""
    losses: list[Loss]
    """By rung."""
    listed: Loss
    """Patients listed before `ask`."""
    baselines: dict[str, Loss]
    """By name."""
    mean_lost: float
    """Before `ask`, mean over thefts; those that were never asked lose all."""
    passed: bool | None
    """None if no bar is set."""


@dataclass(frozen=True, slots=True)
class Guarantee:
    """A rung's promise and what was kept of it, in weeks without thieves."""

    rung: str
    nominal: float
    alarms: int
    realised: float
    realised_95: Interval
    by_week: list[float]
    """Realised, by week since the calibration."""
    honest: float
    """Realised without accounts that play a look-alike."""


@dataclass(frozen=True, slots=True)
class Alike:
    """One look-alike."""

    name: str
    parts: int
    account_weeks: int
    rungs: list[int]
    """Account-weeks that reached each rung or a higher one."""


def behaviours(regions: list[dict[str, Any]]) -> list[Behaviour]:
    """Every behaviour that was tried."""
    found: dict[str, list[tuple[tuple[int, int], list[Any]]]] = {}
    for region in regions:
        for theft in region["thefts"]:
            found.setdefault(theft[0], []).append(((region["region"], theft[1]), theft))
    return [_behaviour(name, found[name]) for name in BEHAVIOURS if name in found]


def _behaviour(name: str, thefts: list[tuple[tuple[int, int], list[Any]]]) -> Behaviour:
    kept = [(key, theft) for key, theft in thefts if not theft[5]]
    how = LISTED if name in LISTS else EXPORTED if name == "export" else OPENED
    keys = np.unique([f"{key}" for key, _ in kept], return_inverse=True)[1] if kept else np.zeros(0, int)
    rows = [theft for _, theft in kept]
    in_all = [theft[2 + how] for theft in rows]
    losses = [loss((theft[6][rung] for theft in rows), how, keys) for rung in range(len(RUNGS))]
    lost = [total if theft[6][0] is None else theft[6][0][how] for theft, total in zip(rows, in_all, strict=True)]
    made = Behaviour(
        name,
        len(kept),
        len(thefts) - len(kept),
        how,
        float(np.median(in_all)) if in_all else 0.0,
        losses,
        loss((theft[6][0] for theft in rows), LISTED, keys),
        {name: loss((theft[7][name] for theft in rows), how, keys) for name in common(theft[7] for theft in rows)},
        float(np.mean(lost)) if lost else 0.0,
        None,
    )
    return Behaviour(**{**{f: getattr(made, f) for f in Behaviour.__slots__}, "passed": _passed(made)})


def _passed(one: Behaviour) -> bool | None:
    ask = one.losses[0]
    if one.name in PRINTED or not one.thefts:
        return None
    if one.name == "shared":
        return one.mean_lost <= BARS["shared"]
    if one.name in INSIDE:
        return ask.share >= BARS["inside"]
    median, p90 = BARS["listed" if one.name in LISTS else "opened"]
    return ask.median <= median and ask.p90 <= p90


def loss(before: Iterable[list[float] | None], how: int, keys: np.ndarray) -> Loss:
    """Patients taken before something, from [opened, listed, exported, hours] or null of each theft."""
    taken = np.array([np.inf if one is None else one[how] for one in before], float)
    if not len(taken):
        return Loss(0.0, np.inf, np.inf, np.inf, (0.0, 1.0), (np.inf, np.inf), (np.inf, np.inf))
    share, median, p90 = _numbers(taken[None])
    met = taken[np.isfinite(taken)]
    drawn = np.array([_numbers(taken[places][None]) for places in _resampled(keys)])[:, :, 0]
    low, high = np.quantile(drawn, (0.025, 0.975), axis=0, method="inverted_cdf")
    bounds = [(float(one), float(other)) for one, other in zip(low, high, strict=True)]
    highest = float(met.max()) if len(met) else np.inf
    return Loss(float(share[0]), float(median[0]), float(p90[0]), highest, *bounds)


def _numbers(taken: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    median, p90 = np.quantile(taken, (0.5, 0.9), axis=1, method="inverted_cdf")
    return np.isfinite(taken).mean(axis=1), median, p90


def _resampled(keys: np.ndarray) -> Iterable[np.ndarray]:
    """Places of thefts, accounts drawn anew with replacement."""
    rng = np.random.default_rng(0)
    if len(np.unique(keys)) == len(keys):
        yield from rng.integers(0, len(keys), (RESAMPLES, len(keys)))
        return
    of_key = [np.flatnonzero(keys == key) for key in range(keys.max() + 1)]
    for _ in range(RESAMPLES):
        yield np.concatenate([of_key[key] for key in rng.integers(0, len(of_key), len(of_key))])


def held(regions: list[dict[str, Any]]) -> tuple[float, Interval, int]:
    """Share of content-visible thefts that stood at own-patients-only or higher within HELD_WITHIN patients."""
    keys, fine = [], []
    for region in regions:
        for theft in region["thefts"]:
            if theft[0] in (*CONTENT, *LISTS) and not theft[5]:
                how = LISTED if theft[0] in LISTS else OPENED
                reached = theft[6][HELD_AT]
                keys.append(f"{region['region']} {theft[1]}")
                fine.append(reached is not None and reached[how] <= HELD_WITHIN)
    if not fine:
        return 0.0, (0.0, 1.0), 0
    good, numbers = np.array(fine, float), np.unique(keys, return_inverse=True)[1]
    drawn = [float(good[places].mean()) for places in _resampled(numbers)]
    low, high = np.quantile(drawn, (0.025, 0.975))
    return float(good.mean()), (float(low), float(high)), len(fine)


def guarantees(regions: list[dict[str, Any]]) -> list[Guarantee]:
    """Each rung's budget and what honest weeks realised, look-alikes among them."""
    weeks = sum(region["active"] for region in regions)
    judged = max(region["weeks"] - region["past_weeks"] for region in regions)
    alike = {(region["region"], key) for region in regions for one in region["lookalikes"] for key in one["keys"]}
    alarms = [
        ((region["region"], account), week, rung) for region in regions for account, week, rung in region["alarms"]
    ]
    accounts = round(weeks / judged)
    out = []
    for number, rung in enumerate(Settings().rungs(), 1):
        reached = [(key, week) for key, week, highest in alarms if highest >= number]
        each = np.unique([f"{key}" for key, _ in reached], return_counts=True)[1] if reached else np.zeros(1, int)
        out.append(
            Guarantee(
                rung.name,
                rung.budget,
                len(reached),
                len(reached) / weeks,
                _rate_95(each, accounts, weeks),
                [sum(week == one for _, week in reached) / weeks * judged for one in range(judged)],
                sum(key not in alike for key, _ in reached) / weeks,
            )
        )
    return out


def common(told: Iterable[dict[str, Any]]) -> list[str]:
    """The baselines that all of some regions or thefts have, in their order."""
    each = list(told)
    return [name for name in (each[0] if each else ()) if all(name in one for one in each)]


def baseline_rates(regions: list[dict[str, Any]]) -> dict[str, float]:
    """By baseline: the share of account-weeks in which it alarmed though nobody was robbed."""
    weeks = sum(region["active"] for region in regions)
    return {
        name: sum(len(region["baseline_alarms"][name]) for region in regions) / weeks
        for name in common(region["baseline_alarms"] for region in regions)
    }


def _rate_95(each: np.ndarray, accounts: int, weeks: int) -> Interval:
    """Interval of a rate: accounts drawn anew; `each` are the alarms of those that had any."""
    if not each.sum():
        return 0.0, 3.0 / weeks  # the rule of three
    rng = np.random.default_rng(0)
    times = rng.binomial(accounts, 1 / accounts, (RESAMPLES, len(each)))
    low, high = np.quantile((times * each).sum(axis=1) / weeks, (0.025, 0.975))
    return float(low), float(high)


def alikes(regions: list[dict[str, Any]]) -> list[Alike]:
    """Every look-alike."""
    out = []
    for name in ALIKE:
        parts = [one for region in regions for one in region["lookalikes"] if one["name"] == name]
        rungs = [sum(rung >= number for one in parts for *_, rung in one["alarms"]) for number in range(1, 5)]
        at_work = [one for one in parts if one["account_weeks"]]
        out.append(Alike(name, len(at_work), sum(one["account_weeks"] for one in parts), rungs))
    return out
