"""Blocks -> events, in this process for a little, in several for much. The same parser either way."""

from __future__ import annotations

import contextlib
import multiprocessing
import signal
from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from dataclasses import dataclass
from typing import Protocol

from tocsin.main.shelf import Lent, Shelf
from tocsin.model.block import Block, Parsed, References

ALONE_BYTES = 24 * 1024 * 1024
"""Up to so many bytes are parsed without starting processes."""

AHEAD = 3
"""Blocks under way for each process."""


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


_given: tuple[Recipe, Shelf] | None = None
"""In a worker: what it was started with."""


def _begin(recipe: Recipe, shelf: Shelf) -> None:
    global _given
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the parent's to handle
    _given = recipe, shelf


def _parse(lent: Lent) -> Parsed:
    assert _given is not None
    recipe, shelf = _given
    return recipe.parse(shelf.take(lent))


def parse_all(blocks: Iterable[Block], recipe: Recipe, *, total_bytes: int, workers: int) -> Iterator[Parsed]:
    """Parse blocks in order. Whoever stops early stops the processes too."""
    if workers < 2 or total_bytes <= ALONE_BYTES:
        yield from map(recipe.parse, blocks)
        return
    places = AHEAD * workers
    shelf = Shelf(places)
    context = multiprocessing.get_context("forkserver")
    pool = ProcessPoolExecutor(workers, mp_context=context, initializer=_begin, initargs=(recipe, shelf))
    waiting: deque[Future[Parsed]] = deque()
    try:
        for number, block in enumerate(blocks):
            waiting.append(pool.submit(_parse, shelf.put(number % places, block)))
            if len(waiting) == places:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()
    finally:
        with contextlib.suppress(Exception):
            pool.shutdown(wait=True, cancel_futures=True)
        shelf.close()
