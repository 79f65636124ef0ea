"""Verdicts, challenges and "that was not me" flow back in, and a rebuild meets them again."""

from __future__ import annotations

import json
import shutil
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from conftest import Region
from story.commands import Home
from tocsin.config import Settings
from tocsin.main.decide import decide as main_decide
from tocsin.main.inspect import Reading


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


def stolen(region: Region) -> str:
    """The account of the first theft."""
    truth = json.loads((region("three-thieves") / "truth.json").read_text("utf-8"))
    return str(truth["thefts"][0]["account"])


def all_stolen(region: Region) -> set[str]:
    """The accounts of every theft."""
    truth = json.loads((region("three-thieves") / "truth.json").read_text("utf-8"))
    return {account for theft in truth["thefts"] for account in theft.get("accounts", [theft["account"]])}


def exposed(home: Home, account: str) -> dict[str, set[str]]:
    """By whom -> patients."""
    found: dict[str, set[str]] = {"thief": set(), "unsure": set(), "owner": set()}
    for row in home.told("scope", "--account", account)["exposures"]:
        found[row["by"]].add(row["patient"])
    return found


def decide(home: Home, *arguments: str, who: str = "officer") -> Any:
    """What the command told."""
    return home.told("decide", *arguments, "--who", who)


def test_a_failed_challenge_suspends_at_once(mine: Home, region: Region) -> None:
    account = stolen(region)
    told = decide(mine, "challenge-failed", account)
    assert [alert["rung"] for alert in told["alerts"]] == ["suspend"]
    last = mine.told("alerts")["alerts"][-1]
    assert (last["account"], last["rung"]) == (account, "suspend")
    assert last["reasons"] == ["human: whoever holds the account failed the challenge"]
    assert decide(mine, "challenge-failed", account)["alerts"] == [], "it stands there already"


def test_the_owners_word_leaves_nobody_unsure(mine: Home, region: Region) -> None:
    account = stolen(region)
    before = exposed(mine, account)
    decide(mine, "not-mine", account, who="owner")
    after = exposed(mine, account)
    assert after["thief"] >= before["thief"]
    assert len(after["unsure"]) <= len(before["unsure"])
    decide(mine, "false", account, who="owner")
    assert not exposed(mine, account)["thief"], "her last word counts"


def test_two_people_who_differ_are_told_so(mine: Home, region: Region) -> None:
    account = stolen(region)
    decide(mine, "not-mine", account, who="owner")
    told = decide(mine, "false", account, who="officer")
    assert [(one["what"], one["who"]) for one in told["opposed"]] == [("not-mine", "owner")]
    assert exposed(mine, account)["unsure"], "nobody is believed"


def test_a_rebuild_meets_every_decision_again(mine: Home, region: Region) -> None:
    account = stolen(region)
    decide(mine, "not-mine", account, who="owner")
    decide(mine, "challenge-failed", account)
    before = mine.told("alerts"), mine.told("scope")
    mine.run("rebuild")
    assert (mine.told("alerts"), mine.told("scope")) == before


def test_what_to_do_next_can_be_typed_as_it_stands(mine: Home, region: Region) -> None:
    account = stolen(region)
    value = account.rpartition("|")[2]
    said = " ".join(mine.run("decide", "false", account, "--who", "officer", "--dry-run").out.split())
    assert f"false, about {account} (account {value}), by officer." in said
    assert f"tocsin undo {value} --who NAME --why TEXT" in said


def test_a_dry_run_records_nothing(mine: Home, region: Region) -> None:
    told = mine.told("decide", "true", stolen(region), "--who", "officer", "--dry-run")
    assert (told["recorded"], told["batch"]) == (False, 0)
    assert not (mine.state / "derived/v1/decisions").exists()


