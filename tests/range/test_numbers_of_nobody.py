"""Numbers are well formed and belong to nobody."""

from __future__ import annotations

import re

import pytest

from range.conftest import Made
from tocsin_range.identifiers import INS_TEST, RPPS, finess, luhn_digit, rpps


def passes_luhn(number: str) -> bool:
    return luhn_digit(number[:-1]) == number[-1]


@pytest.mark.parametrize("number", ["10001234565", "10101201233", "540002698", "18009204100011"])
def test_luhn_agrees_with_known_numbers(number: str) -> None:
    assert passes_luhn(number)


def test_rpps_begin_with_99_and_pass_luhn(made: Made) -> None:
    numbers = [
        identifier["value"]
        for one in made.read("Practitioner")
        for identifier in one["identifier"]
        if identifier["system"] == RPPS
    ]
    assert len(numbers) == len(set(numbers)) > 40
    assert all(re.fullmatch(r"99\d{9}", number) and passes_luhn(number) for number in numbers)
    assert rpps(0) != rpps(1)


def test_finess_are_of_a_department_that_does_not_exist(made: Made) -> None:
    numbers = [one["identifier"][0]["value"] for one in made.read("Organization") if "identifier" in one]
    assert len(numbers) == len(set(numbers))
    assert all(re.fullmatch(r"00\d{7}", number) and passes_luhn(number) for number in numbers)
    assert len(finess(3)) == 9


def test_ins_are_of_the_test_branch_with_a_right_key(made: Made) -> None:
    for patient in made.patients.values():
        number = patient["identifier"][0]
        assert number["system"] == INS_TEST == "urn:oid:1.2.250.1.213.1.4.10"
        assert re.fullmatch(r"[12]\d{4}99\d{8}", number["value"])
        assert int(number["value"][13:]) == 97 - int(number["value"][:13]) % 97
        assert number["value"][1:3] == patient["birthDate"][2:4]
        assert number["value"][3:5] == patient["birthDate"][5:7]


def test_telephones_mails_and_postcodes_reach_nobody(made: Made) -> None:
    for patient in made.patients.values():
        phone, mail = (contact["value"] for contact in patient["telecom"])
        assert re.fullmatch(r"(01 99 00|06 39 98) \d\d \d\d", phone)
        assert re.fullmatch(r"[a-z.]+\d+@example\.(org|com|net)", mail)
        assert patient["address"][0]["postalCode"].startswith("00")
