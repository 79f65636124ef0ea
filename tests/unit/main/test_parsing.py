"""Blocks parsed by several processes: the same answers in the same order as by this one alone."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tocsin.door.references import REPLAY_EPOCH, REPLAY_KEY, KeyedReferences
from tocsin.main import parsing
from tocsin.main.crew import AHEAD
from tocsin.main.parsing import Recipe, parse_all
from tocsin.main.shelf import PLACE_BYTES, Shelf
from tocsin.model.block import Block, Parsed
from tocsin.wiring import FORMATS

RECIPE = Recipe(FORMATS["fhir"](), "test", KeyedReferences(REPLAY_KEY, REPLAY_EPOCH))


def blocks() -> Iterator[Block]:
    """More of them than places on the shelf, of other lengths; no line is an event."""
    for number in range(3 * AHEAD * 2):
        lines = b"".join(b"line %d of %d\n" % (i, number) for i in range(1 + number * 7 % 5))
        yield Block(lines, number, 10 * number, ((5, 99),) if number % 4 == 0 else ())


def told(parsed: Parsed) -> tuple[object, ...]:
    return parsed.events, parsed.identities, parsed.rejected, parsed.lines, parsed.accepted


def test_in_processes_as_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    alone = [told(parsed) for parsed in parse_all(blocks(), RECIPE, total_bytes=1, workers=2)]
    monkeypatch.setattr(parsing, "ALONE_BYTES", 0)
    assert [told(parsed) for parsed in parse_all(blocks(), RECIPE, total_bytes=1, workers=2)] == alone


def test_whoever_stops_early_stops_the_processes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parsing, "ALONE_BYTES", 0)
    results = parse_all(blocks(), RECIPE, total_bytes=1, workers=2)
    assert next(results).lines == 2
    results.close()  # type: ignore[attr-defined]


def test_a_block_comes_back_from_its_place() -> None:
    shelf = Shelf(2)
    one, other = Block(b"one\n", 1, 2, ((3, 4),)), Block(b"", 5, 6)
    lent = shelf.put(1, Block(b"longer than one\n", 0, 0)), shelf.put(0, other), shelf.put(1, one)
    assert [shelf.take(lent[1]), shelf.take(lent[2])] == [other, one]
    shelf.close()


def test_a_block_too_long_for_its_place_is_refused() -> None:
    shelf = Shelf(1)
    with pytest.raises(ValueError, match="has no room"):
        shelf.put(0, Block(bytes(PLACE_BYTES + 1), 0, 0))
    shelf.close()
