"""Rules before they are switched on: listed, tested, and counted on a region's own past."""

from __future__ import annotations

import json
import shutil
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from conftest import Region
from story.commands import Home, sentence
from tocsin.store.parquet import ParquetParts

OWN = """title: Somebody exports
id: 0b0f4f0e-8a0f-4f7c-9d3b-1d2f0a5c6e77
description: Every export, to see what a region's usual is.
level: LEVEL
logsource: {product: tocsin, category: access}
detection:
  export: {action: export}
  condition: export
"""
TESTS = """match:
  - {why: an export, event: {action: export}}
no-match:
  - {why: a read, event: {action: read}}
"""


@pytest.fixture(scope="module")
def kept(region: Region, tmp_path_factory: pytest.TempPathFactory) -> Home:
    """A home that holds the region of three thieves. Read only."""
    home = Home(tmp_path_factory.mktemp("kept"))
    home.run("import", region("three-thieves"))
    return home


def own_rules(home: Home, *, on: str = "[]", level: str = "low", tests: str | None = TESTS, name: str = "mine") -> Path:
    folder = home.root / "my-rules"
    folder.mkdir(exist_ok=True)
    (folder / f"{name}.yml").write_text(OWN.replace("LEVEL", level), "utf-8")
    if tests is not None:
        (folder / f"{name}.test.yml").write_text(tests, "utf-8")
    (home.root / "tocsin.toml").write_text(f'[rules]\nfolder = "my-rules"\non = {on}\n', "utf-8")
    return folder


def test_what_a_rule_would_have_shown_is_what_the_trail_holds(kept: Home) -> None:
    own_rules(kept)
    told = kept.told("rules", "backtest", "mine")
    (rule,) = told["rules"]
    parts = ParquetParts(kept.state / "derived")
    rows = [row for row in parts.read("events").to_pylist() if row["action"] == "export"]
    events = {row["event_id"]: row for row in rows}
    assert rule["matches"] == len(events) > 0
    assert rule["accounts"] == len({row["account"] for row in rows} - {None})
    assert told["days"] == len(parts.days("events")) == len(rule["days"])
    by_day = [sum(row["at"].date() == day for row in events.values()) for day in parts.days("events")]
    assert [one["matches"] for one in rule["days"]] == by_day
    assert (rule["per_day"]["min"], rule["per_day"]["max"]) == (min(by_day), max(by_day))
    assert bytes.fromhex(rule["example"]) in events
    assert sum(one["matches"] for one in rule["services"]) <= rule["matches"]


def test_the_export_thief_and_the_honey_patients_are_among_what_the_pack_shows(kept: Home, region: Region) -> None:
    truth = json.loads((region("three-thieves") / "truth.json").read_text("utf-8"))
    told = {one["rule"]: one for one in kept.told("rules", "backtest")["rules"]}
    assert len(told) >= 8
    assert told["honey-patient-opened"]["matches"] > 0
    (theft,) = (one for one in truth["thefts"] if one["attack"] == "export")
    (day,) = {one["day"] for one in told["contact-data-of-a-stranger"]["days"] if one["matches"]}
    assert theft["start"].startswith(day)


def test_a_period_is_kept_to(kept: Home) -> None:
    own_rules(kept)
    whole = kept.told("rules", "backtest", "mine")
    middle = datetime.fromisoformat(whole["since"]).replace(tzinfo=UTC) + timedelta(days=5)
    parts = [
        kept.told("rules", "backtest", "mine", option, middle.date().isoformat()) for option in ("--since", "--until")
    ]
    assert sum(part["rules"][0]["matches"] for part in parts) == whole["rules"][0]["matches"]
    assert [part["days"] for part in parts] == [whole["days"] - 5, 5]
    refused = sentence(kept.run("rules", "backtest", "mine", "--since", "2031-01-01", code=4))
    assert "no events in this period" in refused


