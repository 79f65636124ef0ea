"""What truth.json says of the thefts is what the trail shows."""

from __future__ import annotations

from typing import Any

import pytest

from range.conftest import Made, account_of, client_of, patient_of
from tocsin_range.lookalikes import LOOKALIKES
from tocsin_range.thieves import ATTACKS

NAMES = [attack.name for attack in ATTACKS]


def patients(rows: list[dict[str, Any]]) -> set[str]:
    """Patients of a dated list of the truth."""
    return {row["patient"] for row in rows}


@pytest.mark.parametrize("name", NAMES)
def test_every_attack_takes_something_and_leaves_lines(made: Made, name: str) -> None:
    theft = made.theft(name)
    assert theft["opened"] or theft["listed"] or theft["exported"]
    assert theft["events"]
    assert theft["start"] <= theft["end"]


@pytest.mark.parametrize("name", NAMES)
def test_the_harvest_is_that_of_the_thiefs_lines(made: Made, name: str) -> None:
    theft, numbers = made.theft(name), made.local_numbers()
    lines = [made.by_id[ident] for ident in theft["events"]]
    named = {patient_of(line, numbers) for line in lines if line["outcome"] == "0"} - {None}
    assert named == patients(theft["opened"]) | patients(theft["listed"]) | patients(theft["exported"])
    assert {account_of(line) for line in lines} == set(theft["accounts"]) | set(theft["tried"])
    assert theft["account"] in theft["accounts"]


def test_marks_are_among_the_patients_and_only_thieves_open_them(made: Made) -> None:
    marks = set((made.root / "marks.txt").read_text(encoding="utf-8").split())
    assert marks
    assert marks < set(made.patients)
    thieves = {ident for theft in made.truth["thefts"] for ident in theft["events"]}
    numbers = made.local_numbers()
    for event in made.events:
        opened = event["type"]["code"] == "110106" or event.get("subtype", [{}])[0].get("code") in ("read", "update")
        if opened and event["id"] not in thieves:
            assert patient_of(event, numbers) not in marks
    for theft in made.truth["thefts"]:
        assert set(theft["honey"]) <= marks


def test_no_account_has_two_parts(made: Made) -> None:
    stolen = [account for theft in made.truth["thefts"] for account in theft["accounts"]]
    assert len(stolen) == len(set(stolen))
    honest = {account for lookalike in made.truth["lookalikes"] for account in lookalike["accounts"]}
    assert not honest & set(stolen)


def test_thefts_come_after_a_time_to_learn(made: Made) -> None:
    assert min(theft["start"] for theft in made.truth["thefts"]) >= "2025-09-09"


def test_a_crew_shares_machine_and_network_but_no_patient(made: Made) -> None:
    theft = made.theft("shared")
    lines = [made.by_id[ident] for ident in theft["events"]]
    assert len(theft["accounts"]) >= 6
    assert len({client_of(line)["network"]["address"] for line in lines}) == 1
    openings = [line for line in lines if line["action"] == "R"]
    assert len(openings) == len(theft["opened"])


def test_a_stolen_token_shows_the_owners_machine_address_and_token(made: Made) -> None:
    theft = made.theft("stolen-token")
    mine = set(theft["events"])
    lines = [made.by_id[ident] for ident in theft["events"]]
    owner = [event for event in made.events if account_of(event) == theft["account"] and event["id"] not in mine]
    assert {client_of(line)["network"]["address"] for line in lines} <= {
        client_of(event)["network"]["address"] for event in owner
    }
    assert not any(line["type"]["code"] == "110114" for line in lines)


def test_spraying_fails_on_many_before_it_succeeds_on_one(made: Made) -> None:
    theft = made.theft("spraying")
    assert len(theft["tried"]) >= 20
    assert len(theft["accounts"]) == 1


def test_the_silenced_trail_lacks_what_was_taken_meanwhile(made: Made) -> None:
    theft = made.theft("suppression")
    assert theft["unrecorded"]
    silent_from, silent_to = theft["unrecorded"][0]["at"], theft["unrecorded"][-1]["at"]
    site = made.by_id[theft["events"][0]]["source"]["site"]
    times = [event["period"]["start"] for event in made.events if event["source"]["site"] == site]
    assert not [at for at in times if silent_from < at < silent_to and at.endswith("Z")]


def test_listing_alone_opens_nobody(made: Made) -> None:
    theft = made.theft("lists-only")
    assert not theft["opened"]
    assert len(theft["listed"]) > 100


@pytest.mark.parametrize("name", [lookalike.name for lookalike in LOOKALIKES])
def test_every_lookalike_is_seen_at_work(made: Made, name: str) -> None:
    lookalike = next(item for item in made.truth["lookalikes"] if item["name"] == name)
    accounts = set(lookalike["accounts"])
    seen = [
        event
        for event in made.events
        if account_of(event) in accounts and lookalike["start"] <= event["period"]["start"] < lookalike["end"]
    ]
    assert len(seen) >= 15
