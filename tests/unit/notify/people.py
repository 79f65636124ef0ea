"""People and occasions of these tests: invented."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

from tocsin.model.addressee import Addressee
from tocsin.model.event import bits_of
from tocsin.notify.compose import Occasion, compose
from tocsin.notify.concerned import Concerned
from tocsin.notify.letter import Letter, Measures, Sender

SENDER = Sender(
    name="Groupement de Neustrie",
    street="12 quai des Mariniers",
    locality="00100 Aubrebourg",
    city="Aubrebourg",
    help_line="01 99 00 12 34",
    help_hours="du lundi au samedi, de 8 h à 20 h",
    website="neustrie.example",
    dpo_name="Claire Bertin",
    dpo_email="dpo@neustrie.example",
    dpo_phone="01 99 00 12 35",
)
OCCASION = Occasion(
    sender=SENDER,
    measures=Measures(accounts=1, blocked=1, dead=1, begun=0),
    vouched=frozenset(),
    zone="Europe/Paris",
    date=date(2025, 9, 18),
)
AT = 1_757_800_000_000_000
"""2025-09-13 21:46:40 UTC: the 13th in Paris too."""


def concerned(**changed: Any) -> Concerned:
    told = Concerned(
        person=b"\x01" + b"p" * 16,
        records=(b"\x01" + b"p" * 16,),
        by="thief",
        certainty="listed",
        effect="read",
        elements=bits_of("name", "birth", "telephone"),
        first_at=AT,
        last_at=AT,
    )
    return replace(told, **changed)


def addressee(**changed: Any) -> Addressee:
    lines = ("Camille MARTIN", "3 RUE DU LAVOIR", "00100 AUBREBOURG")
    return replace(Addressee(name="Camille MARTIN", lines=lines, minor=False, language="fr"), **changed)


def letter(one: Concerned | None = None, to: Addressee | None = None, occasion: Occasion = OCCASION) -> Letter:
    return compose(one or concerned(), to or addressee(), occasion, reference="L-0123456789ab")


def text_of(made: Letter) -> str:
    parts = [made.title, made.opening]
    for block in made.blocks:
        parts += [block.heading, *block.paragraphs, *block.items]
    return "\n".join([*parts, *made.closing]).replace("\u00a0", " ")
