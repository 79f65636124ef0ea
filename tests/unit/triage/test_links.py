"""Two episodes are linked for a reason with its numbers; what honest people share is none."""

from __future__ import annotations

import pytest

from tocsin.triage import Crowd, links_of
from unit.triage.drawn import persons, trace


def kinds(*traces, **crowd) -> list[str]:
    return [link.kind for link in links_of(traces, Crowd(**crowd))]


def test_one_device_or_network_of_thieves_links() -> None:
    a, b = trace("a", devices=[7], networks=["n"]), trace("b", 3, devices=[7], networks=["n"])
    assert kinds(a, b) == ["device", "network"]


@pytest.mark.parametrize(("others", "linked"), [(0, True), (3, True), (4, False), (300, False)])
def test_a_place_full_of_people_links_nobody(others: int, linked: bool) -> None:
    """A hospital's address and a ward's workstation are everybody's."""
    a, b = trace("a", devices=[7], networks=["n"]), trace("b", devices=[7], networks=["n"])
    found = kinds(a, b, on_network={"n": others}, on_device={7: others})
    assert found == (["device", "network"] if linked else [])


def test_ten_stolen_accounts_outnumber_a_few_honest_ones() -> None:
    ten = [trace(f"a{i}", networks=["n"]) for i in range(10)]
    assert kinds(*ten, on_network={"n": 9})
    assert not kinds(*ten, on_network={"n": 10})


def test_doubtful_sessions_alone_link_nobody() -> None:
    a, b = trace("a", networks={"n": "unsure"}), trace("b", networks={"n": "unsure"})
    assert kinds(a, b) == []
    (link,) = links_of([a, trace("b", networks=["n"])], Crowd())
    assert "doubtful" in link.words


def test_a_network_changes_hands_in_a_month() -> None:
    assert kinds(trace("a", networks=["n"]), trace("b", 29, networks=["n"])) == ["network"]
    assert kinds(trace("a", networks=["n"]), trace("b", 31, networks=["n"])) == []


def test_persons_in_common_count_beyond_chance_only() -> None:
    some = persons(*range(100))
    a, b = trace("a", patients=some), trace("b", patients=[*some[:20], *persons(*range(500, 580))])
    (link,) = links_of([a, b], Crowd(patients=9_000))
    assert link.kind == "patients"
    assert "20 persons" in link.words
    assert "1.1 of 9000" in link.words
    assert kinds(a, b, patients=500) == []  # 100 x 100 / 500: chance gives 20 as well
    assert kinds(trace("a", patients=some[:4]), trace("b", patients=some[:4]), patients=9_000) == []


def test_one_account_or_one_professional_within_a_fortnight() -> None:
    assert kinds(trace("a"), trace("a", 13)) == ["account"]
    assert kinds(trace("a"), trace("a", 15)) == []
    assert kinds(trace("a", professionals=["1"]), trace("b", 13, professionals=["1"])) == ["person"]
    assert kinds(trace("a", professionals=["1"]), trace("b", 15, professionals=["1"])) == []


def test_a_professional_of_many_accounts_is_a_default_of_the_trail() -> None:
    assert kinds(*(trace(f"a{i}", professionals=["00000000000"]) for i in range(5))) == []


def test_words_name_no_account_and_no_patient() -> None:
    shown = {"devices": [7], "networks": ["203.0.113.0/24"], "patients": persons(*range(10)), "professionals": ["99"]}
    found = links_of([trace("sso|dupont", **shown), trace("sso|martin", **shown)], Crowd(patients=9_000))
    assert {link.kind for link in found} == {"device", "network", "patients", "person"}
    for word in ("dupont", "martin", "sso", "203.0", "99 "):
        assert all(word not in link.words for link in found)
