"""A half-open period of time, with nothing left out."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Final

EARLIEST: Final = datetime(1900, 1, 1, tzinfo=UTC)
LATEST: Final = datetime(2200, 1, 1, tzinfo=UTC)
"""Beyond what an event may bear (1990 to 2100)."""


@dataclass(frozen=True, slots=True)
class Period:
    """`since <= at < until`, both aware."""

    since: datetime
    until: datetime

    @classmethod
    def of(cls, since: datetime | None, until: datetime | None) -> Period:
        """An open end reaches beyond every event. Raises `ValueError` for a time without a zone."""
        for end in (since, until):
            if end is not None and end.tzinfo is None:
                raise ValueError("A time without a zone was given.")
        return cls(since or EARLIEST, until or LATEST)

    @property
    def days(self) -> tuple[date, date]:
        """The first and the last UTC day it touches."""
        last = self.until - timedelta(microseconds=1)
        return self.since.astimezone(UTC).date(), last.astimezone(UTC).date()
