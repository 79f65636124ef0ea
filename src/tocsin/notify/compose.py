"""Compose a letter from its folder's texts and from what is known of a person. Pure.

Law 3: what was not seen is said only as far as it is vouched for; else the letter says that nobody can affirm it.
No ward, no speciality and no service is named: a service's name may tell what somebody is treated for.
"""

from __future__ import annotations

import hashlib
import re
import tomllib
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import cache
from importlib import resources
from typing import Any, Final
from zoneinfo import ZoneInfo

from tocsin.model.addressee import Addressee
from tocsin.model.event import categories_of, elements_of
from tocsin.notify.concerned import Concerned
from tocsin.notify.letter import Block, Letter, Measures, Sender

LETTERS: Final = ("identite_vue",)
"""Folders of letters, each with its texts and its template."""

CARE: Final = frozenset({"stay", "appointment", "clinical", "document", "financial"})
"""Elements that say something about care."""
_MEDICAL: Final = ("clinical", "document")
_MONTHS: Final = (
    "janvier", "février", "mars", "avril", "mai", "juin", "juillet", "août", "septembre", "octobre", "novembre",
    "décembre",
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Occasion:
    """What is the same in all letters of an incident."""

    sender: Sender
    measures: Measures
    vouched: Collection[str]
    """Categories of data of which it is vouched for that nobody saw more than the exposures say."""
    zone: str
    """Time zone of the dates."""
    date: date
    """What the letter is dated."""


def reference_of(incident: str, person: bytes, *, key: bytes) -> str:
    """The letter's reference: the same whenever it is written, and nothing to whoever has no key."""
    told = hashlib.blake2b(incident.encode() + b"\0" + person, digest_size=6, key=key, person=b"tocsin.letter")
    return f"L-{told.hexdigest()}"


def tells_of_care(elements: int) -> bool:
    """Whether what was seen says something about care."""
    return bool(CARE & set(elements_of(elements)))


def compose(concerned: Concerned, addressee: Addressee, occasion: Occasion, *, reference: str) -> Letter:
    """The letter to one person."""
    text = texts("identite_vue")
    sender = occasion.sender
    blank = text["marks"]["to_complete"]
    words = {
        **_person(addressee),
        "when": _when(concerned, ZoneInfo(occasion.zone)),
        "reference": reference,
        "organisation": sender.name or blank,
        "website": sender.website,
        "help_line": sender.help_line or blank,
        "help_hours": f" ({sender.help_hours})" if sender.help_hours else "",
        "dpo": ", ".join(one for one in (sender.dpo_name, sender.dpo_email, sender.dpo_phone) if one) or blank,
        "count": str(occasion.measures.accounts),
        "city": sender.city or blank,
        "date": french_date(occasion.date),
    }
    speaker = _Speaker(text, words)
    blocks = (
        _happened(speaker, concerned),
        _data(speaker, concerned),
        _not_seen(speaker, concerned, occasion.vouched),
        _consequences(speaker, concerned),
        _measures(speaker, occasion.measures),
        _advice(speaker, concerned),
        Block(
            key="never",
            heading=speaker.say("never.heading"),
            paragraphs=(speaker.say("never.text"),),
            items=(*text["never"]["items"], speaker.say("never.last")),
        ),
        _check(speaker, sender),
        Block(
            key="contact",
            heading=speaker.say("contact.heading"),
            paragraphs=tuple(speaker.say(f"contact.{name}") for name in ("help", "dpo", "rights")),
        ),
    )
    doubt = "unsure" if _in_doubt(concerned) else "thief"
    return Letter(
        reference=reference,
        title=speaker.say(f"title.{doubt}{_about(addressee, concerned)}"),
        sender=tuple(one for one in (sender.name or blank, sender.street, sender.locality) if one),
        lines=addressee.lines,
        place_and_date=speaker.say("marks.place_and_date"),
        mark=speaker.say("marks.reference"),
        opening=speaker.say("opening.minor" if addressee.minor else "opening.adult"),
        blocks=blocks,
        closing=(speaker.say("closing.text"), sender.name or blank),
        page_words=(text["marks"]["page"], text["marks"]["of"]),
    )


@cache
def texts(letter: str, language: str = "fr") -> Mapping[str, Any]:
    """The texts of a letter's folder."""
    return tomllib.loads(resources.files("tocsin.notify").joinpath(letter, f"{language}.toml").read_text("utf-8"))


def french_date(day: date) -> str:
    """`1er septembre 2025`."""
    return f"{'1er' if day.day == 1 else day.day} {_MONTHS[day.month - 1]} {day.year}"


@dataclass(frozen=True, slots=True)
class _Speaker:
    text: Mapping[str, Any]
    words: Mapping[str, str]

    def say(self, path: str) -> str:
        found: Any = self.text
        for part in path.split("."):
            found = found[part]
        return self.fill(found)

    def fill(self, sentence: str) -> str:
        """Put words into a sentence, once: what a word holds is never read as a sentence again."""
        pieces = sentence.split("{")
        parts = (one.partition("}") for one in pieces[1:])
        return _unbroken(pieces[0] + "".join(self.words[name] + rest for name, _, rest in parts))


def _unbroken(text: str) -> str:
    """French spaces that no line may break at: within numbers, before `:`, `;`, `?`, `!` and inside quotation marks."""
    return re.sub(r"(?<=\d) (?=\d|h\b)|(?<=\bh) (?=\d)| (?=[:;?!»])|(?<=«) ", "\u00a0", text)


def _person(addressee: Addressee) -> dict[str, str]:
    theirs = ("Ses", "ses", "son") if addressee.minor else ("Vos", "vos", "votre")
    return dict(zip(("Vos", "vos", "votre"), theirs, strict=True), name=addressee.name)


def _about(addressee: Addressee, concerned: Concerned) -> str:
    """Which title: to a minor's representatives the letter is about the minor, and never about care."""
    if addressee.minor:
        return "_minor"
    return "_care" if tells_of_care(concerned.elements) else ""


def _when(concerned: Concerned, zone: ZoneInfo) -> str:
    first, last = (
        datetime.fromtimestamp(at / 1e6, UTC).astimezone(zone).date() for at in (concerned.first_at, concerned.last_at)
    )
    if first == last:
        return f"Le {french_date(first)}"
    return f"Entre le {french_date(first)} et le {french_date(last)}"


def _in_doubt(concerned: Concerned) -> bool:
    return concerned.by == "unsure" or concerned.certainty == "possible"


def _happened(speaker: _Speaker, concerned: Concerned) -> Block:
    variant = concerned.by
    if concerned.by == "thief" and concerned.certainty == "possible":
        variant = "thief_possible"
    sentences = [speaker.fill(one) for one in speaker.text["happened"][variant]]
    if variant == "thief" and concerned.certainty != "exported":
        sentences.append(speaker.say("happened.copied"))
    if concerned.certainty == "exported":
        sentences.append(speaker.say("happened.exported"))
    if concerned.effect == "altered":
        sentences.append(speaker.say("happened.altered"))
    sentences.append(speaker.say("happened.breach_unsure" if _in_doubt(concerned) else "happened.breach"))
    return Block(key="happened", heading=speaker.say("happened.heading"), paragraphs=(" ".join(sentences),))


def _data(speaker: _Speaker, concerned: Concerned) -> Block:
    heading = speaker.say("data.heading")
    seen = elements_of(concerned.elements)
    if not seen:
        return Block(key="data", heading=heading, paragraphs=(speaker.say("data.none"),))
    lead = speaker.say("data.unsure" if _in_doubt(concerned) else "data.thief")
    named = [speaker.say(f"data.elements.{element}") for element in seen]
    return Block(key="data", heading=heading, paragraphs=(lead,), items=_listed(named))


def _listed(items: list[str]) -> tuple[str, ...]:
    """Semicolons between, a full stop at the end."""
    bare = [one.rstrip(" \u00a0;.") for one in items]
    return (*(f"{one} ;" for one in bare[:-1]), f"{bare[-1]}.")


def _not_seen(speaker: _Speaker, concerned: Concerned, vouched: Collection[str]) -> Block:
    if set(_MEDICAL) & set(categories_of(concerned.elements)):
        said = "care"
    else:
        said = "vouched" if set(_MEDICAL) <= set(vouched) else "not_vouched"
    return Block(key="not_seen", heading=speaker.say("not_seen.heading"), paragraphs=(speaker.say(f"not_seen.{said}"),))


def _consequences(speaker: _Speaker, concerned: Concerned) -> Block:
    seen = set(elements_of(concerned.elements))
    risks = ["contact", "pretence", "identity"]
    risks += ["post"] if not seen or "postal-address" in seen else []
    risks += ["ins"] if "ins" in seen else []
    risks += ["care"] if seen & CARE else []
    items = _listed([speaker.say(f"consequences.{name}") for name in (*risks, "money")])
    return Block(
        key="consequences",
        heading=speaker.say("consequences.heading"),
        paragraphs=(speaker.say("consequences.lead"),),
        items=items,
    )


def _measures(speaker: _Speaker, measures: Measures) -> Block:
    many = "s" if measures.accounts > 1 else ""
    if measures.accounts and measures.dead == measures.accounts:
        done = f"cut{many}_proven"
    elif measures.accounts and measures.blocked == measures.accounts:
        done = f"cut{many}"
    else:
        done = "cut_begun" if measures.begun or measures.blocked else "cut_not"
    said = tuple(speaker.say(f"measures.{name}") for name in (done, "watched", "told"))
    return Block(key="measures", heading=speaker.say("measures.heading"), paragraphs=(" ".join(said),))


def _advice(speaker: _Speaker, concerned: Concerned) -> Block:
    names = ["doubt", "secrets", "sms", "victim", "phone", "bank"]
    names += ["ins"] if "ins" in elements_of(concerned.elements) else []
    return Block(
        key="advice",
        heading=speaker.say("advice.heading"),
        items=tuple(speaker.say(f"advice.{name}") for name in names),
    )


def _check(speaker: _Speaker, sender: Sender) -> Block:
    names = ("call", "reference", "website") if sender.website else ("call", "reference")
    said = " ".join(speaker.say(f"check.{name}") for name in names)
    return Block(key="check", heading=speaker.say("check.heading"), paragraphs=(said,))
