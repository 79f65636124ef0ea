"""FHIR Patient -> the addressee of a letter, or why there is none. Pure; what it reads was written by others.

From: FHIR R4 Patient; FR Core 2.2 (names: `official` is the birth name, `usual` the name in use; reliability of the
identity: `identityStatus` PROV, RECUP, VALI, QUAL, and before 2.2 one list of codes).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import date
from typing import Any, Final

from tocsin.door.postal import LETTERS, clean, is_latin_name, postal_lines
from tocsin.model.addressee import Addressee, Queued

MAJORITY: Final = 18
"""Years. Code civil, art. 414."""
GUARDIANS: Final = "Aux représentants légaux de"
"""Code civil, art. 371-1: the holders of parental authority."""

_DOUBTFUL: Final = frozenset({
    "PROV", "DOUT", "FICT", "VIDE", "DOUB", "DESA", "DPOT", "DOUA", "COLP", "COLV", "FILI", "ANOM", "USUR", "HOMD",
    "HOMA", "INVA", "IDRA",
})  # fmt: skip
_PROTECTED: Final = frozenset({"CACH", "R", "V", "VIP", "PROTECTED"})
"""FR Core's hidden identity, and the confidentiality labels restricted and very restricted (HL7 v3)."""
_OUT_OF_USE: Final = frozenset({"old", "temp", "billing"})
_NAMES: Final = ("usual", "official", "")
_LONGEST_BEFORE: Final = 2_000
"""Letters of a field that are looked at: more is no name and no street."""


def addressee_of(patient: Mapping[str, Any], *, today: date) -> Addressee | Queued:
    """Whom to write to about this person, and where."""
    codes = set(_codes(patient))
    if patient.get("deceasedDateTime") or patient.get("deceasedBoolean") is True:
        return Queued("deceased")
    if codes & _PROTECTED:
        return Queued("protected")
    if codes & _DOUBTFUL:
        return Queued("doubtful")
    minor = _is_minor(patient.get("birthDate"), today)
    if minor is None:
        return Queued("birth-unknown")
    name = _name(patient)
    if isinstance(name, Queued):
        return name
    identity = (GUARDIANS, name) if minor else (name,)
    lines = _address(patient, identity, today)
    if isinstance(lines, Queued):
        return lines
    return Addressee(name=name, lines=lines, minor=minor, language=_language(patient))


def is_replaced(patient: Mapping[str, Any]) -> bool:
    """Whether the record says that another stands for it now."""
    return any(link.get("type") == "replaced-by" for link in _maps(patient.get("link")))


def _codes(patient: Mapping[str, Any]) -> Iterator[str]:
    """Codes of the identity's reliability, in whatever extension they stand, and labels of confidentiality."""
    pending = [one for one in _maps(patient.get("extension")) if "reliab" in str(one.get("url", "")).lower()]
    for extension in pending:
        for part in (extension, *_maps(extension.get("extension"))):
            for coding in (part.get("valueCoding"), *_maps(_map(part.get("valueCodeableConcept")).get("coding"))):
                yield str(_map(coding).get("code", "")).upper()
            yield str(part.get("valueCode", "")).upper()
    for label in _maps(_map(patient.get("meta")).get("security")):
        yield str(label.get("code", "")).upper()


def _is_minor(birth: object, today: date) -> bool | None:
    """None where a date is missing, or too coarse to tell."""
    told = re.fullmatch(r"(\d{4})(?:-(\d{2}))?(?:-(\d{2}))?", birth) if isinstance(birth, str) else None
    if not told:
        return None
    year, month, day = (int(part) if part else 0 for part in told.groups())
    of_age = (today.year - MAJORITY, today.month, today.day)
    first, last = (year, month or 1, day or 1), (year, month or 12, day or 31)
    if year < 1900 or first[1] > 12 or first[2] > 31 or first > (today.year, today.month, today.day):
        return None
    if last <= of_age:
        return False
    return True if first > of_age else None


def _name(patient: Mapping[str, Any]) -> str | Queued:
    """Given name and name on one line; the name in use before the birth name."""
    names = sorted(
        (one for one in _maps(patient.get("name")) if one.get("use", "") in _NAMES and one.get("family")),
        key=lambda one: _NAMES.index(one.get("use", "")),
    )
    if not names:
        return Queued("name-missing")
    family = clean(_text(names[0].get("family"))).upper()
    given = [clean(_text(one)) for one in _list(names[0].get("given")) or _given_elsewhere(names[1:])]
    given = [one for one in given if one]
    if not family:
        return Queued("name-missing")
    if not all(is_latin_name(one) for one in (family, *given)):
        return Queued("name-unfit")
    line = " ".join((*given[:1], family))
    return line if len(line) <= LETTERS else Queued("name-too-long")


def _given_elsewhere(names: list[Mapping[str, Any]]) -> list[Any]:
    return next((_list(one.get("given")) for one in names if one.get("given")), [])


def _address(patient: Mapping[str, Any], identity: tuple[str, ...], today: date) -> tuple[str, ...] | Queued:
    """Of the addresses in force the first that fits: the home, then others; never a billing address."""
    kept = [one for one in _maps(patient.get("address")) if _in_force(one, today)]
    if not kept:
        return Queued("no-address")
    for one in sorted(kept, key=lambda one: (one.get("use") != "home", one.get("type") == "physical")):
        lines = postal_lines(
            identity,
            [_text(line) for line in _list(one.get("line"))],
            postcode=_text(one.get("postalCode")),
            city=_text(one.get("city")),
            country=_text(one.get("country")),
        )
        if lines:
            return lines
    return Queued("address-unfit")


def _in_force(address: Mapping[str, Any], today: date) -> bool:
    period = _map(address.get("period"))
    ended = bool(period.get("end")) and str(period["end"])[:10] < today.isoformat()
    begun = not period.get("start") or str(period["start"])[:10] <= today.isoformat()
    written = any(address.get(part) for part in ("line", "city", "text"))
    return address.get("use") not in _OUT_OF_USE and not ended and begun and written


def _language(patient: Mapping[str, Any]) -> str:
    told = sorted(_maps(patient.get("communication")), key=lambda one: one.get("preferred") is not True)
    for one in told:
        for coding in _maps(_map(one.get("language")).get("coding")):
            code = _text(coding.get("code")).lower()[:2]
            if re.fullmatch("[a-z]{2}", code):
                return code
    return ""


def _text(value: object) -> str:
    return value[:_LONGEST_BEFORE] if isinstance(value, str) else ""


def _map(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}


def _list(value: object) -> list[Any]:
    return value if isinstance(value, list) else []


def _maps(value: object) -> list[Mapping[str, Any]]:
    return [one for one in _list(value) if isinstance(one, dict)]
