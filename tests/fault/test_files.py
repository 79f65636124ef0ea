"""Trails in files that are cut off, corrupt, hostile, or not there."""

from __future__ import annotations

import gzip
import os
import tracemalloc
from pathlib import Path

import pytest
import zstandard

from tocsin.collect.transports.files import read_blocks, trail_files
from tocsin.errors import SourceUnreadable
from tocsin.model.block import MAX_LINE_BYTES

LINES = b"".join(b'{"n":%d}\n' % i for i in range(50_000))
WRITE = {
    ".ndjson": lambda data: data,
    ".ndjson.gz": gzip.compress,
    ".ndjson.zst": zstandard.ZstdCompressor(write_checksum=True).compress,
}


def written(folder: Path, name: str, data: bytes) -> Path:
    path = folder / name
    path.write_bytes(data)
    return path


@pytest.mark.parametrize("suffix", WRITE)
@pytest.mark.parametrize("block_bytes", [1, 1000, 1 << 20])
def test_blocks_join_to_the_file(tmp_path: Path, suffix: str, block_bytes: int) -> None:
    data = LINES[: 3000 if block_bytes == 1 else None] + b'{"last":"without a line end"}'
    blocks = list(read_blocks(written(tmp_path, f"AuditEvent{suffix}", WRITE[suffix](data)), block_bytes=block_bytes))
    assert b"".join(block.data for block in blocks) == data
    assert [block.offset for block in blocks] == [sum(len(b.data) for b in blocks[:i]) for i in range(len(blocks))]
    assert all(block.data.endswith(b"\n") for block in blocks[:-1])
    assert not any(block.damage or block.overlong for block in blocks)
    assert blocks[-1].consumed == (tmp_path / f"AuditEvent{suffix}").stat().st_size


@pytest.mark.parametrize("suffix", WRITE)
@pytest.mark.parametrize("block_bytes", [1, 1000, 1 << 20])
def test_every_stored_byte_is_heard_once(tmp_path: Path, suffix: str, block_bytes: int) -> None:
    overlong = b"x" * (MAX_LINE_BYTES + 1) + b"\n" if block_bytes > 1000 else b""
    stored = WRITE[suffix](LINES[: 3000 if block_bytes == 1 else None] + overlong + b"without a line end")
    heard: list[bytes] = []
    path = written(tmp_path, f"AuditEvent{suffix}", stored)
    for _ in read_blocks(path, block_bytes=block_bytes, heard=heard.append):
        pass
    assert b"".join(heard) == stored


@pytest.mark.parametrize("suffix", [".ndjson.gz", ".ndjson.zst"])
def test_several_members_or_frames_are_one_file(tmp_path: Path, suffix: str) -> None:
    data = WRITE[suffix](LINES[:5000]) + WRITE[suffix](LINES[5000:])
    assert b"".join(b.data for b in read_blocks(written(tmp_path, "AuditEvent" + suffix, data))) == LINES


