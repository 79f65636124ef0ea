"""The replay contract: others build on it. Any folder in, one JSON object out, the same whatever the folder's form."""

from __future__ import annotations

import gzip
import json
import random
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import zstandard

from conftest import Region
from story.commands import Home, copied, trail_lines

HERE = Path(__file__).parent
SCHEMA = json.loads((HERE / "schema" / "replay.schema.json").read_text("utf-8"))
FIRST_OF_JUDGED = "2025-09-08"


def answer(home: Home, folder: Path, *arguments: object) -> dict[str, Any]:
    """What a replay says, but how long it took; valid by the published schema."""
    told = home.told("replay", folder, *arguments)
    jsonschema.validate(told, SCHEMA, format_checker=jsonschema.FormatChecker())
    assert told["lines"] == told["events"] + told["duplicates"] + told["rejected"]
    assert sum(told["rejected_by_reason"].values()) == told["rejected"]
    assert told.pop("seconds") > 0
    return told


@pytest.fixture(scope="module")
def folder(region: Region) -> Path:
    return region("three-thieves")


@pytest.fixture(scope="module")
def plain(folder: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """The answer to the folder as the range writes it."""
    return answer(Home(tmp_path_factory.mktemp("plain")), folder)


def test_the_schema_here_is_the_one_that_is_published() -> None:
    published = HERE.parents[1] / "docs" / "reference" / "replay.schema.json"
    assert json.loads(published.read_text("utf-8")) == SCHEMA


def test_two_runs_agree_to_the_byte_but_for_the_seconds(home: Home, folder: Path) -> None:
    one, two = (home.run("replay", folder, "--json", "-").out.splitlines() for _ in range(2))
    assert [line for line in one if '"seconds"' not in line] == [line for line in two if '"seconds"' not in line]


def test_a_replay_keeps_nothing(home: Home, folder: Path) -> None:
    home.run("replay", folder, "--quiet")
    assert list(home.root.iterdir()) == []


def one_file(lines: list[bytes], target: Path) -> None:
    (target / "AuditEvent.ndjson").write_bytes(b"\n".join(lines))


def many_files(lines: list[bytes], target: Path) -> None:
    for i in range(23):
        (target / f"AuditEvent-{(i * 7) % 23}.ndjson").write_bytes(b"".join(line + b"\r\n" for line in lines[i::23]))


def zipped(lines: list[bytes], target: Path) -> None:
    half = len(lines) // 2
    (target / "AuditEvent-1.ndjson.gz").write_bytes(gzip.compress(b"\n".join(lines[half:]), 1))
    zst = zstandard.ZstdCompressor(level=1).compress(b"\n\n".join(lines[:half]) + b"\n")
    (target / "AuditEvent-2.ndjson.zst").write_bytes(zst)


@pytest.mark.parametrize("form", [one_file, many_files, zipped])
def test_neither_order_nor_files_nor_compression_change_the_answer(
    home: Home, folder: Path, plain: dict, tmp_path: Path, form: Callable[[list[bytes], Path], None]
) -> None:
    lines = trail_lines(folder)
    random.Random(form.__name__).shuffle(lines)
    again = copied(folder, tmp_path / "again", only=("[!A]*.ndjson", "Appointment*", "marks.txt"))
    form(lines, again)
    assert answer(home, again) == plain


def test_facts_in_any_order_and_number_of_files_change_nothing(
    home: Home, folder: Path, plain: dict, tmp_path: Path
) -> None:
    again = copied(folder, tmp_path / "again", only=("AuditEvent*", "marks.txt"))
    for path in folder.glob("[!A]*.ndjson"):
        lines = path.read_bytes().splitlines()
        random.Random(path.name).shuffle(lines)
        (again / f"{path.stem}-2.ndjson").write_bytes(b"\n".join(lines[: len(lines) // 3]))
        (again / f"{path.stem}-1.ndjson.gz").write_bytes(gzip.compress(b"\n".join(lines[len(lines) // 3 :]), 1))
    (again / "Appointment.ndjson").symlink_to(folder / "Appointment.ndjson")
    assert answer(home, again) == plain


def test_duplicates_and_rejected_lines_are_counted_and_change_nothing_else(
    home: Home, folder: Path, plain: dict, tmp_path: Path
) -> None:
    again = copied(folder, tmp_path / "again")
    lines = trail_lines(folder)
    (again / "AuditEvent-more.ndjson").write_bytes(b"\n".join([*lines[:100], b"{", b"[]", b"null", b"\xff"]))
    told = answer(home, again)
    assert told == {
        **plain,
        "lines": plain["lines"] + 104,
        "duplicates": 100,
        "rejected": 4,
        "rejected_by_reason": told["rejected_by_reason"],
    }


def test_strange_files_beside_change_nothing(home: Home, folder: Path, plain: dict, tmp_path: Path) -> None:
    again = copied(folder, tmp_path / "again")
    (again / "README.txt").write_text("An export.", "utf-8")
    (again / "Observation.ndjson").write_bytes(b'{"resourceType":"Observation"}\n\xff\n')
    (again / "picture.png").write_bytes(bytes(range(256)))
    (again / "truth.json").write_text("not even JSON", "utf-8")
    (again / "AuditEvent.ndjson.tmp").write_text("{", "utf-8")
    (again / "AuditEvent-old").mkdir()
    assert answer(home, again) == plain


def test_without_containment_nothing_is_held(home: Home, folder: Path, plain: dict) -> None:
    told = answer(home, folder, "--no-contain")
    assert told["held"] == 0
    assert plain["held"] > 0
    assert len(told["exposures"]) > len(plain["exposures"])
    assert {row["account"] for row in told["suspensions"]} >= {row["account"] for row in plain["suspensions"]}


def test_what_is_held_was_not_exposed(plain: dict) -> None:
    """Here each thief has one session: nothing of it was read after the rung that ends it."""
    ended: dict[str, str] = {}
    for alert in plain["alerts"]:
        if alert["rung"] in ("end-sessions", "suspend"):
            ended.setdefault(alert["account"], alert["at"])
    stolen = [row for row in plain["exposures"] if row["by"] == "thief" and row["account"] in ended]
    assert stolen
    assert all(row["last_at"] <= ended[row["account"]] for row in stolen)


def test_alerts_begin_at_the_date_up_to_which_is_learned(home: Home, folder: Path) -> None:
    told = answer(home, folder, "--learn-until", FIRST_OF_JUDGED)
    assert told["alerts"]
    assert all(alert["at"] >= FIRST_OF_JUDGED for alert in told["alerts"])


def test_the_past_is_learned_from_the_date_alone(home: Home, folder: Path, tmp_path: Path) -> None:
    """What lies after the date teaches nothing: cut off the last day, and the alerts before it stay as they were."""
    cut = copied(folder, tmp_path / "cut", only=("[!A]*.ndjson", "Appointment*", "marks.txt"))
    one_file([line for line in trail_lines(folder) if at_of(line) < "2025-09-10"], cut)
    whole, early = (answer(home, one, "--learn-until", FIRST_OF_JUDGED) for one in (folder, cut))
    assert early["alerts"] == [alert for alert in whole["alerts"] if alert["at"] < "2025-09-10"]


def at_of(line: bytes) -> str:
    event = json.loads(line)
    at = event.get("period", {}).get("start") or event["recorded"]
    return datetime.fromisoformat(at).astimezone(UTC).isoformat()


@pytest.mark.parametrize("date", ["2025-01-01", "2026-01-01"])
def test_a_date_outside_the_trail_is_answered_too(home: Home, folder: Path, date: str, plain: dict) -> None:
    told = answer(home, folder, "--learn-until", date)
    if date < "2025-09":
        assert told == plain
    else:
        assert (told["alerts"], told["exposures"], told["held"]) == ([], [], 0)


def test_identifiers_are_those_of_the_trail(home: Home, folder: Path, plain: dict) -> None:
    told = answer(home, folder, "--with-identifiers")
    assert [{**row, "patient": ""} for row in told["exposures"]] != []
    assert sorted(rows_without_patient(told)) == sorted(rows_without_patient(plain))
    known = set()
    for line in (folder / "Patient.ndjson").read_bytes().splitlines():
        patient = json.loads(line)
        known |= {patient["id"], *(f"{one['system']}|{one['value']}" for one in patient["identifier"])}
    assert {row["patient"] for row in told["exposures"]} <= known


def rows_without_patient(told: dict) -> list[str]:
    return [json.dumps({**row, "patient": ""}, sort_keys=True) for row in told["exposures"]]


def test_another_key_gives_other_references_and_the_same_alerts(
    home: Home, folder: Path, plain: dict, tmp_path: Path
) -> None:
    (tmp_path / "key").write_bytes(bytes(range(32)))
    told = answer(home, folder, "--key", tmp_path / "key")
    assert told["alerts"] == plain["alerts"]
    assert sorted(rows_without_patient(told)) == sorted(rows_without_patient(plain))
    assert not {row["patient"] for row in told["exposures"]} & {row["patient"] for row in plain["exposures"]}


def test_marks_may_stand_elsewhere(home: Home, folder: Path, plain: dict, tmp_path: Path) -> None:
    again = copied(folder, tmp_path / "again", only=("*.ndjson",))
    assert answer(home, again, "--marks", folder / "marks.txt") == plain


def test_a_marked_patient_is_why_an_account_is_seen(home: Home, folder: Path, tmp_path: Path) -> None:
    truth = json.loads((folder / "truth.json").read_text("utf-8"))
    theft = next(theft for theft in truth["thefts"] if theft["attack"] == "sequential")
    (tmp_path / "marks").write_text(theft["opened"][1]["patient"] + "\n", "utf-8")
    told = answer(home, folder, "--no-contain", "--marks", tmp_path / "marks")
    reasons = [r for alert in told["alerts"] if alert["account"] == theft["account"] for r in alert["reasons"]]
    assert any(reason.startswith("honey") for reason in reasons)


def test_a_trail_without_any_fact_is_judged(home: Home, folder: Path, tmp_path: Path) -> None:
    bare = copied(folder, tmp_path / "bare", only=("AuditEvent*",))
    told = answer(home, bare)
    assert told["events"] == told["lines"]


def test_an_event_named_by_an_alert_is_in_the_trail_of_its_account(plain: dict) -> None:
    for alert in plain["alerts"]:
        assert all(len(event) == 32 and int(event, 16) for event in alert["events"])
        assert len(set(alert["events"])) == len(alert["events"])


@pytest.mark.parametrize("seed", [11, 12, 13])
def test_a_thief_of_one_a_second_is_seen_within_thirty_patients(home: Home, region: Region, seed: int) -> None:
    """300 accounts, one week of history, no calibration but the factory's."""
    folder = region(f"bulk-{seed}")
    (theft,) = json.loads((folder / "truth.json").read_text("utf-8"))["thefts"]
    told = answer(home, folder, "--no-contain")
    seen = min(a["at"] for a in told["alerts"] if a["account"] == theft["account"] and a["at"] >= theft["start"][:23])
    assert sum(entry["at"] <= seen for entry in theft["opened"]) <= 30


def test_owners_alone_are_seldom_disturbed(home: Home, region: Region) -> None:
    """150 accounts, two weeks: 300 account-weeks. The budget of `ask` is 0.005 an account-week: 1.5; ten times that."""
    told = answer(home, region("owners-only"), "--no-contain")
    assert len({alert["account"] for alert in told["alerts"]}) <= 15
    assert not told["suspensions"]


def test_an_import_judges_as_a_replay_that_holds_nothing(home: Home, folder: Path) -> None:
    """The key differs, and with it references; nothing else does, if the source has the same name.

    (With another name ids of events differ, and events of the same microsecond may stand in another order.)
    """
    told = answer(home, folder, "--no-contain", "--with-identifiers")
    home.run("import", folder, "--source", "replay")
    assert [shown(a) for a in home.told("alerts")["alerts"]] == [shown(a) for a in by_time(told["alerts"])]
    scope = home.told("scope", "--reveal", "a comparison", "--who", "a test")
    assert sorted(map(exposed, scope["exposures"])) == sorted(map(exposed, told["exposures"]))


def test_and_so_it_does_when_the_trail_ends_amid_a_theft(home: Home, folder: Path, tmp_path: Path) -> None:
    truth = json.loads((folder / "truth.json").read_text("utf-8"))
    theft = next(theft for theft in truth["thefts"] if theft["attack"] == "bulk")
    end = theft["opened"][300]["at"].replace("Z", "+00:00")
    cut = copied(folder, tmp_path / "cut", only=("[!A]*.ndjson", "Appointment*", "marks.txt"))
    one_file([line for line in trail_lines(folder) if at_of(line) < end], cut)
    told = answer(home, cut, "--no-contain", "--with-identifiers")
    home.run("import", cut, "--source", "replay")
    scope = home.told("scope", "--reveal", "a comparison", "--who", "a test")
    assert sorted(map(exposed, scope["exposures"])) == sorted(map(exposed, told["exposures"]))


def shown(alert: dict) -> tuple:
    return (
        alert["account"],
        alert["at"],
        alert["rung"],
        alert["weight"],
        alert["rarity"],
        alert["reasons"],
        alert["events"],
    )


def by_time(alerts: list[dict]) -> list[dict]:
    return sorted(alerts, key=lambda alert: (alert["at"], alert["account"]))


def exposed(row: dict) -> str:
    return json.dumps(
        {name: value for name, value in row.items() if name not in ("incident", "episode")}, sort_keys=True
    )
