"""Names and addresses as they come, and what of them the post can read."""

from __future__ import annotations

import unicodedata
from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tocsin.door.people import addressee_of
from tocsin.door.postal import LETTERS, LINES, clean, postal_lines
from tocsin.model.addressee import QUEUE, Addressee, Queued

TODAY = date(2025, 9, 18)
RELIABILITY = "https://hl7.fr/ig/fhir/core/StructureDefinition/fr-core-identity-reliability"


def patient(**changed: Any) -> dict[str, Any]:
    told: dict[str, Any] = {
        "resourceType": "Patient",
        "id": "7000001",
        "name": [{"use": "official", "family": "MARTIN", "given": ["Camille", "Rose"]}],
        "birthDate": "1980-05-02",
        "address": [{"line": ["3 rue du Lavoir"], "city": "Aubrebourg", "postalCode": "00100", "country": "FR"}],
    }
    return {key: value for key, value in {**told, **changed}.items() if value is not None}


def asked(**changed: Any) -> Addressee | Queued:
    return addressee_of(patient(**changed), today=TODAY)


def reason(**changed: Any) -> str:
    found = asked(**changed)
    assert isinstance(found, Queued), found.lines
    assert found.reason in QUEUE
    return found.reason


def lines(**changed: Any) -> tuple[str, ...]:
    found = asked(**changed)
    assert isinstance(found, Addressee), found
    return found.lines


def name(family: str, *given: str, use: str = "official") -> list[dict[str, Any]]:
    return [{"use": use, "family": family, "given": list(given)}]


def test_an_ordinary_person() -> None:
    assert lines() == ("Camille MARTIN", "3 RUE DU LAVOIR", "00100 AUBREBOURG")


def test_the_name_in_use_goes_before_the_birth_name() -> None:
    both = name("MARTIN", "Camille") + name("Dupré", "Camille", use="usual")
    assert lines(name=both)[0] == "Camille DUPRÉ"
    assert lines(name=name("OLD", use="old") + name("MARTIN", "Zoé"))[0] == "Zoé MARTIN"
    assert reason(name=[{"use": "nickname", "family": "X"}]) == "name-missing"


@pytest.mark.parametrize(
    ("born", "of_age"), [("2007-09-18", True), ("2007-09-19", False), ("2007", None), ("2006", True), ("2008", False)]
)
def test_who_is_a_minor(born: str, of_age: bool | None) -> None:
    if of_age is None:
        assert reason(birthDate=born) == "birth-unknown"
    else:
        assert lines(birthDate=born)[0] == ("Camille MARTIN" if of_age else "Aux représentants légaux de")


@pytest.mark.parametrize("born", [None, "", "1980-13", 1980, "avant 1980", "2030-01-01", "0000"])
def test_an_age_that_cannot_be_told(born: Any) -> None:
    assert reason(birthDate=born) == "birth-unknown"


def test_the_dead_get_no_letter() -> None:
    assert reason(deceasedBoolean=True) == "deceased"
    assert reason(deceasedDateTime="2025-01-01") == "deceased"
    assert lines(deceasedBoolean=False)


@pytest.mark.parametrize("code", ["PROV", "DOUT", "FICT"])
def test_a_doubtful_identity_waits(code: str) -> None:
    extension = {"url": RELIABILITY, "extension": [{"url": "identityStatus", "valueCoding": {"code": code}}]}
    assert reason(extension=[extension]) == "doubtful"
    old = {"url": RELIABILITY, "valueCodeableConcept": {"coding": [{"code": code}]}}
    assert reason(extension=[old]) == "doubtful"


def test_a_qualified_identity_does_not() -> None:
    extension = {"url": RELIABILITY, "extension": [{"url": "identityStatus", "valueCoding": {"code": "QUAL"}}]}
    assert lines(extension=[extension])


def test_a_protected_identity_waits() -> None:
    assert reason(meta={"security": [{"code": "R"}]}) == "protected"


@pytest.mark.parametrize(
    "address",
    [
        None,
        [],
        [{"use": "old", "line": ["1 rue A"], "postalCode": "00100", "city": "B"}],
        [{"use": "billing", "line": ["1 rue A"], "postalCode": "00100", "city": "B"}],
        [{"line": ["1 rue A"], "postalCode": "00100", "city": "B", "period": {"end": "2025-09-17"}}],
        [{"use": "home"}],
        "3 rue du Lavoir",
    ],
)
def test_no_address_in_force(address: Any) -> None:
    assert reason(address=address) == "no-address"


@pytest.mark.parametrize(
    "changed",
    [
        {"postalCode": None},
        {"postalCode": "100"},
        {"city": ""},
        {"line": []},
        {"line": ["a"] * 5},
        {"line": ["x" * 300]},
        {"country": "XX"},
        {"line": ["улица Ленина 3", "3 rue B", "lieu"]},
    ],
)
def test_an_address_that_the_post_cannot_read(changed: dict[str, Any]) -> None:
    one = {**patient()["address"][0], **changed}
    assert reason(address=[one]) == "address-unfit"


