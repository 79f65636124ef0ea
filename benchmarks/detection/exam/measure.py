"""From a region judged to what is kept of it: a row a theft, the alarms of honest account-weeks, the look-alikes."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime
from typing import Any

import numpy as np
from benchmarks.detection.exam.baselines import Alarms
from benchmarks.detection.exam.fold import DAY_US, Judged, Pass, Taken
from benchmarks.detection.exam.plan import Plan
from benchmarks.detection.exam.trail import Theft, Written

from tocsin.config import Settings
from tocsin.detect.registry import NAMES
from tocsin.model.alert import RUNGS, Alert

COLUMNS = ("attack", "key", "opened", "listed", "exported", "stood", "before", "baselines")
"""A theft: the behaviour; a number for its account in the region; patients taken in all; the highest rung on which the
account stood already when the thief came (0 none); for each rung (this or a higher one), [opened, listed, exported,
hours] until it, or null if it was not reached before the thief's last act; the same for each baseline, by name. Of a
crew each account counts to its own alarm, or to its end; `hours` are the first's; null if no account was seen."""


def record(plan: Plan, written: Written, judged: Judged) -> dict[str, Any]:
    """What is kept of a region."""
    robbed = {name for theft in written.thefts for name in theft.accounts}
    accounts = sorted({*judged.clean.active, *robbed})
    number_of = {name: place for place, name in enumerate(accounts)}
    weeks = (plan.weeks - plan.past) * 7
    return {
        "region": plan.number,
        "seed": plan.seed,
        "accounts": plan.accounts,
        "weeks": plan.weeks,
        "past_weeks": plan.past,
        "patients": written.patients,
        "events": judged.events,
        "calibration": judged.calibration.hash,
        "factory": judged.factory,
        "baseline_lines": {name: round(line, 4) for name, line in judged.baselines.lines.items()},
        "active": sum(map(len, judged.clean.active.values())),
        "alarms": _alarms(judged.clean, judged.first, number_of, weeks),
        "grounds": _grounds(written, judged, weeks),
        "baseline_alarms": {
            name: _weeks(alarms, judged.first, number_of) for name, alarms in judged.baselines.honest.items()
        },
        "lookalikes": [_alike(told, judged, number_of, weeks) for told in written.alike],
        "thefts": [_theft(theft, judged, number_of) for theft in written.thefts],
    }


