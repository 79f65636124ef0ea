"""marks.txt as operators write it."""

from __future__ import annotations

from pathlib import Path

import pytest

from tocsin.collect.directory import marks_of
from tocsin.door.references import REPLAY_KEY, KeyedReferences
from tocsin.errors import SourceUnreadable

REFERENCES = KeyedReferences(key=REPLAY_KEY, epoch=0)


def test_ids_comments_prefixes_and_line_ends(tmp_path: Path) -> None:
    path = tmp_path / "marks.txt"
    path.write_bytes(
        b"\xef\xbb\xbf# honey\r\n\r\nm1\r\n Patient/m2  # in cardiology\r\nhttps://d.example/fhir/Patient/m3\nm1\n\t\nm4"
    )
    found = marks_of(path, REFERENCES)
    assert found.dtype == "V17"
    assert found.tobytes() == REFERENCES.patients("Patient", ["m1", "m2", "m3", "m4"]).tobytes()


def test_no_mark(tmp_path: Path) -> None:
    path = tmp_path / "marks.txt"
    path.write_bytes(b"# none yet\n")
    assert len(marks_of(path, REFERENCES)) == 0


def test_marks_that_cannot_be_read_are_an_error(tmp_path: Path) -> None:
    path = tmp_path / "marks.txt"
    with pytest.raises(SourceUnreadable):
        marks_of(path, REFERENCES)
    path.write_bytes("m1\n".encode("utf-16"))
    with pytest.raises(SourceUnreadable, match="UTF-8"):
        marks_of(path, REFERENCES)
