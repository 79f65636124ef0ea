"""What a request was: action, patients, elements and query, by the mapping's path patterns or its table of actions."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final
from urllib.parse import parse_qsl, urlencode

from tocsin.collect.mapping import Mapping, Path
from tocsin.collect.mapping_table import folded
from tocsin.collect.paths import split_target
from tocsin.collect.rows import ELEMENTS_UNSAID
from tocsin.model.event import ACTIONS, bits_of

NO_ACT: Final = -1
"""In `Act.action`: nothing that the mapping calls an act upon data."""

PARAMETER: Final = {
    "name": "name",
    "birth": "birthdate",
    "identifier": "identifier",
    "patient": "patient",
    "page": "page",
    "offset": "_offset",
    "count": "_count",
}
"""Kind of query -> the parameter that `query.query_of` knows it by."""


@dataclass(frozen=True, slots=True)
class Act:
    """What one distinct request or value tells."""

    action: int
    """Position in ACTIONS, or NO_ACT."""
    patients: tuple[str, ...]
    elements: int
    """Bits over ELEMENTS, or ELEMENTS_UNSAID."""
    query: str | None
    """The request under the parameter names of FHIR; None if it selects nothing."""


@dataclass(frozen=True, slots=True)
class Request:
    """The texts of a row that tell what it was; None where the trail has none."""

    target: str | None
    query: str | None
    method: str | None
    action: str | None
    shown: str | None
    """The value of the column that [elements] reads."""
    criteria: tuple[str | None, ...]
    """Values of the criteria columns, in the order of `Reader.criteria`."""


class Reader:
    """Reads requests under one mapping, remembering what it has read in the block."""

    def __init__(self, mapping: Mapping) -> None:
        self._mapping = mapping
        self._kinds = {name: kind for kind, names in mapping.query.items() for name in names}
        self._by_action = {ACTIONS.index(word): bits_of(*shown) for word, shown in mapping.shown.by_action.items()}
        self._matched: dict[tuple[str, str], tuple[Path, dict[str, str]] | None] = {}
        self.criteria = tuple(
            (kind, name) for kind, names in mapping.query.items() for name in names if mapping.query_in_columns
        )
        """(kind, column) of search criteria that stand in columns of their own."""

    def act(self, request: Request) -> Act:
        """What the request was."""
        path, query = split_target(request.target) if request.target else ("", "")
        found = self._match(request.method or "", path) if path else None
        rule, captured = found or (None, {})
        pairs = self._pairs(query or request.query or "", request.criteria)
        patients = [captured["patient"]] if "patient" in captured else [v for k, v in pairs if k == "patient" and v]
        action = self._action(rule, request.action)
        return Act(
            action=action,
            patients=tuple(dict.fromkeys(value.removeprefix("Patient/") for value in patients)),
            elements=self._elements(rule, request.shown, action),
            query=_canonical(path, pairs, captured),
        )

    def _match(self, method: str, path: str) -> tuple[Path, dict[str, str]] | None:
        """The first pattern that takes the request, and what it captures."""
        key = (method, path)
        if key not in self._matched:
            self._matched[key] = self._search(method.partition(" ")[0].upper(), path)
        return self._matched[key]

    def _search(self, method: str, path: str) -> tuple[Path, dict[str, str]] | None:
        for rule in self._mapping.paths:
            if rule.methods and method not in rule.methods:
                continue
            found = rule.match.search(path)
            if found is not None:
                return rule, {name: value for name, value in found.groupdict().items() if value}
        return None

    def _pairs(self, query: str, criteria: Iterable[str | None]) -> list[tuple[str, str]]:
        """Parameters under the names of FHIR."""
        pairs = [
            (PARAMETER[self._kinds[name]] if name in self._kinds else name, value)
            for name, value in parse_qsl(query, keep_blank_values=True)
        ]
        return pairs + [
            (PARAMETER[kind], value) for (kind, _), value in zip(self.criteria, criteria, strict=True) if value
        ]

    def _action(self, rule: Path | None, told: str | None) -> int:
        table = self._mapping.action
        word = rule.action if rule else None
        if rule is None:
            word = table.values.get(folded(told)) if told else None
            word = word or table.otherwise
        return NO_ACT if word is None else ACTIONS.index(word)

    def _elements(self, rule: Path | None, shown: str | None, action: int) -> int:
        if rule and rule.elements:
            return bits_of(*rule.elements)
        by_value = self._mapping.shown.values.get(folded(shown)) if shown else None
        return bits_of(*by_value) if by_value is not None else self._by_action.get(action, ELEMENTS_UNSAID)


def _canonical(path: str, pairs: list[tuple[str, str]], captured: dict[str, str]) -> str | None:
    """Path and parameters as one text, what the path captured among the parameters; None if nothing is selected."""
    found = [(PARAMETER[kind], value) for kind, value in captured.items() if kind != "patient"]
    if not pairs and not found:
        return None
    inside = [("patient", captured["patient"])] if "patient" in captured else []
    return f"{path}?{urlencode([*inside, *pairs, *found])}"
