"""What scope promises over a whole region, where the truth is known: a fictitious one, replayed without containment.

Everybody whom a detected thief took is named as the thief's, and hardly anybody whom he did not take.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tocsin_range.make import make
from tocsin_range.recipe import Recipe

ATTACKS = ("bulk", "prefix-sweep", "paging", "export", "medium", "night", "lists-only")
RECIPE = Recipe(accounts=60, days=14, seed=5, attacks=tuple((name, None) for name in ATTACKS), lookalikes=())


@dataclass(frozen=True)
class Told:
    """What was told of each detected theft, beside the truth."""

    taken: dict[str, set[str]]
    """Attack -> ids of the patients whom the thief opened, listed or exported."""
    named: dict[str, dict[str, set[str]]]
    """Attack -> by -> ids of the patients exposed."""


def patient_ids(root: Path) -> dict[str, str]:
    """Every name that the trail may give a patient -> the id of the record."""
    found = {}
    for line in (root / "Patient.ndjson").read_text().splitlines():
        one = json.loads(line)
        found[one["id"]] = one["id"]
        found.update({f"{i.get('system', '')}|{i['value']}": one["id"] for i in one.get("identifier", ())})
    return found


def told_of(truth: dict[str, Any], exposures: list[dict[str, Any]], ids: dict[str, str]) -> Told:
    named: dict[str, dict[str, set[str]]] = defaultdict(lambda: defaultdict(set))
    for one in exposures:
        named[one["account"]][one["by"]].add(ids[one["patient"]])
    thefts = [theft for theft in truth["thefts"] if theft["account"] in named]
    kinds = ("opened", "listed", "exported")
    return Told(
        {theft["attack"]: {one["patient"] for kind in kinds for one in theft[kind]} for theft in thefts},
        {theft["attack"]: named[theft["account"]] for theft in thefts},
    )


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> Told:
    root = tmp_path_factory.mktemp("region")
    make(RECIPE, root)
    answer = tmp_path_factory.mktemp("told") / "replay.json"
    command = [sys.executable, "-m", "tocsin", "replay", str(root), "--learn-until", "2025-09-11"]
    subprocess.run([*command, "--no-contain", "--with-identifiers", "--json", str(answer)], check=True)
    return told_of(
        json.loads((root / "truth.json").read_text()), json.loads(answer.read_text())["exposures"], patient_ids(root)
    )


def test_most_thefts_are_detected_or_nothing_is_shown_here(told: Told) -> None:
    assert len(told.taken) >= 5


def test_nobody_whom_a_thief_took_is_missing(told: Told) -> None:
    missing = {attack: len(taken - told.named[attack]["thief"]) for attack, taken in told.taken.items()}
    assert missing == dict.fromkeys(told.taken, 0)


def test_hardly_anybody_is_called_the_thiefs_whom_he_did_not_take(told: Told) -> None:
    wrong = sum(len(told.named[attack]["thief"] - taken) for attack, taken in told.taken.items())
    assert wrong <= 0.01 * sum(map(len, told.taken.values()))


def test_the_owners_patients_stay_the_owners(told: Told) -> None:
    assert sum(len(by["owner"]) for by in told.named.values()) > sum(len(by["unsure"]) for by in told.named.values())
