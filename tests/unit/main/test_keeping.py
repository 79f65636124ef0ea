"""A file is known again by the SHA-256 of its bytes as they are stored, whoever read them."""

from __future__ import annotations

import gzip
import hashlib
from pathlib import Path

import pytest

from tocsin.collect.transports.files import TrailFile
from tocsin.main import keeping
from tocsin.main.intake import Files, pieces_of
from tocsin.main.keeping import Digests

LINES = b"".join(b'{"n":%d}\n' % i for i in range(5_000))
STORED = {
    "whole.ndjson": LINES + b"without a line end",
    "empty.ndjson": b"",
    "whole.ndjson.gz": gzip.compress(LINES),
    "cut.ndjson.gz": gzip.compress(LINES)[:-100],
}


@pytest.fixture
def files(tmp_path: Path) -> Files:
    for name, data in STORED.items():
        (tmp_path / name).write_bytes(data)
    return Files((), tuple(TrailFile(tmp_path / name, "AuditEvent", len(data)) for name, data in STORED.items()), None)


def test_files_are_named_alike_heard_or_read(files: Files) -> None:
    expected = {file.path: hashlib.sha256(STORED[file.path.name]).hexdigest() for file in files.trail}
    with Digests() as heard, Digests() as read:
        list(pieces_of(files, [], heard))
        assert {path: heard.of(path) for path in expected} == expected
        assert {path: read.of(path) for path in expected} == expected


def test_a_file_is_read_again_only_if_it_is_damaged(files: Files, monkeypatch: pytest.MonkeyPatch) -> None:
    again: list[str] = []
    monkeypatch.setattr(keeping, "_sha256", lambda path: again.append(path.name) or "")
    with Digests() as digests:
        list(pieces_of(files, [], digests))
        for file in files.trail:
            digests.of(file.path)
    assert again == ["cut.ndjson.gz"]


def test_a_file_that_was_named_before_is_not_hashed_while_it_is_read(files: Files) -> None:
    with Digests() as digests:
        digests.begin(file.path for file in files.trail)
        list(pieces_of(files, [], digests))
        for file in files.trail:
            assert digests.of(file.path) == hashlib.sha256(STORED[file.path.name]).hexdigest()
