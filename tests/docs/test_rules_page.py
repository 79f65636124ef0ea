"""The rule that the how-to shows is read, and passes the tests that it shows."""

from __future__ import annotations

from zoneinfo import ZoneInfo

from docs.pages import DOCS, REFERENCE, blocks
from tocsin.detect.rules.examples import read_examples
from tocsin.detect.rules.reading import read_rule
from tocsin.detect.rules.values import MODIFIERS
from tocsin.model.condition import FIELDS, REFUSED

PAGE = DOCS / "how-to/rules.md"


def test_the_rule_that_is_shown_passes_its_tests() -> None:
    rule_text, tests = blocks(PAGE, "yaml")
    rule, zone = read_rule("export-at-the-lab", rule_text), ZoneInfo("Europe/Paris")
    assert f"{rule.name}.yml" in PAGE.read_text("utf-8")
    assert all(one.passes(rule, zone=zone) for one in read_examples(rule.name, tests, zone=zone))


def test_every_field_and_modifier_is_on_the_reference_page() -> None:
    page = (REFERENCE / "rules.md").read_text("utf-8")
    for name in (*FIELDS, *REFUSED, *MODIFIERS):
        assert f"| `{name}` |" in page, name
