"""Links lead somewhere; numbers are those of the result files; nothing of a machine stands in a page."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from docs.pages import DOCS, PAGES, README, ROOT, name_of

_LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")
_NUMBER = re.compile(r"([0-9][0-9.,]*)( %)?<!-- ([A-Za-z0-9_.=/-]+) -->")
RESULTS = "benchmarks/detection/results/clue.json"


def anchors(page: Path) -> set[str]:
    """As GitHub makes them of headings."""
    headings = re.findall(r"^#+ (.+)$", page.read_text("utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w -]", "", re.sub(r"[`*]", "", text).lower()).replace(" ", "-") for text in headings}


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_every_link_inside_the_project_leads_somewhere(page: Path) -> None:
    for target in _LINK.findall(page.read_text("utf-8")):
        if "://" in target or target.startswith("mailto:"):
            continue
        path, _, anchor = target.partition("#")
        there = (page.parent / path).resolve() if path else page
        assert there.exists(), target
        assert there.is_relative_to(ROOT), target
        if anchor:
            assert anchor in anchors(there), target


def test_every_page_is_in_the_list_of_pages() -> None:
    listed = (DOCS / "README.md").read_text("utf-8")
    for page in DOCS.rglob("*.md"):
        if (
            page.parent.name not in ("decisions", "detectors") and page.name != "README.md"
        ):  # these have lists of their own
            assert f"({page.relative_to(DOCS)})" in listed, name_of(page)


def test_every_how_to_is_in_the_readme() -> None:
    listed = README.read_text("utf-8")
    assert [
        name_of(page) for page in (DOCS / "how-to").glob("*.md") if f"({page.relative_to(ROOT)})" not in listed
    ] == []


@pytest.mark.parametrize(
    ("path_of_page", "results_of"),
    [(README, RESULTS), (DOCS / "explanation/weight.md", "benchmarks/detection/results/queue.json")],
    ids=["README", "weight"],
)
def test_the_numbers_of_a_page_are_those_of_its_results(path_of_page: Path, results_of: str) -> None:
    page = path_of_page.read_text("utf-8")
    assert f"`{results_of}`" in page
    results = json.loads((ROOT / results_of).read_text("utf-8"))
    numbers = _NUMBER.findall(page)
    assert len(numbers) == page.count("<!-- ")
    for shown, percent, path in numbers:
        found: Any = results
        for key in path.split("."):
            found = found[int(key) if isinstance(found, list) else key]
        value = found * 100 if percent else found
        digits = len(shown.partition(".")[2])
        assert round(value, digits) == float(shown.replace(",", "")), path


def test_every_measured_number_of_the_readme_names_its_result() -> None:
    section = README.read_text("utf-8").partition("## Measured\n")[2].partition("\n## ")[0]
    bare = re.sub(r"<!--.*?-->|`[^`]*`|\[[^\]]*\]\([^)]*\)|\bD[0-9]+\b", "", _NUMBER.sub("", section))
    assert not re.findall(r"[0-9]+", bare)


def test_the_rows_of_the_readme_are_the_detectors_it_names() -> None:
    rows = json.loads((ROOT / RESULTS).read_text("utf-8"))["rows"]
    assert [(rows[i]["detector"], rows[i]["b"]) for i in (2, 4)] == [("D0", 1), ("D12", 1)]


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_a_page_names_no_place_of_the_machine_it_was_written_on(page: Path) -> None:
    text = page.read_text("utf-8")
    assert not re.search(r"/(work|root|tmp|home)/", text)
    assert "facts/" not in text.replace("artifacts/", "")
