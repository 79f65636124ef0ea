"""A letter that lacks what the law asks, or looks like a fraudster's, does not leave."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tocsin.notify.letter import Block, Letter
from tocsin.notify.lint import REQUIRED, lint
from unit.notify.people import OCCASION, SENDER, letter


def with_text(text: str, made: Letter | None = None) -> Letter:
    made = made or letter()
    return replace(made, blocks=(*made.blocks, Block(key="more", heading="Plus", paragraphs=(text,))))


def wrong(made: Letter) -> list[str]:
    return lint(made, website=SENDER.website)


@pytest.mark.parametrize("key", REQUIRED)
def test_a_part_that_is_missing_is_noticed(key: str) -> None:
    made = letter()
    short = replace(made, blocks=tuple(block for block in made.blocks if block.key != key))
    assert [problem for problem in wrong(short) if problem.startswith(f"{key} is missing")]
    empty = replace(made, blocks=tuple(replace(b, paragraphs=(), items=()) if b.key == key else b for b in made.blocks))
    assert [problem for problem in wrong(empty) if problem.startswith(f"{key} is missing")]


@pytest.mark.parametrize(
    "text",
    [
        "Allez sur https://ameli.example.",
        "Allez sur www.ameli.example.",
        "Voyez ameli-remboursement.fr.",
        "Voyez exemple.fr/dossier.",
        "Cliquez ici.",
        "Scannez le QR de cette page.",
        "Ouvrez mailto:x@example.org.",
    ],
)
def test_a_link_is_noticed(text: str) -> None:
    assert wrong(with_text(text))


def test_the_organisations_own_address_and_site_may_be_told() -> None:
    assert wrong(with_text("Écrivez à dpo@neustrie.example, ou tapez neustrie.example.")) == []


@pytest.mark.parametrize("field", ["help_line", "name"])
def test_a_gap_in_the_settings_is_noticed(field: str) -> None:
    sender = replace(SENDER, **{field: ""})
    assert any("gap" in problem for problem in lint(letter(occasion=replace(OCCASION, sender=sender))))


def test_a_long_sentence_is_noticed() -> None:
    assert any("words" in problem for problem in wrong(with_text(" ".join(["mot"] * 29) + ".")))
    assert wrong(with_text(" ".join(["mot"] * 28) + ".")) == []


def test_a_speciality_is_noticed() -> None:
    assert any("speciality" in problem for problem in wrong(with_text("Le service de cardiologie vous écrit.")))


def test_a_word_of_health_above_the_name_is_noticed() -> None:
    made = letter()
    assert lint(replace(made, lines=("Patient du service", *made.lines)), identity_lines=2, website=SENDER.website)
    street = replace(made, lines=(made.lines[0], "2 RUE DE L HOPITAL", made.lines[2]))
    assert wrong(street) == [], "a street may bear any name"
