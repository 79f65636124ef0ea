"""What an alert says: in two languages, with the number's form, and as its grounds add up."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tocsin.detect.nulls import AGES
from tocsin.detect.registry import DETECTORS
from tocsin.main.tables import ground_data
from tocsin.main.words import LANGUAGES, catalogue, numbered, reason_of, sentence_of, short_of, stratum_of
from tocsin.model.ground import Ground

NARROW = "\N{NARROW NO-BREAK SPACE}"

grounds = st.builds(
    Ground,
    of=st.sampled_from([detector.name for detector in DETECTORS] + ["others", "earlier", "unheard-of"]),
    family=st.just("content"),
    n=st.integers(0, 4096),
    before=st.integers(0, 4096),
    nats=st.integers(-(10**9), 10**9),
    one_in=st.one_of(st.just(0.0), st.floats(1, 1e9)),
    role=st.sampled_from(["", "60", "{braces}"]),
    age=st.sampled_from(AGES),
)


@given(grounds)
def test_any_ground_can_be_said_in_both_languages(ground: Ground) -> None:
    said = reason_of(ground)
    assert set(said) == set(LANGUAGES)
    assert all(said.values())
    if ground.of != "unheard-of" and ground.role != "{braces}":
        assert not any("{" in text for text in said.values())
    assert set(short_of(ground.of)) == set(LANGUAGES)


@pytest.mark.parametrize(
    ("stratum", "fr", "en"),
    [
        ("", "de tous les comptes", "of all accounts"),
        ("*", "de tous les rôles", "of all roles"),
        ("60", "du rôle 60", "of role 60"),
        ("60@dpi", "du rôle 60 travaillant surtout dans dpi", "of role 60 at work mostly in dpi"),
        (r"60\@dpi", "du rôle 60@dpi", "of role 60@dpi"),
        ("60@{lab}", "du rôle 60 travaillant surtout dans {lab}", "of role 60 at work mostly in {lab}"),
    ],
)
def test_a_stratum_is_told_with_role_and_service(stratum: str, fr: str, en: str) -> None:
    assert stratum_of(stratum) == {"fr": fr, "en": en}


@given(grounds)
def test_a_ground_as_data_is_json(ground: Ground) -> None:
    told = ground_data(ground)
    assert math.isfinite(told["factor"])
    assert told["factor"] >= 0


@pytest.mark.parametrize(
    ("n", "fr", "en"),
    [
        (0, "0 nouveau patient en une minute", "0 new patients in one minute"),
        (1, "1 nouveau patient en une minute", "1 new patient in one minute"),
        (2, "2 nouveaux patients en une minute", "2 new patients in one minute"),
        (1_024, f"1{NARROW}024 nouveaux patients en une minute", "1,024 new patients in one minute"),
    ],
)
def test_each_language_has_its_own_plural(n: int, fr: str, en: str) -> None:
    assert sentence_of(Ground(of="pace-minute", n=n)) == {"fr": fr, "en": en}


def test_a_code_is_told_by_its_words() -> None:
    assert sentence_of(Ground(of="sign-in", n=3)) == {
        "fr": "jamais vu pour ce compte : réseau, appareil ou application",
        "en": "new for this account: network, device or client",
    }
    assert sentence_of(Ground(of="honey", n=2))["fr"] == "un patient leurre a été ouvert"


def test_a_reason_says_whose_it_is_and_how_rare() -> None:
    ground = Ground(of="strangers", n=12, one_in=1_204.4, role="60", age="settled")
    assert reason_of(ground) == {
        "fr": "strangers: 12 patients ouverts dans une même session sans que rien les explique ; atteint par une "
        f"journée de compte sur 1{NARROW}204 (rôle 60, comptes établis)",
        "en": "strangers: 12 patients opened in one session whom nothing explains; reached by one account-day in "
        "1,204 (60, settled accounts)",
    }


def test_numbers_are_written_as_each_language_writes_them() -> None:
    assert numbered(1234.56, "fr") == f"1{NARROW}234,6"
    assert numbered(1234.56, "en") == "1,234.6"
    assert numbered(0.034, "fr") == "0,03"


def test_every_age_has_words() -> None:
    assert set(catalogue()["age"]) == set(AGES)
