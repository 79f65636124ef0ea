"""A full disk: said clearly, nothing half-written, usable as soon as there is room."""

from __future__ import annotations

import errno
import os
import subprocess
import tempfile
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from tocsin.errors import DiskFull, StoreUnavailable, TocsinError
from tocsin.ledger import Ledger
from unit.ledger.disks import FullDisk, QuickDisk
from unit.ledger.expected import SMALL, T0, Expected, assert_holds, assert_tidy, commit, reopened

LINES = tuple(("AuditEvent", b"%39d\n" % number) for number in range(30))
BATCHES = [Expected("s", LINES[:3]), Expected("s", LINES), Expected("s", LINES[5:9])]
LATER = T0 + timedelta(minutes=11)


def _live(path: Path, disk: FullDisk) -> tuple[list[Expected], list[TocsinError]]:
    """Send each batch until it is accepted, to one ledger; gives what was said meanwhile."""
    said: list[TocsinError] = []
    accepted: list[Expected] = []
    ledger: Ledger | None = None
    for batch in BATCHES:
        for _attempt in range(40):
            try:
                ledger = ledger or reopened(path, disk=disk)
                commit(ledger, batch, now=LATER if len(accepted) == 2 else T0)
            except TocsinError as error:
                said.append(error)
                assert ledger is None or ledger.last_batch == len(accepted)
            else:
                accepted.append(batch)
                break
    assert ledger is not None
    try:
        ledger.close()
    except TocsinError as error:
        said.append(error)
    return accepted, said


def _steps() -> int:
    disk = FullDisk(1_000_000)
    with tempfile.TemporaryDirectory() as folder:
        _live(Path(folder) / "ledger", disk)
    return disk.steps


STEPS = _steps()


@pytest.mark.parametrize("times", [1, 2, 7])
def test_wherever_it_fills_up_nothing_is_lost_or_half_written(tmp_path: Path, times: int) -> None:
    for full_at in range(1, STEPS + 1):
        path = tmp_path / str(full_at)
        disk = FullDisk(full_at, times=times)
        accepted, said = _live(path, disk)
        assert accepted == BATCHES
        assert all(isinstance(error, DiskFull) for error in said)
        with reopened(path, disk=QuickDisk()) as ledger:
            assert_holds(ledger, BATCHES)
            assert_tidy(ledger)
            assert not ledger.recovered.damage


def test_it_is_said_what_is_safe_and_what_to_do(tmp_path: Path) -> None:
    for code in (errno.ENOSPC, errno.EDQUOT):
        with pytest.raises(DiskFull) as caught:
            Ledger.open(tmp_path / "ledger", now=T0, disk=FullDisk(1, times=99, code=code))
        assert "disk of the ledger is full" in str(caught.value)
        assert "Make room" in caught.value.advice
        assert str(tmp_path) not in str(caught.value)


def test_another_trouble_of_the_disk_is_not_called_full(tmp_path: Path) -> None:
    with pytest.raises(StoreUnavailable, match="Input/output error"):
        Ledger.open(tmp_path / "ledger", now=T0, disk=FullDisk(1, times=99, code=errno.EIO))


def test_a_compression_that_finds_no_room_is_told_once_and_tried_again(tmp_path: Path) -> None:
    path = tmp_path / "ledger"
    disk = FullDisk(1_000_000)
    ledger = reopened(path, disk=disk, segment_bytes=1 << 20)
    commit(ledger, BATCHES[0])
    disk.full_at, disk.times = disk.steps + 5, 1  # the manifest's line is written; the compressed file cannot be
    assert ledger.close_segment_if_old(now=LATER)
    assert ledger.segments[0].packed is None
    with pytest.raises(DiskFull):
        ledger.batch(source="s", now=LATER)
    assert ledger.segments[0].packed is not None
    commit(ledger, BATCHES[2], now=LATER)
    assert_holds(ledger, [BATCHES[0], BATCHES[2]])
    ledger.close()


@pytest.fixture
def tiny(tmp_path: Path) -> Iterator[Path]:
    """A real file system of one mebibyte."""
    mount = ["mount", "-t", "tmpfs", "-o", "size=1m,mode=0700", "tocsin-test", str(tmp_path)]
    try:
        made = subprocess.run(mount, capture_output=True, text=True, check=False)
    except FileNotFoundError:
        pytest.skip("no mount command here; the same is tested above with injected errors")
    if made.returncode:
        pytest.skip("a small file system cannot be mounted here (needs root); tested above with injected errors")
    yield tmp_path
    subprocess.run(["umount", str(tmp_path)], check=True)


def test_a_real_file_system_that_is_full(tiny: Path) -> None:
    path = tiny / "ledger"
    accepted: list[Expected] = []
    ballast = tiny / "ballast"
    ballast.write_bytes(bytes(300_000))
    ledger = Ledger.open(path, now=T0, segment_bytes=100_000, frame_bytes=10_000)
    with pytest.raises(DiskFull):
        _fill(ledger, accepted)
    assert len(accepted) > 5
    assert_holds(ledger, accepted)
    ballast.unlink()
    for _ in range(10):  # what the compressing thread met is told first
        try:
            commit(ledger, BATCHES[0])
            break
        except DiskFull:
            continue
    assert_holds(ledger, [*accepted, BATCHES[0]])
    ledger.settle()
    ledger.close()
    with reopened(path, **SMALL) as ledger:
        assert_holds(ledger, [*accepted, BATCHES[0]])
        assert_tidy(ledger)


def _fill(ledger: Ledger, accepted: list[Expected]) -> None:
    while True:
        batch = Expected("s", (("A", os.urandom(20_000).hex().encode() + b"\n"), ("B", b"%d\n" % len(accepted))))
        commit(ledger, batch)
        accepted.append(batch)
