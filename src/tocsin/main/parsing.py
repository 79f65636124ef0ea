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


_recipe: Recipe | None = None


def _begin(recipe: Recipe) -> None:
    global _recipe
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the parent's to handle
    _recipe = recipe


def _parse(block: Block) -> Parsed:
    assert _recipe is not None
    return _recipe.parser.parse(block, source=_recipe.source, references=_recipe.references)


def parse_all(blocks: Iterable[Block], recipe: Recipe, *, total_bytes: int, workers: int) -> Iterator[Parsed]:
    """Parse blocks in order. Whoever stops early stops the processes too."""
    if workers < 2 or total_bytes <= ALONE_BYTES:
        for block in blocks:
            yield recipe.parser.parse(block, source=recipe.source, references=recipe.references)
        return
    context = multiprocessing.get_context("forkserver")
    pool = ProcessPoolExecutor(workers, mp_context=context, initializer=_begin, initargs=(recipe,))
    waiting: deque[Future[Parsed]] = deque()
    try:
        for block in blocks:
            waiting.append(pool.submit(_parse, block))
            if len(waiting) >= AHEAD * workers:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()
    finally:
        with contextlib.suppress(Exception):
            pool.shutdown(wait=True, cancel_futures=True)
