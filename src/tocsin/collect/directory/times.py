"""FHIR dates and instants -> microseconds UTC.

A day, a month or a year without a time is a calendar period of the region's time zone: it begins with its first
microsecond and ends with its last. An instant without a zone is told in that time zone too: a fact is refused less
easily than an event, because a refused fact is a patient's ward that nobody may explain by.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, tzinfo
from typing import Final

NO_TIME: Final = -(2**63)
"""No time: the null of the time columns."""

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_CACHED_DAYS: Final = 100_000
_CACHED_INSTANTS: Final = 4_096


class BadTime(ValueError):
    """A text that is no FHIR date, dateTime or instant. Holds nothing of the text."""


class Times:
    """Reads times of one region. Days are few and many resources share them: they are kept.

    Of instants the last are kept: a resource tells one twice (known when it was written), and many begin at midnight.
    """

    def __init__(self, zone: tzinfo = UTC) -> None:
        self.zone = zone
        self._days: dict[str, tuple[int, int]] = {}
        self._instants: dict[str, int] = {}

    def first(self, text: str | None) -> int:
        """The instant, or the first microsecond of a day, month or year; NO_TIME if there is no text.

        Raises `BadTime`.
        """
        if text is None:
            return NO_TIME
        return self._instant(text) if len(text) > 10 else self._calendar(text)[0]

    def last(self, text: str | None) -> int:
        """The instant, or the last microsecond of a day, month or year: a FHIR period includes its end.

        Raises `BadTime`.
        """
        if text is None:
            return NO_TIME
        return self._instant(text) if len(text) > 10 else self._calendar(text)[1]

    def known(self, *texts: str | None) -> int:
        """The first of these that can be read; NO_TIME if none can."""
        for text in texts:
            if text is not None:
                try:
                    return self.first(text)
                except BadTime:
                    continue
        return NO_TIME

    def _instant(self, text: str) -> int:
        found = self._instants.get(text)
        if found is None:
            if len(self._instants) >= _CACHED_INSTANTS:
                self._instants.clear()
            found = self._instants[text] = _instant(text, self.zone)
        return found

    def _calendar(self, text: str) -> tuple[int, int]:
        found = self._days.get(text)
        if found is None:
            if len(self._days) >= _CACHED_DAYS:
                self._days.clear()
            found = self._days[text] = _calendar(text, self.zone)
        return found


def _instant(text: str, zone: tzinfo) -> int:
    if text[4] != "-" or text[7] != "-" or text[10] not in "Tt ":
        raise BadTime
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        at = _leap_second(text)
    try:
        return _micros(at if at.tzinfo is not None else at.replace(tzinfo=zone))
    except (OverflowError, ValueError) as error:  # a zone may overflow in the years 1 and 9999
        raise BadTime from error


def _leap_second(text: str) -> datetime:
    if text[16:19] != ":60":
        raise BadTime
    try:
        return datetime.fromisoformat(f"{text[:16]}:59{text[19:]}") + timedelta(seconds=1)
    except (ValueError, OverflowError) as error:
        raise BadTime from error


def _calendar(text: str, zone: tzinfo) -> tuple[int, int]:
    digits = text.split("-")
    if (
        not text.isascii()
        or not all(part.isdigit() for part in digits)
        or [len(p) for p in digits] != [4, 2, 2][: len(digits)]
    ):
        raise BadTime
    year, month, day = (*(int(part) for part in digits), 0, 0)[:3]
    try:
        start = datetime(year, month or 1, day or 1, tzinfo=zone)
        return _micros(start), _end_of(start, year, month, day, zone)
    except (ValueError, OverflowError) as error:
        raise BadTime from error


def _end_of(start: datetime, year: int, month: int, day: int, zone: tzinfo) -> int:
    if (year, month or 12, day or 31) == (9999, 12, 31):  # "for ever", as many directories write it
        return _micros(datetime.max.replace(tzinfo=UTC))
    if day:
        after = start + timedelta(days=1)
    elif month:
        after = datetime(year + month // 12, month % 12 + 1, 1, tzinfo=zone)
    else:
        after = datetime(year + 1, 1, 1, tzinfo=zone)
    return _micros(after) - 1


def _micros(at: datetime) -> int:
    since = at - _EPOCH
    return (since.days * 86_400 + since.seconds) * 1_000_000 + since.microseconds
