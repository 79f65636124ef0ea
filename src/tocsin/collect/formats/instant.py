"""Instants: ISO 8601 with a zone, as FHIR writes them, to microseconds since 1970 UTC."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime
from functools import lru_cache
from typing import Final

FIRST_US: Final = int(datetime(1990, 1, 1, tzinfo=UTC).timestamp()) * 1_000_000
END_US: Final = int(datetime(2101, 1, 1, tzinfo=UTC).timestamp()) * 1_000_000
"""An instant outside [FIRST_US, END_US) is not one of a trail. From: the trail contract, 1990 to 2100."""

EPOCH_DAY: Final = date(1970, 1, 1).toordinal()
MINUTE_US: Final = 60_000_000

_INSTANT: Final = re.compile(
    r"([0-9]{4}-[0-9]{2}-[0-9]{2})[Tt]([0-9]{2}):([0-9]{2})(?::([0-9]{2})(?:\.([0-9]+))?)?"
    r"(?:[Zz]|([+-])([0-9]{2}):?([0-9]{2})?)"
)


def microseconds_of(text: str) -> int | None:
    """Microseconds of an instant, or None if it has no zone, is no date, or lies outside 1990 to 2100.

    Fractions may have any length and are cut at the microsecond. `t` and `z` may be lower case (RFC 3339); seconds
    may be missing, the zone may be `+02:00`, `+0200` or `+02` (ISO 8601). A leap second (`:60`) is the first
    microsecond of the next minute, as in POSIX.
    """
    found = _INSTANT.fullmatch(text)
    if found is None:
        return None
    day, hour, minute = _day(found[1]), int(found[2]), int(found[3])
    second, fraction = int(found[4] or 0), int((found[5] or "")[:6].ljust(6, "0"))
    away = 60 * int(found[7] or 0) + int(found[8] or 0)
    if day is None or hour > 23 or minute > 59 or second > 60 or int(found[7] or 0) > 23 or int(found[8] or 0) > 59:
        return None
    minutes = day * 1440 + hour * 60 + minute + (away if found[6] == "-" else -away)
    at = minutes * MINUTE_US + second * 1_000_000 + (0 if second == 60 else fraction)
    return at if FIRST_US <= at < END_US else None


@lru_cache(maxsize=4096)
def _day(text: str) -> int | None:
    try:
        return date.fromisoformat(text).toordinal() - EPOCH_DAY
    except ValueError:
        return None
