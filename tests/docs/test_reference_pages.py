"""Reference pages are written by the code: they fail when they lie."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest

from docs.pages import REFERENCE, blocks, generator
from tocsin.config import Settings, settings
from tocsin.detect.registry import DETECTORS
from tocsin.ledger.layout import HEAD, LOCK, MANIFEST, SEGMENTS, packed_file, plain_file
from tocsin.ledger.ledger import SEGMENT_AGE, SEGMENT_BYTES
from tocsin.ledger.lines import VERSION, Begun, Closed, Committed, Compressed
from tocsin.ledger.packing import FRAME_BYTES
from tocsin.model.alert import RUNGS
from tocsin.model.event import ACTIONS, ELEMENTS, REASONS, STORED_EVENT
from tocsin.model.exposure import BY, CERTAINTIES, EFFECTS
from tocsin.model.fact import FACT, KINDS
from tocsin.model.rejected import REJECTIONS

PAGES = generator().pages()


def text_of(name: str) -> str:
    return (REFERENCE / name).read_text("utf-8")


def told_in(page: str, heading: str) -> set[str]:
    """The first cells of the tables under a heading."""
    part = re.split(r"^#+ ", page.partition(f"# {heading}\n")[2], maxsplit=1, flags=re.MULTILINE)[0]
    return set(re.findall(r"^\| `([a-z0-9_-]+)` \|", part, re.MULTILINE))


@pytest.mark.parametrize("name", sorted(PAGES))
def test_the_page_says_what_the_code_says(name: str) -> None:
    assert text_of(name) == PAGES[name], "run: make docs"


def test_every_column_and_word_is_on_its_page() -> None:
    for word in (*STORED_EVENT.names, *ACTIONS, *REASONS):
        assert f"`{word}`" in PAGES["event.md"], word
    for setting in fields(Settings):
        if setting.name not in ("ladder", "switched_off"):
            shown = (f"`{setting.name}`", f"`[{setting.name}]`", f"`[{setting.name}.NAME]`")
            assert any(name in PAGES["settings.md"] for name in shown), f"{setting.name}: no text under it"
    for word in ELEMENTS:
        assert f"| {word} |" in PAGES["event.md"], word
    for word in (*FACT.names, *KINDS):
        assert f"`{word}`" in PAGES["fact.md"], word


def test_the_whole_settings_file_is_read_and_says_the_defaults(tmp_path: Path) -> None:
    (example,) = blocks(REFERENCE / "settings.md", "toml")
    file = tmp_path / "tocsin.toml"
    file.write_text(example, "utf-8")
    read = settings({}, file=file)
    assert read.key_file == Path("/etc/tocsin/key")
    assert {f.name: getattr(read, f.name) for f in fields(Settings) if f.name != "key_file"} == {
        f.name: getattr(Settings(), f.name) for f in fields(Settings) if f.name != "key_file"
    }


def test_every_detector_has_a_page_with_its_source() -> None:
    """Promise: a detector can be looked up: what it counts, what deceives it, its source, what it did in the exam."""
    for detector in DETECTORS:
        page = PAGES.get(f"detectors/{detector.name}.md", "")
        assert page, f"{detector.name} has no page: run make docs"
        assert f"(detectors/{detector.name}.md)" in PAGES["detectors.md"]
        for heading in (
            "On examples",
            "What it says",
            "What makes it fire wrongly",
            "Why, and from where",
            "In the exam",
        ):
            assert page.partition(f"## {heading}\n\n")[2].partition("\n## ")[0].strip(), f"{detector.name}: {heading}"
        assert "Source: " in page, detector.name


def test_every_page_of_a_detector_is_of_one_that_watches() -> None:
    there = {path.stem for path in (REFERENCE / "detectors").glob("*.md")}
    assert there == {detector.name for detector in DETECTORS}, "delete the pages of detectors that are gone"


def test_the_trail_says_every_reason_why_a_line_is_rejected() -> None:
    assert told_in(text_of("trail.md"), "Lines") == set(REJECTIONS)


class TestReplay:
    """docs/reference/replay.md and its schema."""

    page = text_of("replay.md")
    schema = json.loads(text_of("replay.schema.json"))

    def test_every_key_of_the_object_is_told(self) -> None:
        assert told_in(self.page, "The object") == set(self.schema["properties"])

    @pytest.mark.parametrize("name", ["alerts", "exposures"])
    def test_every_key_of_an_entry_is_told(self, name: str) -> None:
        assert told_in(self.page, name) == set(self.schema["properties"][name]["items"]["properties"])

    def test_every_word_of_the_schema_is_told(self) -> None:
        for word in self.words(self.schema["properties"]):
            assert f"`{word}`" in self.page or word in REJECTIONS, word

    def test_the_schema_knows_the_words_of_the_model(self) -> None:
        told = set(self.words(self.schema))
        assert told >= {*RUNGS, *REJECTIONS, *CERTAINTIES, *EFFECTS, *BY}

    def test_the_page_tells_how_long_a_rung_stands(self) -> None:
        stands = dict(re.findall(r"^\| `([a-z-]+)` \| .* \| (?:until )?([0-9]+) \w+.* \|$", self.page, re.MULTILINE))
        hours = {name: rung.hours for name, rung in Settings().ladder.items()}
        assert {name: int(text) for name, text in stands.items()} == {
            name: hours[name] if hours[name] >= 1 else hours[name] * 60 for name in RUNGS
        }

    def words(self, part: Any) -> Iterator[str]:
        if isinstance(part, dict):
            yield from part.get("enum", ())
            for value in part.values():
                yield from self.words(value)


class TestLedger:
    """docs/reference/ledger.md."""

    page = text_of("ledger.md")

    def test_every_kind_of_line_and_its_fields_are_told(self) -> None:
        rows = dict(re.findall(r"^\| `([a-z]+)` \| (.*) \|$", self.page, re.MULTILINE))
        kinds = {kind.__struct_config__.tag: kind for kind in (Begun, Committed, Closed, Compressed)}
        assert set(rows) == set(kinds)
        for tag, kind in kinds.items():
            for field in set(kind.__struct_fields__) - {"v", "previous"}:
                assert f"`{field}`" in rows[str(tag)], f"{tag}: {field}"

    def test_the_names_of_the_files_are_told(self) -> None:
        folder = Path("ledger")
        for name in (HEAD, LOCK, MANIFEST, f"{SEGMENTS}/", packed_file(folder, 1).name, plain_file(folder, 2).name):
            assert name in self.page, name

    def test_the_sizes_are_told(self) -> None:
        assert f"{SEGMENT_BYTES >> 20} MiB, or when it is {SEGMENT_AGE.seconds // 60} minutes old" in self.page
        assert f"zstd frames of {FRAME_BYTES >> 20} MiB" in self.page
        assert f"`{VERSION}`" in self.page
