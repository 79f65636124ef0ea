"""Patients as a live service holds them, and professionals as the bulk trail shows them."""

from __future__ import annotations

import pytest

from range.conftest import Made, account_of, patient_of
from tocsin_range.live.habits import owners, professionals
from tocsin_range.live.people import People, fold, listed, opened
from tocsin_range.services import SERVICE, SERVICES
from tocsin_range.staff import NATIONAL


@pytest.fixture(scope="module")
def people(made: Made) -> People:
    return People(made.root)


def test_names_are_found_by_their_beginning_whatever_the_accents(people: People, made: Made) -> None:
    expected = {ident for ident, one in made.patients.items() if fold(one["name"][0]["family"]).startswith("GE")}
    found = people.search("gé", "", offset=0, count=100_000)
    assert {one["id"] for one in found.patients} == expected
    assert found.total == len(expected) > 0


def test_pages_follow_one_another_without_gap_or_overlap(people: People) -> None:
    whole = [one["id"] for one in people.search("L", "", offset=0, count=10_000).patients]
    pages = [people.search("L", "", offset=start, count=7).patients for start in range(0, len(whole), 7)]
    assert [one["id"] for page in pages for one in page] == whole


def test_a_birth_date_narrows(people: People) -> None:
    some = people.search("", "19", offset=0, count=1).patients[0]
    found = people.search(some["name"][0]["family"], some["birthDate"], offset=0, count=50)
    assert some["id"] in {one["id"] for one in found.patients}
    assert all(one["birthDate"] == some["birthDate"] for one in found.patients)


def test_a_list_shows_names_and_no_contact(people: People) -> None:
    shown = listed(people.search("", "19", offset=0, count=1).patients[0])
    assert set(shown) == {"id", "name", "birthDate", "gender"}


def test_an_opened_patient_shows_what_the_catalogue_says_the_service_holds(people: People) -> None:
    patient = people.search("", "19", offset=0, count=1).patients[0]
    full = opened(patient, SERVICES[SERVICE["identity-server"]])
    assert {"telecom", "address"} <= set(full)
    assert len(full["identifier"]) == 2
    bare = next(one for one in SERVICES if "contact" not in one.holds and "national-number" not in one.holds)
    less = opened(patient, bare)
    assert not {"telecom", "address"} & set(less)
    assert [one["use"] for one in less["identifier"]] == ["usual"]


def test_those_who_may_be_impersonated_have_a_past_in_the_trail(made: Made) -> None:
    found = professionals(made.root, NATIONAL, 8)
    assert len(found) == 8
    assert len({one.rpps for one in found}) == 8
    numbers = made.local_numbers()
    for one in found:
        own = [event for event in made.events if account_of(event) == one.account]
        assert {patient_of(event, numbers) for event in own} >= set(one.patients)
        assert one.account == f"{NATIONAL}|8{one.rpps}"


def test_the_owners_of_accounts_are_told_as_asked_also_those_without_a_national_number(made: Made) -> None:
    named = sorted(filter(None, {account_of(event) for event in made.events}))
    local = [name for name in named if ".example/realms/personnel|" in name and "|svc-" not in name][:3]
    national = [one.account for one in professionals(made.root, NATIONAL, 3)]
    found = owners(made.root, [*local, *national])
    assert [one.account for one in found] == [*local, *national]
    assert found[3:] == professionals(made.root, NATIONAL, 3)
    assert all(one.name and one.address for one in found)
    with pytest.raises(KeyError):
        owners(made.root, ["https://idp.example|nobody"])
