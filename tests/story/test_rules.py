"""Rules: listed, tested, counted on a region's own past; and what those that are switched on match."""

from __future__ import annotations

import json
import shutil
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from conftest import Region
from story.commands import Home, copied, day_of, sentence, trail_lines, with_key
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
    told = {one["rule"]: one["why"] for one in home.told("rules", "list")["refused"]}
    assert told["gone"] == "'rules.on' names a rule that is not there: gone"
    shutil.rmtree(folder)
    assert "'rules.folder' is no folder" in sentence(home.run("rules", "list", code=2))


def test_two_rules_do_not_share_an_id(home: Home) -> None:
    own_rules(home)
    own_rules(home, name="twin")
    (refused,) = home.told("rules", "list")["refused"]
    assert "it has the id of 'mine'" in refused["why"]


def test_hits_are_the_events_that_match_newest_first(kept: Home) -> None:
    own_rules(kept, on='["mine"]')
    told = kept.told("rules", "hits", "--limit", 100_000)
    rows = [row for row in ParquetParts(kept.state / "derived").read("events").to_pylist() if row["action"] == "export"]
    events = {row["event_id"].hex(): row for row in rows}
    assert {one["event"] for one in told["hits"]} == set(events)
    assert [one["event"] for one in told["hits"]] == sorted(events, reverse=True)
    assert all(one["account"] == events[one["event"]]["account"] for one in told["hits"])
    assert told["total"] == len(events) == told["rules"][0]["hits"] > 3
    assert {one["level"] for one in told["hits"]} == {"low"}
    some = kept.told("rules", "hits", "mine", "--limit", 2)
    assert some["hits"] == told["hits"][:2]
    assert some["total"] == told["total"]
    mine = told["hits"][0]["account"]
    of_one = kept.told("rules", "hits", "--account", mine.rpartition("|")[2], "--limit", 100_000)
    assert of_one["hits"] == [one for one in told["hits"] if one["account"] == mine]
    middle = told["hits"][len(told["hits"]) // 2]["at"][:10]
    parts = [kept.told("rules", "hits", option, middle)["total"] for option in ("--since", "--until")]
    assert sum(parts) == told["total"]
    assert f"the newest 2 of {told['total']} hits" in kept.run("rules", "hits", "--limit", 2).out
    assert next(one["lately"] for one in kept.told("rules", "list")["rules"] if one["on"]) > 0


def test_an_alert_says_which_rules_its_account_matched_and_weighs_the_same(kept: Home) -> None:
    """Promise: a rule is a note. Alerts are what they are without it, word for word."""
    own_rules(kept)
    without = kept.told("alerts")
    assert all(one["rules"] == [] for one in without["alerts"])
    assert kept.told("explain", without["alerts"][0]["alert"])["rules"] == []
    own_rules(kept, on='["honey-patient-opened", "contact-data-of-a-stranger"]')
    told = kept.told("alerts")
    assert [{**one, "rules": []} for one in told["alerts"]] == without["alerts"]
    noted = next(one for one in told["alerts"] if one["rules"])
    assert noted["rules"][0]["rule"] == "honey-patient-opened"  # the gravest first
    (count, day) = noted["rules"][0]["events"], noted["at"][:10]
    after = (datetime.fromisoformat(day) + timedelta(days=1)).date().isoformat()
    of_day = kept.told("rules", "hits", "honey-patient-opened", "--account", noted["alert"], "--until", after)
    assert of_day["total"] == count
    explained = kept.told("explain", noted["alert"])["rules"]
    assert [(one["rule"], one["events"]) for one in explained] == [
        (one["rule"], one["events"]) for one in noted["rules"]
    ]
    assert "Un patient leurre a été ouvert" in kept.run("explain", noted["alert"], "--lang", "fr").out
    assert "A honey patient was opened" in kept.run("explain", noted["alert"], "--lang", "en").out
    assert "rules" in kept.run("alerts").out


def test_an_incident_has_the_rules_in_its_timeline(kept: Home) -> None:
    own_rules(kept)
    name = next(one["incident"] for one in kept.told("incident")["incidents"])
    without = kept.told("incident", name)["timeline"]
    own_rules(kept, on='["honey-patient-opened", "contact-data-of-a-stranger", "mine"]')
    told = kept.told("incident", name)["timeline"]
    noted = [moment for moment in told if moment["kind"] == "rule"]
    assert [moment for moment in told if moment["kind"] != "rule"] == without
    assert "honey-patient-opened" in {moment["what"] for moment in noted}
    (honey,) = (one for one in noted if one["what"] == "honey-patient-opened")
    hits = kept.told("rules", "hits", "honey-patient-opened", "--account", honey["account"])["hits"]
    assert honey["evidence"] == [hits[-1]["event"]]
    assert honey["at"] == hits[-1]["at"]
    assert "(honey-patient-opened, critique)" in honey["fr"]
    kept.run("dossier", name, "--out", kept.root / "dossier")
    page = next((kept.root / "dossier").rglob("*.html")).read_text("utf-8")
    assert "Règle déclenchée, sans poids : honey-patient-opened" in page


def test_hits_do_not_depend_on_the_batches(kept: Home, region: Region, tmp_path: Path) -> None:
    """One import or several, and after a rebuild; what an import says of its batch adds up to what is listed."""
    home = with_key(Home(tmp_path / "home"))
    (home.root).mkdir(exist_ok=True)
    own_rules(home, on='["mine", "contact-data-of-a-stranger", "break-glass-by-a-desk"]')
    lines = sorted(trail_lines(region("three-thieves")), key=day_of)
    days = sorted({day_of(line) for line in lines})
    told: dict[str, int] = {}
    for number, some in enumerate((days[: len(days) // 3], days[len(days) // 3 :])):
        folder = tmp_path / f"part-{number}"
        if number == 0:
            copied(region("three-thieves"), folder, only=("[!A]*.ndjson", "Appointment*.ndjson", "marks.txt"))
        folder.mkdir(exist_ok=True)
        its = b"".join(line + b"\n" for line in lines if day_of(line) in some)
        (folder / "AuditEvent.ndjson").write_bytes(its)
        for rule, count in home.told("import", folder, "--source", "trail")["rules"].items():
            told[rule] = told.get(rule, 0) + count
    listed = home.told("rules", "hits", "--limit", 100_000)
    assert {one["rule"]: one["hits"] for one in listed["rules"]} == told
    own_rules(kept, on='["mine", "contact-data-of-a-stranger", "break-glass-by-a-desk"]')
    whole = kept.told("rules", "hits", "--limit", 100_000)
    assert [_apart_from_the_source(one) for one in listed["hits"]] == [
        _apart_from_the_source(one) for one in whole["hits"]
    ]
    home.run("rebuild")
    assert home.told("rules", "hits", "--limit", 100_000) == listed


def _apart_from_the_source(hit: dict[str, object]) -> dict[str, object]:
    """An event's id is of its source too."""
    return {**hit, "event": ""}


def test_a_rule_that_is_wrong_stops_nothing(kept: Home, region: Region, home: Home) -> None:
    """Promise: a rule is a note. One that cannot be read is said, and everything else goes on."""
    own_rules(kept, on='["mine", "honey-patient-opened", "gone"]', level="serious")
    told = kept.told("rules", "hits")
    assert [one["rule"] for one in told["rules"]] == ["honey-patient-opened"]
    assert "its level is one of" in told["unread"][0]
    assert told["unread"][1] == "'rules.on' names a rule that is not there: gone"
    ran = kept.run("alerts")
    assert "a rule that is switched on is not read" in ran.err
    assert kept.told("alerts")["rules_unread"] == told["unread"]
    own_rules(home, on='["mine"]', level="serious")
    imported = home.run("import", region("three-thieves"))
    assert "its level is one of" in imported.err
    assert "Batch 1" in imported.out


def test_hits_that_cannot_be_are_said(kept: Home) -> None:
    own_rules(kept)
    assert "no rule is switched on" in sentence(kept.run("rules", "hits", code=2))
    assert "no alert, episode or account has this name" in sentence(
        kept.run("rules", "hits", "mine", "--account", "nobody", code=2)
    )
    assert "there is no rule 'nothing'" in sentence(kept.run("rules", "hits", "nothing", code=2))
    assert "--limit" in sentence(kept.run("rules", "hits", "mine", "--limit", 0, code=2))


def test_no_patient_is_in_a_hit(kept: Home, region: Region) -> None:
    own_rules(kept, on='["honey-patient-opened", "contact-data-of-a-stranger"]')
    name = next(one["alert"] for one in kept.told("alerts")["alerts"] if one["rules"])
    read = kept.run("rules", "hits").out + json.dumps(kept.told("rules", "hits"))
    read += json.dumps(kept.told("alerts")) + json.dumps(kept.told("explain", name)["rules"])
    references = {
        row["patient"].hex()
        for row in ParquetParts(kept.state / "derived").read("events").to_pylist()
        if row["patient"]
    }
    marks = (region("three-thieves") / "marks.txt").read_text("utf-8").split()
    assert not [one for one in (*references, *marks) if one in read]
