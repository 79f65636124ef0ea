"""Whatever is done to a ledger, it holds what a list of batches would hold."""

from __future__ import annotations

import shutil
import tempfile
from datetime import timedelta
from pathlib import Path

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from tocsin.ledger import Ledger
from unit.ledger.disks import QuickDisk
from unit.ledger.expected import T0, Expected, assert_holds, assert_tidy, commit, reopened

LINES = st.lists(st.binary(max_size=90).map(lambda line: line.replace(b"\n", b"") + b"\n"), max_size=6).map(b"".join)
APPENDS = st.lists(st.tuples(st.sampled_from(["AuditEvent", "Encounter", "nginx:portal"]), LINES), max_size=6)
BATCHES = st.builds(Expected, st.sampled_from(["therap-e", "portal"]), APPENDS.map(tuple))


class LedgerAgainstList(RuleBasedStateMachine):
    @initialize(background=st.booleans())
    def begin(self, background: bool) -> None:
        self.path = Path(tempfile.mkdtemp()) / "ledger"
        self.background = background
        self.now = T0
        self.accepted: list[Expected] = []
        self.ledger = self._open()

    def _open(self) -> Ledger:
        return reopened(self.path, background=self.background, disk=QuickDisk())

    @rule(batch=BATCHES)
    def commit(self, batch: Expected) -> None:
        assert commit(self.ledger, batch, now=self.now) == len(self.accepted) + 1
        self.accepted.append(batch)

    @rule(batch=BATCHES)
    def take_back(self, batch: Expected) -> None:
        with self.ledger.batch(source=batch.source, now=self.now) as writer:
            for stream, data in batch.appends:
                writer.append(stream, data)

    @rule(minutes=st.integers(-3, 12))
    def wait(self, minutes: int) -> None:
        self.now += timedelta(minutes=minutes)
        self.ledger.close_segment_if_old(now=self.now)

    @rule()
    def reopen(self) -> None:
        self.ledger.close()
        self.ledger = self._open()
        assert self.ledger.recovered.uncommitted_bytes == self.ledger.recovered.leftovers == 0

    @precondition(lambda self: self.ledger.segments)
    @rule(data=st.data())
    def read_anywhere(self, data: st.DataObject) -> None:
        batch = data.draw(st.sampled_from([b for b in self.ledger.batches() if b.pieces] or [None]))
        if batch is None:
            return
        piece = data.draw(st.sampled_from(batch.pieces))
        start = data.draw(st.integers(0, piece.length))
        length = data.draw(st.integers(0, piece.length - start))
        before = sum(p.length for p in batch.pieces[: batch.pieces.index(piece)])
        expected = self.accepted[batch.number - 1].data[before + start : before + start + length]
        assert self.ledger.read(piece.segment, piece.offset + start, length) == expected

    @invariant()
    def holds_the_list(self) -> None:
        self.ledger.settle()
        assert_holds(self.ledger, self.accepted)
        assert_holds(Ledger.read_only(self.path), self.accepted)
        assert_tidy(self.ledger)

    def teardown(self) -> None:
        if hasattr(self, "ledger"):
            self.ledger.close()
            shutil.rmtree(self.path.parent)


TestLedgerAgainstList = LedgerAgainstList.TestCase
TestLedgerAgainstList.settings = settings(
    max_examples=120,
    stateful_step_count=15,
    deadline=None,
    derandomize=True,
    suppress_health_check=list(HealthCheck),
)
