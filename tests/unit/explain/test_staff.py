"""Who an account is at work, whatever the order in which directories tell it."""

from __future__ import annotations

from itertools import permutations
from typing import Any

import pytest

from parity.wards import fact, facts_table
from tocsin.explain.staff import NO_ROLE, Staff


def staff(*facts: dict[str, Any]) -> Staff:
    """Who is who after these facts."""
    made = Staff()
    made.learn(facts_table(list(facts)))
    return made


CONTRADICTIONS = {
    "alias": [
        fact("alias", actor="101", code="dr", known_at=1),
        fact("alias", actor="202", code="dr", known_at=3),
        fact("alias", actor="303", code="dr", known_at=2),
        fact("alias", actor="404", code="dr"),
    ],
    "unit": [
        fact("unit", unit="ward 3", establishment="north", known_at=2),
        fact("unit", unit="ward 3", establishment="south", known_at=1),
        fact("unit", unit="ward 3", establishment="west", known_at=1),
    ],
    "service": [
        fact("service", service="images", establishment="north", code="clinical", known_at=2),
        fact("service", service="images", establishment="south", code="document", known_at=1),
        fact("service", service="images", code="identity", known_at=3),
    ],
    "role": [
        fact("role", actor="101", unit="ward 3", code="60", starts=1),
        fact("role", actor="101", unit="ward 4", code="21", starts=2),
        fact("role", actor="101", code="10", starts=2),
    ],
}


@pytest.mark.parametrize("kind", CONTRADICTIONS)
def test_of_facts_that_differ_the_one_known_last_holds_whatever_their_order(kind: str) -> None:
    told = [staff(*facts) for facts in permutations(CONTRADICTIONS[kind])]
    for one in told:
        assert one.actor("dr", None) == told[0].actor("dr", None)
        assert one.site_of_unit == told[0].site_of_unit
        assert one.site_of_service == told[0].site_of_service
        assert one.categories_of_service == told[0].categories_of_service
        assert one.role("101") == told[0].role("101")


def test_the_last_alias_the_last_chain_and_the_latest_role_hold() -> None:
    made = staff(*(one for facts in CONTRADICTIONS.values() for one in facts))
    assert made.actor("https://idp|dr", None) == "202"
    assert made.site_of_unit == {"ward 3": "north"}
    assert made.site_of_service == {"images": "north"}
    assert made.categories_of_service == {"images": "identity"}
    assert made.role("101") == "21"


def test_facts_in_two_parts_say_what_they_say_in_one() -> None:
    facts = [one for several in CONTRADICTIONS.values() for one in several]
    made = Staff()
    for half in (facts[::2], facts[1::2]):
        made.learn(facts_table(half))
    whole = staff(*facts)
    assert made.actor_of_alias == whole.actor_of_alias
    assert made.categories_of_service == whole.categories_of_service


def test_an_account_that_no_directory_knows_is_the_professional_the_trail_names_or_nobody() -> None:
    assert staff().actor("dr", "10101") == "10101"
    assert staff().actor("dr", None) is None
    assert staff().role("10101") == NO_ROLE
    assert staff().role(None) == NO_ROLE


def test_a_job_may_be_declared_for_an_account_that_belongs_to_nobody() -> None:
    made = Staff()
    made.learn(facts_table([fact("task", actor="https://idp|svc-1", patient="Ada", code="migration")]))
    assert made.actor("https://idp|svc-1", None) == "https://idp|svc-1"
    assert made.actor("https://idp|svc-1", "10101") == "10101"
    assert made.actor("https://idp|svc-2", None) is None
    assert made.role("https://idp|svc-1") == ""
