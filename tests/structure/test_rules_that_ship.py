"""What a rule must have before it ships: words in two languages, a source, a name, tests that pass."""

from __future__ import annotations

from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from structure.code import TOCSIN
from tocsin.detect.rules.examples import ENDING, read_examples
from tocsin.detect.rules.reading import read_rule
from tocsin.model.rule import Rule

FOLDER = TOCSIN / "rules"
FILES = sorted(path for path in FOLDER.glob("*.yml") if not path.name.endswith(ENDING))
ZONES = ("Europe/Paris", "America/Cayenne", "Indian/Reunion")
"""Nights are nights wherever the region is."""


def rule_of(path: Path) -> Rule:
    return read_rule(path.stem, path.read_text("utf-8"))


def wanting(rule: Rule) -> list[str]:
    """What a shipped rule does not say."""
    said = {
        "a French title": rule.title_fr,
        "a French description": rule.description_fr,
        "what else looks like it": rule.falsepositives,
        "a source": rule.references,
    }
    return [what for what, words in said.items() if not words]


def test_there_are_rules() -> None:
    assert 8 <= len(FILES) <= 15
    assert len({rule_of(path).id for path in FILES}) == len(FILES)


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_a_rule_says_why_in_both_languages(path: Path) -> None:
    """Promise: whoever switches a rule on can say to whom it accuses why it exists, and what else looks like it."""
    assert wanting(rule_of(path)) == []


@pytest.mark.parametrize("zone", ZONES)
@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_a_rule_passes_its_tests(path: Path, zone: str) -> None:
    """Promise: beside each rule stand events that it matches and events like them that it does not."""
    rule, there = rule_of(path), ZoneInfo(zone)
    examples = read_examples(rule.name, path.with_name(rule.name + ENDING).read_text("utf-8"), zone=there)
    assert [one.why for one in examples if not one.passes(rule, zone=there)] == []


def test_no_test_file_is_without_its_rule() -> None:
    names = {path.stem for path in FILES}
    assert {path.name.removesuffix(ENDING) for path in FOLDER.glob(f"*{ENDING}")} == names
    assert {path.name for path in FOLDER.iterdir() if path.is_file()} == {
        *(f"{name}.yml" for name in names),
        *(name + ENDING for name in names),
    }


def test_a_poor_rule_is_noticed() -> None:
    text = FILES[0].read_text("utf-8").replace("title_fr:", "titel_fr:").replace("references:", "sources:")
    assert wanting(read_rule("poor", text)) == ["a French title", "a source"]
