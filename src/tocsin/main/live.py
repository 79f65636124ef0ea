"""Live batches: small, many, folded as they come, like any batch; what they come to waits in memory.

    fold        rows of a batch -> the river -> alerts at once; the derived tables wait
    begin       a checkpoint: the waiting tables and the state as of the last batch are set aside, folding goes on
    finish      they are written (parts, identities, then the state that counts them), by whichever thread has time

A part of several batches bears the number of the last of them, and so does the saved state: a stop in between leaves
parts with a higher number than the state's, which are dropped before the batches after it are folded again.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any, Final

import pyarrow as pa

from tocsin.detect.evidence import evidence_table
from tocsin.detect.state import Sessions
from tocsin.main.intake import OVERLONG, TRAIL, Piece
from tocsin.main.met import Met
from tocsin.main.parsing import Recipe
from tocsin.main.river import Folded, River, accepted_order
from tocsin.main.spool import by_day
from tocsin.main.tables import alerts_table, rejected_table, sessions_table
from tocsin.model.alert import Alert
from tocsin.model.block import Parsed
from tocsin.model.rejected import Rejected
from tocsin.store.interface import Kind

LIVE: Final = "live"
"""Key of a batch's meta that says: one of many small ones, of the trail's streams only."""
ROWS_HELD: Final = 200_000
"""Rows that may wait for a checkpoint while batches are folded again from the ledger."""
EPOCH: Final = date(1970, 1, 1)

Place = tuple[Kind, date | None]


def is_live(batch: Any) -> bool:
    """Whether a batch of the ledger came in live."""
    return bool(batch.meta.get(LIVE)) and all(piece.stream in (TRAIL, TRAIL + OVERLONG) for piece in batch.pieces)


@dataclass(slots=True)
class Waiting:
    """Derived tables that no part holds yet."""

    first: int = 0
    last: int = 0
    """First and last batch they are of; 0 if there is nothing."""
    rows: int = 0
    tables: dict[Place, list[pa.Table]] = field(default_factory=dict)
    identities: list[pa.Table] = field(default_factory=list)

    def add(self, kind: Kind, table: pa.Table, *, day: date | None) -> None:
        """Keep a table for the next part of its kind and day."""
        if len(table):
            self.tables.setdefault((kind, day), []).append(table)
            self.rows += len(table)

    def write(self, parts: Any, admit: Callable[[pa.Table, int], object]) -> None:
        """Write the parts. Nothing counts before the state is saved; to be written again, `parts.drop` comes first."""
        for (kind, day), tables in self.tables.items():
            parts.write(kind, pa.concat_tables(tables).unify_dictionaries(), day=day, batch=self.last)
        if self.identities:
            admit(pa.concat_tables(self.identities), self.last)

    def before(self, other: Waiting) -> Waiting:
        """These and what came after them."""
        for place, tables in other.tables.items():
            self.tables.setdefault(place, []).extend(tables)
        self.identities.extend(other.identities)
        self.rows += other.rows
        self.last = max(self.last, other.last)
        return self


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """What is to be written: tables, and the state that counts them."""

    waiting: Waiting
    state: bytes


@dataclass(slots=True)
class Live:
    """Folds live batches into a river."""

    river: River
    parts: Any
    admit: Callable[[pa.Table, int], object]
    """Hands identities to the door."""
    pack: Callable[[int], bytes]
    """The state after a batch, as it is saved."""
    save: Callable[[int, bytes], None]
    """Saves a packed state, which says how far everything is folded."""
    waiting: Waiting = field(default_factory=Waiting)
    met: Met = field(init=False)

    def __post_init__(self) -> None:
        self.met = Met(lambda day: self.parts.ids(EPOCH + timedelta(days=day)))

    def fold(self, number: int, parsed: list[Parsed], refused: list[tuple[str, Rejected]] | None = None) -> list[Alert]:
        """Fold a batch; `refused`: lines that no parser saw. Returns its alerts."""
        waiting = self.waiting
        waiting.first, waiting.last = waiting.first or number, number
        refused = [*(refused or ()), *((TRAIL, rejected) for one in parsed for rejected in one.rejected)]
        if refused:
            waiting.add("rejected", rejected_table(refused, number), day=None)
        waiting.identities.extend(one.identities for one in parsed if len(one.identities))
        alerts: list[Alert] = []
        for day, events in by_day([one.events for one in parsed if len(one.events)]):
            events = self.met.new(day, accepted_order(events))
            if len(events):
                folded, ended = self.river.slice(events, day=day, batch=number)
                self._keep(day, folded, ended)
                alerts.extend(folded.alerts)
        return alerts

    def begin(self) -> Checkpoint | None:
        """Set aside what waits, with the state as it is now; None if nothing waits. Then `finish` it."""
        if not self.waiting.last:
            return None
        checkpoint = Checkpoint(self.waiting, self.pack(self.waiting.last))
        self.waiting = Waiting()
        return checkpoint

    def finish(self, checkpoint: Checkpoint) -> None:
        """Write a checkpoint. If it fails, `put_back` it."""
        checkpoint.waiting.write(self.parts, self.admit)
        self.save(checkpoint.waiting.last, checkpoint.state)

    def put_back(self, checkpoint: Checkpoint, *, saved: int) -> None:
        """What could not be written waits again; parts of it that were written are dropped (`saved`: what counts)."""
        self.parts.drop(after=saved)
        self.waiting = checkpoint.waiting.before(self.waiting)

    def checkpoint(self, *, saved: int) -> None:
        """All at once. What cannot be written waits on."""
        begun = self.begin()
        if begun is None:
            return
        try:
            self.finish(begun)
        except BaseException:
            self.put_back(begun, saved=saved)
            raise
        self.settle()

    def settle(self) -> None:
        """A checkpoint is finished: ids of old days, which the parts now hold, need not stay in memory."""
        waits = {(day - EPOCH).days for kind, day in self.waiting.tables if kind == "events" and day}
        self.met.forget(but=waits)

    def _keep(self, day: int, folded: Folded, ended: Sessions) -> None:
        when = EPOCH + timedelta(days=day)
        accounts = self.river.explainer.accounts
        self.waiting.add("events", pa.concat_tables(folded.events), day=when)
        if folded.evidence:
            self.waiting.add("evidence", evidence_table(folded.evidence, accounts), day=when)
        if len(ended):
            self.waiting.add("sessions", sessions_table(ended, accounts.names), day=when)
        if folded.alerts:
            self.waiting.add("alerts", alerts_table(folded.alerts), day=when)


def parse_live(pieces: list[Piece], recipe: Recipe) -> tuple[list[Parsed], list[tuple[str, Rejected]]]:
    """The trail's lines of a live batch, parsed; and the overlong ones, of which the ledger keeps the beginning."""
    parsed, refused = [], []
    for piece in pieces:
        if piece.stream.endswith(OVERLONG):
            length = int(piece.block.data.partition(b" ")[0])
            place = piece.block
            refused.append((TRAIL, Rejected("too-long", place.segment, place.offset, min(length, 2**31 - 1))))
        else:
            parsed.append(recipe.parse(piece.block))
    return parsed, refused
