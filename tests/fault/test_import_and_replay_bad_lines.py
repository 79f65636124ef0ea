"""Lines as they come: each bad one is refused with a reason and kept with its place, each good one counts."""

from __future__ import annotations

from pathlib import Path

import pytest

from story.commands import Home, sentence
from story.lines import BAD, GOOD, ODD, line
from tocsin.ledger import Ledger

BOTH = pytest.mark.parametrize("command", ["import", "replay"])


def trail(folder: Path, *lines: bytes) -> Path:
    """A folder with one file of these lines."""
    folder.mkdir(exist_ok=True)
    (folder / "AuditEvent.ndjson").write_bytes(b"\n".join(lines) + b"\n")
    return folder


@pytest.fixture(scope="module")
def refused(tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict]:
    """What each command says of good lines with every bad one among them."""
    home = Home(tmp_path_factory.mktemp("home"))
    lines = [GOOD[0], *(one for bad, _ in BAD.values() for one in (bad, GOOD[1])), *GOOD]
    folder = trail(home.root / "trail", *lines)
    told = {command: home.told(command, folder) for command in ("import", "replay")}
    told["coverage"] = home.told("coverage")
    return told


@BOTH
def test_every_bad_line_is_refused_and_every_good_one_is_kept(refused: dict[str, dict], command: str) -> None:
    told = refused[command]
    assert told["rejected"] == len(BAD)
    assert told["events"] == len(GOOD)
    assert told["lines"] == told["events"] + told["duplicates"] + told["rejected"]


def test_both_commands_refuse_for_the_same_reasons(refused: dict[str, dict]) -> None:
    assert refused["import"]["rejected_by_reason"] == refused["replay"]["rejected_by_reason"]


def test_what_was_refused_is_told_by_the_coverage(refused: dict[str, dict]) -> None:
    assert sum(row["lines"] for row in refused["coverage"]["rejected"]) == len(BAD)


def test_each_bad_line_is_refused_for_its_own_reason_and_stays_readable(home: Home) -> None:
    """Reason and place lead to its bytes in the ledger."""
    home.run("import", trail(home.root / "trail", *(one for bad, _ in BAD.values() for one in (GOOD[0], bad))))
    ledger = Ledger.read_only(home.state / "ledger")
    rows = sorted(home.table("rejected").to_pylist(), key=lambda row: row["offset"])
    for (what, (bad, reasons)), row in zip(BAD.items(), rows, strict=True):
        assert ledger.read(row["segment"], row["offset"], row["length"]) == bad, what
        assert row["reason"] in reasons.split("|"), what


@BOTH
def test_odd_lines_are_lines(home: Home, command: str) -> None:
    told = home.told(command, trail(home.root / "trail", *ODD.values()))
    assert (told["events"], told["rejected"]) == (len(ODD), 0)


@BOTH
def test_only_bad_lines_are_an_answer_too(home: Home, command: str) -> None:
    told = home.told(command, trail(home.root / "trail", *(bad for bad, _ in BAD.values())))
    assert (told["events"], told["rejected"]) == (0, len(BAD))


def test_after_only_bad_lines_every_question_has_an_answer(home: Home) -> None:
    home.run("import", trail(home.root / "trail", b"{", b"null"))
    assert home.told("alerts")["alerts"] == []
    assert home.told("scope") == {"incidents": [], "exposures": []}
    assert home.told("verify")["sound"]
    assert sum(row["lines"] for row in home.told("coverage")["rejected"]) == 2
    assert home.told("rebuild")["batches"] == 1
    assert sentence(home.run("calibrate", code=4))
    assert home.told("doctor")["fit"]


@BOTH
@pytest.mark.parametrize("data", [b"", b"\n\n\r\n", b"   \n"])
def test_an_empty_file_is_no_error(home: Home, command: str, data: bytes) -> None:
    folder = trail(home.root / "trail")
    (folder / "AuditEvent.ndjson").write_bytes(data)
    told = home.told(command, folder)
    assert (told["lines"], told["events"], told["rejected"]) == (0, 0, 0)


@BOTH
def test_facts_alone_are_taken_in(home: Home, command: str) -> None:
    (home.root / "trail").mkdir()
    (home.root / "trail" / "Patient.ndjson").write_bytes(b'{"resourceType":"Patient","id":"1"}\n')
    told = home.told(command, home.root / "trail")
    assert (told["lines"], told["events"]) == (0, 0)


@BOTH
def test_bad_facts_do_not_stop_a_trail(home: Home, command: str) -> None:
    folder = trail(home.root / "trail", *GOOD)
    bad = [b"{", b"\xff", b"[]", b'{"resourceType":"Encounter","period":7}', b'{"resourceType":"Encounter"}', b"\0"]
    deep = b'{"resourceType":"Encounter","x":' + b"[" * 100_000
    (folder / "Encounter.ndjson").write_bytes(b"\n".join([*bad, deep]))
    (folder / "marks.txt").write_bytes(b"\0\n\n" + b"x" * 10_000 + b"\nno such patient")
    assert home.told(command, folder)["events"] == len(GOOD)


@BOTH
def test_marks_that_cannot_be_read_are_said_before_anything_is_kept(home: Home, command: str) -> None:
    folder = trail(home.root / "trail", *GOOD)
    (folder / "marks.txt").write_bytes(b"\xff\n")
    assert "marks" in sentence(home.run(command, folder, code=3))
    (folder / "marks.txt").unlink()
    assert home.told(command, folder)["events"] == len(GOOD)


def test_times_at_the_edges_are_judged_stored_and_counted(home: Home) -> None:
    """Both ends of what is accepted: a century between two lines is no century of work."""
    ends = ("1990-01-01T00:00:00Z", "2099-12-31T23:59:59Z")
    folder = trail(home.root / "trail", *(line(i, recorded=end) for i, end in enumerate(ends)))
    assert home.told("replay", folder)["events"] == 2
    assert home.told("import", folder)["events"] == 2
    assert sum(service["received"] for service in home.told("coverage")["services"]) == 2
    assert home.told("rebuild")["batches"] == 1
