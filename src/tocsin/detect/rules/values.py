"""One value of a rule, as pySigma read it, -> a test; what makes no sense for its field is refused with a reason."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any, Final

from sigma.types import (
    CompareOperators,
    SigmaBool,
    SigmaCIDRExpression,
    SigmaCompareExpression,
    SigmaExists,
    SigmaNull,
    SigmaNumber,
    SigmaRegularExpression,
    SigmaString,
    SigmaType,
    SpecialChars,
)

from tocsin.detect.rules.regex import not_read
from tocsin.model.condition import ANY_RUN, FIELDS, ONE_LETTER, Condition, How, Not, Part, Says, folded

MODIFIERS: Final[dict[str, tuple[str, ...]]] = {
    "contains": ("text", "word"),
    "startswith": ("text", "word"),
    "endswith": ("text", "word"),
    "re": ("text", "word"),
    "cidr": ("text",),
    "gt": ("number",),
    "gte": ("number",),
    "lt": ("number",),
    "lte": ("number",),
    "exists": ("text", "word", "number", "key", "flag", "set"),
    "all": ("text", "word", "set"),
}
"""Modifier -> kinds of field that it makes sense for."""

_OPERATORS: Final[dict[CompareOperators, How]] = {
    CompareOperators.LT: "<",
    CompareOperators.LTE: "<=",
    CompareOperators.GT: ">",
    CompareOperators.GTE: ">=",
}
_PARTS: Final[dict[SpecialChars, Part]] = {
    SpecialChars.WILDCARD_MULTI: ANY_RUN,
    SpecialChars.WILDCARD_SINGLE: ONE_LETTER,
}
LARGEST: Final = 2**31 - 1
LARGEST_KEY: Final = 2**64 - 1


class Senseless(Exception):
    """A value that its field cannot have; says why."""


def modifiers_fit(field: str, modifiers: list[str]) -> None:
    """Raise `Senseless` for a modifier that is unknown, out of place, or one too many."""
    kind = FIELDS[field].kind
    for modifier in modifiers:
        if modifier not in MODIFIERS:
            raise Senseless(f"the modifier '{modifier}' is not known here; known: {', '.join(MODIFIERS)}")
        if kind not in MODIFIERS[modifier] or (modifier == "cidr" and field != "address"):
            for_ = "address" if modifier == "cidr" else f"fields of {' and '.join(MODIFIERS[modifier])}"
            raise Senseless(f"'{modifier}' is for {for_}; this is a {kind}")
    if len(modifiers) - ("all" in modifiers) > 1:
        raise Senseless(f"one of {', '.join(m for m in modifiers if m != 'all')} at a time")


def test_of(field: str, value: SigmaType) -> Condition:
    """The test of one value. Raises `Senseless`."""
    if isinstance(value, SigmaNull):
        return Not(Says(field, "present"))
    if isinstance(value, SigmaExists):
        return Says(field, "present") if value else Not(Says(field, "present"))
    for kind, made in _MADE_OF.items():
        if isinstance(value, kind):
            return made(field, value)
    raise Senseless(f"a value of this kind ({type(value).__name__.removeprefix('Sigma')}) is not known here")


def _text(field: str, value: SigmaString) -> Condition:
    kind = FIELDS[field].kind
    if kind == "key":
        return Says(field, "=", _key(str(value)))
    if kind not in ("text", "word", "set"):
        what = "true or false" if kind == "flag" else "a whole number, without quotes"
        raise Senseless(f"this is a {kind}: it takes {what}")
    parts: list[Part] = []
    for part in value.s:
        if isinstance(part, str):
            _sound(part)
            parts.append(folded(part))
        elif isinstance(part, SpecialChars):
            parts.append(_PARTS[part])
        else:
            raise Senseless("placeholders are not known here")
    plain = "".join(part for part in parts if isinstance(part, str))
    exact = all(isinstance(part, str) for part in parts)
    if FIELDS[field].words:
        _among(field, parts, plain if exact else None)
    if exact:
        return Says(field, "is", plain)
    if kind == "set":
        raise Senseless("wildcards are not read here: name each element")
    return Says(field, "like", tuple(parts))


def _among(field: str, parts: list[Part], plain: str | None) -> None:
    """A word that never occurs is a slip of the pen, and a rule that never rings."""
    words = FIELDS[field].words
    pattern = "".join(re.escape(part) if isinstance(part, str) else ".*" if part is ANY_RUN else "." for part in parts)
    if plain not in words if plain is not None else not any(re.fullmatch(pattern, word) for word in words):
        raise Senseless(f"no such word; known: {', '.join(words)}")


def _regex(field: str, value: SigmaRegularExpression) -> Condition:
    pattern = str(value.regexp)
    _sound(pattern)
    if said := not_read(pattern):
        raise Senseless(f"the regular expression: {said}")
    return Says(field, "matches", pattern)


def _number(field: str, value: SigmaNumber) -> Condition:
    if FIELDS[field].kind in ("text", "word", "set", "key"):  # a key of 64 bits: pySigma would make a float of it
        raise Senseless("this is a number: put it in quotes")
    if FIELDS[field].kind == "flag":
        raise Senseless("this is a flag: it takes true or false")
    return Says(field, "=", _whole(field, value))


def _key(text: str) -> int:
    if not (text.isascii() and text.isdigit() and 0 < int(text) <= LARGEST_KEY):
        raise Senseless("this takes a keyed number, in quotes: above 0, below 2^64")
    return int(text)


def _flag(field: str, value: SigmaBool) -> Condition:
    if FIELDS[field].kind != "flag":
        raise Senseless("true and false (yes, no, on, off) are for flags; put a word in quotes")
    return Says(field, "=", value.boolean)


def _compared(field: str, value: SigmaCompareExpression) -> Condition:
    if value.op not in _OPERATORS or not isinstance(value.number, SigmaNumber):
        raise Senseless("this comparison is not known here")
    return Says(field, _OPERATORS[value.op], _whole(field, value.number))


def _whole(field: str, value: SigmaNumber) -> int:
    number = value.number
    if number != number or abs(number) == float("inf") or int(number) != number:
        raise Senseless(f"{number} is no whole number")
    if not -LARGEST <= number <= LARGEST:
        raise Senseless(f"{number} is beyond what the field can hold")
    return int(number)


def _sound(text: str) -> None:
    if "\0" in text or any("\ud800" <= letter <= "\udfff" for letter in text):
        raise Senseless("it holds what is no letter")


_MADE_OF: Final[dict[type[SigmaType], Callable[[str, Any], Condition]]] = {
    SigmaRegularExpression: _regex,
    SigmaCIDRExpression: lambda field, value: Says(field, "within", str(value.network)),
    SigmaCompareExpression: _compared,
    SigmaString: _text,
    SigmaNumber: _number,
    SigmaBool: _flag,
}
