"""One region from its first import to the names of those exposed, through every command."""

from __future__ import annotations

import json
import stat
from pathlib import Path

import pytest

from conftest import Region
from story.commands import Home, copied, sentence


@pytest.fixture(scope="module")
def kept(region: Region, tmp_path_factory: pytest.TempPathFactory) -> Home:
    """A home that holds the region of three thieves. Read only."""
    home = Home(tmp_path_factory.mktemp("kept"))
    home.run("import", region("three-thieves"))
    return home


@pytest.fixture(scope="module")
def truth(region: Region) -> dict:
    return json.loads((region("three-thieves") / "truth.json").read_text("utf-8"))


def thieves(truth: dict) -> set[str]:
    return {account for theft in truth["thefts"] for account in theft["accounts"] if theft["start"]}


def test_nobody_of_that_name_has_a_scope(kept: Home) -> None:
    """A typing error is no account without alerts."""
    assert "no alert, episode or account has this name" in sentence(kept.run("scope", "--account", "nobody", code=2))
    alerted = {one["account"] for one in kept.told("alerts")["alerts"]}
    quiet = next(one for one in kept.table("events")["account"].to_pylist() if one and one not in alerted)
    assert "no alert concerns this account" in sentence(kept.run("scope", "--account", quiet, code=2))


def test_every_line_is_kept_and_counted(region: Region, home: Home, truth: dict) -> None:
    told = home.told("import", region("three-thieves"))
    assert (told["lines"], told["events"], told["duplicates"], told["rejected"]) == (truth["lines"],) * 2 + (0, 0)
    assert told["alerts"] == len(home.told("alerts")["alerts"])


def test_the_stolen_accounts_are_among_the_alerts(kept: Home, truth: dict) -> None:
    told = kept.told("alerts")["alerts"]
    assert thieves(truth) <= {alert["account"] for alert in told}
    assert [alert["at"] for alert in told] == sorted(alert["at"] for alert in told)


def test_an_alert_says_why_and_what_speaks_for_the_owner(kept: Home, truth: dict) -> None:
    alert = next(one for one in kept.told("alerts")["alerts"] if one["account"] in thieves(truth))
    told = kept.told("explain", alert["alert"])
    assert told["account"] == alert["account"]
    assert told["reasons"]
    assert told["counter_evidence"]
    assert {event["event"] for event in told["events"]} == set(alert["events"])
    assert all(event["nearest"]["fr"] for event in told["events"] if event["explained_by"] == "unexplained")
    read = kept.run("explain", alert["alert"]).out
    assert "It is not a probability." in " ".join(read.split())
    assert "Ce n'est pas une probabilité." in kept.run("explain", alert["alert"], "--lang", "fr").out


def test_an_alert_is_explained_by_what_it_is_made_of(kept: Home, truth: dict) -> None:
    """Promise: shares add up to the weight, the line was crossed, each stranger is counted, both languages say it."""
    for alert in kept.told("alerts")["alerts"]:
        told = kept.told("explain", alert["alert"])
        assert sum(ground["nats"] for ground in told["grounds"]) == pytest.approx(told["weight"], abs=1e-4)
        assert told["line"]["weight"] < told["weight"]
        assert told["line"]["budget"] > 0
        assert len(told["families"]) >= (2 if told["rung"] == "suspend" else 0)
        missing = told["missing"]
        assert all(1 <= change["patients"] <= missing["strangers"] for change in missing["changes"])
        assert bool(missing["changes"]) == bool(missing["strangers"])
        said = [told["sentence"], told["line"], *missing["changes"], *told["counter_evidence"], *told["grounds"]]
        assert all(one["fr"].strip() and one["en"].strip() for one in said)


def test_each_alert_is_found_by_its_name(kept: Home) -> None:
    told = kept.told("alerts")["alerts"]
    assert len({alert["alert"] for alert in told}) == len(told)
    for alert in told[-2:]:
        assert kept.told("explain", alert["alert"])["at"] == alert["at"]


def test_an_alert_that_is_not_there_is_said(kept: Home) -> None:
    assert "tocsin alerts" in sentence(kept.run("explain", "A-nothing", code=2))


