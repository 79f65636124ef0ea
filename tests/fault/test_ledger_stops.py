"""The ledger stopped between every two steps that change the disk, by a kill and by a power cut."""

from __future__ import annotations

import contextlib
from datetime import timedelta
from pathlib import Path

import pytest

from tocsin.ledger import Ledger
from unit.ledger.disks import PowerCutDisk, QuickDisk, Stopped, StoppingDisk
from unit.ledger.expected import SMALL, T0, Expected, assert_holds, assert_tidy, commit, reopened


def _batch(name: str, lines: int) -> Expected:
    return Expected("s", (("AuditEvent", (f"{name} opens a record\n".encode() * lines)), ("Encounter", b"stay\n")))


FIRST, WIDE, TAKEN_BACK, LATE = _batch("one", 3), _batch("two", 60), _batch("no", 40), _batch("three", 5)
"""WIDE fills several segments, the first of which holds bytes of FIRST; LATE comes when the open one is old."""


class Work:
    """A short life of a ledger, and what was acknowledged in it."""

    def __init__(self, path: Path, disk: StoppingDisk) -> None:
        self.path, self.disk = path, disk
        self.acknowledged: list[Expected] = []
        self.ledger: Ledger | None = None

    def live(self) -> None:
        self._open(T0)
        self._commit(FIRST, T0)
        self._commit_in_appends(WIDE)
        self._take_back()
        self._reopen()
        self._commit(LATE, T0 + timedelta(minutes=11))
        assert self.ledger is not None
        self.ledger.close()

    def die(self) -> None:
        """What the system does for a dead process: let go of its files."""
        if self.ledger:
            with contextlib.suppress(Stopped):
                self.ledger.close()

    def _open(self, now) -> None:
        self.ledger = Ledger.open(self.path, now=now, background=False, disk=self.disk, **SMALL)

    def _reopen(self) -> None:
        assert self.ledger is not None
        self.ledger.close()
        self._open(T0)

    def _commit(self, batch: Expected, now) -> None:
        assert self.ledger is not None
        commit(self.ledger, batch, now=now)
        self.acknowledged.append(batch)

    def _commit_in_appends(self, batch: Expected) -> None:
        lines = tuple((stream, line + b"\n") for stream, data in batch.appends for line in data.split(b"\n")[:-1])
        self._commit(Expected("s", lines), T0)

    def _take_back(self) -> None:
        assert self.ledger is not None
        with self.ledger.batch(source="s", now=T0) as writer:
            for line in TAKEN_BACK.data.splitlines(keepends=True):
                writer.append("AuditEvent", line)


def _steps() -> int:
    import tempfile

    disk = StoppingDisk(1_000_000)
    with tempfile.TemporaryDirectory() as folder:
        Work(Path(folder) / "ledger", disk).live()
    return disk.steps


STEPS = _steps()


def test_the_work_has_enough_steps_to_stop_between() -> None:
    assert STEPS > 150


@pytest.mark.parametrize("disk_kind", [StoppingDisk, PowerCutDisk])
def test_nothing_acknowledged_is_lost_wherever_it_stops(tmp_path: Path, disk_kind: type[StoppingDisk]) -> None:
    for stop_at in range(1, STEPS + 1):
        path = tmp_path / str(stop_at) / "ledger"
        path.parent.mkdir()
        disk = disk_kind(stop_at)
        work = Work(path, disk)
        with pytest.raises(Stopped):
            work.live()
        work.die()
        if isinstance(disk, PowerCutDisk):
            disk.cut_power(path.parent)
        _check_recovery(path, work.acknowledged)


def _check_recovery(path: Path, acknowledged: list[Expected]) -> None:
    ledger = reopened(path, disk=QuickDisk())
    expected = list(acknowledged)
    if ledger.last_batch == len(expected) + 1:  # committed, and stopped before it could say so
        number = ledger.last_batch
        expected.append(_wide_or_late(number))
    assert_holds(ledger, expected)
    assert_tidy(ledger)
    assert not ledger.recovered.damage
    ledger.close()
    before = _files(path)
    ledger = reopened(path, disk=QuickDisk())
    assert _files(path) == before, "recovering twice changes nothing more"
    commit(ledger, FIRST)
    assert_holds(ledger, [*expected, FIRST])
    assert_tidy(ledger)
    ledger.close()


def _wide_or_late(number: int) -> Expected:
    return [FIRST, WIDE, LATE][number - 1]


def _files(path: Path) -> dict[str, bytes]:
    return {str(file.relative_to(path)): file.read_bytes() for file in path.rglob("*") if file.is_file()}
