"""What grows by many small pieces: runs, joined as they double, so that a stream leaves as few as a large batch."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

T = TypeVar("T")


def add_run(runs: list[T], new: T, join: Callable[[T, T], T], *, size: Callable[[Any], int] = len) -> None:
    """Put a piece behind the others, in their order: `join` is given neighbours, the earlier one first.

    Each run that stays is more than twice as long as the next, so of n entries there are at most log2(n) + 1 runs, and
    each entry was copied about as often. An empty piece is left out.
    """
    if not size(new):
        return
    runs.append(new)
    while len(runs) > 1 and 2 * size(runs[-1]) >= size(runs[-2]):
        last, before = runs.pop(), runs.pop()
        runs.append(join(before, last))
