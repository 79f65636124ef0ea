"""How surely, and what of them."""

from __future__ import annotations

from typing import Any

import pytest

from tocsin.model.event import bits_of, categories_of, elements_of
from tocsin.scope import exposures_of
from unit.scope.drawn import PATIENT_RESOURCE, SERVICES, alert, at_work, incident, row, sessions_of, stored


def told(*acts: dict[str, Any]) -> list[dict[str, Any]]:
    away: dict[str, Any] = {"network": "hotel", "device": 66}
    rows = [*at_work(), *(row("12 10:00", 1, "x", plus_us=n, **away, **act) for n, act in enumerate(acts))]
    return exposures_of(incident(alert("12 10:00", 1)), stored(rows), sessions_of(rows), SERVICES).to_pylist()


@pytest.mark.parametrize(
    ("action", "outcome", "certainty"),
    [
        ("export", "success", "exported"), ("read", "success", "opened"), ("write", "success", "opened"),
        ("list", "success", "listed"), ("search", "success", "listed"), ("admin", "success", "possible"),
        ("read", "failed-system", "possible"), ("export", "failed-system", "possible"),
        ("read", "failed-request", None), ("export", "failed-request", None), ("admin", "failed-request", None),
        ("sign-in", "success", None), ("sign-in", "failed-system", None), ("sign-out", "success", None),
    ],
)  # fmt: skip
def test_certainty_follows_from_action_and_outcome(action: str, outcome: str, certainty: str | None) -> None:
    assert [one["certainty"] for one in told({"action": action, "outcome": outcome})] == [certainty] * bool(certainty)


def test_the_strongest_certainty_and_all_elements_count() -> None:
    [one] = told(
        {"action": "list", "elements": bits_of("birth")}, {"elements": bits_of("clinical")}, {"action": "list"}
    )
    assert one["certainty"] == "opened"
    assert elements_of(one["elements"]) == ["name", "birth", "clinical"]
    assert one["acts"] == 3


@pytest.mark.parametrize(
    ("act", "effect"),
    [
        ({"action": "read"}, "read"), ({"action": "write"}, "altered"),
        ({"action": "write", "outcome": "failed-system"}, "altered"),
        ({"action": "write", "outcome": "failed-request"}, "read"),
    ],
)  # fmt: skip
def test_a_write_that_may_have_been_carried_out_altered(act: dict[str, Any], effect: str) -> None:
    assert told({}, act)[0]["effect"] == effect


@pytest.mark.parametrize(
    ("act", "elements"),
    [
        ({"service": "identity-server", "elements": PATIENT_RESOURCE}, PATIENT_RESOURCE | bits_of("ins")),
        ({"service": "identity-server", "elements": bits_of("clinical")}, bits_of("clinical")),
        ({"service": "teleconsultation", "elements": PATIENT_RESOURCE}, PATIENT_RESOURCE),
        ({"service": "identity-server", "action": "list", "elements": 0}, bits_of("name", "birth", "sex")),
        ({"service": "unheard-of", "elements": 0}, bits_of("name", "birth", "sex")),
        ({"service": None, "elements": 0}, bits_of("name", "birth", "sex")),
    ],
)
def test_elements_are_those_of_the_row_and_of_what_the_service_holds(act: dict[str, Any], elements: int) -> None:
    assert elements_of(told(act)[0]["elements"]) == elements_of(elements)


def test_a_read_that_says_nothing_may_have_shown_all_that_the_service_holds() -> None:
    [one] = told({"service": "identity-server", "elements": 0})
    assert categories_of(one["elements"]) == ["identity", "contact", "national-number"]
