"""Who may open a ledger, what opening creates, and what it refuses."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from tocsin.errors import LedgerDamaged, StoreUnavailable
from tocsin.ledger import Ledger
from unit.ledger.disks import QuickDisk
from unit.ledger.expected import SMALL, T0, Expected, assert_holds, assert_tidy, commit, reopened

ONE = Expected("s", (("A", b"line\n" * 200), ("B", b"x\n")))


def test_folders_and_files_are_their_owners_alone(path: Path) -> None:
    previous = os.umask(0)
    try:
        with reopened(path) as ledger:
            commit(ledger, Expected("s", tuple(("A", b"line\n" * 20) for _ in range(9))))
    finally:
        os.umask(previous)
    modes = {entry: stat.S_IMODE(entry.stat().st_mode) for entry in [path, *path.rglob("*")]}
    assert len(modes) > 6
    assert all(mode == (0o700 if entry.is_dir() else 0o600) for entry, mode in modes.items())


def test_an_empty_folder_made_beforehand_becomes_its_owners_alone(path: Path) -> None:
    path.mkdir(mode=0o755)
    reopened(path).close()
    assert stat.S_IMODE(path.stat().st_mode) == 0o700


def test_a_second_writer_is_told_that_there_is_one(ledger: Ledger, path: Path) -> None:
    with pytest.raises(StoreUnavailable, match="Another process writes this ledger"):
        reopened(path)
    ledger.close()
    reopened(path).close()


def test_a_second_process_is_told_so_too(ledger: Ledger, path: Path) -> None:
    code = (
        "import sys; from datetime import UTC, datetime; from tocsin.ledger import Ledger; "
        "Ledger.open(sys.argv[1], now=datetime.now(UTC))"
    )
    other = subprocess.run([sys.executable, "-c", code, str(path)], capture_output=True, text=True, check=False)
    assert "LedgerHeld: Another process" in other.stderr


def test_a_reader_needs_no_lock_and_sees_what_is_committed_later(ledger: Ledger, path: Path) -> None:
    commit(ledger, ONE)
    view = Ledger.read_only(path)
    before = sorted(path.rglob("*"))
    commit(ledger, ONE)
    with ledger.batch(source="s", now=T0) as batch:
        batch.append("A", b"in hand\n")
        assert_holds(view, [ONE])
        assert view.refresh() == 2
        assert_holds(view, [ONE, ONE])
    assert sorted(path.rglob("*"))[:3] == before[:3]


def test_a_reader_follows_a_segment_that_is_compressed_meanwhile(path: Path) -> None:
    with reopened(path, segment_bytes=1 << 20, disk=QuickDisk()) as ledger:
        commit(ledger, ONE)
        view = Ledger.read_only(path)
        assert ledger.close_segment_if_old(now=T0 + SMALL["segment_age"])
        assert ledger.segments[0].packed
        assert view.read(1, 0, 5) == b"line\n"


def test_there_is_nothing_to_read_where_there_is_no_ledger(path: Path) -> None:
    with pytest.raises(StoreUnavailable, match="no ledger"):
        Ledger.read_only(path)
    assert not path.exists()


def test_segments_without_a_manifest_are_damage_not_a_new_ledger(path: Path) -> None:
    with reopened(path) as ledger:
        commit(ledger, ONE)
    (path / "manifest.jsonl").unlink()
    with pytest.raises(LedgerDamaged, match="no manifest"):
        reopened(path)
    assert list((path / "segments").iterdir())


def test_a_ledger_of_another_version_is_left_alone(path: Path) -> None:
    reopened(path).close()
    from tocsin.ledger.lines import Begun, encode

    line, _ = encode(Begun(v="ledger/2", at=T0), previous="0" * 64)
    (path / "manifest.jsonl").write_bytes(line)
    (path / "head").unlink()
    with pytest.raises(StoreUnavailable, match="ledger/1"):
        reopened(path)


def test_what_was_put_right_is_told(path: Path) -> None:
    with reopened(path) as ledger:
        commit(ledger, ONE)
    with (path / "manifest.jsonl").open("ab") as file:
        file.write(b'{"kind":"batch","v":"led')
    segments = path / "segments"
    with (segments / "00000002.seg").open("ab") as file:
        file.write(b"half")
    (segments / "00000003.seg").write_bytes(b"whole segment\n")
    (segments / "00000001.seg.zst.tmp").write_bytes(b"?")
    with reopened(path) as ledger:
        found = ledger.recovered
        assert (found.torn_manifest_bytes, found.uncommitted_bytes, found.leftovers) == (24, 18, 2)
        assert_holds(ledger, [ONE])
        assert_tidy(ledger)
