"""A region judged with and without thieves, its queues week by week, and what regions come to together."""

from __future__ import annotations

import copy
from collections import defaultdict
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import numpy as np
import pyarrow as pa
from benchmarks.detection.exam.fold import first_judged
from benchmarks.detection.exam.plan import Plan
from benchmarks.detection.exam.trail import Written

from tocsin import wiring
from tocsin.config import Settings
from tocsin.detect.days import bet_so_far
from tocsin.detect.queue import queue_of
from tocsin.detect.weekly import PEAK, Weekly
from tocsin.main.intake import files_of, unheard
from tocsin.main.learning import learn
from tocsin.main.replay import Days, collect
from tocsin.main.river import River, accepted_order
from tocsin.model.evidence import MICRONATS

SHARES: Final = (0.05, 0.1, 0.2)
NATS: Final = (2, 4, 6, 8)
"""Peaks of which the realised share of honest account-weeks is put beside Ville's bound."""


def measured(plan: Plan, written: Written, scratch: Path) -> dict[str, Any]:
    """The weeks of a region: honest ones, the same with thieves, and for each theft whether it stood on the queue."""
    settings, references = Settings(), wiring.replay_references()
    intake = collect(files_of(written.honest), scratch / "c", settings, references, lambda _: None, unheard)
    days = Days(intake.spool, scratch / "days")
    first = first_judged(plan, written)
    past, coming = [d for d in days.days() if d < first], [d for d in days.days() if d >= first]

    def river_on(calibrations: tuple[Any, ...]) -> River:
        return wiring.river(
            settings, calibrations, facts=intake.facts, persons=intake.persons, marks=intake.marks, contain=False
        )

    learned = learn(past, days.events, river_on, factory=wiring.factory(), kept=lambda *_: None).river
    theirs = collect(files_of(written.sets[0]), scratch / "s", settings, references, lambda _: None, unheard)
    loot = Days(theirs.spool, scratch / "d")
    tables = {day: loot.events(day) for day in loot.days()}

    def with_thieves(day: int) -> pa.Table:
        both = [table for table in (days.events(day) if day in coming else None, tables.get(day)) if table is not None]
        return accepted_order(pa.concat_tables(both).unify_dictionaries())

    week_from = learned.judge.week_from
    stolen = {
        (name, (day - week_from) // 7)
        for day, table in tables.items()
        for name in table["account"].cast(pa.string()).unique().to_pylist()
    }
    honest = _folded(copy.deepcopy(learned), coming, days.events)
    robbed = _folded(copy.deepcopy(learned), sorted({*coming, *tables}), with_thieves)
    weeks = range((first - week_from + 6) // 7, (coming[-1] + 1 - week_from) // 7)
    return {
        "weeks": len(weeks),
        "honest": [_week(honest, week, frozenset()) for week in weeks],
        "robbed": [_week(robbed, week, stolen) for week in weeks],
        "peaks": _peaks(honest, weeks),
        "thefts": _thefts(written, robbed, stolen, weeks, week_from),
    }


class _Course:
    """What a fold left."""

    def __init__(self, river: River, asked: set[tuple[str, int]]) -> None:
        judge = river.judge
        self.weekly: Weekly = judge.weekly
        self.names: list[str] = judge.accounts.names
        self.asked = asked
        """(account, week) in which an alert was raised."""
        bet_so_far(self.weekly, judge.state, day=judge.day, week_from=judge.week_from, calibration=judge.weigher.hash)

    def queue(self, week: int, fdr: float, stolen: frozenset[tuple[str, int]] | set[tuple[str, int]]) -> Any:
        """The queue of a week; whoever stood on an earlier one was answered, and truly."""
        number = {name: place for place, name in enumerate(self.names)}
        true = {(number[name], week) for name, week in stolen if name in number}
        every = {(account, before) for before, one in self.weekly.weeks.items() for account in one.active().tolist()}
        return queue_of(self.weekly, week, fdr=fdr, stolen=true, owners=every - true)


def _folded(river: River, days: list[int], day_of: Callable[[int], pa.Table]) -> _Course:
    asked: set[tuple[str, int]] = set()
    for day in days:
        folded, _ = river.slice(day_of(day), day=day, batch=1)
        asked |= {(alert.account, (day - river.judge.week_from) // 7) for alert in folded.alerts}
    return _Course(river, asked)


def _week(course: _Course, week: int, stolen: frozenset[tuple[str, int]] | set[tuple[str, int]]) -> dict[str, Any]:
    """A week's queue for each share: [stolen account-weeks on it, honest ones on it]; and the same of the ladder."""
    found = {}
    for fdr in SHARES:
        queue = course.queue(week, fdr, stolen)
        on_it = [(course.names[account], week) in stolen for account in queue.on_it()]
        found[str(fdr)] = [sum(on_it), len(on_it) - sum(on_it)]
    active = {(course.names[account], week) for account in queue.accounts.tolist()}
    asked = [one in stolen for one in course.asked if one[1] == week]
    return {
        "accounts": len(active),
        "stolen": len(active & set(stolen)),
        "queue": found,
        "asked": [sum(asked), len(asked) - sum(asked)],
        "mean": round(queue.mean, 4),
        "allowed": round(queue.allowed, 4),
    }


def _peaks(course: _Course, weeks: range) -> list[int]:
    """[honest account-weeks, those whose peak reached each of NATS]."""
    peaks = np.concatenate(
        [course.weekly.weeks[week].accounts[course.weekly.weeks[week].active(), PEAK] for week in weeks]
    )
    return [len(peaks), *(int((peaks >= nats * MICRONATS).sum()) for nats in NATS)]


def _thefts(
    written: Written, course: _Course, stolen: set[tuple[str, int]], weeks: range, week_from: int
) -> list[list[Any]]:
    """[behaviour, stood on the queue at one in ten, was asked]: in a week in which its accounts were stolen."""
    on_it = {(course.names[a], week) for week in weeks for a in course.queue(week, 0.1, stolen).on_it()}
    found = []
    for theft in written.thefts:
        theirs = {one for one in stolen if one[0] in theft.accounts and one[1] in weeks}
        if theirs:
            found.append([theft.attack, int(bool(theirs & on_it)), int(bool(theirs & course.asked))])
    return found


def summary(regions: list[dict[str, Any]]) -> dict[str, Any]:
    """What the regions come to together."""
    honest = [week for one in regions for week in one["honest"]]
    robbed = [week for one in regions for week in one["robbed"]]
    peaks = np.array([one["peaks"] for one in regions]).sum(axis=0)
    kinds: dict[str, list[list[Any]]] = defaultdict(list)
    for one in regions:
        for theft in one["thefts"]:
            kinds[theft[0]].append(theft)
    return {
        "regions": len(regions),
        "weeks": len(honest),
        "account_weeks": int(peaks[0]),
        "nulls": [
            {
                "nats": nats,
                "reached": int(count),
                "one_in": round(int(peaks[0]) / max(int(count), 1), 1),
                "ville_one_in": round(float(np.exp(nats)), 1),
            }
            for nats, count in zip(NATS, peaks[1:], strict=True)
        ],
        "mean_of_allowed": round(float(np.mean([w["mean"] / w["allowed"] for w in honest if w["mean"]])), 4),
        "honest": {name: _list(honest, str(fdr)) for name, fdr in _NAMED.items()},
        "robbed": {name: _list(robbed, str(fdr)) for name, fdr in _NAMED.items()},
        "stolen_account_weeks": sum(week["stolen"] for week in robbed),
        "ladder": {
            "honest_asked": sum(week["asked"][1] for week in honest),
            "stolen_asked": sum(week["asked"][0] for week in robbed),
        },
        "thefts": {
            "all": len([t for some in kinds.values() for t in some]),
            "on_queue": sum(t[1] for some in kinds.values() for t in some),
            "asked": sum(t[2] for some in kinds.values() for t in some),
        },
        "by_behaviour": {
            name: {"thefts": len(some), "on_queue": sum(t[1] for t in some), "asked": sum(t[2] for t in some)}
            for name, some in sorted(kinds.items())
        },
    }


_NAMED: Final = {f"one_in_{round(1 / fdr)}": fdr for fdr in SHARES}


def _list(weeks: list[dict[str, Any]], fdr: str) -> dict[str, Any]:
    """Over the weeks: the mean share of honest accounts on the queue, and how many stood on it in all."""
    shares = [week["queue"][fdr][1] / max(sum(week["queue"][fdr]), 1) for week in weeks]
    return {
        "realised": round(float(np.mean(shares)), 4),
        "weeks_with_anybody": sum(sum(week["queue"][fdr]) > 0 for week in weeks),
        "stolen": sum(week["queue"][fdr][0] for week in weeks),
        "honest": sum(week["queue"][fdr][1] for week in weeks),
    }