def test_no_patient_is_in_an_answer(kept: Home, region: Region) -> None:
    """Promise: a backtest counts, and names an event; whom it was about stays behind the door."""
    read = kept.run("rules", "backtest").out + json.dumps(kept.told("rules", "backtest"))
    references = {
        row["patient"].hex()
        for row in ParquetParts(kept.state / "derived").read("events").to_pylist()
        if row["patient"]
    }
    marks = (region("three-thieves") / "marks.txt").read_text("utf-8").split()
    assert not [one for one in (*references, *marks) if one in read]


def test_the_pack_is_listed_and_passes_its_tests(home: Home) -> None:
    rules = home.told("rules", "list")["rules"]
    assert all(one["tests"] and one["title"]["fr"] and one["from"] == "tocsin" and not one["on"] for one in rules)
    told = home.told("rules", "test")
    assert told["sound"]
    assert len(told["rules"]) == len(rules)
    assert "0 rules failed" in home.run("rules", "test").out


def test_an_own_rule_stands_beside_the_pack_and_may_replace_one(home: Home) -> None:
    own_rules(home, on='["mine"]')
    told = {one["rule"]: one for one in home.told("rules", "list")["rules"]}
    assert told["mine"]["on"]
    assert told["mine"]["from"] == "region"
    own_rules(home, name="paging-deep")
    (home.root / "my-rules/mine.yml").unlink()
    again = {one["rule"]: one for one in home.told("rules", "list")["rules"]}
    assert again["paging-deep"]["title"]["en"] == "Somebody exports"
    assert len(again) == len(told) - 1


def test_a_rule_without_tests_or_with_a_wrong_one_fails(home: Home) -> None:
    folder = own_rules(home, tests=None)
    told = home.told("rules", "test", folder, code=1)
    assert told == {
        "rules": [{"rule": "mine", "tests": 0, "failed": [], "refused": told["rules"][0]["refused"]}],
        "sound": False,
    }
    assert "it has no tests; write mine.test.yml beside it" in told["rules"][0]["refused"]
    own_rules(home, tests=TESTS.replace("action: read", "action: export"))
    wrong = home.told("rules", "test", folder / "mine.yml", code=1)
    assert wrong["rules"][0]["failed"] == [{"line": 4, "why": "a read", "wanted": "no-match"}]
    assert "line 4 of its tests: it matched: a read" in home.run("rules", "test", folder, code=1).out
    own_rules(home, tests=TESTS.partition("no-match")[0])
    assert "no event under 'no-match'" in home.told("rules", "test", folder, code=1)["rules"][0]["refused"]
    own_rules(home, tests=TESTS.replace("action: read", "hour: 3"))
    assert "line 4, field 'hour'" in home.told("rules", "test", folder, code=1)["rules"][0]["refused"]


def test_a_rule_that_is_none_is_told_and_counts_nothing(home: Home) -> None:
    own_rules(home, level="serious")
    (refused,) = home.told("rules", "list")["refused"]
    assert refused["rule"] == "mine"
    assert "line 4: its level is one of" in refused["why"]
    assert "its level is one of" in sentence(home.run("rules", "backtest", "mine", code=2))
    assert "its level is one of" in sentence(home.run("rules", "backtest", code=2))
    assert not home.told("rules", "test", code=1)["sound"]


def test_what_is_not_there_is_said(home: Home) -> None:
    assert "there is no rule 'nothing'" in sentence(home.run("rules", "backtest", "nothing", code=2))
    assert "nothing here yet" in sentence(home.run("rules", "backtest", code=4))
    assert "'PATH' is no folder of rules" in sentence(home.run("rules", "test", "nowhere", code=2))
    folder = own_rules(home, on='["gone"]')
    assert "'rules.on' names a rule that is not there: gone" in sentence(home.run("rules", "list", code=2))
    shutil.rmtree(folder)
    assert "'rules.folder' is no folder" in sentence(home.run("rules", "list", code=2))


def test_two_rules_do_not_share_an_id(home: Home) -> None:
    own_rules(home)
    own_rules(home, name="twin")
    (refused,) = home.told("rules", "list")["refused"]
    assert "it has the id of 'mine'" in refused["why"]
