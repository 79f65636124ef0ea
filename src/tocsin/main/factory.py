"""Make the factory calibration: what ships with Tocsin for a region without a past, and stands behind one with little.

Several folders (fictitious regions without thieves), each in its turn judged as a stranger, on what the others taught:

    what its days count                                         -> nulls, of all folders
    its first weeks, on the others' nulls                       -> trajectories: weights in a region without a past
    its first 7 (or 21) days, on a calibration from just these  -> a precedent's past: what so short a past shows
    the weeks after, on that calibration                        -> its later weeks: what came of it

Roles are not told apart, since every directory has its own codes; only whether an account has one.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from tocsin import wiring
from tocsin.config import Settings
from tocsin.detect.calibration import ALL, ANY, Calibration, Precedent, Trajectories, nulls_of, trajectories_of
from tocsin.detect.nulls import Sample
from tocsin.main.intake import Progress, files_of, unheard
from tocsin.main.learning import fold_past, learn, sample_of
from tocsin.main.replay import Days, collect
from tocsin.main.river import River

_APART = 1_000_000
"""Account numbers of one folder stay below; the next folder's begin here."""
PASTS = (7, 21)
"""Days: the shortest past a region is calibrated on, and one that leaves the regions of the factory a week after."""
WEEKS = 2
"""Weeks measured, of those without a past and of those after one: newness wears off, and budgets are to be kept while
it has not. From: at one in 200, weeks 1 to 4 without a past reach 7.1, 6.1, 5.7, 5.0 nats."""

RiverOn = Callable[[tuple[Calibration, ...]], River]


@dataclass(slots=True)
class _Weeks:
    """Heaviest weights of account-weeks of all folders, and whether the account has a role."""

    role: list[np.ndarray] = field(default_factory=list)
    heaviest: list[np.ndarray] = field(default_factory=list)

    def add(self, river: River, *, days: list[int]) -> None:
        """The whole weeks among the days that a river has just folded, from where they are counted."""
        judge = river.judge
        weeks = (days[-1] - judge.week_from + 1) // 7 if days else 0
        inside = sorted((pair, top) for pair, top in judge.heaviest.items() if 0 <= pair[1] < weeks)
        roles = np.array(judge.roles)[[account for (account, _), _ in inside]]
        self.role.append(np.where(roles == ALL, ALL, ANY))
        self.heaviest.append(np.array([top for _, top in inside], np.int64))

    def trajectories(self) -> dict[str, Trajectories]:
        """By stratum."""
        if not any(map(len, self.heaviest)):
            return {}
        return trajectories_of(np.concatenate(self.role), np.concatenate(self.heaviest))


@dataclass(slots=True)
class _Folder:
    """One folder, taken in."""

    everyday: list[int]
    days: Days
    river_on: RiverOn
    sample: Sample


def make_factory(folders: Iterable[Path], settings: Settings, *, progress: Progress = unheard) -> Calibration:
    """Learn from folders and pool what they taught."""
    with tempfile.TemporaryDirectory(prefix="tocsin-factory-") as scratch:
        taken = [
            _take_in(folder, Path(scratch) / str(number), number, settings, progress)
            for number, folder in enumerate(folders)
        ]
        samples = [one.sample for one in taken]
        cold, pasts = _Weeks(), {days: (_Weeks(), _Weeks()) for days in PASTS}
        for number, one in enumerate(taken):
            others = Calibration(nulls_of(_pooled(samples[:number] + samples[number + 1 :] or samples), None), {})
            first = one.everyday[: 7 * WEEKS + 1]
            river = fold_past(first, one.days.events, one.river_on((others,)), lambda *_: None)
            cold.add(river, days=first)
            for days, (past, later) in pasts.items():
                known, after = one.everyday[:days], one.everyday[days : days + 7 * WEEKS + 1]
                learned = learn(known, one.days.events, one.river_on, factory=others, kept=lambda *_: None)
                past.add(learned.river, days=known)
                learned.river.judge.heaviest.clear()
                river = fold_past(after, one.days.events, learned.river, lambda *_: None)
                later.add(river, days=after)
    sample = _pooled(samples)
    made_from = {
        "account_days": len(sample.account),
        "accounts": len(np.unique(sample.account)),
        "account_weeks": sum(map(len, cold.heaviest)),
        "days": sum(len(one.everyday) for one in taken),
        "regions": len(taken),
    }
    precedents = tuple(
        Precedent(days, past.trajectories(), later.trajectories()) for days, (past, later) in pasts.items()
    )
    return Calibration(nulls_of(sample, None), cold.trajectories(), made_from, precedents)


def _take_in(folder: Path, scratch: Path, number: int, settings: Settings, progress: Progress) -> _Folder:
    """Collect a folder and count what its days hold."""
    references = wiring.replay_references()
    scratch.mkdir()
    intake = collect(files_of(folder), scratch, settings, references, lambda _: None, progress)
    days = Days(intake.spool, scratch / "days")

    def river_on(calibrations: tuple[Calibration, ...]) -> River:
        return wiring.river(settings, calibrations, facts=intake.facts, persons=intake.persons, marks=intake.marks)

    everyday = days.days()
    river = fold_past(everyday, days.events, river_on((Calibration({}, {}),)), lambda *_: None)
    sample = sample_of(river.judge, everyday[0])
    return _Folder(
        everyday,
        days,
        river_on,
        Sample(
            sample.account.astype(np.int64) + number * _APART,
            np.where(sample.role == ALL, ALL, ANY),
            sample.age,
            sample.values,
        ),
    )


def _pooled(samples: list[Sample]) -> Sample:
    account, role, age, values = (
        np.concatenate([getattr(sample, name) for sample in samples]) for name in ("account", "role", "age", "values")
    )
    return Sample(account, role, age, values, samples[0].countries)
