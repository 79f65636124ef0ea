"""Whether a letter may leave: what the law asks is there, nothing a fraudster could imitate, words that can be read.

| rule | from |
|---|---|
| the nature of the breach, in clear and plain words | GDPR art. 34(2) |
| the data protection officer or another contact | art. 33(3)(b) |
| the likely consequences | art. 33(3)(c) |
| the measures taken or proposed, and what the person can do | art. 33(3)(d) |
| what was seen, and what cannot be affirmed | law 3 of Tocsin's design; CNIL SAN-2026-001: complete, or no help |
| no link, no address to click, no code to scan | a fraudster's letter has one: ours has none |
| what we never ask, and how to check that the letter is true | EDPB Guidelines 9/2022: beware of the channel |
| short sentences | plain language: Inclusion Europe's rules go further; these are for everybody |
| no word of health in the lines that the window shows | the postman and the neighbours read them |
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from typing import Final

from tocsin.notify.letter import Letter

REQUIRED: Final = {
    "happened": "GDPR art. 34(2): the nature of the breach",
    "data": "GDPR art. 34(2): the data concerned",
    "not_seen": "what can be said of the rest",
    "consequences": "GDPR art. 33(3)(c): the likely consequences",
    "measures": "GDPR art. 33(3)(d): the measures taken",
    "advice": "GDPR art. 33(3)(d): what the person can do",
    "never": "what is never asked",
    "check": "how to check that the letter is true",
    "contact": "GDPR art. 33(3)(b): the contact",
}
"""Block -> why it must be there."""

WORDS_A_SENTENCE: Final = 28
"""The longest sentence."""
WORDS_ON_AVERAGE: Final = 15
"""The average; a text of Inclusion Europe's rules stays below 15 in every sentence."""

_LINK: Final = re.compile(r"(?i)\b(?:https?|ftp|mailto|tel):|www\.|://|\b(?:cliqu\w+|click)\s+(?:ici|here)\b|\bQR\b")
_HOST: Final = re.compile(r"(?i)(?<![\w@.-])(?:[a-z0-9-]+\.)+[a-z]{2,}(?:/\S*)?")
_MAIL: Final = re.compile(r"\S+@\S+")
_HEALTH: Final = re.compile(
    r"(?i)\b(?:sante|hopital|hospital\w*|clinique|chu|chr|medic\w*|patient\w*|soin\w*|malad\w*|oncolog\w*|psychiatr\w*|"
    r"urgences?|maternite|laboratoire|ehpad|cancer\w*|vih|infirm\w*|docteur)\b"
)
_UNFILLED: Final = re.compile(r"[{}]|\[à compléter\]")
_NAMES_OF_CARE: Final = re.compile(
    r"(?i)\b(?:cardio|neuro|onco|gyneco|psych|pediatr|dermato|uro|nephro|gastro|ophtalmo|rhumato|pneumo|geriatr)\w*"
)


def lint(letter: Letter, *, identity_lines: int = 1, website: str = "") -> list[str]:
    """What is wrong with a letter, in English, each with the rule; nothing of the person is in it.

    `identity_lines`: how many of its postal lines name the person (two for a minor); `website`: the public site that
    may be named.
    """
    found = [f"{key} is missing: {why}" for key, why in REQUIRED.items() if not _said(letter, key)]
    if not letter.title.strip():
        found.append("the title is missing: an accessible document has one")
    text = list(_texts(letter))
    found += [f"{where} holds a link or a code to scan" for where, one in text if _LINK.search(one)]
    found += [f"{where} holds an address to click" for where, one in text if _host(one, website)]
    found += [f"{where} has a gap to fill in" for where, one in text if _UNFILLED.search(one)]
    own = letter.sender[0] if letter.sender else ""  # who writes must say who they are
    found += [
        f"{where} names a speciality" for where, one in text if _NAMES_OF_CARE.search(_plain(one.replace(own, "")))
    ]
    found += _sentences(text)
    if any(_HEALTH.search(_plain(line)) for line in letter.lines[: identity_lines - 1]):
        found.append("a word of health shows in the window of the envelope")
    return list(dict.fromkeys(found))


def _said(letter: Letter, key: str) -> bool:
    return any(block.key == key and (block.paragraphs or block.items) and block.heading for block in letter.blocks)


def _texts(letter: Letter) -> Iterator[tuple[str, str]]:
    """(place, text) of what the organisation says; the person's own name and address are not judged."""
    yield "the title", letter.title
    yield "the sender", " ".join(letter.sender)
    yield "the opening", letter.opening
    for block in letter.blocks:
        for one in (block.heading, *block.paragraphs, *block.items):
            yield f"the block '{block.key}'", one
    yield "the closing", " ".join(letter.closing)


def _host(text: str, website: str) -> bool:
    allowed = {"gouv.fr", website.lower()}  # the ending that tells the State's sites from others, told as such
    return any(one.group().lower() not in allowed for one in _HOST.finditer(_MAIL.sub("", text)))


def _sentences(text: list[tuple[str, str]]) -> list[str]:
    long, counts = [], []
    for where, one in text:
        for sentence in re.split(r"(?<=[.!?:;])\s+", one):
            words = len(re.findall(r"[\w’']+", sentence))
            if words:
                counts.append(words)
            if words > WORDS_A_SENTENCE:
                long.append(f"{where} has a sentence of {words} words: {WORDS_A_SENTENCE} at most")
    if counts and sum(counts) / len(counts) > WORDS_ON_AVERAGE:
        long.append(f"sentences have {sum(counts) / len(counts):.1f} words on average: {WORDS_ON_AVERAGE} at most")
    return long


def _plain(text: str) -> str:
    return "".join(one for one in unicodedata.normalize("NFD", text) if not unicodedata.combining(one))
