"""What a detector, an explanation and a column must have before they count."""

from __future__ import annotations

import ast
import re
import tomllib
from pathlib import Path
from typing import Any

import pyarrow as pa

from structure.code import TOCSIN, modules, write_tree
from tocsin.detect.registry import CONTENT, DETECTORS
from tocsin.model.event import COLUMNS as EVENT_COLUMNS
from tocsin.model.event import REASONS, STORED_EVENT
from tocsin.model.evidence import FAMILIES
from tocsin.model.fact import COLUMNS as FACT_COLUMNS
from tocsin.model.fact import FACT
from tocsin.model.french import WHY

WORDS = TOCSIN / "main/words.toml"
EXPLANATIONS = TOCSIN / "explain/explanations.toml"
NO_EXPLANATION = ("unexplained", "no-patient")
REGISTERED = frozenset(type(detector).__name__ for detector in DETECTORS)


def without_source(root: Path) -> list[str]:
    """Detector files that do not say where the idea comes from."""
    return [
        str(module.path)
        for module in modules(root)
        if module.path.name != "__init__.py" and "Source:" not in (ast.get_docstring(module.tree) or "")
    ]


def not_registered(root: Path, registered: frozenset[str]) -> list[str]:
    """Classes with a `count` that the registry does not have: they would watch nothing."""
    return [
        f"{module.path} {node.name}"
        for module in modules(root)
        for node in module.tree.body
        if isinstance(node, ast.ClassDef) and not node.name.startswith("_")
        if any(isinstance(part, ast.FunctionDef) and part.name == "count" for part in node.body)
        if node.name not in registered
    ]


def wanting(explanations: str) -> list[str]:
    """Explanations without a code in REASONS or without words in both languages, and reasons without explanation."""
    told = tomllib.loads(explanations)
    found = [f"{name}: not one of REASONS" for name in told if name not in REASONS]
    found += [
        f"{name}: no words in {language}"
        for name, entry in told.items()
        for language in ("fr", "en")
        if not entry.get(language, "").strip()
    ]
    return found + [f"{name}: not explained" for name in REASONS if name not in told and name not in NO_EXPLANATION]


def undocumented(schema: pa.Schema, columns: dict[str, str]) -> list[str]:
    """Columns without unit and source, and words about columns that are not there."""
    return sorted(set(schema.names) ^ {name for name, text in columns.items() if text.strip()})


def unsaid(catalogue: dict[str, Any], names: list[str]) -> list[str]:
    """Detectors without words: what to write, and where."""
    grounds = catalogue["ground"]
    found = [f"[ground.{name}] is missing in src/tocsin/main/words.toml" for name in names if name not in grounds]
    return found + [
        f"[ground.{name}] has no {part} in {language}"
        for name in names
        if name in grounds
        for part, entry in (("sentence", grounds[name]), ("short", grounds[name].get("short", {})))
        for language in ("fr", "en")
        if language not in entry
    ]


def half_said(entry: dict[str, Any], key: str = "") -> list[str]:
    """Entries of a catalogue that one language lacks, or in which a language lacks a form or a number of the other."""
    if "fr" not in entry and "en" not in entry:
        return [problem for name, below in entry.items() for problem in half_said(below, f"{key}.{name}".lstrip("."))]
    found = [f"{key}: no {language}" for language in ("fr", "en") if language not in entry]
    if not found:
        forms = [one if isinstance(one, dict) else {"other": one} for one in (entry["fr"], entry["en"])]
        found += [
            f"{key}: one and other, or one sentence" for one in forms if set(one) not in ({"other"}, {"one", "other"})
        ]
        named = [set(re.findall(r"{(\w+)", one["other"])) for one in forms if "other" in one]
        found += [
            f"{key}: fr and en do not say the same numbers" for _ in range(len({frozenset(n) for n in named}) - 1)
        ]
        found += [f"{key}: empty" for one in forms for text in one.values() if not text.strip()]
    rest = {name: below for name, below in entry.items() if name not in ("fr", "en")}
    return found + [problem for name, below in rest.items() for problem in half_said(below, f"{key}.{name}")]


def test_each_detector_has_words_in_both_languages() -> None:
    """Promise: nobody is accused by the name of a detector. Each says its number in French and in English."""
    assert unsaid(tomllib.loads(WORDS.read_text("utf-8")), [detector.name for detector in DETECTORS]) == []


