"""The twin: thieves let into a copy of the region's own last night, and what was lost before each rung.

(1) the state of the folds as it was saved, and the days before it, read; nothing of them is written
(2) the night is played once more, a day after the last one, without thieves: who is asked for nothing
(3) again with thieves on accounts that were at work, one of each behaviour at a time, each time from the same state
(4) the report is kept beside the earlier ones, in a folder of its own
"""

from __future__ import annotations

import copy
import json
import os
import shutil
import tempfile
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from tocsin import wiring
from tocsin.config import Settings
from tocsin.detect.calibration import Calibration
from tocsin.detect.ladder import Ladder
from tocsin.door.persons import Persons
from tocsin.errors import StoreUnavailable, Usage
from tocsin.exam.thieves import BEHAVIOURS, Theft, moved, theft
from tocsin.exam.twin import Around, Try, around, outcome, summary
from tocsin.main import countries_kept
from tocsin.main.intake import Progress, unheard
from tocsin.main.learning import put_in_force
from tocsin.main.present import present
from tocsin.main.river import River, accepted_order
from tocsin.main.saved import load, state_path
from tocsin.main.settings_told import settings_in
from tocsin.main.tables import alerts_of
from tocsin.model.alert import RUNGS, Alert
from tocsin.model.event import EVENT
from tocsin.model.rows import MICROSECONDS_A_DAY

EPOCH: Final = date(1970, 1, 1)
LOOKED_AT: Final = 7
"""Days before the end of the trail from which accounts, patients and nights are taken."""
FULL: Final = 1 / 2
"""A night is a whole one if it has this share of the rows of the busiest day looked at: Sundays and stumps are not."""
_NEEDED: Final = "Import some days of a trail first: tocsin import PATH."


@dataclass(frozen=True, slots=True)
class Scratch:
    """A copy of the region in memory: its folds as they stand, and the days that the twin plays with."""

    river: River
    calibration: str
    """Hash of the calibration in force."""
    folded: int
    """Number of the last batch in it."""
    days: list[tuple[date, pa.Table]]
    """Schema EVENT, accepted order; oldest first."""
    alerted: set[str]
    """Accounts on which an alert was raised on one of these days."""

    @property
    def next_day(self) -> int:
        """The day (since 1970) on which a night is played again: the first that the state has not seen."""
        last = (self.days[-1][0] - EPOCH).days
        return max(last, last if self.river.opened is None else self.river.opened) + 1

    def nights(self, count: int) -> list[tuple[date, pa.Table]]:
        """The last whole nights, the latest first."""
        busiest = max(len(events) for _, events in self.days)
        whole = [one for one in reversed(self.days) if len(one[1]) >= FULL * busiest]
        return whole[:count]


def twin(
    settings: Settings,
    *,
    seed: int | None,
    thieves: int,
    nights: int,
    now: datetime,
    progress: Progress = unheard,
) -> dict[str, Any]:
    """Try so many thieves of each behaviour; the report, the one before it under `last`. Without a seed: the day's.

    Raises `StoreUnavailable` if there is nothing to play with, `Usage` for numbers that make no sense.
    """
    if thieves < 1 or nights < 1:
        raise Usage("a twin needs at least one thief and one night", advice="Example: tocsin twin --thieves 20.")
    # (1)
    progress("reading the region", 0, 1)
    scratch = read(settings)
    chosen = scratch.nights(nights)
    used = (chosen[0][0] - EPOCH).days if seed is None else seed
    total = len(chosen) + thieves
    # (2)
    honest: dict[str, int] = dict.fromkeys(RUNGS, 0)
    at_work, beside = 0, []
    for number, (_, night) in enumerate(chosen):
        progress("playing the night without thieves", number, total)
        highest = highest_rungs(play(scratch, night, []))
        for rung, name in enumerate(RUNGS):
            honest[name] += sum(reached >= rung for reached in highest.values())
        at_work += len(pc.unique(night["account"].cast(pa.string())).drop_null())
        barred = scratch.alerted | set(highest)
        beside.append(around([events for _, events in scratch.days], night, but=barred))
    # (3)
    tries: list[Try] = []
    for number in range(thieves):
        progress("letting thieves in", len(chosen) + number, total)
        which = number % len(chosen)
        thefts = robbed(chosen[which][1], beside[which], scratch.next_day, seed=used, number=number)
        alerts = play(scratch, chosen[which][1], thefts)
        tries += [outcome(one, alerts) for one in thefts]
    if not tries:
        raise StoreUnavailable("nobody was at work whose account could be lent to a thief", advice=_NEEDED)
    # (4)
    report = {
        "nights": [day.isoformat() for day, _ in chosen],
        "seed": used,
        "thieves": thieves,
        "folded": scratch.folded,
        "calibration": scratch.calibration,
        "honest": {"accounts": at_work, **honest},
        "behaviours": summary(tries),
    }
    return {**report, "last": _kept(settings, report, now)}


