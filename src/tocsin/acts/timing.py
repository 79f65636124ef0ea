"""How long each step took, for the journal."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")


class Timed:
    """Calls things and remembers how long each took, in milliseconds."""

    def __init__(self, now: Callable[[], int]) -> None:
        self._now = now
        self._took: dict[str, float] = {}

    def __call__(self, name: str, call: Callable[[], T]) -> T:
        """Call it; what it took is told even if it raises."""
        began = self._now()
        try:
            return call()
        finally:
            self._took[name] = round((self._now() - began) / 1000, 1)

    def told(self) -> dict[str, float]:
        """Name -> milliseconds."""
        return dict(self._took)