def test_a_detector_without_words_is_noticed() -> None:
    catalogue = {"ground": {"old": {"fr": "{n}", "en": "{n}", "short": {"fr": "x", "en": "x"}}, "half": {"fr": "{n}"}}}
    assert unsaid(catalogue, ["old", "half", "new"]) == [
        "[ground.new] is missing in src/tocsin/main/words.toml",
        "[ground.half] has no sentence in en",
        "[ground.half] has no short in fr",
        "[ground.half] has no short in en",
    ]


def test_each_sentence_says_the_same_in_both_languages() -> None:
    """Promise: no half-translations. Each sentence has both languages, with the same numbers in both."""
    assert half_said(tomllib.loads(WORDS.read_text("utf-8"))) == []


def test_half_a_sentence_is_noticed() -> None:
    catalogue = tomllib.loads(
        """
        [a]
        fr = "x"
        [b.c]
        fr.one = "{n}"
        en = "{m}"
        [d]
        fr.other = "{n} et {k}"
        en.other = "{n} and {k}"
        bits.1.en = "x"
        """
    )
    assert half_said(catalogue) == [
        "a: no en",
        "b.c: one and other, or one sentence",
        "d.bits.1: no fr",
    ]


def test_each_detector_names_its_source() -> None:
    """Promise: nothing accuses an account by a rule that somebody made up. A detector says who measured what."""
    assert without_source(TOCSIN / "detect/detectors") == []


def test_a_detector_without_source_is_noticed(tmp_path: Path) -> None:
    tree = write_tree(tmp_path, {"a.py": '"""A.\n\nSource: B, 2020.\n"""\n', "b.py": '"""Many at once."""\n'})
    assert without_source(tree) == ["b.py"]


def test_each_detector_is_in_the_registry() -> None:
    """Promise: what is written to watch does watch, and is calibrated, shown and documented as all others are."""
    assert not_registered(TOCSIN / "detect/detectors", REGISTERED) == []


def test_a_detector_that_is_not_registered_is_noticed(tmp_path: Path) -> None:
    tree = write_tree(tmp_path, {"a.py": "class New:\n    def count(self):\n        pass\n\nclass Data:\n    pass\n"})
    assert not_registered(tree, REGISTERED) == ["a.py New"]


def test_the_registry_is_a_mixture() -> None:
    """Promise: bets on content are averaged. Shares that add up to one, names that are told apart, known families."""
    assert abs(sum(share for _, share in CONTENT) - 1) < 1e-12
    assert all(share > 0 for _, share in CONTENT)
    assert len({detector.name for detector in DETECTORS}) == len(DETECTORS)
    assert {detector.family for detector in DETECTORS} <= set(FAMILIES)


def test_each_reason_that_a_command_itself_gives_for_an_act_has_words_in_french() -> None:
    """The dossier is French to the last word; only what a person typed stays as it was typed."""
    given = {
        keyword.value.value
        for module in modules(TOCSIN / "main")
        if "demo" not in module.path.parts
        for node in ast.walk(module.tree)
        if isinstance(node, ast.Call)
        for keyword in node.keywords
        if keyword.arg == "why" and isinstance(keyword.value, ast.Constant) and keyword.value.value
    }
    assert given
    assert given <= set(WHY)


def test_each_explanation_can_be_said_to_a_patient() -> None:
    """Promise: whoever is told why an access was to be expected is told in French and in English, by a known code."""
    assert wanting(EXPLANATIONS.read_text("utf-8")) == []


def test_a_poor_explanation_is_noticed() -> None:
    text = EXPLANATIONS.read_text("utf-8")
    assert wanting(text + '\n[astrology]\nfr = "les astres"\nen = " "\n') == [
        "astrology: not one of REASONS",
        "astrology: no words in en",
    ]
    assert wanting(text.replace("[referral]", "[roster-2]"))[-1] == "referral: not explained"


def test_each_column_of_the_schemas_is_documented() -> None:
    """Promise: every column has its unit or range and its source; the reference pages are made from these words."""
    assert undocumented(STORED_EVENT, EVENT_COLUMNS) == []
    assert undocumented(FACT, FACT_COLUMNS) == []


def test_an_undocumented_column_is_noticed() -> None:
    schema = pa.schema([("at", pa.int64()), ("new", pa.int64())])
    assert undocumented(schema, {"at": "microseconds", "gone": "nothing", "new": " "}) == ["gone", "new"]
