"""Files that grow, rotate, are cut, vanish: each line is delivered, and where to go on stands in the ledger."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from tocsin.collect.transports import follow
from tocsin.collect.transports.delivery import OVERLONG, TRAIL, Answer, Busy, Delivery
from tocsin.collect.transports.follow import Follower
from tocsin.errors import DiskFull


@dataclass
class Ledger:
    """What a ledger keeps of deliveries."""

    lines: list[bytes] = field(default_factory=list)
    places: dict[str, int] = field(default_factory=dict)
    refuses: bool = False
    busy: bool = False
    overlong: list[bytes] = field(default_factory=list)

    def take(self, delivery: Delivery) -> None:
        if self.busy:
            raise Busy
        if self.refuses:
            delivery.answer(Answer(error=DiskFull("no room")))
            return
        mark = delivery.mark
        assert mark is not None
        self.places.pop(mark.was, None)
        self.places[mark.sha256] = mark.bytes
        if delivery.stream == TRAIL:
            assert delivery.data.endswith(b"\n")
            self.lines += delivery.data.splitlines()
        else:
            assert delivery.stream == OVERLONG
            self.overlong.append(delivery.data)
        delivery.answer(Answer(1))

    def known(self, source: str) -> dict[str, int]:
        return dict(self.places)


@pytest.fixture
def ledger() -> Ledger:
    return Ledger()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path


def following(folder: Path, ledger: Ledger) -> Follower:
    return Follower("s", folder, known=ledger.known, take=ledger.take, ticks=lambda: 0.0)


def look(follower: Follower) -> None:
    for _ in range(3):
        while follower.look():
            pass


def grow(path: Path, data: bytes) -> None:
    with path.open("ab") as file:
        file.write(data)


def test_lines_come_as_they_are_written_and_a_partial_one_waits(folder: Path, ledger: Ledger) -> None:
    follower = following(folder, ledger)
    look(follower)
    path = folder / "AuditEvent-1.ndjson"
    grow(path, b"one\ntw")
    look(follower)
    assert ledger.lines == [b"one"]
    grow(path, b"o\nthree\n")
    grow(folder / "Patient.ndjson", b"never\n")
    grow(folder / "AuditEvent-1.ndjson.gz", b"never\n")
    look(follower)
    assert ledger.lines == [b"one", b"two", b"three"]
    assert list(ledger.places.values()) == [path.stat().st_size]


def test_a_file_that_is_rotated_is_read_to_its_end_and_not_twice(folder: Path, ledger: Ledger) -> None:
    follower = following(folder, ledger)
    path = folder / "AuditEvent.ndjson"
    grow(path, b"one\n")
    look(follower)
    grow(path, b"two\n")
    path.rename(folder / "AuditEvent-old.ndjson")
    grow(path, b"three\n")
    look(follower)
    assert sorted(ledger.lines) == [b"one", b"three", b"two"]
    again = following(folder, ledger)  # a restart finds both where they were
    grow(path, b"four\n")
    look(again)
    assert sorted(ledger.lines) == [b"four", b"one", b"three", b"two"]


def test_a_file_that_is_deleted_with_something_unread_is_read(folder: Path, ledger: Ledger) -> None:
    follower = following(folder, ledger)
    path = folder / "AuditEvent.ndjson"
    grow(path, b"one\n")
    look(follower)
    grow(path, b"two\n")
    path.unlink()
    look(follower)
    assert ledger.lines == [b"one", b"two"]


@pytest.mark.parametrize("anew", [b"new\n", b"another one\nand one more\n"])
def test_a_file_that_is_cut_is_read_from_its_beginning(folder: Path, ledger: Ledger, anew: bytes) -> None:
    """Also if it is longer again by the time somebody looks."""
    follower = following(folder, ledger)
    path = folder / "AuditEvent.ndjson"
    grow(path, b"one line\n")
    look(follower)
    with path.open("r+b") as file:
        file.truncate(0)
        file.write(anew)
    look(follower)
    assert ledger.lines == [b"one line", *anew.splitlines()]


def test_a_restart_goes_on_where_the_ledger_says(folder: Path, ledger: Ledger) -> None:
    path = folder / "AuditEvent.ndjson"
    grow(path, b"one\ntwo\n")
    look(following(folder, ledger))
    grow(path, b"three\n")
    os.rename(path, folder / "AuditEvent-2.ndjson")  # meanwhile
    look(following(folder, ledger))
    assert ledger.lines == [b"one", b"two", b"three"]


def test_a_file_that_only_begins_alike_is_another(folder: Path, ledger: Ledger) -> None:
    """The position is believed if everything before it is what was read, and not by a name or a first line."""
    path = folder / "AuditEvent.ndjson"
    grow(path, b"head\none\n")
    look(following(folder, ledger))
    path.write_bytes(b"head\ntwo\nthree\n")
    look(following(folder, ledger))
    assert ledger.lines == [b"head", b"one", b"head", b"two", b"three"]


def test_an_imported_file_that_has_grown_is_read_on(folder: Path, ledger: Ledger) -> None:
    import hashlib

    path = folder / "AuditEvent.ndjson"
    grow(path, b"one\ntw")
    ledger.places[hashlib.sha256(b"one\ntw").hexdigest()] = 6
    grow(path, b"o\n")
    look(following(folder, ledger))
    assert ledger.lines == [b"two"]


def test_what_could_not_be_kept_is_delivered_again(folder: Path, ledger: Ledger) -> None:
    follower = following(folder, ledger)
    grow(folder / "AuditEvent.ndjson", b"one\n")
    ledger.refuses = True
    for _ in range(3):
        follower.look()
    ledger.refuses, ledger.busy = False, True
    look(follower)
    assert ledger.lines == []
    ledger.busy = False
    look(follower)
    assert ledger.lines == [b"one"]


def test_a_line_that_is_too_long_is_told_by_its_beginning(
    folder: Path, ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(follow, "READ_BYTES", 10)
    monkeypatch.setattr(follow, "MAX_LINE_BYTES", 40)
    monkeypatch.setattr(follow, "KEPT_BYTES", 5)
    follower = following(folder, ledger)
    path = folder / "AuditEvent.ndjson"
    grow(path, b"one\n" + b"2" * 40 + b"\n" + b"3" * 30)
    look(follower)
    grow(path, b"3" * 30)
    look(follower)
    assert ledger.lines == [b"one", b"2" * 40]
    grow(path, b"\nfour\n")
    look(follower)
    assert ledger.lines == [b"one", b"2" * 40, b"four"]
    assert ledger.overlong == [b"60 33333\n"]
    look(following(folder, ledger))
    assert len(ledger.lines) == 3


def test_a_folder_that_is_not_there_yet(folder: Path, ledger: Ledger) -> None:
    follower = following(folder / "later", ledger)
    look(follower)
    assert follower.trouble == "the folder cannot be read: No such file or directory"
    (folder / "later").mkdir()
    grow(folder / "later" / "AuditEvent.ndjson", b"one\n")
    look(follower)
    follower.close()
    assert ledger.lines == [b"one"]
    assert follower.trouble == ""


def test_a_file_that_is_shut_is_told_until_it_can_be_read(
    folder: Path, ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    follower = following(folder, ledger)
    grow(folder / "AuditEvent-1.ndjson", b"one\n")
    with monkeypatch.context() as shut:
        shut.setattr("os.open", _refused)
        look(follower)
        assert follower.trouble == "a file in it cannot be read: Permission denied"
    look(follower)
    follower.close()
    assert ledger.lines == [b"one"]
    assert follower.trouble == ""


def _refused(*_: object) -> int:
    raise PermissionError(13, "Permission denied")
