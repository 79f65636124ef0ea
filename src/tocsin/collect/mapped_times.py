"""Times of a mapped trail -> UTC microseconds, once a distinct text.

A naive time in the hour that occurs twice in autumn is read as its first telling (PEP 495, fold 0): such a trail can
be an hour wrong there, which is why a zoned time is worth asking for.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta, tzinfo
from typing import Final
from zoneinfo import ZoneInfo

import numpy as np

from tocsin.collect.formats.instant import END_US, FIRST_US
from tocsin.collect.mapping import Time

BAD_TIME: Final = np.iinfo(np.int64).min
"""Stands for a text that is no time, or one outside 1990 to 2100 (the trail's contract)."""

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND: Final = timedelta(microseconds=1)
_DIGITS: Final = {"Y": "[0-9]{4}", "f": "[0-9]{1,6}"} | dict.fromkeys("mdHMS", "[0-9]{1,2}")
_ORDER: Final = "YmdHMS"

Reader = Callable[[str], int]
"""Text -> UTC microseconds. Raises `ValueError` for what is no time."""


def microseconds_of(time: Time, texts: list[str]) -> np.ndarray:
    """UTC microseconds of each text, shape (n,), int64; BAD_TIME where it is none."""
    read = _reader(time)
    out = np.full(len(texts), BAD_TIME, np.int64)
    for i, text in enumerate(texts):
        try:
            at = read(text)
        except (ValueError, OverflowError):
            continue
        if FIRST_US <= at < END_US:
            out[i] = at
    return out


def _reader(time: Time) -> Reader:
    if time.format == "epoch-s":
        return _seconds
    if time.format == "epoch-ms":
        return _milliseconds
    zone = ZoneInfo(time.timezone) if time.timezone else None
    if time.format == "iso":
        return lambda text: _in_utc(datetime.fromisoformat(_six_digits(text)), zone)
    return _numeric(time.format, zone) or (lambda text: _in_utc(datetime.strptime(text, time.format), zone))  # noqa: DTZ007


def _in_utc(at: datetime, zone: tzinfo | None) -> int:
    """Microseconds of a time; `zone` is that of times without one."""
    if at.tzinfo is None:
        if zone is None:
            raise ValueError("a time without a zone")
        at = at.replace(tzinfo=zone)
    return (at - _EPOCH) // _MICROSECOND


def _six_digits(text: str) -> str:
    """An ISO time whose fraction is no longer than Python reads."""
    return re.sub(r"([.,][0-9]{6})[0-9]+", r"\1", text) if len(text) > 26 else text


_NUMBER: Final = re.compile(r"([0-9]{1,12})(?:[.,]([0-9]{1,9}))?", re.ASCII)


def _seconds(text: str) -> int:
    found = _NUMBER.fullmatch(text)
    if found is None:
        raise ValueError("no number of seconds")
    return int(found[1]) * 1_000_000 + int((found[2] or "0").ljust(6, "0")[:6])


def _milliseconds(text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) < 16):
        raise ValueError("no number of milliseconds")
    return int(text) * 1000


def _numeric(pattern: str, zone: tzinfo | None) -> Reader | None:
    """A reader of patterns made of numbers only, four times as fast as strptime; None for other patterns."""
    directives = re.findall(r"%(.)", pattern)
    if set(directives) - set(_DIGITS) or len(set(directives)) != len(directives) or not set("Ymd") <= set(directives):
        return None
    regex = "".join(
        f"(?P<{part[1]}>{_DIGITS[part[1]]})" if part.startswith("%") else re.escape(part)
        for part in re.split(r"(%.)", pattern)
    )
    match, wanted = re.compile(regex, re.ASCII).fullmatch, [d for d in _ORDER if d in directives]
    fraction = "f" in directives

    def read(text: str) -> int:
        found = match(text)
        if found is None:
            raise ValueError("not of the pattern")
        microsecond = int(found["f"].ljust(6, "0")) if fraction else 0
        parts = dict(zip(wanted, map(int, found.group(*wanted)), strict=True))
        at = datetime(
            parts["Y"],
            parts["m"],
            parts["d"],
            parts.get("H", 0),
            parts.get("M", 0),
            parts.get("S", 0),
            microsecond,
            zone,
        )
        return _in_utc(at, zone)

    return read
