"""The river in calls: rows of a slice -> explain -> judge -> remembered; the same for an import, a replay, a rebuild.

turn(day)   the day before is closed, unless it goes on: slices are days, however many batches a day comes in
    close(day)  alerts of the day are told to explain, which sees them from the next slice on
    open(day)   what happened before the day settles; sessions that ended are handed out; a new week reads homes anew
fold(rows)  explained, judged, remembered, in batches of any size
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import numpy as np
import pyarrow as pa

from tocsin.detect.decided import CLEARING, decide
from tocsin.detect.evidence import Evidence
from tocsin.detect.homes import Homes
from tocsin.detect.judge import Judge
from tocsin.detect.state import Sessions
from tocsin.explain.countries import NOWHERE, Countries
from tocsin.explain.explainer import Explainer
from tocsin.model.alert import Alert
from tocsin.model.decision import SOMEBODY_ELSE, Decision
from tocsin.model.event import STORED_EVENT, words
from tocsin.model.rows import MICROSECONDS_A_DAY, keys_of_references, rows_of

BATCH_ROWS = 131_072
"""Rows judged at once. Results do not depend on it."""

Persons = Callable[[np.ndarray], np.ndarray]


@dataclass(slots=True)
class Folded:
    """What a slice came to."""

    events: list[pa.Table] = field(default_factory=list)
    """Schema STORED_EVENT, accepted order, without the rows that were held."""
    alerts: list[Alert] = field(default_factory=list)
    evidence: list[Evidence] = field(default_factory=list)
    held: int = 0
    """Events that containment kept from happening."""


@dataclass(slots=True)
class River:
    """The folds and what they share."""

    explainer: Explainer
    judge: Judge
    homes: Homes = field(default_factory=Homes)
    person_of: Persons = lambda references: references
    """Joins references to persons; see `join`."""
    marked: np.ndarray = field(default_factory=lambda: np.zeros(0, "V17"))
    """References of honey patients; see `mark`."""
    countries: Countries = NOWHERE
    """In which country a network lies."""
    opened: int | None = None
    """The day whose slice is open; see `turn`."""

    def join(self, person_of: Persons) -> None:
        """Read records as these persons from now on: in events, facts and marks alike."""
        self.person_of = self.explainer.person_of = person_of
        self.mark(self.marked[:0])

    def mark(self, references: np.ndarray) -> None:
        """More honey patients (V17 references)."""
        self.marked = np.unique(np.concatenate([self.marked, references])) if len(references) else self.marked
        keys = keys_of_references(self.person_of(self.marked)) if len(self.marked) else np.zeros(0, np.uint64)
        self.judge.marks = np.sort(keys)

    def learn(self, facts: pa.Table) -> None:
        """Take in directory facts (schema FACT); accounts that no directory knew are looked up again."""
        self.explainer.learn(facts)
        self.explainer.look_up_again()
        self._know()

    def decide(self, decision: Decision) -> list[Alert]:
        """Take up what a person decided; the alert it leads to, if it does."""
        number = self.explainer.accounts.numbers.get(decision.account)
        today = decision.at // MICROSECONDS_A_DAY
        if number is not None and decision.what in SOMEBODY_ELSE:
            for day in {*decision.days, today}:
                self.explainer.stand(number, day)
        if number is not None and decision.what in CLEARING:
            self.explainer.clear(number, today - 1)
        return decide(self.judge, decision)

    def slice(self, events: pa.Table, *, day: int, batch: int) -> tuple[Folded, Sessions]:
        """Fold events of one day (schema EVENT, accepted order). Returns what came, and sessions that ended."""
        finished = self.turn(day)
        self.meet(events)
        folded = Folded()
        for part in batches(events):
            self.fold(part, batch=batch, into=folded)
        return folded, finished

    def turn(self, day: int) -> Sessions:
        """Go on to rows of this day: its slice is opened and the one before closed, unless it is open already.

        A live stream brings a day in thousands of batches: they are one slice, as they are in an import of the day.
        """
        if self.opened == day:
            return Sessions.none()
        if self.opened is not None:
            self.close(self.opened)
        self.opened = day
        return self.open(day)

    def open(self, day: int) -> Sessions:
        """Before the rows of a day; the day before is weighed by the roles of its accounts."""
        explainer, judge = self.explainer, self.judge
        if len(judge.roles) < len(explainer.accounts.names):  # resumed a moment ago
            self._know()
        week_begins = self.homes.open_slice(
            day, week_from=judge.week_from, alerted=explainer.alerted, services=explainer.services
        )
        explainer.open_slice(day)
        finished = judge.open_slice(day)
        if week_begins:
            self._know()
        return finished

    def fold(self, events: pa.Table, *, batch: int, into: Folded) -> None:
        """Explain, judge and remember a batch of rows of the open day; its accounts were met with the slice."""
        rows = rows_of(
            events,
            accounts=self.explainer.accounts,
            services=self.explainer.services,
            person_of=self.person_of,
            country_of=self.countries.numbers if self.countries else None,
        )
        explained = self.explainer.explain(rows)
        judged = self.judge.judge(rows, explained)
        self.explainer.remember(rows, explained)
        self.homes.count(rows)
        happened = ~judged.held
        table = (
            events.append_column(STORED_EVENT.field("batch"), pa.array(np.full(len(rows), batch, np.int32)))
            .append_column(STORED_EVENT.field("explained_by"), words(explained.reason, self.explainer.vocabulary()))
            .append_column(STORED_EVENT.field("session"), pa.array(judged.session))
        )
        if judged.held.any():
            into.held += _distinct(rows.event_hi[judged.held], rows.event_lo[judged.held])
            table = table.filter(pa.array(happened))
        into.events.append(table)
        into.alerts.extend(judged.alerts)
        into.evidence.extend(judged.evidence)

    def close(self, day: int) -> None:
        """After the rows of a day."""
        for account, stood in self.judge.standing_days(day):
            self.explainer.stand(account, stood)

    def meet(self, events: pa.Table) -> None:
        """Tell explain and judge about the accounts of a slice, and whose they are if the trail says so."""
        explainer = self.explainer
        told = _professionals(events)
        fresh = [name for name in told if name not in explainer.accounts.numbers]
        for name in sorted(fresh):
            explainer.accounts.number(name)
        known = len(explainer.actors)
        news = len(self.judge.roles) < len(explainer.accounts.names)
        for name, professional in told.items():
            number = explainer.accounts.numbers[name]
            if number >= known or (professional and explainer.actors[number] is None):
                explainer.identify(number, professional)
                news = True
        if news:
            self._know()

    def _know(self) -> None:
        explainer = self.explainer
        while len(explainer.actors) < len(explainer.accounts.names):
            explainer.identify(len(explainer.actors), None)
        known = len(explainer.actors)
        roles = [explainer.role(number) for number in range(known)]
        self.judge.know(roles, self.homes.names(explainer.services, known))


def _professionals(events: pa.Table) -> dict[str, str | None]:
    """Each account of some rows -> the professional the trail names with it (of several the first in the alphabet)."""
    columns = [events[name].unify_dictionaries().combine_chunks() for name in ("account", "professional")]
    if not len(events):
        return {}
    columns = [column.chunk(0) if isinstance(column, pa.ChunkedArray) else column for column in columns]
    account, professional = (column.indices.fill_null(-1).to_numpy().astype(np.int64) for column in columns)
    names, others = (column.dictionary.to_pylist() for column in columns)
    width = len(others) + 1
    told: dict[str, str | None] = {}
    for pair in np.unique(account[account >= 0] * width + professional[account >= 0] + 1).tolist():
        name, place = names[pair // width], pair % width
        one = others[place - 1] if place else None
        before = told.get(name)
        told[name] = min(one, before) if one and before else one or before
    return told


def batches(events: pa.Table, rows: int | None = None) -> Iterator[pa.Table]:
    """A table in parts of at most so many rows."""
    size = rows or BATCH_ROWS
    for start in range(0, len(events), size):
        yield events.slice(start, size)


def accepted_order(events: pa.Table) -> pa.Table:
    """Events (schema EVENT) of one slice, sorted by (event_id, row), the same event only once."""
    if not len(events):
        return events
    events = events.combine_chunks()
    ids = events["event_id"].chunk(0)
    halves = np.frombuffer(ids.buffers()[1], ">u8", count=2 * len(ids), offset=16 * ids.offset).reshape(-1, 2)
    hi, lo, row = halves[:, 0].astype(np.uint64), halves[:, 1].astype(np.uint64), events["row"].to_numpy()
    order = np.argsort(hi, kind="stable")
    tied = hi[order][1:] == hi[order][:-1]
    if tied.any():  # same microsecond and same first byte of the hash, or the same event again: settled by the rest
        places = np.flatnonzero(np.r_[False, tied] | np.r_[tied, False])
        some = order[places]
        order[places] = some[np.lexsort((row[some], lo[some], hi[some]))]
        again = (
            (hi[order][1:] == hi[order][:-1]) & (lo[order][1:] == lo[order][:-1]) & (row[order][1:] == row[order][:-1])
        )
        order = order[np.r_[True, ~again]]
    return events.take(pa.array(order))


def _distinct(hi: np.ndarray, lo: np.ndarray) -> int:
    return len(np.unique(np.stack([hi, lo], axis=1), axis=0))
