"""September 2025 on three fictitious regions, from the first stolen record to the last letter, held against the truth.

One run of `tocsin demo`: a real identity provider, nine services, three servers of Tocsin's, a thief who plays live.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from itertools import chain
from pathlib import Path
from typing import Any

import pytest

from live import needed

TIMEOUT_S = 900


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a demo that has been played."""
    needed()
    folder = tmp_path_factory.mktemp("whole") / "demo"
    command = [sys.executable, "-m", "tocsin", "demo", "--folder", str(folder), "--quiet", "--json", f"{folder}.json"]
    ran = subprocess.run(command, capture_output=True, text=True, timeout=TIMEOUT_S, cwd=folder.parent, check=False)
    assert ran.returncode == 0, ran.stderr[-2000:]
    assert ran.stdout == ""
    return folder


@pytest.fixture(scope="module")
def told(folder: Path) -> dict[str, Any]:
    return dict(json.loads(Path(f"{folder}.json").read_text("utf-8")))


@pytest.fixture(scope="module")
def regions(told: dict[str, Any]) -> list[dict[str, Any]]:
    return list(told["regions"])


def test_every_region_sees_the_thief(regions: list[dict[str, Any]]) -> None:
    assert len(regions) == 3
    for region in regions:
        assert region["incident"], region["region"]
        assert all(account["rungs"] for account in region["accounts"]), region["region"]


def test_each_account_is_stopped_within_a_handful_of_records(regions: list[dict[str, Any]]) -> None:
    """Promise: he came for hundreds; each account is refused after a few dozen at most, and none gets what he wants."""
    for account in chain.from_iterable(region["accounts"] for region in regions):
        assert account["refused"], account
        assert account["opened"] <= 40, account
    assert all(region["opened"] <= region["taken_without"] / 4 for region in regions)


def test_nothing_he_holds_works_after_the_cut(regions: list[dict[str, Any]]) -> None:
    """Promise: dead is tried, not believed: password, sessions, cookies, tokens, each by the thief himself."""
    for region in regions:
        assert region["tried"], region["region"]
        for account, ways in region["tried"].items():
            assert "works" not in ways.values(), (region["region"], account, ways)


def test_what_is_proven_is_read_back(regions: list[dict[str, Any]]) -> None:
    for region in regions:
        cuts = [act for act in region["acts"] if act["kind"] == "suspend-account"]
        assert cuts
        assert {act["state"] for act in cuts} <= {"proven", "undone"}, region["region"]


def test_nobody_he_took_is_missing_and_hardly_anybody_is_named_wrongly(regions: list[dict[str, Any]]) -> None:
    for region in regions:
        assert region["missed"] == 0, region["region"]
        assert region["named"] + region["unsure"] >= region["touched"], region["region"]
        assert region["named_wrongly"] <= max(2, region["touched"] // 20), region["region"]


def test_the_papers_are_there_and_each_person_has_a_letter_or_waits_for_a_human(regions: list[dict[str, Any]]) -> None:
    for region in regions:
        papers = [Path(name) for name in (*region["dossier"], *region["declaration"]["files"])]
        assert {path.suffix for path in papers} >= {".html", ".pdf", ".json"}
        assert all(path.stat().st_size > 1_000 for path in papers)
        written, persons = region["letters"]["written"], region["letters"]["persons"]
        assert written["letters"] + written["queue"] == persons["thief"] + persons["unsure"]
        assert region["declaration"]["deadline"]["shown"]


def test_the_regions_are_linked_without_a_name(told: dict[str, Any], folder: Path) -> None:
    assert len(told["linked"]) >= 3
    shared = "".join(path.read_text("utf-8") for path in (folder / "shared").glob("*.json"))
    for region in told["regions"]:
        assert not any(account["account"] in shared for account in region["accounts"])


def test_the_owner_works_again_and_the_thief_does_not(told: dict[str, Any]) -> None:
    restored = told["restored"]
    assert restored["work"]["refused"] is None
    assert len(restored["work"]["opened"]) == 3
    assert "works" not in restored["thief"].values(), restored["thief"]


def test_a_taken_patients_name_is_in_a_letter_and_nowhere_else(folder: Path, regions: list[dict[str, Any]]) -> None:
    """Promise: the watcher is no honeypot. The names of those whom he took stand in the letters alone."""
    for region in regions:
        home = folder / region["region"]
        names = taken_names(folder, region["region"])
        assert names
        looked_at = [
            path
            for path in (*home.rglob("*"), *(folder / "shared").rglob("*"))
            if path.is_file()
            and "past" not in path.parts
            and "letters" not in path.parts
            and "ledger" not in path.parts
        ]
        assert len(looked_at) > 10
        for path in looked_at:
            data = path.read_bytes()
            found = [name for name in names if name.encode() in data]
            assert not found, path.relative_to(folder)


def taken_names(folder: Path, region: str) -> set[str]:
    """Family names, in capitals as trails and letters have them, of the patients whom the thief opened."""
    truth = json.loads((folder / "thief" / region / "truth.json").read_text("utf-8"))
    opened = {one["patient"] for theft in truth["thefts"] for one in theft["opened"]}
    names = set()
    for line in (folder / region / "past" / "Patient.ndjson").open("rb"):
        patient = json.loads(line)
        if patient["id"] in opened:
            names |= {name["family"] for name in patient["name"] if len(name.get("family", "")) >= 6}
    return names


def test_nothing_is_left_running(folder: Path) -> None:
    """Promise: a demo ends, and everything it started with it."""
    mine = os.getpid()
    left = []
    for process in Path("/proc").iterdir():
        if process.name.isdigit() and int(process.name) != mine:
            try:
                command = (process / "cmdline").read_bytes().replace(b"\0", b" ")
            except OSError:
                continue
            if str(folder).encode() in command:
                left.append(command[:200])
    assert left == []
