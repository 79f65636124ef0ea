"""The analyst's queue of a week: who stands on it, why, what was answered; and that a rebuild says the same."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from conftest import Region
from story.commands import Home


@pytest.fixture(scope="module")
def kept(region: Region, tmp_path_factory: pytest.TempPathFactory) -> Home:
    """A home that holds the region of three thieves. Read only."""
    home = Home(tmp_path_factory.mktemp("kept"))
    home.run("import", region("three-thieves"))
    return home


@pytest.fixture
def mine(kept: Home, tmp_path: Path) -> Home:
    """A copy of it to write in."""
    shutil.copytree(kept.root, tmp_path / "mine")
    return Home(tmp_path / "mine")


def test_the_queue_holds_thieves_and_says_why(kept: Home, region: Region) -> None:
    truth = json.loads((region("three-thieves") / "truth.json").read_text("utf-8"))
    stolen = {theft["account"] for theft in truth["thefts"]}
    told = kept.told("queue")
    assert 0 < len(told["queue"]) <= len(stolen)
    for one in told["queue"]:
        assert one["account"] in stolen
        assert one["e_value"] >= told["line"] * 0.999
        assert one["alerts"]
        assert told["from"] <= one["at"][:10] < told["until"]
        assert one["sessions"][0]["weight"] == max(session["weight"] for session in one["sessions"]) > 1
    assert told["accounts"] / (len(told["queue"]) * told["fdr"]) == pytest.approx(told["line"], abs=0.001)
    assert "10%" in told["promise"]


def test_a_stricter_share_holds_no_more(kept: Home) -> None:
    strict, loose = ({one["account"] for one in kept.told("queue", "--fdr", fdr)["queue"]} for fdr in ("0.001", "0.5"))
    assert strict <= loose


def test_a_week_before_can_be_asked_for(kept: Home) -> None:
    latest = kept.told("queue")["week"]
    assert kept.told("queue", "--week", latest) == kept.told("queue")
    year, week = latest.split("-W")
    assert kept.told("queue", "--week", f"{year}-W{int(week) - 1:02}")["accounts"] > 0


def test_a_verdict_stands_beside_the_account(mine: Home) -> None:
    before = mine.told("queue")["queue"]
    first = before[0]
    mine.run("decide", "false", first["alerts"][0], "--who", "officer")
    after = mine.told("queue")["queue"]
    assert [(one["account"], one["e_value"]) for one in after] == [(one["account"], one["e_value"]) for one in before]
    assert (after[0]["verdict"], after[0]["who"]) == ("owner", ["officer"])
    mine.run("decide", "true", first["alerts"][0], "--who", "lead")
    assert mine.told("queue")["queue"][0]["verdict"] == "disputed"


def test_an_account_without_an_alert_can_be_answered(mine: Home) -> None:
    quiet = next(
        name
        for name in mine.table("sessions")["account"].unique().to_pylist()
        if name not in {alert["account"] for alert in mine.told("alerts")["alerts"]}
    )
    told = mine.told("decide", "false", quiet, "--who", "officer")
    assert told["decision"]["account"] == quiet


def test_a_rebuild_says_the_same(mine: Home) -> None:
    before = mine.told("queue")
    mine.run("rebuild")
    assert mine.told("queue") == before


def test_a_person_reads_it(kept: Home) -> None:
    out = kept.run("queue").out
    assert "e-value" in out
    assert "The ladder promises something else" in out.replace("\n", " ")


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("--week", "2026-48"), "a week is written"),
        (("--week", "2026-W54"), "a week is written"),
        (("--week", "1999-W01"), "nothing is remembered of this week"),
        (("--fdr", "1.5"), "a share between 0 and 1"),
    ],
)
def test_what_makes_no_sense_is_refused(kept: Home, arguments: tuple[str, ...], says: str) -> None:
    assert says in kept.run("queue", *arguments, code=2).err
