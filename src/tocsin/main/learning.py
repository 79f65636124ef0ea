"""Learn a calibration from the past of a region, in two passes over the same days.

(1) fold the past on the factory's calibration -> what sessions of each stratum count  -> nulls
(2) fold it again on these nulls               -> how heavy honest account-weeks get   -> trajectories

What people said goes before doubt: weeks they call stolen teach nothing, weeks they call the owner's always do.
The state after (2) is that of a judge who knew the region all along.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa

from tocsin.detect.calibration import Calibration, nulls_of, trajectories_of
from tocsin.detect.judge import Judge
from tocsin.detect.ladder import Ladder
from tocsin.detect.nulls import Sample
from tocsin.detect.state import Sessions
from tocsin.detect.weight import Weigher
from tocsin.exam.weeks import Weeks, honest_weeks
from tocsin.main.river import Folded, River
from tocsin.main.verdicts import Said, account_weeks
from tocsin.model.rows import MICROSECONDS_A_DAY

Day = Callable[[int], pa.Table]
"""Gives the events of a day (schema EVENT, accepted order), as often as it is asked."""
Verdicts = Mapping[tuple[str, int], Said | None]
Kept = Callable[[int, Folded, Sessions], None]
"""Told what each day of the last pass came to."""


@dataclass(frozen=True, slots=True)
class Learned:
    """What a past taught."""

    river: River
    """As it stands after the past, ready to climb."""
    sample: Sample
    weeks: Weeks
    roles: np.ndarray
    """Role of each account-week of `weeks`."""
    calibration: Calibration


def learn(
    days: list[int],
    day_of: Day,
    river_on: Callable[[tuple[Calibration, ...]], River],
    *,
    factory: Calibration,
    kept: Kept,
    said: Verdicts | None = None,
) -> Learned:
    """Learn from the days of a past (at least one). `said`: verdicts by account and week of it. See the module."""
    river, sessions = fold_past(days, day_of, river_on((factory,)), lambda *_: None)
    stolen, owners = _told(said, river)
    sample = sample_of(river.judge, sessions, days[0], stolen=stolen, owners=owners)
    nulls = nulls_of(sample, factory if factory.nulls else None)

    river = river_on((Calibration(nulls, {}), factory))
    river, _ = fold_past(days, day_of, river, kept)
    span = days[-1] - days[0] + 1
    stolen, owners = _told(said, river)
    judge = river.judge
    weeks = honest_weeks(judge.heaviest, judge.doubtful, days=span, stolen=stolen, owners=owners)
    roles = np.array(river.judge.roles) if river.judge.roles else np.zeros(0, "U1")
    made_from: dict[str, Any] = {
        "sessions": len(sample.account),
        "accounts": len(np.unique(sample.account)),
        "account_weeks": len(weeks.heaviest),
        "set_aside": weeks.set_aside,
        **({"stolen": weeks.stolen, "answered": weeks.answered} if said else {}),
        "days": span,
        "factory": factory.hash,
    }
    calibration = Calibration(nulls, trajectories_of(roles[weeks.account], weeks.heaviest), made_from)
    put_in_force(river.judge, (calibration, factory))
    return Learned(river, sample, weeks, roles[weeks.account], calibration)


def put_in_force(judge: Judge, calibrations: tuple[Calibration, ...]) -> None:
    """Let a judge climb on calibrations (the region's first); its state goes on."""
    judge.ladder = Ladder(judge.ladder.rungs, calibrations)
    judge.weigher = Weigher(calibrations[0])
    judge.climbing = True
    judge.doubtful.clear()
    roles, judge.roles = judge.roles, []
    judge.forget_lines()
    judge.know(roles)


def sample_of(
    judge: Judge,
    sessions: Sessions,
    first_day: int,
    *,
    stolen: frozenset[tuple[int, int]] = frozenset(),
    owners: frozenset[tuple[int, int]] = frozenset(),
) -> Sample:
    """Finished sessions as a sample, without account-weeks that are stolen, or doubtful and not said to be honest."""
    week = (sessions.last_at // MICROSECONDS_A_DAY - first_day) // 7
    doubt = (judge.doubtful - owners) | stolen
    pairs = zip(sessions.account.tolist(), week.tolist(), strict=True)
    honest = np.array([pair not in doubt for pair in pairs], bool) if doubt else np.ones(len(sessions), bool)
    kept = sessions.take(honest)
    roles = np.array(judge.roles) if judge.roles else np.zeros(0, "U1")
    return Sample(kept.account, roles[kept.account], kept.age, kept.counts)


def _told(said: Verdicts | None, river: River) -> tuple[frozenset[tuple[int, int]], frozenset[tuple[int, int]]]:
    """(account, week) that were stolen, and that were the owner's, by the account's number in a river."""
    numbers = river.judge.accounts.numbers.get
    told = said or {}
    return account_weeks(told, numbers, stolen=True), account_weeks(told, numbers, stolen=False)


def fold_past(days: list[int], day_of: Day, river: River, kept: Kept) -> tuple[River, Sessions]:
    """Fold days while nobody climbs; weeks count from the first. Returns the river, and the sessions that ended."""
    judge = river.judge
    judge.climbing, judge.week_from = False, days[0]
    finished: list[Sessions] = []
    for day in days:
        folded, ended = river.slice(day_of(day), day=day, batch=1)
        kept(day, folded, ended)
        finished.append(ended)
    everything = Sessions.none()
    for sessions in [*finished, *judge.state.finished, judge.state.open]:
        everything = everything.join(sessions)
    return river, everything
