"""What a letter says, and to whom: nothing more than is known, nothing less than the law asks."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tocsin.model.event import ELEMENTS, bits_of
from tocsin.model.exposure import CERTAINTIES, EFFECTS
from tocsin.notify.compose import reference_of, texts
from tocsin.notify.concerned import TOLD
from tocsin.notify.lint import lint
from unit.notify.people import AT, OCCASION, SENDER, addressee, concerned, letter, text_of

MINOR = addressee(name="Léa BERTIN", lines=("Aux représentants légaux de", "Léa BERTIN", "x"), minor=True)


def test_who_was_seen_by_the_thief_is_told_so_and_who_perhaps_was_is_told_that() -> None:
    thief, unsure = text_of(letter()), text_of(letter(concerned(by="unsure")))
    assert "Elle y a vu vos données." in thief
    assert "il est possible que" not in thief.lower()
    assert "Il est possible que ce ne soit pas ce professionnel" in unsure
    assert "peut-être" in unsure.splitlines()[0]
    assert "C'est peut-être une violation" in unsure


def test_what_may_have_been_shown_is_not_told_as_seen() -> None:
    told = text_of(letter(concerned(certainty="possible")))
    assert "Elle y a peut-être vu vos données." in told
    assert "ont peut-être été vues" in told.splitlines()[0]


@pytest.mark.parametrize(
    ("vouched", "said"),
    [
        (frozenset(), "nous ne pouvons pas l'affirmer"),
        (frozenset({"clinical"}), "nous ne pouvons pas l'affirmer"),
        (frozenset({"clinical", "document"}), "n'ont pas été vues"),
    ],
)
def test_what_was_not_seen_is_said_only_where_it_is_vouched_for(vouched: frozenset[str], said: str) -> None:
    told = text_of(letter(occasion=replace(OCCASION, vouched=vouched)))
    assert said in told
    assert ("informations médicales n'ont pas été vues" in told) == ("document" in vouched)


def test_medical_data_that_was_seen_is_never_denied() -> None:
    occasion = replace(OCCASION, vouched=frozenset({"clinical", "document"}))
    told = text_of(letter(concerned(elements=bits_of("name", "clinical")), occasion=occasion))
    assert "des informations médicales" in told
    assert "informations médicales n'ont pas été vues" not in told
    assert "identité" not in told.splitlines()[0]


@pytest.mark.parametrize(
    ("measures", "said"),
    [
        ((1, 1, 1, 0), "Nous avons vérifié qu'il ne donne plus accès"),
        ((3, 3, 3, 0), "3 comptes ont été utilisés de cette façon. Nous les avons bloqués. Nous avons vérifié"),
        ((1, 1, 0, 0), "Nous avons bloqué le compte utilisé."),
        ((2, 1, 1, 1), "Nous avons demandé le blocage"),
        ((1, 0, 0, 0), "Nous avons repéré cet accès"),
    ],
)
def test_only_what_the_journal_proves_was_done(measures: tuple[int, int, int, int], said: str) -> None:
    told = dict(zip(("accounts", "blocked", "dead", "begun"), measures, strict=True))
    occasion = replace(OCCASION, measures=replace(OCCASION.measures, **told))
    text = text_of(letter(occasion=occasion))
    assert said in text
    assert ("Nous avons vérifié" in text) == (measures[2] == measures[0])


def test_a_patient_takes_journals_for_newspapers() -> None:
    """What a log is called among engineers means something else at a kitchen table."""
    assert "journa" not in str(texts("identite_vue")).lower()


@pytest.mark.parametrize(
    ("by", "certainty", "said"), [("thief", "opened", True), ("thief", "exported", False), ("unsure", "opened", False)]
)
def test_who_saw_may_have_copied(by: str, certainty: str, said: bool) -> None:
    text = text_of(letter(concerned(by=by, certainty=certainty)))
    assert ("Elle a pu les copier." in text) is said


def test_a_minors_letter_goes_to_the_representatives_and_is_about_the_minor() -> None:
    made = letter(to=MINOR)
    text = text_of(made)
    assert made.lines[0] == "Aux représentants légaux de"
    assert text.splitlines()[0] == "Les données d'identité de Léa BERTIN ont été vues sans autorisation"
    assert "vous représentez légalement Léa BERTIN" in text
    assert "vos données" not in text.lower()


def test_dates_are_those_of_the_region() -> None:
    day_later = concerned(first_at=AT, last_at=AT + 3 * 3_600_000_000)
    assert "Le 13 septembre 2025, une personne" in text_of(letter())
    assert "Entre le 13 septembre 2025 et le 14 septembre 2025, une" in text_of(letter(day_later))
    assert (
        "le 1er octobre"
        in letter(occasion=replace(OCCASION, date=OCCASION.date.replace(month=10, day=1))).place_and_date
    )


@given(
    by=st.sampled_from(TOLD),
    certainty=st.sampled_from(CERTAINTIES),
    effect=st.sampled_from(EFFECTS),
    elements=st.integers(0, 2 ** len(ELEMENTS) - 1),
    minor=st.booleans(),
)
def test_every_letter_that_can_be_composed_may_leave(
    by: str, certainty: str, effect: str, elements: int, minor: bool
) -> None:
    """Promise: GDPR art. 34(2) whatever happened: no mixture of facts gives a letter that the lint holds back."""
    one = concerned(by=by, certainty=certainty, effect=effect, elements=elements)
    made = letter(one, MINOR if minor else addressee())
    assert lint(made, identity_lines=2 if minor else 1, website=SENDER.website) == []


@given(st.text(max_size=60))
def test_a_name_is_put_in_as_it_is_and_read_as_nothing_else(name: str) -> None:
    """Promise: no template in a name, no markup in a name: what a word holds is never read as a sentence again."""
    made = letter(to=replace(MINOR, name=name))
    assert name.replace(" ", "") in made.opening.replace(" ", "").replace("\u00a0", "") or "\u00a0" in name
    assert "{" not in made.opening.replace(name, "") or "{" in name


def test_every_element_has_its_words() -> None:
    assert set(texts("identite_vue")["data"]["elements"]) == set(ELEMENTS)


def test_a_reference_says_nothing_without_the_key_and_is_always_the_same() -> None:
    first = reference_of("INC-1", b"p" * 17, key=b"k" * 32)
    assert first == reference_of("INC-1", b"p" * 17, key=b"k" * 32)
    others = {reference_of("INC-2", b"p" * 17, key=b"k" * 32), reference_of("INC-1", b"p" * 17, key=b"l" * 32)}
    assert first not in others
    assert first.startswith("L-")
    assert len(first) == 14


def test_what_is_shown_in_an_error_names_nobody() -> None:
    assert "MARTIN" not in repr((addressee(), letter()))
