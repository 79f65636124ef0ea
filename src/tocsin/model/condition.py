"""What a rule asks of one event: a tree of tests on fields, and what it means (`holds`).

Two values and no third: a test on a field that the trail did not give is false, and so its negation is true. Letters
match whatever their case (`folded`). `store/where.py` says the same in SQL; parity tests hold the two together.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import tzinfo
from typing import Any, Final, Literal

from tocsin.model.event import ACTIONS, ELEMENTS, OUTCOMES, QUERY_KINDS, REASONS, elements_of

Kind = Literal["text", "word", "number", "key", "flag", "set"]
"""text: any text. word: one of a closed list. key: a keyed number, equal or not. set: several words of a list."""

How = Literal["present", "is", "like", "matches", "within", "=", "<", "<=", ">", ">="]
"""is: folded text. like: parts of a pattern. matches: a regular expression somewhere. within: a network (CIDR)."""


@dataclass(frozen=True, slots=True)
class Field:
    """A field that rules may name."""

    kind: Kind
    what: str
    """What it holds, for whoever writes a rule; empty: as the column of the event."""
    absent: int | None = None
    """The number by which the column says that the trail did not give it."""
    words: tuple[str, ...] = ()
    """The closed list of a word or a set."""


FIELDS: Final[dict[str, Field]] = {
    "source": Field("text", ""),
    "service": Field("text", ""),
    "account": Field("text", ""),
    "professional": Field("text", ""),
    "client": Field("text", ""),
    "address": Field("text", ""),
    "network": Field("text", ""),
    "purpose": Field("text", ""),
    "query_head": Field("text", ""),
    "role": Field("text", "code of the latest role of whoever the account belongs to, as the directory gives it"),
    "action": Field("word", "", words=ACTIONS),
    "outcome": Field("word", "", words=OUTCOMES),
    "query_kind": Field("word", "", words=QUERY_KINDS),
    "explained_by": Field("word", "", words=REASONS),
    "assurance": Field("number", "", absent=0),
    "patients": Field("number", ""),
    "query_length": Field("number", ""),
    "page": Field("number", "", absent=0),
    "id_low": Field("number", "", absent=-1),
    "hour": Field("number", "hour of the day in the region's zone, 0 to 23"),
    "weekday": Field("number", "day of the week in the region's zone, 1 (Monday) to 7 (Sunday)"),
    "token": Field("key", "", absent=0),
    "device": Field("key", "", absent=0),
    "request": Field("key", "", absent=0),
    "query_hash": Field("key", "", absent=0),
    "explained": Field("flag", "true: something explains the access; false: nothing does; absent: it names no patient"),
    "honey": Field("flag", "the row names a honey patient"),
    "elements": Field("set", "what of the patient was shown; a value tests for one element", absent=0, words=ELEMENTS),
}
"""Every field, with the columns of the event first in each kind."""

_PLACE: Final = "it says where a line is kept, not what was done"
REFUSED: Final[dict[str, str]] = {
    "event_id": "it names one event, and a rule is about any",
    "row": _PLACE,
    "segment": _PLACE,
    "offset": _PLACE,
    "length": _PLACE,
    "batch": _PLACE,
    "at": "it is a moment; use hour and weekday, or --since and --until",
    "received_at": "it is a moment; use hour and weekday, or --since and --until",
    "patient": "no rule names a patient; use honey, or explained",
    "session": "a session is the judge's, and no single event",
}
"""Columns of the event that no rule may name, and why."""


class AnyRun:
    """`*`: any run of letters, none among them."""


class OneLetter:
    """`?`: exactly one letter."""


ANY_RUN: Final = AnyRun()
ONE_LETTER: Final = OneLetter()
Part = str | AnyRun | OneLetter


@dataclass(frozen=True, slots=True)
class Says:
    """A test on one field."""

    field: str
    how: How
    value: Any = None


@dataclass(frozen=True, slots=True)
class Every:
    """All of these hold."""

    of: tuple[Condition, ...]


@dataclass(frozen=True, slots=True)
class Some:
    """At least one of these holds."""

    of: tuple[Condition, ...]


@dataclass(frozen=True, slots=True)
class Not:
    """This does not hold."""

    of: Condition


Condition = Says | Every | Some | Not


def folded(text: str) -> str:
    """Letters without their case, one for one: what DuckDB's `lower` does (a dotted capital I is `i`)."""
    if text.isascii():
        return text.lower()
    lowered = (letter.lower() for letter in text)
    return "".join("i" if one == "i̇" else one for one in lowered)


