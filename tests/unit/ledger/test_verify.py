"""Damage is found, placed, and does not stop the collecting of what comes next."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from tocsin.errors import LedgerDamaged
from tocsin.ledger import Ledger, verify
from unit.ledger.disks import QuickDisk
from unit.ledger.expected import T0, Expected, commit, reopened


@pytest.fixture
def five(path: Path) -> Path:
    """Five batches a minute apart, 100 bytes each; segment 1 (compressed) holds 1 to 4, segment 2 (plain) holds 5."""
    with reopened(path, disk=QuickDisk()) as ledger:
        for number in range(5):
            line = f"{number} {number * 7919 % 1009:96d} \n".encode()
            commit(ledger, Expected("s", (("A", line),)), now=T0 + timedelta(minutes=number))
    assert {p.name for p in (path / "segments").iterdir()} == {"00000001.seg.zst", "00000002.seg"}
    return path


def _flip(file: Path, at: int) -> None:
    data = bytearray(file.read_bytes())
    data[at] ^= 1
    file.write_bytes(data)


def test_a_sound_ledger_is_sound_and_progress_adds_up(five: Path) -> None:
    seen: list[int] = []
    checks = list(verify(Ledger.read_only(five), progress=seen.append))
    assert [(check.segment, check.form, check.bytes, check.error) for check in checks] == [
        (1, "packed", 400, None),
        (2, "plain", 100, None),
    ]
    assert sum(seen) == 500


def test_a_compressed_segment_loses_only_the_frame_that_is_hit(five: Path) -> None:
    view = Ledger.read_only(five)
    packed = view.segments[0].packed
    assert packed is not None
    _flip(five / "segments/00000001.seg.zst", sum(packed.frames[:2]) + packed.frames[2] - 6)  # third frame: 128 to 192
    check, _ = verify(view)
    assert check.damage == ((128, 192),)
    assert check.batches == (2,)
    assert check.received_at == (T0 + timedelta(minutes=1), T0 + timedelta(minutes=1))
    text = str(check.error)
    assert "Segment 1" in text
    assert "between bytes 128 and 192 (400 are committed)" in text
    assert "One batch is affected: 2 to 2, received from 2025-09-01 08:01:00" in text
    assert "backup" in text
    assert view.read(1, 0, 128)
    with pytest.raises(LedgerDamaged, match="between bytes 128 and 192"):
        view.read(1, 100, 50)


def test_bytes_added_to_a_compressed_file_are_noticed(five: Path) -> None:
    with (five / "segments/00000001.seg.zst").open("ab") as file:
        file.write(b"x")
    check, _ = verify(Ledger.read_only(five))
    assert check.error
    assert check.damage == ()


def test_a_plain_segment_is_placed_between_two_commits(path: Path) -> None:
    with reopened(path, disk=QuickDisk()) as ledger:
        for number in range(3):
            commit(ledger, Expected("s", (("A", b"%99d\n" % number),)))
        _flip(path / "segments/00000001.seg", 150)
        (check,) = verify(ledger)
        assert check.damage == ((100, 300),), "batch 1 still hashes to what it was"
        assert check.batches == (2, 3)


@pytest.mark.parametrize("name", ["00000001.seg.zst", "00000002.seg"])
def test_a_missing_file_is_damage_of_all_of_it(five: Path, name: str) -> None:
    (five / "segments" / name).unlink()
    damaged = [check for check in verify(Ledger.read_only(five)) if check.error]
    assert [check.damage for check in damaged] == [((0, damaged[0].bytes),)]
    assert "missing" in str(damaged[0].error)


def test_a_file_cut_short_is_damage_from_there(five: Path) -> None:
    file = five / "segments/00000002.seg"
    file.write_bytes(file.read_bytes()[:60])
    _, check = verify(Ledger.read_only(five))
    assert check.damage == ((60, 100),)
    with pytest.raises(LedgerDamaged, match="shorter"):
        Ledger.read_only(five).read(2, 50, 20)


@pytest.mark.parametrize("harm", ["flip", "cut", "remove"])
def test_a_damaged_open_segment_does_not_stop_collecting(five: Path, harm: str) -> None:
    file = five / "segments/00000002.seg"
    if harm == "flip":
        _flip(file, 3)
    elif harm == "cut":
        file.write_bytes(file.read_bytes()[:60])
    else:
        file.unlink()
    with reopened(five, disk=QuickDisk()) as ledger:
        assert len(ledger.recovered.damage) == 1
        assert commit(ledger, Expected("s", (("A", b"new\n"),))) == 6
        assert ledger.read(3, 0, 4) == b"new\n"
        assert [check.segment for check in verify(ledger) if check.error] == [2]


def test_a_segment_damaged_before_it_was_compressed_stays_plain_and_is_told_at_the_end(path: Path) -> None:
    ledger = reopened(path, disk=QuickDisk())
    commit(ledger, Expected("s", (("A", b"%99d\n" % 0),)))
    _flip(path / "segments/00000001.seg", 50)
    assert ledger.close_segment_if_old(now=T0 + timedelta(hours=1))
    assert commit(ledger, Expected("s", (("A", b"new\n"),)), now=T0 + timedelta(hours=1)) == 2
    with pytest.raises(LedgerDamaged):
        ledger.close()
    assert sorted(p.name for p in (path / "segments").iterdir()) == ["00000001.seg", "00000002.seg"]


def _lines(path: Path) -> list[bytes]:
    return (path / "manifest.jsonl").read_bytes().splitlines(keepends=True)


@pytest.mark.parametrize("number", range(1, 8))
@pytest.mark.parametrize("harm", ["edit", "remove", "double"])
def test_a_manifest_line_edited_removed_or_doubled_is_found(five: Path, number: int, harm: str) -> None:
    view, lines = Ledger.read_only(five), _lines(five)
    assert len(lines) == 7
    line = lines[number - 1]
    changed = {"edit": [line.replace(b"2025", b"2024")], "remove": [], "double": [line, line]}[harm]
    if harm == "edit" and changed == [line]:
        changed = [line.replace(b"sha256", b"sha265")]
    (five / "manifest.jsonl").write_bytes(b"".join([*lines[: number - 1], *changed, *lines[number:]]))
    before = (five / "manifest.jsonl").read_bytes()
    for look in (lambda: list(verify(view)), lambda: Ledger.read_only(five), lambda: reopened(five)):
        with pytest.raises(LedgerDamaged, match="manifest is damaged at line"):
            look()
    assert (five / "manifest.jsonl").read_bytes() == before


def test_a_manifest_replaced_by_another_of_the_same_length_is_found(five: Path) -> None:
    from tocsin.ledger.lines import decode_unchecked, encode

    forged, previous = b"", "0" * 64
    for raw in _lines(five):
        line = decode_unchecked(raw.replace(b'"note":1', b'"note":2'))
        made, previous = encode(line, previous=previous)
        forged += made
    (five / "manifest.jsonl").write_bytes(forged)
    with pytest.raises(LedgerDamaged, match="not the line that was committed there"):
        Ledger.read_only(five)