def test_the_harvest_of_a_bulk_thief_is_named(kept: Home, truth: dict, tmp_path: Path) -> None:
    theft = next(theft for theft in truth["thefts"] if theft["attack"] == "bulk")
    told = kept.told(
        *("scope", "--account", theft["account"], "--reveal", "answering the patients", "--who", "officer 1")
    )
    (incident,) = told["incidents"]
    assert incident["account"] == theft["account"]
    named = {row["patient"].rpartition("|")[2] for row in told["exposures"] if row["by"] in ("thief", "unsure")}
    assert {entry["patient"] for entry in theft["opened"]} <= named


def test_without_a_reason_nobody_is_named(kept: Home) -> None:
    told = kept.told("scope")
    assert told["exposures"]
    assert all(len(row["patient"]) == 34 and int(row["patient"], 16) for row in told["exposures"])


@pytest.mark.parametrize("arguments", [("--reveal", "why"), ("--reveal", "", "--who", "me"), ("--who", "me")])
def test_half_a_reason_is_refused(kept: Home, arguments: tuple[str, ...]) -> None:
    ran = kept.run("scope", *arguments, code=2)
    assert sentence(ran)
    assert ran.out == ""


def test_a_reason_leaves_a_receipt(region: Region, home: Home) -> None:
    home.run("import", region("three-thieves"))
    before = receipts(home)
    home.run("scope", "--reveal", "answering the patients", "--who", "officer 1")
    new = receipts(home).removeprefix(before).decode()
    assert "answering the patients" in new
    assert "officer 1" in new


def test_a_receipt_that_was_changed_is_found(region: Region, home: Home) -> None:
    home.run("import", copied(region("three-thieves"), home.root / "r", only=("AuditEvent-000*", "Patient.ndjson")))
    home.run("scope", "--reveal", "answering the patients", "--who", "officer 1")
    assert home.told("verify")["receipts"] == 1
    (home.state / "vault" / "receipts.jsonl").write_bytes(receipts(home).replace(b"officer 1", b"officer 2") * 2)
    told = home.told("verify", code=5)
    assert not told["sound"]
    assert "receipts" in told["receipts_problem"]


def receipts(home: Home) -> bytes:
    path = home.state / "vault" / "receipts.jsonl"
    return path.read_bytes() if path.exists() else b""


def test_coverage_counts_what_was_received(kept: Home, truth: dict) -> None:
    told = kept.told("coverage")
    assert sum(service["received"] for service in told["services"]) == truth["lines"]
    assert {watch["verdict"] for watch in told["watch"]} <= {"yes", "partly", "no"}


def test_coverage_of_a_day_counts_that_day_only(kept: Home) -> None:
    told = kept.told("coverage", "--since", "2025-09-03", "--until", "2025-09-04")
    assert told["services"]
    assert all(service["first"][:10] == "2025-09-03" for service in told["services"])


def test_what_is_kept_verifies(kept: Home) -> None:
    told = kept.told("verify")
    assert told["sound"]
    assert told["batches"] == 1
    assert all(segment["sound"] for segment in told["segments"])


def test_a_doctor_finds_it_fit(kept: Home) -> None:
    told = kept.told("doctor")
    assert told["fit"]
    assert {finding["state"] for finding in told["findings"]} <= {"good", "poor"}


def test_a_doctor_on_nothing_says_what_will_be_made(home: Home) -> None:
    told = home.told("doctor")
    assert told["fit"]
    assert "new" in {finding["state"] for finding in told["findings"]}
    assert not home.state.exists()


def test_a_doctor_sees_a_key_that_others_may_read(home: Home) -> None:
    home.state.mkdir(mode=0o700)
    (home.state / "key").write_bytes(bytes(32))
    (home.state / "key").chmod(0o644)
    told = home.told("doctor", code=1)
    assert not told["fit"]


@pytest.mark.parametrize(
    "command",
    ["alerts", "scope", "coverage", "verify", "doctor", "calibrate --dry-run"],
)
def test_a_file_and_standard_output_get_the_same_json(kept: Home, command: str, tmp_path: Path) -> None:
    kept.run(*command.split(), "--json", tmp_path / "told.json")
    assert json.loads((tmp_path / "told.json").read_text("utf-8")) == kept.told(*command.split())


def test_a_json_file_that_cannot_be_written_is_said(kept: Home) -> None:
    assert "JSON file" in sentence(kept.run("alerts", "--quiet", "--json", "/nowhere/told.json", code=1))


