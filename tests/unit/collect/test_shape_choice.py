"""A line is offered to the one shape that it can have, and to the next only where a few bytes do not tell."""

from __future__ import annotations

import json

import numpy as np
import pytest

from tocsin.collect.formats import fhir
from tocsin.collect.formats.shape import Shape
from tocsin.collect.formats.skeleton import FhirParser
from tocsin.model.block import Block
from unit.collect.fhir_trails import REFERENCES, TRAILS

READ = json.loads((TRAILS / "plain_r4_read_by_a_workstation_told_as_source.ndjson").read_bytes())


def line(**changed: object) -> bytes:
    return json.dumps(READ | changed, separators=(",", ":")).encode()


def block(lines: list[bytes]) -> Block:
    return Block(b"\n".join(lines) + b"\n" * 80, 0, 0)


@pytest.fixture
def offered(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """How many lines each call of `Shape.match` was given."""
    calls: list[int] = []
    match = Shape.match

    def counted(self: Shape, *arguments: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        calls.append(len(arguments[2]))
        return match(self, *arguments)

    monkeypatch.setattr(Shape, "match", counted)
    return calls


def warm(parser: FhirParser, lines: list[bytes]) -> None:
    for _ in range(2):
        parser.parse(block(lines), source="s", references=REFERENCES)


def test_shapes_that_a_code_tells_apart_are_chosen_at_once(offered: list[int]) -> None:
    parser = FhirParser()
    lines = [line(action=action, outcome=outcome) for action in "CRUDE" for outcome in "048"] * 4
    warm(parser, lines)
    offered.clear()
    parsed = parser.parse(block(lines), source="s", references=REFERENCES)
    assert parsed.accepted == len(lines)
    assert len(offered) == 15
    assert sum(offered) == len(lines)


def test_shapes_that_no_look_tells_apart_are_tried_in_turn(offered: list[int]) -> None:
    """They differ far from any quote."""
    lines = [line(x=[10**20 + i * 10**9]) for i in range(3)] * 4
    parser = FhirParser()
    warm(parser, lines)
    offered.clear()
    found = parser.parse(block(lines), source="s", references=REFERENCES)
    assert offered == [12, 8, 4]
    assert found.events.equals(fhir.parse(block(lines), source="s", references=REFERENCES).events)


def test_a_line_of_no_known_shape_is_offered_to_none(offered: list[int]) -> None:
    parser = FhirParser()
    warm(parser, [line(action=action) for action in "CRUD"] * 4)
    offered.clear()
    parsed = parser.parse(block([line(action="E")] * 2), source="s", references=REFERENCES)
    assert parsed.accepted == 2
    assert offered == []


def test_a_rare_shape_is_learned_once_and_kept(offered: list[int]) -> None:
    """One line a block: the third is learned from, and the fourth is taken."""
    parser = FhirParser()
    for _ in range(4):
        parser.parse(block([line()]), source="s", references=REFERENCES)
    assert offered == [1, 1]
