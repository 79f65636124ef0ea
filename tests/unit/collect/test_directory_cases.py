"""Resources in, rows out: each drawn case of `trails/directory`, whatever the order of its lines."""

from __future__ import annotations

from pathlib import Path

import pytest

from trails.directory import told

CASES = sorted((Path(__file__).parents[2] / "trails" / "directory").glob("*.case"))


def drawn(case: Path) -> tuple[list[str], list[str]]:
    resources, _, rows = case.read_text().partition("---\n")
    lines, expected = ([line for line in part.splitlines() if not line.startswith("#")] for part in (resources, rows))
    return lines, sorted(expected)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.stem)
def test_case(case: Path) -> None:
    lines, expected = drawn(case)
    for order in (lines, lines[::-1]):
        reader, references = told.reader_of("\n".join(order))
        assert told.facts(reader, references) == expected
        assert reader.rejected() == ()
        apart, references = told.reader_of(*order)
        assert told.facts(apart, references) == expected


def test_the_cases_are_there() -> None:
    assert len(CASES) >= 12