def test_the_state_is_its_owners_only(kept: Home) -> None:
    for path in (kept.state, *kept.state.rglob("*")):
        assert not stat.S_IMODE(path.stat().st_mode) & 0o077, path


def test_an_import_leaves_nothing_unfinished(kept: Home) -> None:
    names = [path.name for path in kept.root.rglob("*") if path.is_file()]
    assert not [name for name in names if name.endswith((".tmp", ".unfinished", ".arrow")) and "schema" not in name]


def test_the_same_again_adds_nothing_however_its_files_are_cut(region: Region, home: Home, tmp_path: Path) -> None:
    lines = home.told("import", region("three-thieves"))["lines"]
    before = home.derived()
    told = home.told("import", region("three-thieves"))
    assert (told["batch"], told["events"], told["alerts"], told["rejected"]) == (0, 0, 0, 0)
    assert (told["lines"], told["duplicates"]) == (lines, lines)
    assert home.derived() == before
    data = b"".join(path.read_bytes() for path in sorted(region("three-thieves").glob("AuditEvent*")))
    (tmp_path / "AuditEvent-all.ndjson").write_bytes(data)
    events, alerts = home.table("events"), home.table("alerts")
    told = home.told("import", tmp_path)
    assert (told["events"], told["duplicates"], told["alerts"]) == (0, lines, 0)
    assert home.table("events").equals(events)
    assert home.table("alerts").equals(alerts)


def test_a_dry_calibration_changes_nothing(kept: Home) -> None:
    before = kept.derived()
    assert not kept.told("calibrate", "--dry-run")["in_force"]
    assert kept.derived() == before


def test_a_calibration_judges_what_comes_later_and_a_rebuild_is_equal(
    region: Region, home: Home, tmp_path: Path
) -> None:
    """(1) import (2) calibrate, through the ledger (3) import again (4) rebuild: equal to the byte."""
    other = Home(tmp_path)
    for one in (home, other):
        one.run("import", region("three-thieves"))
    told = home.told("calibrate")
    assert (told["in_force"], told["batch"]) == (True, 2)
    later = copied_later(region("three-thieves"), tmp_path / "later")
    for one in (home, other):
        told = one.told("import", later)
        assert told["events"] == told["lines"]
    on_its_own, on_the_factory = (weights_in_2026(one) for one in (home, other))
    assert on_its_own
    assert on_its_own != on_the_factory
    before = home.derived()
    assert home.told("rebuild") == {"batches": 3, "folded": 3}
    assert home.derived() == before
    assert home.told("verify")["sound"]


def weights_in_2026(home: Home) -> list[int]:
    return [alert["weight"] for alert in home.table("alerts").to_pylist() if alert["at"].year == 2026]


def copied_later(region: Path, folder: Path) -> Path:
    """The region's trail as it would look twenty weeks later."""
    from datetime import datetime, timedelta

    def moved(text: str) -> str:
        return (datetime.fromisoformat(text) + timedelta(weeks=20)).isoformat()

    folder.mkdir()
    with (folder / "AuditEvent.ndjson").open("w", encoding="utf-8") as out:
        for path in sorted(region.glob("AuditEvent*")):
            for line in path.read_text("utf-8").splitlines():
                event = json.loads(line)
                event["recorded"] = moved(event["recorded"])
                if "period" in event:
                    event["period"] = {name: moved(at) for name, at in event["period"].items()}
                out.write(json.dumps(event) + "\n")
    return folder


def test_files_that_tocsin_does_not_read_are_named_and_not_kept(region: Region, home: Home, tmp_path: Path) -> None:
    folder = copied(region("three-thieves"), tmp_path / "more", only=("AuditEvent*", "Patient*"))
    (folder / "Observation.ndjson").write_text('{"resourceType":"Observation","id":"unheard-of-finding"}\n', "utf-8")
    (folder / "notes.json").write_text("{}\n", "utf-8")
    told = home.told("import", folder)
    assert told["ignored"] == ["Observation.ndjson", "notes.json"]
    assert told["rejected"] == 0
    assert b"unheard-of-finding" not in b"".join(path.read_bytes() for path in home.state.rglob("*.seg"))
