"""The command: what it refuses, what it lists, what it writes."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tocsin_range.cli import main
from tocsin_range.lookalikes import LOOKALIKES
from tocsin_range.services import SERVICES
from tocsin_range.thieves import ATTACKS

SMALL = ["--days", "2", "--quiet"]
BARE = ["--accounts", "60", "--lookalike", "none", *SMALL]


def run(*args: str) -> int:
    """Exit code of the command."""
    try:
        main(args)
    except SystemExit as stop:
        return int(stop.code or 0)
    return 0


def test_it_writes_a_folder_and_says_what(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("make", str(tmp_path / "r"), *BARE, "--json", str(tmp_path / "made.json")) == 0
    summary = json.loads((tmp_path / "made.json").read_text())
    assert summary["thefts"] == 1
    assert f"{summary['events']:,} events" in capsys.readouterr().out


def test_it_refuses_a_folder_that_holds_something(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "letter.txt").write_text("keep me")
    assert run("make", str(tmp_path), *BARE) == 2
    assert "not empty" in capsys.readouterr().err
    assert (tmp_path / "letter.txt").read_text() == "keep me"


def test_force_replaces_a_folder_of_the_range_and_nothing_else(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run("make", str(tmp_path / "r"), *BARE) == 0
    assert run("make", str(tmp_path / "r"), *BARE, "--force") == 0
    (tmp_path / "r" / "letter.txt").write_text("keep me")
    assert run("make", str(tmp_path / "r"), *BARE, "--force") == 2
    assert "letter.txt" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("args", "words"),
    [
        (["--attack", "tickle"], "tickle"),
        (["--attack", "bulk@soon"], "soon"),
        (["--attack", "bulk@99"], "99"),
        (["--lookalike", "ghost"], "ghost"),
        (["--region", "../etc"], "no name of a region"),
        (["--start", "tomorrow"], "no date"),
        (["--accounts", "5"], "at least 40"),
    ],
)
def test_it_says_what_is_wrong_in_one_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], args: list[str], words: str
) -> None:
    assert run("make", str(tmp_path / "r"), *SMALL, *args) == 2
    error = capsys.readouterr().err
    assert words in error
    assert error.count("\n") == 1
    assert not (tmp_path / "r").exists()


def test_none_means_no_theft_and_a_day_can_be_asked_for(tmp_path: Path) -> None:
    assert run("make", str(tmp_path / "none"), *BARE, "--attack", "none") == 0
    assert json.loads((tmp_path / "none/truth.json").read_text())["thefts"] == []
    assert run("make", str(tmp_path / "first"), *BARE, "--attack", "bulk@1,export@2") == 0
    starts = [theft["start"][:10] for theft in json.loads((tmp_path / "first/truth.json").read_text())["thefts"]]
    assert starts == ["2025-09-01", "2025-09-02"]


def test_a_region_too_small_for_its_parts_says_so(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    attacks = [word for _ in range(40) for word in ("--attack", "shared")]
    assert run("make", str(tmp_path / "r"), *BARE, *attacks) == 2
    assert "too small" in capsys.readouterr().err


def test_list_names_everything(capsys: pytest.CaptureFixture[str]) -> None:
    assert run("list") == 0
    words = capsys.readouterr().out.split()
    for item in (*ATTACKS, *LOOKALIKES):
        assert item.name in words
    assert {service.key for service in SERVICES} <= set(words)
