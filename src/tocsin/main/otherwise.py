"""What it would be like with other explanations: the region's last weeks, judged twice, and thieves let in twice.

Each arm, the explanations as they are set and the others:
(1) learns a calibration of its own from the same past: what is usual depends on what is explained
(2) judges the weeks after it, with nothing held back: how many account-weeks reach each rung
(3) plays the last nights again with the same thieves on the same accounts: what is lost before each rung
Nothing of the region changes, nothing is kept.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from tocsin import wiring
from tocsin.config import Settings
from tocsin.detect.calibration import Calibration
from tocsin.errors import StoreUnavailable, Usage
from tocsin.exam.twin import around, outcome, summary
from tocsin.main.intake import Progress, unheard
from tocsin.main.learning import learn
from tocsin.main.river import River, accepted_order
from tocsin.main.twin import EPOCH, LOOKED_AT, Scratch, highest_rungs, play, read, robbed
from tocsin.main.words import counted
from tocsin.model.alert import RUNGS, Alert
from tocsin.model.event import EVENT
from tocsin.model.rows import MICROSECONDS_A_DAY

JUDGED: Final = 14
"""Days that are judged, the last of the trail; half of it where the trail is shorter than LONG."""
LONG: Final = 28
LEARNED: Final = 42
"""Days before them that teach, at most."""
SHORTEST: Final = 14
"""Days of trail below which there is nothing to compare: a week that teaches, a week that is judged."""


@dataclass(slots=True)
class Arm:
    """One way to explain, and what came of it."""

    first: int
    """The first judged day."""
    scratch: Scratch
    alerts: list[Alert] = field(default_factory=list)
    at_work: set[tuple[str, int]] = field(default_factory=set)
    """(account, judged week)."""
    opened: int = 0
    """Rows that show a patient."""
    unexplained: int = 0
    """Those that nothing explains."""

    def week(self, day: int) -> int:
        """Of the judged weeks, from 0."""
        return (day - self.first) // 7


def otherwise(
    settings: Settings,
    *,
    without: Collection[str],
    and_with: Collection[str],
    seed: int | None,
    thieves: int,
    nights: int,
    progress: Progress = unheard,
) -> dict[str, Any]:
    """The region as it is set, and the same without some explanations and with others.

    Raises `Usage` for a name that is none or changes nothing, `StoreUnavailable` where there are too few days.
    """
    if thieves < 1 or nights < 1:
        raise Usage("a twin needs at least one thief and one night", advice="Example: tocsin twin --thieves 20.")
    changed = switched(settings, without=without, and_with=and_with)
    region = read(settings)
    days = _days(settings, region)
    span = JUDGED if len(days) >= LONG else JUDGED // 2
    past, coming = days[-span - LEARNED : -span], days[-span:]
    # (1), (2)
    arms = []
    for place, (what, one) in enumerate((("as it is set", settings), ("otherwise", changed))):
        progress(f"learning and judging {what}", place, 4)
        arms.append(_judged(region, one, past, coming))
    # (3)
    chosen = arms[0].scratch.nights(nights)
    used = _number(chosen[0][0]) if seed is None else seed
    tried = _tried(arms, chosen, seed=used, thieves=thieves, progress=progress)
    return {
        "without": sorted(without),
        "with": sorted(and_with),
        "learned": [past[0].isoformat(), past[-1].isoformat()],
        "judged": [coming[0].isoformat(), coming[-1].isoformat()],
        "nights": [day.isoformat() for day, _ in chosen],
        "seed": used,
        "thieves": thieves,
        "as_set": _told(arms[0], tried[0]),
        "otherwise": _told(arms[1], tried[1]),
    }


def switched(settings: Settings, *, without: Collection[str], and_with: Collection[str]) -> Settings:
    """The settings with some explanations switched off and others on. Raises `Usage` where that is no change."""
    counting = wiring.reasons_of(settings)
    known = wiring.reasons_of(settings.with_all())
    for name in (*without, *and_with):
        if name not in known:
            raise Usage(f"unknown explanation '{name}'", advice=f"Known: {', '.join(known)}.")
    for name in without:
        if name not in counting:
            raise Usage(f"'{name}' does not count here as it is", advice=f"Try: tocsin twin --with {name}.")
    for name in and_with:
        if name in counting:
            raise Usage(f"'{name}' counts here already", advice=f"Try: tocsin twin --without {name}.")
    still_off = set(settings.switched_off) - set(and_with)
    return settings.with_all().without(*still_off, *without)


def _days(settings: Settings, region: Scratch) -> list[date]:
    days: list[date] = wiring.parts(settings.state / "derived", upto=region.folded).days("events")
    if len(days) < SHORTEST:
        raise StoreUnavailable(
            f"the trail has {counted(len(days), 'day')}",
            advice=f"It takes {SHORTEST} to learn from some and judge the others.",
        )
    return days


def _judged(region: Scratch, settings: Settings, past: list[date], coming: list[date]) -> Arm:
    parts = wiring.parts(settings.state / "derived", upto=region.folded)
    facts, persons, factory = parts.read("facts"), parts.read("persons"), wiring.factory()

    def day_of(day: int) -> pa.Table:
        return accepted_order(parts.read("events", day=EPOCH + timedelta(days=day)).select(EVENT.names))

    def river_on(calibrations: tuple[Calibration, ...]) -> River:
        return wiring.river(
            settings, calibrations, facts=facts, persons=persons, marks=region.river.marked, contain=False
        )

    learned = learn([_number(day) for day in past], day_of, river_on, factory=factory, kept=lambda *_: None)
    arm = Arm(_number(coming[0]), Scratch(learned.river, learned.calibration.hash, 1, [], set()))
    for day in coming:
        events = day_of(_number(day))
        if not len(events):
            continue
        folded, _ = learned.river.slice(events, day=_number(day), batch=1)
        names = pc.unique(events["account"].cast(pa.string())).drop_null().to_pylist()
        arm.at_work.update((name, arm.week(_number(day))) for name in names)
        arm.alerts += folded.alerts
        for table in folded.events:
            shown = table["explained_by"].filter(table["patient"].is_valid()).cast(pa.string())
            arm.opened += len(shown)
            arm.unexplained += pc.sum(pc.equal(shown, "unexplained")).as_py() or 0
        arm.scratch.days.append((day, events))
        del arm.scratch.days[:-LOOKED_AT]
    lately = _number(arm.scratch.days[0][0]) * MICROSECONDS_A_DAY
    arm.scratch.alerted.update(alert.account for alert in arm.alerts if alert.at >= lately)
    return arm


def _tried(
    arms: Sequence[Arm], chosen: list[tuple[date, pa.Table]], *, seed: int, thieves: int, progress: Progress
) -> list[list[dict[str, Any]]]:
    """The same thieves in each arm; no account is lent that either of them would have asked anyway."""
    beside = []
    for _, night in chosen:
        barred: set[str] = set()
        for arm in arms:
            barred |= arm.scratch.alerted | set(highest_rungs(play(arm.scratch, night, [])))
        beside.append(around([events for _, events in arms[0].scratch.days], night, but=barred))
    tries: list[list[Any]] = [[] for _ in arms]
    for number in range(thieves):
        progress("letting thieves in", 2 * thieves + 2 * number, 4 * thieves)
        which = number % len(chosen)
        thefts = robbed(chosen[which][1], beside[which], arms[0].scratch.next_day, seed=seed, number=number)
        for arm, found in zip(arms, tries, strict=True):
            alerts = play(arm.scratch, chosen[which][1], thefts)
            found += [outcome(one, alerts) for one in thefts]
    if not tries[0]:
        raise StoreUnavailable("nobody was at work whose account could be lent to a thief")
    return [summary(found) for found in tries]


def _told(arm: Arm, behaviours: list[dict[str, Any]]) -> dict[str, Any]:
    weeks: dict[tuple[str, int], int] = {}
    for alert in arm.alerts:
        key = (alert.account, arm.week(alert.at // MICROSECONDS_A_DAY))
        weeks[key] = max(weeks.get(key, 0), 1 + RUNGS.index(alert.rung))
    reached = np.array(list(weeks.values()), int)
    return {
        "calibration": arm.scratch.calibration,
        "account_weeks": len(arm.at_work),
        "unexplained": round(arm.unexplained / max(arm.opened, 1), 6),
        "alarms": {name: int((reached > rung).sum()) for rung, name in enumerate(RUNGS)},
        "behaviours": behaviours,
    }


def _number(day: date) -> int:
    return (day - EPOCH).days