def test_the_lines_of_the_post() -> None:
    long = {
        "line": [
            "Résidence « Les Tilleuls », bât. 4",
            "112 boulevard du Général de la Rochefoucauld",
            "Lieu-dit l'Être",
        ],
        "postalCode": "00 100".replace(" ", ""),
        "city": "Saint-Étienne-d'Œuvre Cedex 9",
        "country": "France",
    }
    assert lines(address=[long]) == (
        "Camille MARTIN",
        "Résidence Les Tilleuls bât 4",
        "112 BD DU GENERAL DE LA ROCHEFOUCAULD",
        "LIEU DIT L'ETRE",
        "00100 SAINT ETIENNE D'OEUVRE CEDEX 9",
    )


def test_abroad_the_country_is_the_last_line() -> None:
    belgian = [{"line": ["Rue Haute 3"], "postalCode": "1000", "city": "Bruxelles", "country": "BE"}]
    assert lines(address=belgian)[-2:] == ("1000 BRUXELLES", "BELGIQUE")


def test_the_home_goes_before_other_addresses() -> None:
    work = {"use": "work", "line": ["1 rue Basse"], "postalCode": "00100", "city": "B"}
    assert lines(address=[work, {**patient()["address"][0], "use": "home"}])[1] == "3 RUE DU LAVOIR"


HOSTILE = {
    "a direction override": "MAR\u202eNIT",
    "isolates": "MAR\u2066TIN\u2069",
    "zero width": "MAR\u200b\u200d\ufeffTIN",
    "controls": "MAR\x00\x1b[31mTIN",
    "tags": "MARTIN\U000e0041\U000e0042",
    "a line end": "MARTIN\r\n17 RUE DU VOLEUR",
}
"""What cannot be seen is taken out; what is left is the name."""


@pytest.mark.parametrize("family", HOSTILE.values(), ids=HOSTILE)
def test_what_cannot_be_seen_is_taken_out(family: str) -> None:
    found = asked(name=name(family, "Camille"))
    assert isinstance(found, Queued) or all(_is_plain(line) for line in found.lines)


def _is_plain(line: str) -> bool:
    return all(unicodedata.category(one)[0] in "LMNPZ" for one in line) and "\n" not in line


@pytest.mark.parametrize(
    "family",
    [
        "محمد", "名前", "Ма́рков", "MARTIN 😀", "#eval(1)", "{{ 7*7 }}", "${x}", "=cmd|' /C calc'!A1", "*gras*", "$x$",
        "\\u{41}", "<b>MARTIN</b>", "J.MARTIN", "MARTIN;DROP", "12345", "М\u0410RTIN",
    ],
)  # fmt: skip
def test_a_name_that_the_post_does_not_read_waits_for_a_human(family: str) -> None:
    assert reason(name=name(family, "Camille")) == "name-unfit"


@pytest.mark.parametrize(
    "family", ["D'ÉCOUEN", "Lefèvre-Œuvrard", "NGUYỄN", "Žižka", "van der Bråten", "E\u0301MILE", "O’BRIEN"]
)
def test_names_of_this_country_and_its_neighbours_are_names(family: str) -> None:
    assert lines(name=name(family, "Zoë"))[0] == f"Zoë {unicodedata.normalize('NFC', family).upper()}"


def test_a_very_long_name_waits() -> None:
    assert reason(name=name("A" * 300, "Camille")) == "name-too-long"
    assert reason(name=name("A" * 1_000_000, "Camille")) == "name-too-long"


@pytest.mark.parametrize("field", ["name", "address", "extension", "meta", "communication", "link", "birthDate"])
@pytest.mark.parametrize("value", [None, 3, "text", [], {}, [None], [3], [[]], [{"line": 3, "family": 3, "given": 3}]])
def test_a_record_of_any_form_is_told_apart_and_breaks_nothing(field: str, value: Any) -> None:
    assert isinstance(asked(**{field: value}), Addressee | Queued)


@given(st.text(max_size=80))
def test_cleaning_twice_is_cleaning_once(text: str) -> None:
    assert clean(clean(text)) == clean(text)
    assert "\n" not in clean(text)


@given(st.lists(st.text(max_size=50), max_size=6), st.text(max_size=30), st.text(max_size=8), st.text(max_size=20))
def test_lines_fit_or_there_are_none(street: list[str], city: str, postcode: str, country: str) -> None:
    found = postal_lines(("Camille MARTIN",), street, postcode=postcode, city=city, country=country)
    if found is not None:
        assert 3 <= len(found) <= LINES + 1
        assert all(0 < len(line) <= LETTERS for line in found)
        assert all(line == line.upper() for line in found[-2:])


def test_the_language_is_the_preferred_one() -> None:
    spoken = [
        {"language": {"coding": [{"code": "fr-FR"}]}},
        {"language": {"coding": [{"code": "pt-PT"}]}, "preferred": True},
    ]
    found = asked(communication=spoken)
    assert isinstance(found, Addressee)
    assert found.language == "pt"