def read(settings: Settings) -> Scratch:
    """The region as its last saved state has it, read only. Raises `StoreUnavailable` if there is none that fits."""
    present(settings)
    river = wiring.river(Settings(), (wiring.factory(),), contain=False)
    with tempfile.TemporaryDirectory(prefix="tocsin-twin-") as folder:
        copied = Path(folder) / "judge"
        try:
            shutil.copyfile(state_path(settings), copied)  # a server may write the next one at any moment
        except OSError:
            raise StoreUnavailable("there is no saved state of the judge here", advice=_NEEDED) from None
        resumed = load(copied, river)
    if resumed is None:
        raise StoreUnavailable("the judge's state is of another version", advice="Run: tocsin rebuild.")
    parts = wiring.parts(settings.state / "derived", upto=resumed.folded)
    calibrations: tuple[Calibration, ...] = (wiring.factory(),)
    if resumed.told["calibration"]:
        calibrations = (Calibration.from_text(resumed.told["calibration"]), *calibrations)
    if resumed.told["ladder"]:
        told = settings_in(resumed.told["ladder"])
        river.judge.ladder = Ladder(told.rungs(), river.judge.ladder.calibrations)
        river.explainer.count_only(wiring.reasons_of(told))
    put_in_force(river.judge, calibrations)
    river.countries = countries_kept.kept(settings, resumed.told["countries"]) or river.countries
    river.learn(parts.read("facts"))
    river.join(Persons(parts.read("persons")).person_of)
    told_of = parts.days("events")[-LOOKED_AT:]
    days = [(day, accepted_order(parts.read("events", day=day).select(EVENT.names))) for day in told_of]
    days = [(day, events) for day, events in days if len(events)]
    if not days:
        raise StoreUnavailable("there are no events here", advice=_NEEDED)
    raised = [alert for day in parts.days("alerts") if day >= told_of[0] for alert in alerts_of(_alerts(parts, day))]
    return Scratch(river, calibrations[0].hash, resumed.folded, days, {alert.account for alert in raised})


def _alerts(parts: Any, day: date) -> pa.Table:
    table: pa.Table = parts.read("alerts", day=day)
    return table


def play(scratch: Scratch, night: pa.Table, thefts: list[Theft]) -> list[Alert]:
    """Fold a night with thieves in it through a copy of the region's folds, on the day after the last."""
    river = copy.deepcopy(scratch.river)
    later = moved(night, scratch.next_day - _day_of(night))
    events = accepted_order(pa.concat_tables([later, *(one.rows for one in thefts)]).unify_dictionaries())
    folded, _ = river.slice(events, day=scratch.next_day, batch=scratch.folded + 1)
    return folded.alerts


def highest_rungs(alerts: list[Alert]) -> dict[str, int]:
    """Account -> position in RUNGS of the highest it reached."""
    highest: dict[str, int] = {}
    for alert in alerts:
        highest[alert.account] = max(highest.get(alert.account, 0), RUNGS.index(alert.rung))
    return highest


def robbed(night: pa.Table, beside: Around, day: int, *, seed: int, number: int) -> list[Theft]:
    """One thief of each behaviour, each on an account of its own, with the night moved to `day`."""
    rng = np.random.default_rng([seed, number])
    order = rng.permutation(len(beside.accounts)).tolist()
    names = night["account"].cast(pa.string())
    by = day - _day_of(night)
    thefts = []
    for place, behaviour in zip(order, BEHAVIOURS, strict=False):
        account = beside.accounts[place]
        loot = beside.loot(account, behaviour.patients, own_unit=behaviour.own_unit, rng=rng)
        if len(loot):
            own = moved(night.filter(pc.equal(names, account)), by)
            token = f"{seed}/{number}/{behaviour.name}".encode()
            thefts.append(theft(behaviour, own, loot, day=day, token=token, rng=rng))
    return thefts


def _day_of(night: pa.Table) -> int:
    return int(night["at"].cast(pa.int64())[0].as_py()) // MICROSECONDS_A_DAY


def _kept(settings: Settings, report: dict[str, Any], now: datetime) -> dict[str, Any] | None:
    """Keep a report; the last one before it that was another."""
    folder = settings.state / "twin"
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    name = (
        f"{report['nights'][0]}-seed-{report['seed']}-thieves-{report['thieves']}-nights-{len(report['nights'])}.json"
    )
    earlier = [(path.stat().st_mtime_ns, path) for path in folder.glob("*.json") if path.name != name]
    scratch = folder / (name + ".tmp")
    scratch.write_text(json.dumps({"made_at": now.isoformat(), **report}, indent=1) + "\n", "utf-8")
    os.chmod(scratch, 0o600)
    scratch.replace(folder / name)
    if not earlier:
        return None
    last: dict[str, Any] = json.loads(max(earlier)[1].read_text("utf-8"))
    return last
