"""A line that could not be understood: a result, never an exception, never dropped."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

REJECTIONS: Final = (
    "not-utf8",
    "not-json",
    "too-long",
    "too-deep",
    "not-an-audit-event",
    "no-time",
    "bad-time",
    "nobody",
    "bad-type",
)


@dataclass(frozen=True, slots=True)
class Rejected:
    """One line that was refused, and where it can be read again."""

    reason: str
    """One of REJECTIONS."""
    segment: int
    """Ledger segment that holds the line; -1 if there is no ledger."""
    offset: int
    """Byte in that segment at which the line begins."""
    length: int
    """Bytes of the line, without its line end."""
