"""Instants as vectors: the common spellings only; what is left to `instant` is marked."""

from __future__ import annotations

from typing import Final

import numpy as np

from tocsin.collect.formats.instant import END_US, FIRST_US, MINUTE_US
from tocsin.collect.formats.octets import UNIT, gather

_FORM: Final = np.frombuffer(b"0000-00-00T00:00:00", np.uint8)
_PUNCTUATION: Final = np.flatnonzero(ord("0") != _FORM)
_DIGITS: Final = np.flatnonzero(ord("0") == _FORM)
_DAYS_BEFORE: Final = np.array([0, 0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334, 0, 0, 0])
_DAYS_IN: Final = np.array([0, 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31, 0, 0, 0])


def microseconds(units: np.ndarray, start: np.ndarray, length: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Microseconds since 1970 UTC of `YYYY-MM-DDThh:mm:ss[.f+](Z|+hh:mm)`, at most UNIT bytes: (n,) int64, (n,) bool.

    Where the second is False nothing is said: another spelling, a leap second, or no instant at all.
    """
    at = np.zeros(len(start), np.int64)
    good = np.zeros(len(start), bool)
    known = np.flatnonzero((length >= 20) & (length <= UNIT))
    text = gather(units, start[known])
    zulu = text[np.arange(len(known)), length[known] - 1] == ord("Z")
    form = length[known] * 2 + zulu
    for one in np.unique(form).tolist():
        chosen = np.flatnonzero(form == one)
        at[known[chosen]], good[known[chosen]] = _of_one_form(text[chosen], one // 2, zulu=bool(one % 2))
    return at, good


def _of_one_form(text: np.ndarray, width: int, *, zulu: bool) -> tuple[np.ndarray, np.ndarray]:
    zone = width - (1 if zulu else 6)
    if zone < 19 or zone == 20:
        return np.zeros(len(text), np.int64), np.zeros(len(text), bool)
    digits = text - np.uint8(ord("0"))  # wraps: anything but a digit is over 9
    good = (text[:, _PUNCTUATION] == _FORM[_PUNCTUATION]).all(1) & (digits[:, _DIGITS] <= 9).all(1)
    fraction = np.zeros(len(text), np.int64)
    if zone > 19:
        good &= (text[:, 19] == ord(".")) & (digits[:, 20:zone] <= 9).all(1)
        fraction = _number(digits, 20, min(zone, 26)) * 10 ** max(26 - zone, 0)
    away = np.zeros(len(text), np.int64)
    if not zulu:
        sign, hours, minutes = text[:, zone], _number(digits, zone + 1, zone + 3), _number(digits, zone + 4, zone + 6)
        good &= ((sign == ord("+")) | (sign == ord("-"))) & (text[:, zone + 3] == ord(":"))
        good &= (digits[:, [zone + 1, zone + 2, zone + 4, zone + 5]] <= 9).all(1) & (hours < 24) & (minutes < 60)
        away = np.where(sign == ord("-"), -1, 1) * (60 * hours + minutes)
    year, month, day = _number(digits, 0, 4), _number(digits, 5, 7), _number(digits, 8, 10)
    hour, minute, second = (_number(digits, i, i + 2) for i in (11, 14, 17))
    leap = (year % 4 == 0) & ((year % 100 != 0) | (year % 400 == 0))
    month_ = np.minimum(month, 15)
    good &= (day >= 1) & (day <= _DAYS_IN[month_] + (leap & (month == 2)))
    good &= (hour < 24) & (minute < 60) & (second < 60)
    past = year - 1
    days = 365 * past + past // 4 - past // 100 + past // 400 + _DAYS_BEFORE[month_] + (leap & (month > 2)) + day
    minutes_ = (days - 719_163) * 1440 + hour * 60 + minute - away  # 719,163: ordinal of 1970-01-01
    at = minutes_ * MINUTE_US + second * 1_000_000 + fraction
    return at, good & (at >= FIRST_US) & (at < END_US)


def _number(digits: np.ndarray, first: int, end: int) -> np.ndarray:
    number = np.zeros(len(digits), np.int64)
    for place in range(first, end):
        number = number * 10 + digits[:, place]
    return number