def test_an_exception_has_a_reason_an_owner_and_an_end_and_is_told_everywhere(mine: Home, region: Region) -> None:
    account = stolen(region)
    alert = next(one["alert"] for one in mine.told("alerts")["alerts"] if one["account"] == account)
    told = decide(mine, "expected", alert, "--why", "register of the day clinic")["exception"]
    assert told["state"] == "in-force"
    assert (told["who"], told["why"]) == ("officer", "register of the day clinic")
    assert told["up_to"]
    assert "sharing" not in told["up_to"]
    assert mine.told("exceptions")["exceptions"] == [told]
    assert "register of the day clinic" in mine.run("exceptions").out
    incident = next(one for one in mine.told("incident")["incidents"] if account in one["accounts"])
    lines = mine.told("incident", incident["incident"])["timeline"]
    assert any(told["exception"] in line["evidence"] for line in lines), "the dossier's timeline"
    mine.run("decide", "withdrawn", told["exception"], "--who", "lead")
    assert mine.told("exceptions")["exceptions"] == []
    assert [one["state"] for one in mine.told("exceptions", "--all")["exceptions"]] == ["withdrawn"]
    assert "withdrawn already" in mine.run("decide", "withdrawn", told["exception"], "--who", "x", code=2).err
    before = mine.told("exceptions", "--all")
    mine.run("rebuild")
    assert mine.told("exceptions", "--all") == before


def test_an_exception_reads_the_sessions_once(mine: Home, region: Region, monkeypatch: pytest.MonkeyPatch) -> None:
    account, reads = stolen(region), []
    alert = next(one["alert"] for one in mine.told("alerts")["alerts"] if one["account"] == account)
    sessions = Reading.sessions

    def counted(reading: Reading) -> Any:
        reads.append(1)
        return sessions(reading)

    monkeypatch.setattr(Reading, "sessions", counted)
    settings, now = Settings(state=mine.state), datetime.now(UTC)
    told = main_decide(settings, "expected", alert, who="officer", why="market day", dry_run=True, now=now)
    assert told["decision"]["caps"]
    assert len(reads) == 1


def test_explain_shows_the_exception_that_was_in_force(mine: Home, region: Region) -> None:
    account = stolen(region)
    alert = next(one for one in mine.told("alerts")["alerts"] if one["account"] == account)
    eve = alert["at"][:11] + "00:00:00"
    told = decide(mine, "expected", alert["alert"], "--why", "market day", "--at", eve)["exception"]
    shown = mine.told("explain", alert["alert"])
    assert [one["exception"] for one in shown["exceptions"]] == [told["exception"]]
    assert "market day (officer)" in mine.run("explain", alert["alert"]).out


def test_a_calibration_heeds_verdicts(mine: Home, region: Region) -> None:
    plain = mine.told("calibrate", "--dry-run")
    assert (plain["stolen"], plain["answered"], plain["precision"]["answered"]) == (0, 0, 0)
    first = {one["account"]: one["alert"] for one in reversed(mine.told("alerts")["alerts"])}
    decide(mine, "true", first[stolen(region)])
    honest = next((alert for account, alert in first.items() if account not in all_stolen(region)), None)
    if honest:
        decide(mine, "false", honest)
    told = mine.told("calibrate", "--dry-run")
    assert told["precision"]["answered"] == (2 if honest else 1)
    assert told["precision"]["rightly"] == 1
    assert "Asked rightly: 1 of" in mine.run("calibrate", "--dry-run").out


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("perhaps", "x"), "unknown decision"),
        (("true", "nobody"), "no alert, episode or account"),
        (("true", ""), "nothing is named"),
        (("aware", ""), "no incident is named"),
        (("aware", "INC-none"), "no incident has the name"),
        (("true", "{account}", "--until", "2030-01-01"), "the end of an `expected`"),
        (("mine", "{account}", "--event", "zz"), "32 hexadecimal"),
        (("mine", "{account}", "--event", "0" * 32), "not of this account"),
        (("mine", "{account}", "--session", "1"), "not of this account"),
        (("true", "{account}", "--at", "2099-01-01"), "in the future"),
        (("expected", "{account}"), "needs a reason"),
        (("expected", "{account}", "--why", "x", "--until", "2099-01-01"), "within a year"),
        (("expected", "{account}", "--why", "x", "--detector", "sign-in"), "no exception covers"),
        (("true", "{account}", "--detector", "strangers"), "only `expected` is about detectors"),
        (("withdrawn", "EX-0"), "no exception has this name"),
    ],
)
def test_what_makes_no_sense_is_refused(kept: Home, region: Region, arguments: tuple[str, ...], says: str) -> None:
    told = [one.format(account=stolen(region)) for one in arguments]
    assert says in kept.run("decide", *told, "--who", "x", code=2).err
    assert "needs the name" in kept.run("decide", "true", stolen(region), "--who", " ", code=2).err
