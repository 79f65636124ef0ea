"""A delivery: whole lines that have just come in, and whom to tell once they are safe."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from tocsin.errors import TocsinError

TRAIL: Final = "AuditEvent"
OVERLONG: Final = "AuditEvent/overlong"
"""Streams; see `main.intake`."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What became of a delivery."""

    batch: int = 0
    """The batch that holds its bytes, on disk; 0 if they were not kept."""
    lines: int = 0
    """Lines that are not blank."""
    refused: tuple[tuple[int, str], ...] = ()
    """(line, counted from 0; reason) of the lines that could not be understood. They are kept all the same."""
    error: TocsinError | None = None
    """Why nothing was kept."""


def unheard(answer: Answer) -> None:
    """Nobody waits for the answer."""


@dataclass(frozen=True, slots=True)
class Mark:
    """How far a followed file is read with a delivery: what the ledger keeps, so that reading goes on there."""

    was: str
    """SHA-256 of the bytes before it; "" at the beginning of a file."""
    sha256: str
    """SHA-256 of the bytes up to its end."""
    bytes: int
    """How many these are."""


@dataclass(frozen=True, slots=True)
class Delivery:
    """Whole lines from a source."""

    source: str
    data: bytes
    """Each line with its line feed; or, in the stream OVERLONG, the length and the beginning of one line."""
    received: float
    """When they came, in seconds of a clock that never goes back."""
    stream: str = TRAIL
    mark: Mark | None = None
    answer: Callable[[Answer], None] = unheard
    """Called once, by another thread."""


class Busy(Exception):
    """No more can be taken for the moment: come again."""


Take = Callable[[Delivery], None]
"""Takes a delivery, or raises `Busy`."""
