"""Blocks -> events, in this process for a little, in several for much. The same parser either way."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Protocol

from tocsin.main.crew import ALONE_BYTES, Crew
from tocsin.model.block import Block, Parsed, References


class Parser(Protocol):
    """What a format offers."""

    def parse(self, block: Block, *, source: str, references: References) -> Parsed:
        """Bytes to columns."""


@dataclass(frozen=True, slots=True)
class Recipe:
    """How to parse a source: all that a process needs to know."""

    parser: Parser
    source: str
    references: References

    def parse(self, block: Block) -> Parsed:
        """Follow it."""
        return self.parser.parse(block, source=self.source, references=self.references)


def parse_all(blocks: Iterable[Block], recipe: Recipe, *, total_bytes: int, workers: int) -> Iterator[Parsed]:
    """Parse blocks in order. Whoever stops early stops the processes too."""
    if workers < 2 or total_bytes <= ALONE_BYTES:
        yield from map(recipe.parse, blocks)
        return
    with Crew[Recipe, Parsed](workers, recipe) as crew:
        for block in blocks:
            yield from crew.send(Recipe.parse, block)
        yield from crew.rest()
