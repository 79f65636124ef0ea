"""A crew: processes that are given something once, then work on blocks; the answers come in the order of the blocks."""

from __future__ import annotations

import contextlib
import gc
import multiprocessing
import os
import signal
import tempfile
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from types import TracebackType
from typing import Any, Final, Generic, TypeVar

from tocsin.errors import TocsinError
from tocsin.main.shelf import Lent, Shelf
from tocsin.model.block import Block

ALONE_BYTES: Final = 24 * 1024 * 1024
"""Up to so many bytes are not worth the start of a process."""

AHEAD: Final = 3
"""Blocks under way for each process: enough that none waits for the next."""

GARBAGE_OBJECTS: Final = 100_000
"""Objects after which a process of a crew looks for circles of garbage. Its work makes many objects and no circles."""

PRELOADED: Final = ("tocsin.wiring", "tocsin.collect.formats.skeleton", "tocsin.collect.directory")
"""Imported once, before the processes are forked from it: a quarter of a second for each."""

SOCKET_FOLDER_BYTES: Final = 72
"""Longest path of a folder for temporary files in which a fork server's socket still has a name: Linux gives one 107
bytes, and `/pymp-xxxxxxxx/listener-xxxxxxxx` is added."""

Given = TypeVar("Given")
Answer = TypeVar("Answer")


class Crew(Generic[Given, Answer]):
    """Used in a `with`; whoever leaves it early stops the processes too."""

    def __init__(self, workers: int, given: Given, *, ahead: int = AHEAD, keep: bool = True) -> None:
        """`given`: each process gets its own, which work may change. `ahead`: blocks under way for each process.

        `keep`: the memory of a block is kept for the next. It is not where few come after many were under way.
        """
        self._keep = keep
        self._places = ahead * workers
        self._shelf = Shelf(self._places)
        self._pool = ProcessPoolExecutor(
            workers, mp_context=_context(), initializer=_begin, initargs=(given, self._shelf)
        )
        self._waiting: deque[tuple[int, Future[Answer]]] = deque()
        self._sent = 0

    def send(self, work: Callable[..., Answer], block: Block, *more: object) -> Iterator[Answer]:
        """Have a block worked on; gives the answer that is due before the next can be sent, if one is. Take it.

        `work(given, block, *more)` is found by its name in the process. Raises `TocsinError` if a process has died.
        """
        lent = self._shelf.put(self._sent % self._places, block)
        self._sent += 1
        with _alive():
            self._waiting.append((lent.place, self._pool.submit(_work, work, lent, more)))
        if len(self._waiting) == self._places:
            yield self._next()

    def ready(self) -> Iterator[Answer]:
        """The answers that are there and were not taken yet."""
        while self._waiting and self._waiting[0][1].done():
            yield self._next()

    def rest(self) -> Iterator[Answer]:
        """The answers that were not taken yet."""
        while self._waiting:
            yield self._next()

    def ask(self, question: Callable[[Given], Any]) -> Any:
        """What one of the processes says of what it was given."""
        return self.answer(self.begin_to_ask(question))

    def begin_to_ask(self, question: Callable[[Given], Any]) -> Future[Any]:
        """The same for `answer`: asked after the blocks sent so far, answered meanwhile."""
        with _alive():
            return self._pool.submit(_ask, question)

    def answer(self, asked: Future[Any]) -> Any:
        """Wait for it."""
        with _alive():
            return asked.result()

    def _next(self) -> Answer:
        place, future = self._waiting.popleft()
        with _alive():
            answer = future.result()
        if not self._keep:
            self._shelf.clear(place)
        return answer

    def __enter__(self) -> Crew[Given, Answer]:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with contextlib.suppress(Exception):
            self._pool.shutdown(wait=True, cancel_futures=True)
        self._shelf.close()


def _context() -> Any:
    """How processes are started: forked from one that has imported, unless its socket has no room for a name."""
    if len(os.fsencode(tempfile.gettempdir())) > SOCKET_FOLDER_BYTES:
        return multiprocessing.get_context("spawn")
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(list(PRELOADED))
    return context


@contextlib.contextmanager
def _alive() -> Iterator[None]:
    try:
        yield
    except BrokenProcessPool:
        raise TocsinError(
            "a process that reads the trail was ended from outside, perhaps because memory ran out",
            done="Nothing of this trail was kept; what was kept before is safe.",
            advice="Free memory, or set `workers = 1` in tocsin.toml, then run the command again.",
        ) from None


_own: tuple[Any, Shelf] | None = None
"""In a process of a crew: what it was started with."""


def _begin(given: Any, shelf: Shelf) -> None:
    global _own
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the parent's to handle
    _own = given, shelf
    gc.freeze()  # what was imported is no garbage
    gc.set_threshold(GARBAGE_OBJECTS)


def _work(work: Callable[..., Any], lent: Lent, more: tuple[Any, ...]) -> Any:
    assert _own is not None
    given, shelf = _own
    return work(given, shelf.take(lent), *more)


def _ask(question: Callable[[Any], Any]) -> Any:
    assert _own is not None
    return question(_own[0])
