"""The tests beside a rule: events that it must match, and events like them that it must not."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo
from typing import Any, Final

from tocsin.detect.rules.document import Document, read_document
from tocsin.detect.rules.refused import RuleRefused
from tocsin.model.condition import FIELDS, holds, told_by
from tocsin.model.event import ELEMENTS, STORED_EVENT, bits_of
from tocsin.model.rule import Rule

ENDING: Final = ".test.yml"
"""`NAME.test.yml` stands beside `NAME.yml`."""

_PLAIN: Final[dict[str, Any]] = {
    "source": "trail",
    "at": datetime(2025, 9, 16, 8, 0, tzinfo=UTC),
    "service": "identity-server",
    "account": "an.account",
    "action": "read",
    "outcome": "success",
    "elements": 0,
    "query_kind": "none",
    "query_length": 0,
    "explained_by": "unexplained",
    "assurance": 0,
    "page": 0,
    "id_low": -1,
    "token": 0,
    "device": 0,
    "request": 0,
    "query_hash": 0,
}
"""An event of which nothing is said: a Tuesday at ten in Paris; every other column is null."""
_GIVEN: Final = ("role", "honey")
"""Fields that no column holds and that a test says as they are."""
_FOLLOWS: Final = ("hour", "weekday", "explained")
_MATCH, _NO_MATCH = "match", "no-match"


@dataclass(frozen=True, slots=True)
class Example:
    """One event of a test file."""

    why: str
    line: int
    matches: bool
    """What the rule must say."""
    event: Mapping[str, Any]
    """Columns of the event, and what else is given."""

    def passes(self, rule: Rule, *, zone: tzinfo) -> bool:
        """Whether the rule says what it must."""
        given = {name: self.event.get(name) for name in _GIVEN}
        told = told_by(self.event, zone=zone, role=given["role"], honey=bool(given["honey"]))
        return holds(rule.condition, told) == self.matches


def read_examples(name: str, text: str, *, zone: tzinfo) -> list[Example]:
    """The tests of the rule `name`. Raises `RuleRefused`; also where one of the two kinds is missing."""
    document = read_document(f"{name}{ENDING}", text)
    found: list[Example] = []
    for kind, told in document.data.items():
        if kind not in (_MATCH, _NO_MATCH) or not isinstance(told, list):
            raise RuleRefused(
                document.name, f"it has two lists, {_MATCH} and {_NO_MATCH}, and nothing else", line=document.line(kind)
            )
        for i, one in enumerate(told):
            found.append(_example(document, one, (kind, i), zone))
    for kind, wanted in ((_MATCH, True), (_NO_MATCH, False)):
        if not any(one.matches is wanted for one in found):
            raise RuleRefused(document.name, f"there is no event under '{kind}'")
    return found


def _example(document: Document, told: Any, path: tuple[str, int], zone: tzinfo) -> Example:
    line = document.line(*path)
    if not isinstance(told, dict) or set(told) != {"why", "event"} or not isinstance(told["event"], dict):
        raise RuleRefused(document.name, "each test has a 'why' and an 'event'", line=line)
    event = dict.fromkeys(FIELDS) | _PLAIN
    for name, value in told["event"].items():
        at = document.line(*path, "event", name)
        event[name] = _column(document, name, value, at, zone)
    return Example(str(told["why"]), line, path[0] == _MATCH, event)


def _column(document: Document, name: str, value: Any, line: int, zone: tzinfo) -> Any:
    """A value of a test's event, checked: a test of what cannot be proves nothing."""
    field = FIELDS.get(name)
    if name == "at":
        if not isinstance(value, datetime):
            raise RuleRefused(document.name, "this takes a day and a time", line=line, field=name)
        return value if value.tzinfo else value.replace(tzinfo=zone)
    if name in _FOLLOWS:
        raise RuleRefused(document.name, "this follows from 'at' or 'explained_by': give that", line=line, field=name)
    if field is None:
        known = ", ".join(one for one in ("at", *FIELDS) if one not in _FOLLOWS)
        raise RuleRefused(document.name, f"no such field; known: {known}", line=line, field=name)
    if field.kind == "set":
        if isinstance(value, list) and set(map(str, value)) <= set(ELEMENTS):
            return bits_of(*value)
        raise RuleRefused(document.name, f"a list of {', '.join(ELEMENTS)}", line=line, field=name)
    if value is None and (name not in STORED_EVENT.names or STORED_EVENT.field(name).nullable):
        return None
    fits = {
        "text": isinstance(value, str),
        "word": value in field.words if isinstance(value, str) else False,
        "number": isinstance(value, int) and not isinstance(value, bool),
        "key": isinstance(value, int) and not isinstance(value, bool) and value >= 0,
        "flag": isinstance(value, bool),
    }
    if not fits[field.kind]:
        wanted = ", ".join(field.words) if field.words else f"a {field.kind}"
        raise RuleRefused(document.name, f"this takes {wanted}", line=line, field=name)
    return value
