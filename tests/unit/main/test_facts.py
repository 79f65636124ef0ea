"""A directory read in a process beside says what it says when it is read here."""

from __future__ import annotations

import json
import time
from datetime import UTC

import pytest

from tocsin.door.references import REPLAY_EPOCH, REPLAY_KEY, KeyedReferences
from tocsin.main import facts
from tocsin.main.facts import Directories, Directory
from tocsin.model.block import Block

REFERENCES = KeyedReferences(REPLAY_KEY, REPLAY_EPOCH)


def block(*resources: dict[str, object], offset: int = 0) -> Block:
    return Block(b"".join(json.dumps(resource).encode() + b"\n" for resource in resources), 1, offset)


def said(*, workers: int, early: bool = False) -> Directory:
    meta = {"lastUpdated": "2025-01-01T00:00:00Z"}
    with Directories(REFERENCES, zone=UTC, total_bytes=1, workers=workers) as directories:
        for number in range(2 * facts.AHEAD):
            team = {
                "resourceType": "CareTeam",
                "id": f"t{number}",
                "meta": meta,
                "subject": {"reference": f"Patient/p{number}"},
                "participant": [{"member": {"reference": "Practitioner/x"}}],
            }
            known = {"system": "urn:ins", "value": f"{number}"}
            patient = {"resourceType": "Patient", "id": f"p{number}", "meta": meta, "identifier": [known]}
            directories.add("CareTeam", block(team, {"resourceType": 7}, offset=number))
            directories.add("Patient", block(patient))
        if early:
            _until_told(directories)
        return directories.said()


def _until_told(directories: Directories) -> None:
    """As an import does it: at every block of the trail."""
    for _ in range(1_000):
        directories.complete()
        if directories._crew is None:
            return
        time.sleep(0.01)
    raise AssertionError("the process beside gives no answer")


def test_beside_as_here(monkeypatch: pytest.MonkeyPatch) -> None:
    here = said(workers=2)
    monkeypatch.setattr(facts, "ALONE_BYTES", 0)
    assert said(workers=2) == here
    assert (here.lines, len(here.rejected)) == (6 * facts.AHEAD, 2 * facts.AHEAD)
    assert len(here.facts) > 0
    assert len(here.identities) > 0


def test_what_was_complete_early_says_the_same_and_its_process_has_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    here = said(workers=1)
    monkeypatch.setattr(facts, "ALONE_BYTES", 0)
    assert said(workers=2, early=True) == here


def test_a_block_after_the_end_is_a_mistake(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(facts, "ALONE_BYTES", 0)
    with Directories(REFERENCES, zone=UTC, total_bytes=1, workers=2) as directories:
        directories.add("Patient", block({"resourceType": "Patient", "id": "p"}))
        directories.complete()
        with pytest.raises(ValueError, match="complete"):
            directories.add("Patient", block({"resourceType": "Patient", "id": "q"}))


def test_no_directory_says_nothing_and_starts_nothing() -> None:
    with Directories(REFERENCES, zone=UTC, total_bytes=1 << 40, workers=2) as directories:
        assert directories.said() == Directory()
