"""The nightly twin: thieves in a copy of the region's own night, and nothing of the region changed by it."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import pytest

from conftest import Region
from story.commands import Home, sentence
from tocsin.exam.thieves import BEHAVIOURS
from tocsin.model.alert import RUNGS

TWIN = ("twin", "--seed", "3", "--thieves", "2")


@pytest.fixture(scope="module")
def kept(region: Region, tmp_path_factory: pytest.TempPathFactory) -> Home:
    """A home that holds a region without thieves, on its own calibration."""
    home = Home(tmp_path_factory.mktemp("twin"))
    home.run("import", region("owners-only"), "--past", "--quiet")
    home.run("calibrate", "--quiet")
    return home


def everything(state: Path) -> dict[str, str]:
    """SHA-256 of each file of a state, but for the twin's reports."""
    files = [path for path in state.rglob("*") if path.is_file() and path.parent != state / "twin"]
    return {str(path.relative_to(state)): hashlib.sha256(path.read_bytes()).hexdigest() for path in sorted(files)}


def test_the_region_is_byte_for_byte_what_it_was(kept: Home) -> None:
    before, alerts = everything(kept.state), kept.told("alerts")
    kept.run(*TWIN, "--quiet")
    assert everything(kept.state) == before
    assert kept.told("alerts") == alerts


def test_the_same_seed_gives_the_same_report(kept: Home) -> None:
    first = kept.told(*TWIN)
    assert kept.told(*TWIN) == first
    other = kept.told("twin", "--seed", "4", "--thieves", "2")
    assert other["behaviours"] != first["behaviours"]
    assert other["last"]["behaviours"] == first["behaviours"]


def test_it_says_what_was_lost_before_each_rung(kept: Home) -> None:
    told = kept.told(*TWIN)
    assert [one["behaviour"] for one in told["behaviours"]] == [one.name for one in BEHAVIOURS]
    for one in told["behaviours"]:
        assert one["tries"] == 2
        assert tuple(one["before"]) == RUNGS
        reached = [lost["reached"] for lost in one["before"].values()]
        assert reached == sorted(reached, reverse=True)
    assert next(one for one in told["behaviours"] if one["behaviour"] == "bulk")["before"]["ask"]["reached"] == 2


def test_its_reports_name_nobody(kept: Home) -> None:
    kept.run(*TWIN, "--quiet")
    accounts = set(kept.table("events")["account"].to_pylist()) - {None}
    for path in (kept.state / "twin").glob("*.json"):
        text = path.read_text("utf-8")
        assert json.loads(text)["behaviours"]
        assert not [account for account in accounts if account in text]
        assert path.stat().st_mode & 0o077 == 0


def test_a_person_reads_a_table(kept: Home) -> None:
    said = kept.run(*TWIN).out
    assert "played again with 2 thieves of each behaviour" in said
    assert "own-patients-only" in said


def test_without_a_region_it_says_what_to_do(home: Home) -> None:
    assert "tocsin import" in sentence(home.run("twin", code=4))


def test_no_thief_is_no_twin(kept: Home) -> None:
    assert "at least one thief" in sentence(kept.run("twin", "--thieves", "0", code=2))