def _alarms(clean: Pass, first: int, number_of: dict[str, int], days: int) -> list[list[int]]:
    """[account, week, highest rung (1 to 4)] of account-weeks in which an account climbed though nobody was robbed."""
    found: dict[tuple[int, int], int] = defaultdict(int)
    for alert in clean.alerts:
        day = alert.at // DAY_US - first
        if 0 <= day < days:
            key = (number_of[alert.account], day // 7)
            found[key] = max(found[key], 1 + RUNGS.index(alert.rung))
    return [[*key, rung] for key, rung in sorted(found.items())]


def _grounds(written: Written, judged: Judged, days: int) -> dict[str, Any]:
    """What first alerts rest on: of thieves who were asked, and of honest account-weeks with an alarm.

    Detector -> [among the reasons, the heaviest of them]; each thief's account and each account-week once.
    """
    thieves: list[Alert] = []
    for theft in written.thefts:
        start, end = _at(theft.start), _at(theft.end)
        for name in theft.accounts:
            mine = [one for one in judged.sets[theft.of_set].alerts if one.account == name and start <= one.at <= end]
            thieves += mine[:1]
    honest: dict[tuple[str, int], Alert] = {}
    for alert in judged.clean.alerts:
        if 0 <= (day := alert.at // DAY_US - judged.first) < days:
            honest.setdefault((alert.account, day // 7), alert)
    return {
        "known": list(NAMES),
        "asked": len(thieves),
        "alarms": len(honest),
        "thieves": _of_grounds(thieves),
        "honest": _of_grounds(honest.values()),
    }


def _of_grounds(alerts: Iterable[Alert]) -> dict[str, list[int]]:
    found: dict[str, list[int]] = {}
    for alert in alerts:
        for place, name in enumerate(ground.of for ground in alert.grounds if ground.told):
            said = found.setdefault(name, [0, 0])
            said[0] += 1
            said[1] += place == 0
    return dict(sorted(found.items()))


def _alike(told: dict[str, Any], judged: Judged, number_of: dict[str, int], days: int) -> dict[str, Any]:
    """A look-alike: account-weeks in which it was at work, and the alarms of just those days and the day after."""
    start, end = _at(told["start"]), _at(told["end"]) + DAY_US
    origin = judged.first * DAY_US
    weeks = range(max(0, (start - origin) // (7 * DAY_US)), min(days // 7, -(-(end - DAY_US - origin) // (7 * DAY_US))))
    mine = set(told["accounts"])
    at_work = {(number_of[name], week) for name in mine for week in judged.clean.active.get(name, ()) if week in weeks}
    alarms: dict[tuple[int, int], int] = defaultdict(int)
    for alert in judged.clean.alerts:
        if alert.account in mine and max(start, origin) <= alert.at < end:
            key = (number_of[alert.account], (alert.at - origin) // (7 * DAY_US))
            alarms[key] = max(alarms[key], 1 + RUNGS.index(alert.rung))
    return {
        "name": told["name"],
        "account_weeks": len(at_work),
        "keys": sorted({account for account, _ in at_work}),
        "alarms": [[*key, rung] for key, rung in sorted(alarms.items())],
    }


def _weeks(alarms: Alarms, first: int, number_of: dict[str, int]) -> list[list[int]]:
    """[account, week] of account-weeks with an act above the line though nobody was robbed."""
    found = {
        (number_of[name], week)
        for name, times in alarms.items()
        for week in np.unique((times // DAY_US - first) // 7).tolist()
    }
    return [list(one) for one in sorted(found)]


def _theft(theft: Theft, judged: Judged, number_of: dict[str, int]) -> list[Any]:
    one = judged.sets[theft.of_set]
    assert one.taken is not None
    start, end = _at(theft.start), _at(theft.end)
    climbs: dict[str, list[Alert]] = {name: [] for name in theft.accounts}
    for alert in one.alerts:
        if alert.account in climbs and alert.at <= end:
            climbs[alert.account].append(alert)
    durations = {rung.name: rung.duration_us for rung in Settings().rungs()}
    stood = [
        1 + RUNGS.index(alert.rung)
        for alerts in climbs.values()
        for alert in alerts
        if alert.at < start < alert.at + durations[alert.rung]
    ]
    before = []
    for rung in range(len(RUNGS)):
        times = {
            name: min((a.at for a in alerts if a.at >= start and RUNGS.index(a.rung) >= rung), default=None)
            for name, alerts in climbs.items()
        }
        before.append(_until(one.taken, times, start))
    beside = {}
    for name, alarms in judged.baselines.sets[theft.of_set].items():
        times = {account: _within(alarms.get(account), start, end) for account in theft.accounts}
        beside[name] = _until(one.taken, times, start)
    return [
        theft.attack, number_of[theft.accounts[0]], theft.opened, theft.listed, theft.exported, max(stood, default=0),
        before, beside,
    ]  # fmt: skip


def _within(times: np.ndarray | None, start: int, end: int) -> int | None:
    """The first of rising times in [start, end]."""
    if times is None:
        return None
    place = int(np.searchsorted(times, start))
    return int(times[place]) if place < len(times) and times[place] <= end else None


def _until(taken: Taken, times: dict[str, int | None], start: int) -> list[float] | None:
    """[opened, listed, exported, hours] of a thief's accounts, each until its time (its act included) or to its end."""
    reached = [at for at in times.values() if at is not None]
    if not reached:
        return None
    counts = []
    for how in ("opened", "listed", "exported"):
        patients = set()
        for name, at in times.items():
            mine = (taken.account == name) & (taken.how == how)
            if at is not None:
                mine &= taken.at <= at
            patients.update(taken.patient[mine].tolist())
        counts.append(len(patients))
    return [*counts, round((min(reached) - start) / 3.6e9, 2)]


def totals(taken: Taken, theft: Theft) -> dict[str, int]:
    """Patients of a theft as its rows show them: what the truth says, counted another way."""
    mine = np.isin(taken.account, theft.accounts)
    return {
        how: len(set(taken.patient[mine & (taken.how == how)].tolist())) for how in ("opened", "listed", "exported")
    }


def _at(instant: str) -> int:
    return round(datetime.fromisoformat(instant).timestamp() * 1e6)
