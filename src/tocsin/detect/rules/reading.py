"""A Sigma rule's text -> a rule, by pySigma; what Tocsin would not mean exactly is refused, never guessed at.

(1) YAML with lines, so that a refusal says where
(2) what Tocsin needs of a rule beside Sigma: an id, a level, words that say why; product tocsin, category access
(3) each line of the detection: a known field, modifiers and values that make sense for it
(4) the condition: and, or, not, 1 of, all of. No counting, no time frame, no correlation: those need a state
Source: the Sigma specification 2.0 (rules); existing back ends for DuckDB drop `timespan` in silence, ours refuses it.
"""

from __future__ import annotations

import re
import uuid
from collections.abc import Iterator
from typing import Any, Final

from sigma.conditions import (
    ConditionAND,
    ConditionFieldEqualsValueExpression,
    ConditionNOT,
    ConditionOR,
)
from sigma.exceptions import SigmaError
from sigma.rule import SigmaRule
from sigma.rule.detection import SigmaDetectionItem

from tocsin.detect.rules.document import Document, read_document
from tocsin.detect.rules.refused import RuleRefused
from tocsin.detect.rules.regex import not_read
from tocsin.detect.rules.values import Senseless, modifiers_fit, test_of
from tocsin.model.condition import FIELDS, REFUSED, Condition, Every, Not, Some, tests_of
from tocsin.model.rule import LEVELS, Rule

PRODUCT, CATEGORY = "tocsin", "access"
MOST_TESTS: Final = 1_000
"""Values of one rule; the query that asks for them is that long."""
LONGEST_CONDITION: Final = 1_000

_ODD = (SigmaError, TypeError, ValueError, AttributeError, KeyError, IndexError, RecursionError)
"""What pySigma raises for what is no rule."""


def read_rule(name: str, text: str) -> Rule:
    """The rule of a file called `name`. Raises `RuleRefused`."""
    document = read_document(name, text)
    for key in ("correlation", "filter", "action"):
        if key in document.data:
            line = document.line(key)
            raise RuleRefused(name, f"'{key}' is not read: one rule a file, about one event; correlations come later",
                              line=line)  # fmt: skip
    words = _words(document)
    _log_source(document)
    _check_detection(document)
    condition = _condition(document)
    return Rule(name=name, condition=condition, **words)


def _words(document: Document) -> dict[str, Any]:
    """What a rule says of itself."""
    made: dict[str, Any] = {}
    for key in ("title", "title_fr", "description", "description_fr"):
        value = document.data.get(key, "")
        if not isinstance(value, str) or (not value.strip() and not key.endswith("_fr")):
            raise RuleRefused(document.name, f"it needs a {key}: a text", line=document.line(key))
        made[key] = " ".join(value.split())
    try:
        made["id"] = str(uuid.UUID(str(document.data["id"])))
    except (KeyError, ValueError):
        raise RuleRefused(document.name, "it needs an id: a UUID, for good", line=document.line("id")) from None
    made["level"] = document.data.get("level")
    if made["level"] not in LEVELS:
        raise RuleRefused(document.name, f"its level is one of {', '.join(LEVELS)}", line=document.line("level"))
    for key in ("falsepositives", "references"):
        value = document.data.get(key, [])
        if not isinstance(value, list) or not all(isinstance(one, str) for one in value):
            raise RuleRefused(document.name, f"'{key}' is a list of texts", line=document.line(key))
        made[key] = tuple(" ".join(one.split()) for one in value)
    return made


def _log_source(document: Document) -> None:
    told = document.data.get("logsource")
    if told != {"product": PRODUCT, "category": CATEGORY}:
        raise RuleRefused(
            document.name,
            f"its logsource is not exactly product: {PRODUCT}, category: {CATEGORY}",
            line=document.line("logsource"),
            advice="Tocsin's fields are its own: a rule for other logs would match nothing, or something else.",
        )


def _check_detection(document: Document) -> None:
    """(3) Every line of the detection, before pySigma sees the whole."""
    told = document.data.get("detection")
    if not isinstance(told, dict) or not isinstance(told.get("condition"), str):
        raise RuleRefused(
            document.name, "its detection needs searches and one condition", line=document.line("detection")
        )
    if "timeframe" in told:
        line = document.line("detection", "timeframe")
        raise RuleRefused(document.name, "a timeframe spans several events; correlations come later", line=line)
    for search, content in told.items():
        if search == "condition":
            continue
        for path, key, value in _items(document, content, ("detection", search)):
            _check_item(document, path, key, value)


