"""Postal lines as NF Z10-011 has them: at most six (seven abroad), 38 letters each, capitals and no signs at the end.

From: NF Z10-011 as published by La Poste: identity first, locality last, no blank line, no punctuation from the fourth
line on, the last three in capitals.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence
from typing import Final

LETTERS: Final = 38
LINES: Final = 6
"""Lines with the identity; one more abroad, for the country."""
_CAPITALS: Final = 3

COUNTRIES: Final = {
    "AD": "ANDORRE", "AT": "AUTRICHE", "BE": "BELGIQUE", "CH": "SUISSE", "DE": "ALLEMAGNE", "ES": "ESPAGNE",
    "GB": "ROYAUME UNI", "IE": "IRLANDE", "IT": "ITALIE", "LU": "LUXEMBOURG", "MC": "MONACO", "NL": "PAYS BAS",
    "PT": "PORTUGAL",
}  # fmt: skip
"""Countries a record may name by their code; of others the name must be written out."""
_FRANCE: Final = frozenset({"", "FR", "FRA", "FX", "FRANCE", "GP", "MQ", "GF", "RE", "YT", "PM", "BL", "MF"})

_SHORT: Final = {
    "ALLEE": "ALL", "APPARTEMENT": "APT", "AVENUE": "AV", "BATIMENT": "BAT", "BOULEVARD": "BD", "CHEMIN": "CHE",
    "ESCALIER": "ESC", "ETAGE": "ETG", "FAUBOURG": "FG", "IMPASSE": "IMP", "LOTISSEMENT": "LOT", "PLACE": "PL",
    "RESIDENCE": "RES", "ROUTE": "RTE", "SAINT": "ST", "SAINTE": "STE", "GENERAL": "GAL", "DOCTEUR": "DR",
    "PROFESSEUR": "PR", "MARECHAL": "MAL", "COMMANDANT": "CDT", "CAPITAINE": "CNE", "COLONEL": "CEL",
}  # fmt: skip
"""Words that are shortened where a line is too long. From: the abbreviations of La Poste's address guide."""

_INVISIBLE: Final = ("Cc", "Cf", "Co", "Cs", "Cn", "Zl", "Zp")
_NAME: Final = re.compile(r"[^\W\d_](?:[^\W\d_]|[ '’-])*")


def clean(text: str) -> str:
    """One line without what cannot be seen: controls, overrides of direction, joiners, unassigned signs."""
    composed = unicodedata.normalize("NFC", text)
    seen = "".join(" " if one.isspace() else one for one in composed if one.isspace() or not _invisible(one))
    return " ".join(seen.split())


def _invisible(letter: str) -> bool:
    return unicodedata.category(letter) in _INVISIBLE


def is_latin_name(text: str) -> bool:
    """Whether a name holds only what the post reads: Latin letters, spaces, apostrophes, hyphens."""
    return bool(_NAME.fullmatch(text)) and all(
        not letter.isalpha() or unicodedata.name(letter, "").startswith("LATIN ") for letter in text
    )


def capitals(text: str) -> str:
    """Capitals without accents or signs, as the sorting machine reads them."""
    opened = text.replace("œ", "oe").replace("Œ", "OE").replace("æ", "ae").replace("Æ", "AE").replace("ß", "ss")
    bare = "".join(one for one in unicodedata.normalize("NFD", opened) if not unicodedata.combining(one))
    return " ".join(re.sub(r"[^A-Z0-9' ]", " ", bare.replace("’", "'").upper()).split())


def postal_lines(
    identity: Sequence[str], street: Iterable[str], *, postcode: str, city: str, country: str
) -> tuple[str, ...] | None:
    """The lines of an address below its identity; None if they do not fit or are no address.

    `identity`: one or two lines already fit; `street`: what stands between identity and locality, in order.
    """
    abroad = _country(country)
    if abroad is None:
        return None
    code = capitals(postcode)
    if not abroad and not re.fullmatch(r"\d{5}", code):
        return None
    locality = capitals(f"{code} {city}")
    middle = [line for line in (clean(one) for one in street) if line]
    if not middle or not capitals(city) or len(identity) + len(middle) + 1 > LINES:
        return None
    plain = len(middle) - (_CAPITALS - 1)  # the locality is the last of the three
    fitted = [_fit(capitals(line) if place >= plain else _bare(line)) for place, line in enumerate(middle)]
    lines = [*identity, *fitted, _fit(locality), *([abroad] if abroad else [])]
    return None if any(not line or len(line) > LETTERS for line in lines) else tuple(lines)


def _country(country: str) -> str | None:
    """ "" for France, the country's name in capitals, None for one that cannot be written."""
    told = capitals(country)
    if told in _FRANCE:
        return ""
    if len(told) <= 3:
        return COUNTRIES.get(told)
    return told if len(told) <= LETTERS and not re.search(r"\d", told) else None


def _bare(line: str) -> str:
    """A line above the street: its letters and figures, whatever their alphabet's marks; no signs of markup."""
    kept = "".join(one if one.isalnum() or one in " '’-" or unicodedata.combining(one) else " " for one in line)
    return " ".join(kept.split()) if _latin(kept) else ""


def _latin(text: str) -> bool:
    return all(not one.isalpha() or unicodedata.name(one, "").startswith("LATIN ") for one in text)


def _fit(line: str) -> str:
    """The line, shortened by known words from the left until it fits."""
    words = line.split()
    for place, word in enumerate(words):
        if len(" ".join(words)) <= LETTERS:
            break
        words[place] = _SHORT.get(capitals(word), word)
    return " ".join(words)
