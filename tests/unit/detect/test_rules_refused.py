"""A rule that would not mean what it seems to mean is refused: with its name, the field, the line, and why."""

from __future__ import annotations

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tocsin.detect.rules.reading import read_rule
from tocsin.detect.rules.refused import RuleRefused
from tocsin.detect.rules.regex import not_read
from tocsin.model.condition import FIELDS, REFUSED, Every, Not, Says, Some, holds
from tocsin.model.event import STORED_EVENT
from tocsin.model.rule import Rule

RULE = """title: A title
id: 5d4f2a9e-0c0b-4b6e-9a3b-0a6a4b1f5b11
description: Why. Source, where from.
level: low
logsource: {product: tocsin, category: access}
detection:
  one:
    LINE
  two:
    service: beds
  condition: CONDITION
"""
LINE = 8


def read(line: str = "action: export", condition: str = "one", text: str = RULE) -> Rule:
    return read_rule("mine", text.replace("LINE", line).replace("CONDITION", condition))


def why(*arguments: str, **named: str) -> str:
    with pytest.raises(RuleRefused) as refused:
        read(*arguments, **named)
    assert refused.value.exit_code == 2
    assert "\n" not in str(refused.value)
    return str(refused.value)


def test_every_column_of_the_event_is_a_field_or_says_why_not() -> None:
    assert set(STORED_EVENT.names) <= {*FIELDS, *REFUSED}
    assert not set(FIELDS) & set(REFUSED)


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("servce: beds", "no such field; known: source, service"),
        ("patient: abc", "no rule names a patient"),
        ("at: 5", "use hour and weekday"),
        ("service|base64: beds", "the modifier 'base64' is not known here"),
        ("service|cased: beds", "the modifier 'cased' is not known here"),
        ("service|re|i: beds", "the modifier 'i' is not known here"),
        ("service|contains|endswith: beds", "one of contains, endswith at a time"),
        ("service|gt: 5", "'gt' is for fields of number; this is a text"),
        ("page|contains: '5'", "'contains' is for fields of text and word; this is a number"),
        ("network|cidr: 10.0.0.0/8", "'cidr' is for address"),
        ("address|cidr: 10.0.0.0/99", "10.0.0.0/99"),
        ("device|gt: 5", "'gt' is for fields of number; this is a key"),
        ("device: 18446744073709551615", "this is a number: put it in quotes"),
        ("device: '0'", "above 0"),
        ("professional: 99000000001", "this is a number: put it in quotes"),
        ("page: '5'", "a whole number, without quotes"),
        ("page: 2.5", "2.5 is no whole number"),
        ("page: 1.0e+300", "beyond what the field can hold"),
        ("page|gte: '2'", "a comparison takes a whole number, without quotes"),
        ("service: yes", "put a word in quotes"),
        ("honey: 1", "this is a flag: it takes true or false"),
        ("honey: 'true'", "this is a flag: it takes true or false"),
        ("page|exists: 5", "'exists' takes true or false"),
        ("service|contains: null", "null takes no modifier"),
        ("service: []", "the list is empty"),
        ("service: {a: b}", "not a dict"),
        ("action: exprt", "no such word; known: sign-in"),
        ("action: x*", "no such word"),
        ("elements: phone", "no such word; known: name, birth"),
        ("elements: tele*", "wildcards are not read here"),
        ("service|re: '(?i)beds'", "no flags"),
        ("service|re: 'a(?=b)'", "no looking ahead"),
        ("service|re: '('", "no regular expression"),
        (r"service|re: '(a)\1'", r"\1 is not read"),
        ("service|re: '(a{50}){50}'", "repeats more than 1,000 times"),
        (r'service: "\ud800"', "no letter"),
    ],
)
def test_a_line_that_makes_no_sense(line: str, said: str) -> None:
    told = why(line)
    assert told.startswith(f"rule 'mine', line {LINE}, field '{line.partition(':')[0].partition('|')[0]}': "), told
    assert said in told


@pytest.mark.parametrize(
    ("condition", "said"),
    [
        ("one | count() by account > 5", "correlations come later"),
        ("one and three", "three"),
        ("one and (", "not understood"),
        ("1 of nothing*", "not understood"),
    ],
)
def test_a_condition_that_is_none(condition: str, said: str) -> None:
    told = why("action: export", condition)
    assert told.startswith("rule 'mine', line 11: ")
    assert said in told


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("product: tocsin", "product: windows", "line 5: its logsource is not exactly product: tocsin"),
        ("category: access", "category: access, service: beds", "logsource is not exactly"),
        ("level: low", "level: serious", "line 4: its level is one of"),
        ("id: 5d", "id: zz", "line 2: it needs an id"),
        ("title: A title", "name: x", "it needs a title"),
        ("detection:", "correlation: {}\ndetection:", "line 6: 'correlation' is not read"),
        ("  condition", "  timeframe: 5m\n  condition", "line 11: a timeframe spans several events"),
        ("    service: beds", "    - beds", "line 9: words without a field are not searched for"),
        ("    service: beds", "    service: &x beds\n    client: *x", "line 11: anchors and aliases are not read"),
        ("    service: beds", "    service: beds\n    service: labs", "line 11: the key 'service' is there twice"),
        ("    service: beds", "    service: [beds", "this is not one YAML document"),
        ("title: A title", "---\na: b\n---\ntitle: A title", "this is not one YAML document"),
    ],
)  # fmt: skip
def test_a_file_that_is_no_rule(old: str, new: str, said: str) -> None:
    assert said in why(text=RULE.replace(old, new))


def test_what_is_too_long_is_refused() -> None:
    assert "1,000 values" in why(f"service: [{', '.join('abc' for _ in range(1001))}]")
    assert "65,536 letters" in why(text=RULE + "#" * 70_000)
    assert "1,000 letters" in why("action: export", " and ".join(["one"] * 300))


@given(st.text(max_size=200) | st.text("[]{}:-,'\"| \nabc&*?!%@", max_size=200))
def test_whatever_a_file_holds_it_is_read_or_refused(text: str) -> None:
    for whole in (text, RULE.replace("LINE", text), RULE.replace("LINE", "action: read").replace("CONDITION", text)):
        with contextlib.suppress(RuleRefused):
            read_rule("mine", whole)


@given(st.text("ab.^$*+?{}[]()|\\d1,-:=!<>P", max_size=12))
def test_a_regular_expression_is_judged_without_an_error(pattern: str) -> None:
    assert isinstance(not_read(pattern), str)


def test_lists_nulls_and_wildcards_are_read_as_sigma_has_them() -> None:
    assert read("service: [beds, 'Lab*']").condition == Some(
        (Says("service", "is", "beds"), read("service: lab*").condition)
    )
    assert read("service: null").condition == Not(Says("service", "present"))
    assert read("page|exists: false").condition == Not(Says("page", "present"))
    assert isinstance(read("service|contains|all: [a, b]").condition, Every)
    assert read(r"service: 'a\*b'").condition == Says("service", "is", "a*b")
    both = {"action": "export", "service": "Beds"}
    assert holds(read("action: export", "all of them").condition, both)
    assert holds(read("action: export", "1 of them").condition, both | {"service": None})
    assert not holds(read("action: export", "one and not two").condition, both)
    assert holds(read("action: export", "one and not two").condition, both | {"service": None})
