"""What a batch fills before it is committed goes to the disk compressed, and in plain only where it must."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tocsin.errors import LedgerDamaged
from tocsin.ledger import Ledger, packing
from unit.ledger.disks import QuickDisk
from unit.ledger.expected import T0, Expected, assert_holds, assert_tidy, commit, reopened

WIDE = Expected("s", tuple(("AuditEvent", b"%39d\n" % number) for number in range(45)))
"""Four segments and a half."""


class WatchedDisk(QuickDisk):
    """Notes the names of files that were opened to append."""

    def __init__(self) -> None:
        self.opened: list[str] = []

    def open_to_append(self, path: Path) -> int:
        self.opened.append(path.name)
        return super().open_to_append(path)


@pytest.mark.parametrize("background", [False, True])
def test_only_the_segment_that_goes_on_is_written_in_plain(path: Path, background: bool) -> None:
    disk = WatchedDisk()
    with reopened(path, disk=disk, background=background) as ledger:
        commit(ledger, WIDE)
        assert [name for name in disk.opened if name.endswith(".seg")] == ["00000005.seg"]
        assert [bool(record.packed) for record in ledger.segments] == [True] * 4 + [False]
        assert_holds(ledger, [WIDE])
        assert_tidy(ledger)
        commit(ledger, WIDE)
        assert_holds(ledger, [WIDE, WIDE])
        ledger.settle()
        assert_tidy(ledger)


def test_a_small_batch_is_never_compressed(path: Path) -> None:
    disk = WatchedDisk()
    with reopened(path, disk=disk) as ledger:
        commit(ledger, Expected("s", (("A", b"x\n"), ("A", b"y\n"))))
        assert [name for name in disk.opened if "seg" in name] == ["00000001.seg"]


@pytest.mark.parametrize("background", [False, True])
def test_what_is_taken_back_leaves_nothing(path: Path, background: bool) -> None:
    with reopened(path, disk=QuickDisk(), background=background) as ledger:
        with ledger.batch(source="s", now=T0) as batch:
            for stream, data in WIDE.appends:
                batch.append(stream, data)
        assert os.listdir(path / "segments") == []
        commit(ledger, WIDE)
        assert_holds(ledger, [WIDE])
        assert_tidy(ledger)


@pytest.mark.parametrize("background", [False, True])
@pytest.mark.parametrize("frame", [1, 4, 6, 7, 20])
def test_a_frame_that_does_not_come_back_costs_the_compression_and_no_byte(
    path: Path, monkeypatch: pytest.MonkeyPatch, frame: int, background: bool
) -> None:
    calls = iter(range(1, 1_000_000))
    comes_back = packing.Squeeze._comes_back
    monkeypatch.setattr(
        packing.Squeeze, "_comes_back", lambda self, *given: next(calls) != frame and comes_back(self, *given)
    )
    ledger = reopened(path, disk=QuickDisk(), background=background)
    commit(ledger, WIDE)
    assert_holds(ledger, [WIDE])
    commit(ledger, WIDE)
    with pytest.raises(LedgerDamaged, match="comes back"):
        ledger.close()
    with Ledger.open(path, now=T0, disk=QuickDisk()) as ledger:
        assert_holds(ledger, [WIDE, WIDE])
        ledger.settle()
        assert_tidy(ledger)
        assert all(record.packed for record in ledger.segments if record.closed)
