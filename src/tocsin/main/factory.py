"""Make the factory calibration: what ships with Tocsin for a region without a past.

Several folders (fictitious regions without thieves) are learned from, each from its first day, then pooled: roles are
not told apart, since every directory has its own codes; only whether an account has one.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterable
from pathlib import Path

import numpy as np

from tocsin import wiring
from tocsin.config import Settings
from tocsin.detect.calibration import ALL, ANY, Calibration, nulls_of, trajectories_of
from tocsin.detect.nulls import Sample
from tocsin.main.intake import Progress, files_of, unheard
from tocsin.main.learning import learn
from tocsin.main.replay import Days, collect
from tocsin.main.river import River

_APART = 1_000_000
"""Account numbers of one folder stay below; the next folder's begin here."""


def make_factory(folders: Iterable[Path], settings: Settings, *, progress: Progress = unheard) -> Calibration:
    """Learn from folders and pool what they taught."""
    bare = Calibration({}, {})
    references = wiring.replay_references()
    accounts, roles, ages, values, heaviest, week_roles, days_seen = [], [], [], [], [], [], 0
    for number, folder in enumerate(folders):
        with tempfile.TemporaryDirectory(prefix="tocsin-factory-") as scratch:
            intake = collect(files_of(folder), Path(scratch), settings, references, lambda _: None, progress)
            days = Days(intake.spool, Path(scratch) / "days")

            def river_on(calibrations: tuple[Calibration, ...], intake=intake) -> River:  # type: ignore[no-untyped-def]
                return wiring.river(settings, calibrations, facts=intake.facts, persons=intake.persons)

            everyday = days.days()
            learned = learn(everyday, days.events, river_on, factory=bare, kept=lambda *_: None)
            accounts.append(learned.sample.account.astype(np.int64) + number * _APART)
            roles.append(np.where(learned.sample.role == ALL, ALL, ANY))
            ages.append(learned.sample.age)
            values.append(learned.sample.values)
            heaviest.append(learned.weeks.heaviest)
            week_roles.append(np.where(learned.roles == ALL, ALL, ANY))
            days_seen += len(everyday)
    account = np.concatenate(accounts)
    sample = Sample(account, np.concatenate(roles), np.concatenate(ages), np.concatenate(values))
    weeks = np.concatenate(heaviest)
    made_from = {
        "sessions": len(account),
        "accounts": len(np.unique(account)),
        "account_weeks": len(weeks),
        "days": days_seen,
        "regions": len(accounts),
    }
    return Calibration(nulls_of(sample, None), trajectories_of(np.concatenate(week_roles), weeks), made_from)
