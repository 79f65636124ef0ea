"""One ahead: what is needed next is made by a thread beside, while what is there is worked on (sorting lets go of the
GIL)."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

Item = TypeVar("Item")
Made = TypeVar("Made")


def one_ahead(items: Iterable[Item], make: Callable[[Item], Made]) -> Generator[tuple[Item, Made], None, None]:
    """Each item with what is made of it, in order; always one call of `make` at a time, and two results at most."""
    before: tuple[Item, Future[Made]] | None = None
    with ThreadPoolExecutor(1, thread_name_prefix="ahead") as thread:
        for item in items:
            coming = item, thread.submit(make, item)
            if before:
                yield before[0], before[1].result()
            before = coming
        if before:
            yield before[0], before[1].result()