def holds(condition: Condition, told: Mapping[str, Any]) -> bool:
    """Whether an event (field -> value, None where the trail gave none) is what a rule looks for."""
    if isinstance(condition, Every):
        return all(holds(one, told) for one in condition.of)
    if isinstance(condition, Some):
        return any(holds(one, told) for one in condition.of)
    if isinstance(condition, Not):
        return not holds(condition.of, told)
    value = told[condition.field]
    return value is not None and _HOLDS[condition.how](value, condition.value)


def is_within(address: str, network: str) -> bool:
    """Whether an address lies in a network; a machine's name lies in none."""
    try:
        one = ipaddress.ip_address(address)
    except ValueError:
        return False
    mapped = getattr(one, "ipv4_mapped", None)
    return (mapped or one) in ipaddress.ip_network(network)


def tests_of(condition: Condition) -> list[Says]:
    """Every test of a condition, from left to right."""
    if isinstance(condition, Says):
        return [condition]
    parts = (condition.of,) if isinstance(condition, Not) else condition.of
    return [test for part in parts for test in tests_of(part)]


def told_by(row: Mapping[str, Any], *, zone: tzinfo, role: str | None, honey: bool) -> dict[str, Any]:
    """The fields of a row of STORED_EVENT, None where the trail gave none."""
    told = {name: None if row[name] == field.absent else row[name] for name, field in FIELDS.items() if name in row}
    told["elements"] = elements_of(row["elements"]) or None
    there = row["at"].astimezone(zone)
    reason = row["explained_by"]
    return told | {
        "role": role,
        "hour": there.hour,
        "weekday": there.isoweekday(),
        "explained": None if reason == "no-patient" else reason != "unexplained",
        "honey": honey,
    }


def _is_like(value: str, parts: tuple[Part, ...]) -> bool:
    pattern = "".join(re.escape(part) if isinstance(part, str) else ".*" if part is ANY_RUN else "." for part in parts)
    return re.fullmatch(pattern, folded(value), re.DOTALL) is not None


def _is(value: Any, wanted: str) -> bool:
    return wanted in value if isinstance(value, list) else folded(value) == wanted


def _matches(value: str, pattern: str) -> bool:
    return re.search(_to_the_very_end(pattern), value, re.DOTALL | re.ASCII) is not None


def _to_the_very_end(pattern: str) -> str:
    r"""`$` as RE2 has it: the end, and not before a last line break. `\$` and `[$]` stay."""
    made, escaped, inside = [], False, False
    for letter in pattern:
        made.append(r"\Z" if letter == "$" and not escaped and not inside else letter)
        if not escaped and letter in "[]":
            inside = letter == "["
        escaped = letter == "\\" and not escaped
    return "".join(made)


_HOLDS: Final[dict[How, Callable[[Any, Any], bool]]] = {
    "present": lambda value, _: True,
    "is": _is,
    "like": _is_like,
    "matches": _matches,
    "within": is_within,
    "=": lambda value, wanted: bool(value == wanted),
    "<": lambda value, wanted: bool(value < wanted),
    "<=": lambda value, wanted: bool(value <= wanted),
    ">": lambda value, wanted: bool(value > wanted),
    ">=": lambda value, wanted: bool(value >= wanted),
}
