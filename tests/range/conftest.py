"""One small region with every thief and every look-alike, made once for all tests of the range."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import pytest

from tocsin_range.lookalikes import LOOKALIKES
from tocsin_range.make import make
from tocsin_range.recipe import Recipe
from tocsin_range.thieves import ATTACKS

EVERYTHING = Recipe(
    accounts=120,
    days=12,
    attacks=tuple((attack.name, None) for attack in ATTACKS),
    lookalikes=tuple(lookalike.name for lookalike in LOOKALIKES),
)


@dataclass(frozen=True)
class Made:
    """A folder of the range, read back as anybody would."""

    root: Path

    def read(self, kind: str) -> list[dict[str, Any]]:
        """All resources of a type."""
        paths = [path for path in sorted(self.root.glob("*.ndjson")) if path.stem.partition("-")[0] == kind]
        return [json.loads(line) for path in paths for line in path.read_bytes().splitlines()]

    @cached_property
    def events(self) -> list[dict[str, Any]]:
        return self.read("AuditEvent")

    @cached_property
    def by_id(self) -> dict[str, dict[str, Any]]:
        return {event["id"]: event for event in self.events}

    @cached_property
    def patients(self) -> dict[str, dict[str, Any]]:
        return {patient["id"]: patient for patient in self.read("Patient")}

    @cached_property
    def truth(self) -> dict[str, Any]:
        return json.loads((self.root / "truth.json").read_text(encoding="utf-8"))

    def theft(self, attack: str) -> dict[str, Any]:
        """The theft of that name."""
        return next(theft for theft in self.truth["thefts"] if theft["attack"] == attack)

    def local_numbers(self) -> dict[str, str]:
        """Regional number -> logical id."""
        return {patient["identifier"][1]["value"]: ident for ident, patient in self.patients.items()}


def account_of(event: dict[str, Any]) -> str | None:
    """`system|value` of whoever acts."""
    for agent in event["agent"]:
        if agent["requestor"]:
            return f"{agent['who']['identifier']['system']}|{agent['who']['identifier']['value']}"
    return None


def patient_of(event: dict[str, Any], numbers: dict[str, str]) -> str | None:
    """Logical id of the patient that an event names."""
    for entity in event.get("entity", ()):
        if entity.get("role", {}).get("code") == "1":
            what = entity["what"]
            return what["reference"].split("/")[1] if "reference" in what else numbers[what["identifier"]["value"]]
    return None


def client_of(event: dict[str, Any]) -> dict[str, Any]:
    """The machine from which somebody acts; in a plain sign-in the user agent itself carries the network."""
    networked = [agent for agent in event["agent"] if agent.get("network", {}).get("type") == "2"]
    assert len(networked) == 1
    return networked[0]


def request_of(event: dict[str, Any]) -> str | None:
    """The X-Request-Id."""
    for entity in event.get("entity", ()):
        if entity["type"]["code"] == "XrequestId":
            return entity["what"]["identifier"]["value"]
    return None


@pytest.fixture(scope="session")
def made(tmp_path_factory: pytest.TempPathFactory) -> Made:
    root = tmp_path_factory.mktemp("range") / "neustrie"
    make(EVERYTHING, root)
    return Made(root)
