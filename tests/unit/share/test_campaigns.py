"""Two incidents are one campaign for a place that honest people here do not use, and for nothing less."""

from __future__ import annotations

from typing import Any

import pytest

from tocsin.model.campaign import Bundle, Campaign, Indicators
from tocsin.share.campaigns import campaigns_of
from tocsin.share.places import address_of, network_of
from unit.share.bundles import AT, HOUR, indicators, place

NETWORK = "198.51.100.0/24"
NOW = AT + 24 * HOUR
MINE = indicators(region="austrasie", campaign="1" * 32)


def linked(
    theirs: Indicators, *, honest: dict[str, int] | None = None, until: int = AT + 1080 * HOUR
) -> list[Campaign]:
    received = Bundle(indicators=theirs, id="bundle--1", modified=theirs.last_at, valid_until=until, sha256="0" * 64)
    return campaigns_of({"INC-1": MINE}, [received], honest=honest or {}, now=NOW)


def test_one_address_is_one_campaign_with_all_its_reasons() -> None:
    (found,) = linked(indicators())
    assert (found.incident, found.region, found.campaign) == ("INC-1", "neustrie", "0" * 32)
    assert [match.kind for match in found.matches] == ["address", "network", "tempo", "search", "hours", "elements"]
    assert found.overlap_h == 2
    assert found.id == linked(indicators())[0].id


@pytest.mark.parametrize(
    ("theirs", "kinds"),
    [
        ({"addresses": ()}, ["network"]),
        ({"networks": (), "addresses": (place("198.51.100.99"),)}, ["network"]),
        ({"networks": (place("198.51.96.0/20"),), "addresses": ()}, ["network"]),
        ({"networks": (place("203.0.113.0/24"),), "addresses": (place("203.0.113.7"),)}, []),
        ({"networks": (), "addresses": ()}, []),
        ({"networks": (place("2001:db8::/48"),), "addresses": ()}, []),
    ],
)
def test_which_places_link(theirs: dict[str, Any], kinds: list[str]) -> None:
    found = [match.kind for one in linked(indicators(**theirs)) for match in one.matches]
    assert [kind for kind in found if kind in ("address", "network")] == kinds
    assert bool(found) == bool(kinds), "what is alike without a place links nothing"


@pytest.mark.parametrize(("honest", "links"), [(0, True), (2, True), (3, False), (400, False)])
def test_a_network_that_honest_people_here_use_is_no_match(honest: int, links: bool) -> None:
    assert bool(linked(indicators(), honest={NETWORK: honest})) == links


def test_too_long_apart_links_nothing() -> None:
    late, near = AT + 24 * 46 * HOUR, AT + 24 * 40 * HOUR
    assert linked(indicators(first_at=late, last_at=late + HOUR), until=late * 2) == []
    (found,) = linked(indicators(first_at=near, last_at=near + HOUR))
    assert found.overlap_h == -(24 * 40 - 2)


def test_a_bundle_past_its_end_links_nothing() -> None:
    assert linked(indicators(), until=NOW - 1) == []


@pytest.mark.parametrize(
    "text",
    ["10.1.2.3", "192.168.0.7", "172.20.1.1", "127.0.0.1", "fe80::1", "fd00::1", "100.64.0.1", "PC-MARTIN", "", "::"],
)
def test_what_has_a_meaning_at_home_only_does_not_leave(text: str) -> None:
    assert address_of(text) is None
    assert network_of(text) is None
