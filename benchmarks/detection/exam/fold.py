"""A region judged: its past taught, then its judged weeks folded without thieves and with each set of thefts.

Every fold of the judged weeks begins from a copy of what the past left, with containment off, so that what a thief
would have taken is counted to the end.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

import numpy as np
import pyarrow as pa
from benchmarks.detection.exam.baselines import Compared, compared
from benchmarks.detection.exam.plan import Plan
from benchmarks.detection.exam.trail import Written
from benchmarks.detection.exam.watch import Acts, Watched

from tocsin import wiring
from tocsin.config import Settings
from tocsin.detect.calibration import Calibration
from tocsin.door.persons import Persons
from tocsin.main.intake import files_of, unheard
from tocsin.main.learning import learn
from tocsin.main.replay import Days, collect
from tocsin.main.river import River, accepted_order
from tocsin.model.alert import Alert
from tocsin.model.event import ACTIONS, OUTCOMES, codes_of
from tocsin.model.rows import Names, references_of

DAY_US = 86_400_000_000
_ACTS = {"opened": ("read", "write"), "listed": ("list",), "exported": ("export",)}


@dataclass(frozen=True, slots=True)
class Taken:
    """What the rows of some accounts show of patients: one entry a row that names one, in the order of time."""

    account: np.ndarray
    """Names."""
    at: np.ndarray
    """int64 microseconds."""
    patient: np.ndarray
    """References of persons."""
    how: np.ndarray
    """"opened", "listed" or "exported"; "" for rows that show nobody."""

    @classmethod
    def of(cls, events: pa.Table, persons: Persons) -> Taken:
        """Rows (schema EVENT) of a set; records of one person are one patient."""
        action, outcome = codes_of(events["action"], ACTIONS), codes_of(events["outcome"], OUTCOMES)
        how = np.full(len(events), "", "U8")
        named = ~events["patient"].is_null().to_numpy() & (outcome == OUTCOMES.index("success"))
        for what, actions in _ACTS.items():
            how[named & np.isin(action, [ACTIONS.index(word) for word in actions])] = what
        return cls(
            np.array(events["account"].cast(pa.string()).to_pylist(), object),
            events["at"].cast(pa.int64()).to_numpy(),
            np.array([one.tobytes() for one in persons.person_of(references_of(events["patient"]))], object),
            how,
        )


@dataclass(slots=True)
class Pass:
    """The judged weeks folded once."""

    alerts: list[Alert] = field(default_factory=list)
    taken: Taken | None = None
    active: dict[str, set[int]] = field(default_factory=dict)
    """Account -> weeks (from the first judged day) in which it did something."""


@dataclass(slots=True)
class Judged:
    """A region judged."""

    first: int
    """First judged day since 1970."""
    calibration: Calibration
    factory: str
    baselines: Compared
    events: int = 0
    clean: Pass = field(default_factory=Pass)
    sets: list[Pass] = field(default_factory=list)


def judged(plan: Plan, written: Written, scratch: Path, tell: Callable[[str], None]) -> Judged:
    """Judge a region that was written."""
    settings, references = Settings(), wiring.replay_references()
    intake = collect(files_of(written.honest), scratch / "c", settings, references, lambda _: None, unheard)
    days = Days(intake.spool, scratch / "days")
    factory = wiring.factory()
    first = first_judged(plan, written)
    past = [day for day in days.days() if day < first]
    coming = [day for day in days.days() if day >= first]

    def river_on(calibrations: tuple[Calibration, ...]) -> River:
        river = wiring.river(
            settings, calibrations, facts=intake.facts, persons=intake.persons, marks=intake.marks, contain=False
        )
        river.explainer = Watched.of(river.explainer)
        return river

    tell("learns")
    learned = learn(past, days.events, river_on, factory=factory, kept=lambda *_: None)
    names = Names()
    taught = _seen(learned.river, names)
    tell("judges honest weeks")
    clean, honest = folded(learned.river, coming, days.events, names)
    events, sets, acts = days.distinct, [], []
    for number, folder in enumerate(written.sets):
        tell(f"judges set {number + 1} of {len(written.sets)}")
        theirs = collect(files_of(folder), scratch / f"s{number}", settings, references, lambda _: None, unheard)
        loot = Days(theirs.spool, scratch / f"d{number}")
        tables = {day: loot.events(day, keep=False) for day in loot.days()}
        assert min(tables) >= first, "a theft in the past"

        def with_thieves(day: int, tables: dict[int, pa.Table] = tables) -> pa.Table:
            honest = days.events(day)
            if day not in tables:
                return honest
            return accepted_order(pa.concat_tables([honest, tables[day]]).unify_dictionaries())

        one, seen = folded(learned.river, sorted({*coming, *tables}), with_thieves, names)
        one.taken = Taken.of(pa.concat_tables(list(tables.values())).unify_dictionaries(), Persons(intake.persons))
        sets.append(one)
        robbed = {name for theft in written.thefts if theft.of_set == number for name in theft.accounts}
        acts.append(seen.of({names.number(name) for name in robbed}))
    tell("compares")
    beside = compared(
        names, taught, honest, acts,
        teach=(past[0] + 7) * DAY_US, judge=first * DAY_US, budget=settings.rungs()[0].budget,
    )  # fmt: skip
    return Judged(first, learned.calibration, factory.hash, beside, events, clean, sets)


def folded(river: River, days: list[int], day_of: Callable[[int], pa.Table], names: Names) -> tuple[Pass, Acts]:
    """Fold days through a copy of a river that may climb; what came of it, and the acts (numbered by `names`)."""
    river = copy.deepcopy(river)
    done = Pass()
    for day in days:
        events = day_of(day)
        for account in _accounts(events):
            done.active.setdefault(account, set()).add((day - days[0]) // 7)
        one, _ = river.slice(events, day=day, batch=1)
        done.alerts += one.alerts
    return done, _seen(river, names)


def _seen(river: River, names: Names) -> Acts:
    explainer = river.explainer
    assert isinstance(explainer, Watched)
    return explainer.taken().renumbered(explainer.accounts, names)


def _accounts(events: pa.Table) -> Iterator[str]:
    column = events["account"].unify_dictionaries().combine_chunks()
    if len(column):
        column = column.chunk(0) if isinstance(column, pa.ChunkedArray) else column
        used = np.unique(column.indices.drop_null().to_numpy())
        names = column.dictionary.to_pylist()
        yield from (names[place] for place in used.tolist())


def first_judged(plan: Plan, written: Written) -> int:
    """The first UTC day that begins in the judged weeks."""
    start = datetime.fromisoformat(written.start).timestamp()
    return int(-(-start // 86_400)) + plan.first_day