def _items(document: Document, content: Any, path: tuple[str | int, ...]) -> Iterator[tuple[Any, str, Any]]:
    """Every (path, key, value) of a search: a mapping, or a list of mappings."""
    line = document.line(*path)
    if isinstance(content, dict) and content:
        for key, value in content.items():
            yield (*path, key), key, value
    elif isinstance(content, list) and content and all(isinstance(one, dict) for one in content):
        for i, one in enumerate(content):
            yield from _items(document, one, (*path, i))
    elif content in ({}, []):
        raise RuleRefused(document.name, f"the search '{path[1]}' is empty", line=line)
    else:
        raise RuleRefused(document.name, "words without a field are not searched for: name the field", line=line)


def _check_item(document: Document, path: tuple[str | int, ...], key: str, value: Any) -> None:
    field, *modifiers = key.split("|")
    line = document.line(*path)
    if field in REFUSED:
        raise RuleRefused(document.name, f"no rule can ask for this: {REFUSED[field]}", line=line, field=field)
    if field not in FIELDS:
        near = f"known: {', '.join(FIELDS)}"
        raise RuleRefused(document.name, f"there is no such field; {near}", line=line, field=field)
    values = value if isinstance(value, list) else [value]
    try:
        modifiers_fit(field, modifiers)
        if not values:
            raise Senseless("the list is empty")
        for one in values:
            _check_value(field, modifiers, one)
        for one in SigmaDetectionItem.from_mapping(key, value).value:
            test_of(field, one)
    except Senseless as problem:
        raise RuleRefused(document.name, str(problem), line=line, field=field) from None
    except _ODD as problem:
        said = problem.args[0] if isinstance(problem, SigmaError) and problem.args else type(problem).__name__
        raise RuleRefused(document.name, f"the value is not understood ({said})", line=line, field=field) from None


def _check_value(field: str, modifiers: list[str], value: Any) -> None:
    """What YAML made of a value, before pySigma makes something of it. Raises `Senseless`."""
    if not isinstance(value, str | int | float | bool | None):
        raise Senseless(f"a value is a text, a number, true, false or null, not a {type(value).__name__}")
    if value is None and modifiers:
        raise Senseless("null takes no modifier")
    if "exists" in modifiers and not isinstance(value, bool):
        raise Senseless("'exists' takes true or false")
    if isinstance(value, bool) and "exists" not in modifiers and FIELDS[field].kind != "flag":
        raise Senseless("true and false (yes, no, on, off) are for flags; put a word in quotes")
    if {"gt", "gte", "lt", "lte"} & {*modifiers} and isinstance(value, str):
        raise Senseless("a comparison takes a whole number, without quotes")
    if {"contains", "startswith", "endswith", "re", "cidr"} & {*modifiers} and not isinstance(value, str):
        raise Senseless("this takes a text: put it in quotes")
    if "re" in modifiers and (said := not_read(str(value))):
        raise Senseless(f"the regular expression: {said}")


def _condition(document: Document) -> Condition:
    """(4) The condition, as pySigma reads it."""
    line = document.line("detection", "condition")
    text = document.data["detection"]["condition"]
    if len(text) > LONGEST_CONDITION:
        raise RuleRefused(document.name, f"the condition has more than {LONGEST_CONDITION:,} letters", line=line)
    if "|" in text or re.search(r"\b(count|near|sum|min|max|avg)\b\s*\(", text):
        raise RuleRefused(document.name, "it counts over several events; correlations come later", line=line)
    own = {key: document.data[key] for key in ("title", "id", "logsource", "detection", "level")}
    try:
        rule = SigmaRule.from_dict(own)
        parsed = rule.detection.parsed_condition[0].parsed
        made = _made(parsed)
    except _ODD as problem:
        said = problem.args[0] if isinstance(problem, SigmaError) and problem.args else type(problem).__name__
        said = " ".join(str(said).split())
        raise RuleRefused(document.name, f"the condition is not understood ({said})", line=line) from None
    if len(tests_of(made)) > MOST_TESTS:
        raise RuleRefused(document.name, f"it tests more than {MOST_TESTS:,} values", line=line)
    return made


def _made(parsed: Any) -> Condition:
    if isinstance(parsed, ConditionAND):
        return Every(tuple(_made(one) for one in parsed.args))
    if isinstance(parsed, ConditionOR):
        return Some(tuple(_made(one) for one in parsed.args))
    if isinstance(parsed, ConditionNOT):
        return Not(_made(parsed.args[0]))
    if isinstance(parsed, ConditionFieldEqualsValueExpression):
        return test_of(parsed.field, parsed.value)
    raise TypeError("condition")