@pytest.mark.parametrize("suffix", [".ndjson.gz", ".ndjson.zst"])
def test_a_cut_off_file_gives_its_whole_lines_then_the_damage(tmp_path: Path, suffix: str) -> None:
    stored = WRITE[suffix](b"".join(os.urandom(20).hex().encode() + b"\n" for _ in range(50_000)))
    blocks = list(read_blocks(written(tmp_path, "AuditEvent" + suffix, stored[: len(stored) // 2])))
    assert blocks[0].data.endswith(b"\n")
    assert blocks[-1].damage is not None
    assert "ends too early" in str(blocks[-1].damage)


@pytest.mark.parametrize("suffix", [".ndjson.gz", ".ndjson.zst"])
def test_a_corrupt_file_gives_its_good_part_then_the_damage(tmp_path: Path, suffix: str) -> None:
    lines = b"".join(os.urandom(20).hex().encode() + b"\n" for _ in range(100_000))
    stored = bytearray(WRITE[suffix](lines))
    stored[-len(stored) // 4 : -len(stored) // 4 + 64] = os.urandom(64)
    blocks = list(read_blocks(written(tmp_path, "AuditEvent" + suffix, bytes(stored))))
    good = b"".join(block.data for block in blocks)
    assert good.endswith(b"\n")
    assert lines.startswith(good[: len(lines) // 2])
    assert blocks[-1].damage is not None
    assert "damaged" in str(blocks[-1].damage)


@pytest.mark.parametrize("suffix", [".ndjson.gz", ".ndjson.zst"])
@pytest.mark.parametrize("stored", [b"", b"not compressed at all\n"])
def test_a_file_that_is_not_what_its_name_says_is_damaged(tmp_path: Path, suffix: str, stored: bytes) -> None:
    (block,) = read_blocks(written(tmp_path, "AuditEvent" + suffix, stored))
    assert block.data == b""
    assert block.damage is not None


@pytest.mark.parametrize("suffix", WRITE)
def test_an_overlong_line_is_told_and_costs_no_memory(tmp_path: Path, suffix: str) -> None:
    """A bomb of 300 MB of one letter between two good lines; the same bound holds for ten gigabytes."""
    path = tmp_path / f"AuditEvent{suffix}"
    long = 300 * 1024 * 1024 if suffix != ".ndjson" else MAX_LINE_BYTES + 1
    path.write_bytes(WRITE[suffix](b'{"a":1}\n' + b"x" * long + b'\r\n{"b":2}\n'))
    tracemalloc.start()
    blocks = list(read_blocks(path))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert [block.data for block in blocks] == [b'{"a":1}\n', b'{"b":2}\n']
    (overlong,) = blocks[1].overlong
    assert (overlong.offset, overlong.length, overlong.head) == (8, long, b"x" * 65536)
    assert blocks[1].offset == 8 + long + 2
    assert peak < 200 * 1024 * 1024


def test_a_line_of_the_greatest_length_is_whole(tmp_path: Path) -> None:
    line = b"x" * MAX_LINE_BYTES + b"\r\n"
    (block,) = read_blocks(written(tmp_path, "AuditEvent.ndjson", line))
    assert block.data == line
    (block,) = read_blocks(written(tmp_path, "AuditEvent.ndjson", b"x" * (MAX_LINE_BYTES + 1)))
    assert [one.length for one in block.overlong] == [MAX_LINE_BYTES + 1]


def test_what_is_not_there_is_said(tmp_path: Path) -> None:
    with pytest.raises(SourceUnreadable, match="does not exist"):
        trail_files(tmp_path / "nowhere")
    with pytest.raises(SourceUnreadable, match="does not exist"):
        list(read_blocks(tmp_path / "nowhere.ndjson"))
    with pytest.raises(SourceUnreadable, match="holds no trail"):
        trail_files(tmp_path)
    with pytest.raises(SourceUnreadable, match="not read"):
        trail_files(written(tmp_path, "report.pdf", b""))


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_what_may_not_be_read_is_said(tmp_path: Path) -> None:
    path = written(tmp_path, "AuditEvent.ndjson", LINES)
    path.chmod(0)
    with pytest.raises(SourceUnreadable, match="may not be read"):
        list(read_blocks(path))


def test_a_loop_of_links_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "AuditEvent.ndjson").symlink_to(tmp_path / "AuditEvent.ndjson")
    (tmp_path / "inner").symlink_to(tmp_path)
    with pytest.raises(SourceUnreadable, match="holds no trail"):
        trail_files(tmp_path)
    with pytest.raises(SourceUnreadable):
        trail_files(tmp_path / "AuditEvent.ndjson")


def test_a_pipe_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "AuditEvent.ndjson")
    with pytest.raises(SourceUnreadable):
        trail_files(tmp_path)


def test_files_are_grouped_by_type_and_sorted_by_name(tmp_path: Path) -> None:
    for name in (
        "AuditEvent-2.ndjson.gz", "AuditEvent-1.ndjson", "AuditEvent.000.ndjson.zst", "Patient.ndjson", "marks.txt",
        "Encounter_3.jsonl", ".AuditEvent.ndjson.swp", "AuditEvent.ndjson.bak",
    ):  # fmt: skip
        written(tmp_path, name, b"")
    (tmp_path / "AuditEvent.ndjson").mkdir()
    files = trail_files(tmp_path)
    assert {kind: [file.path.name for file in found] for kind, found in files.items()} == {
        "AuditEvent": ["AuditEvent-1.ndjson", "AuditEvent-2.ndjson.gz", "AuditEvent.000.ndjson.zst"],
        "Encounter": ["Encounter_3.jsonl"],
        "Patient": ["Patient.ndjson"],
    }


def test_a_single_file_is_a_trail_of_audit_events(tmp_path: Path) -> None:
    path = written(tmp_path, "export-of-monday.ndjson", b"{}\n")
    assert list(trail_files(path)) == ["AuditEvent"]
