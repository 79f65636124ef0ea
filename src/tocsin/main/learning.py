"""Learn a calibration from the past of a region, in two passes over the same days.

(1) fold the past on the factory's calibration -> what days of each stratum count      -> nulls
(2) fold it again, each account on nulls that
    the other accounts alone taught            -> how heavy honest account-weeks get   -> trajectories
What people said goes before doubt: weeks they call stolen teach nothing, weeks they call the owner's always do. The
state after (2) is that of a judge who knew the region all along.

An account that is weighed on what it taught itself looks lighter than it will: hence the parts (cross-fitting; Stone,
*Cross-validatory choice and assessment of statistical predictions*, JRSS B 1974). The first week of a past of two or
more is newer to Tocsin than any week to come: it teaches nulls, and no trajectory.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pyarrow as pa

from tocsin.detect.calibration import Calibration, nulls_of, trajectories_of
from tocsin.detect.days import Days, today
from tocsin.detect.homes import NOWHERE
from tocsin.detect.judge import Judge
from tocsin.detect.ladder import Ladder
from tocsin.detect.nulls import Sample
from tocsin.detect.state import Sessions
from tocsin.detect.weight import Weigher, part_of
from tocsin.exam.weeks import Weeks, honest_weeks
from tocsin.main.river import Folded, River
from tocsin.main.verdicts import Said, account_weeks

Day = Callable[[int], pa.Table]
"""Gives the events of a day (schema EVENT, accepted order), as often as it is asked."""
Verdicts = Mapping[tuple[str, int], Said | None]
AccountWeeks = frozenset[tuple[int, int]]
"""(account number, week of the past)."""
Kept = Callable[[int, Folded, Sessions], None]
"""Told what each day of the last pass came to."""


PARTS = 5
"""Of the accounts of a past: each part is weighed on what the four others taught."""
WARM_UP = 7
"""Days before the trajectories of a past of two weeks or more begin."""


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
    river = fold_past(days, day_of, river_on((factory,)), lambda *_: None)
    sample = replace(sample_of(river.judge, days[0], *_told(said, river)), countries=bool(river.countries))
    nulls = nulls_of(sample, behind(factory))

    part = part_of(river.judge.accounts.keys()[sample.account], PARTS)
    parts = [sample.take(np.flatnonzero(part != one)) for one in range(PARTS)]
    river = river_on((Calibration(nulls, {}), factory))
    river.judge.weigher = Weigher(tuple(Calibration(nulls_of(one, behind(factory)), {}) for one in parts))
    span = days[-1] - days[0] + 1
    warm = [day for day in days if day < days[0] + WARM_UP and span >= 2 * WARM_UP]
    if warm:
        fold_past(warm, day_of, river, kept)
        river.judge.end_day()
        river.judge.state.ln_r1[:] = 0
        river.judge.heaviest.clear()
        river.judge.weekly.weeks.clear()
        river.judge.doubtful.clear()
    homes: dict[int, np.ndarray] = {}

    def noted(day: int, folded: Folded, ended: Sessions) -> None:
        homes.setdefault((day - river.judge.week_from) // 7, river.homes.of)
        kept(day, folded, ended)

    fold_past(days[len(warm) :], day_of, river, noted, week_from=days[0] + WARM_UP if warm else days[0])
    judge = river.judge
    counted = days[-1] - judge.week_from + 1
    stolen, owners = _told(said, river, before=(judge.week_from - days[0]) // 7)
    weeks = honest_weeks(judge.heaviest, judge.doubtful, days=counted, stolen=stolen, owners=owners)
    roles = np.array(river.judge.roles) if river.judge.roles else np.zeros(0, "U1")
    made_from: dict[str, Any] = {
        "account_days": len(sample.account),
        "accounts": len(np.unique(sample.account)),
        "account_weeks": len(weeks.heaviest),
        "set_aside": weeks.set_aside,
        **({"stolen": weeks.stolen, "answered": weeks.answered} if said else {}),
        "days": span,
        "factory": factory.hash,
    }
    at_home = np.array([*river.explainer.services.names, ""])[_homes(weeks, homes)]
    calibration = Calibration(nulls, trajectories_of(roles[weeks.account], weeks.heaviest, at_home), made_from)
    put_in_force(river.judge, (calibration, factory))
    return Learned(river, sample, weeks, roles[weeks.account], calibration)


def _homes(weeks: Weeks, read: Mapping[int, np.ndarray]) -> np.ndarray:
    """int32: the service that each account-week was at home in, of what was `read` when its week began."""
    found = np.full(len(weeks.account), NOWHERE, np.int32)
    for week, of in read.items():
        theirs = np.flatnonzero((weeks.week == week) & (weeks.account < len(of)))
        found[theirs] = of[weeks.account[theirs]]
    return found


def behind(factory: Calibration) -> Calibration | None:
    """The factory's calibration, if there is anything in it."""
    return factory if factory.nulls else None


def put_in_force(judge: Judge, calibrations: tuple[Calibration, ...]) -> None:
    """Let a judge climb on calibrations (the region's first); its state goes on."""
    judge.ladder = Ladder(judge.ladder.rungs, calibrations)
    judge.weigher = Weigher(calibrations[:1])
    judge.climbing = True
    judge.doubtful.clear()
    judge.days.clear()
    judge.lines.forget()
    roles, homes, judge.roles = judge.roles, judge.homes, []
    judge.know(roles, homes)


def sample_of(
    judge: Judge, first_day: int, stolen: AccountWeeks = frozenset(), owners: AccountWeeks = frozenset()
) -> Sample:
    """The days of a past as a sample, without account-weeks that are stolen, or doubtful and not said to be honest."""
    told = [*judge.days, (judge.day, today(judge.state))]
    days = Days.join([ended for _, ended in told])
    week = np.repeat([(day - first_day) // 7 for day, _ in told], [len(ended.account) for _, ended in told])
    doubt = (judge.doubtful - owners) | stolen
    pairs = zip(days.account.tolist(), week.tolist(), strict=True)
    honest = np.array([pair not in doubt for pair in pairs], bool) if doubt else np.ones(len(week), bool)
    roles = np.array(judge.roles) if judge.roles else np.zeros(0, "U1")
    place = np.flatnonzero(honest)
    place = place[np.lexsort((judge.accounts.keys()[days.account[place]], week[place]))]  # sums hang on their order
    return Sample(days.account[place], roles[days.account[place]], days.age[place], days.counts[place])


def _told(said: Verdicts | None, river: River, *, before: int = 0) -> tuple[AccountWeeks, AccountWeeks]:
    """(account, week) that were stolen, and that were the owner's, by the account's number in a river.

    `before`: weeks of the past that are not counted.
    """
    numbers = river.judge.accounts.numbers.get
    told = {(account, week - before): one for (account, week), one in (said or {}).items()}
    return account_weeks(told, numbers, stolen=True), account_weeks(told, numbers, stolen=False)


def fold_past(days: list[int], day_of: Day, river: River, kept: Kept, *, week_from: int | None = None) -> River:
    """Fold days while nobody climbs; weeks count from the first, unless another day is said. Returns the river."""
    judge = river.judge
    judge.climbing, judge.week_from = False, days[0] if week_from is None else week_from
    judge.days.clear()
    for day in days:
        folded, ended = river.slice(day_of(day), day=day, batch=1)
        kept(day, folded, ended)
    return river
