"""Instants as vectors: the common spellings only; what is left to `instant` is marked.

Eight letters are one word, the first in its lowest byte; a word of digits minus `"00000000"` is a word of numbers.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from tocsin.collect.formats.instant import END_US, FIRST_US, MINUTE_US

MAX_BYTES: Final = 40
"""A longer text is not looked at."""

_SECONDS_END: Final = 19
_DAYS_BEFORE: Final = np.array([0, 0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334, 0, 0, 0])
_DAYS_IN: Final = np.array([0, 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31, 0, 0, 0])
_HIGH: Final = np.uint64(0xF0F0F0F0F0F0F0F0)
_SIX: Final = np.uint64(0x0606060606060606)
_BYTE: Final = np.uint64(0xFF)


def microseconds(words: np.ndarray, start: np.ndarray, length: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Microseconds since 1970 UTC of `YYYY-MM-DDThh:mm:ss[.f+](Z|+hh:mm)`, at most MAX_BYTES: (n,) int64, (n,) bool.

    Where the second is False nothing is said: another spelling, a leap second, or no instant at all.
    """
    at = np.zeros(len(start), np.int64)
    good = np.zeros(len(start), bool)
    known = np.flatnonzero((length > _SECONDS_END) & (length <= MAX_BYTES))
    zulu = words[start[known] + length[known] - 1] & _BYTE == ord("Z")
    form = length[known] * 2 + zulu
    for one in np.unique(form).tolist():
        chosen = known[form == one]
        at[chosen], good[chosen] = _of_one_form(words, start[chosen], one // 2, zulu=bool(one % 2))
    return at, good


def _of_one_form(words: np.ndarray, start: np.ndarray, width: int, *, zulu: bool) -> tuple[np.ndarray, np.ndarray]:
    zone = width - (1 if zulu else 6)
    digits = zone - _SECONDS_END - 1  # of the fraction; -1: there is none
    if digits < -1 or digits == 0 or digits > 14:
        return np.zeros(len(start), np.int64), np.zeros(len(start), bool)
    date, bad = _read(words[start], b"0000-00-")
    day_on, odd = _read(words[start + 8], b"00T00:00")
    bad |= odd
    last, odd = _read(words[start + 16], b":00." if digits > 0 else b":00")
    bad |= odd
    fraction = np.zeros(len(start), np.int64)
    if digits > 0:
        parts, odd = _read(words[start + 20], b"0" * min(digits, 6))
        bad |= odd
        fraction = _pair(parts, 0) * 10_000 + _pair(parts, 2) * 100 + _pair(parts, 4)
    if digits > 6:
        bad |= _read(words[start + 26], b"0" * (digits - 6))[1]
    away, good = _away(words[start + zone], zulu=zulu)
    year, month, day = _pair(date, 0) * 100 + _pair(date, 2), _pair(date, 5), _pair(day_on, 0)
    hour, minute, second = _pair(day_on, 3), _pair(day_on, 6), _pair(last, 1)
    leap = (year % 4 == 0) & ((year % 100 != 0) | (year % 400 == 0))
    month_ = np.minimum(month, 15)
    good &= (bad == 0) & (day >= 1) & (day <= _DAYS_IN[month_] + (leap & (month == 2)))
    good &= (hour < 24) & (minute < 60) & (second < 60)
    past = year - 1
    days = 365 * past + past // 4 - past // 100 + past // 400 + _DAYS_BEFORE[month_] + (leap & (month > 2)) + day
    minutes = (days - 719_163) * 1440 + hour * 60 + minute - away  # 719,163: ordinal of 1970-01-01
    at = minutes * MINUTE_US + second * 1_000_000 + fraction
    return at, good & (at >= FIRST_US) & (at < END_US)


def _away(zone: np.ndarray, *, zulu: bool) -> tuple[np.ndarray, np.ndarray]:
    """Minutes that a zone is ahead of UTC, and whether it is one."""
    if zulu:
        return np.zeros(len(zone), np.int64), np.ones(len(zone), bool)
    sign = zone & _BYTE
    numbers, bad = _read(zone >> np.uint64(8), b"00:00")
    hours, minutes = _pair(numbers, 0), _pair(numbers, 3)
    good = (bad == 0) & ((sign == ord("+")) | (sign == ord("-"))) & (hours < 24) & (minutes < 60)
    return np.where(sign == ord("-"), -1, 1) * (60 * hours + minutes), good


def _read(words: np.ndarray, form: bytes) -> tuple[np.ndarray, np.ndarray]:
    """The first letters of words, as many as the form has, as numbers where it has `0`, and what is odd: 0 if nothing.

    A byte over 9 has a high half, or gets one when 6 is added; a carry comes only from a byte that is odd itself.
    """
    numbers = words & _word(b"\xff" * len(form)) ^ _word(form)
    punctuation = _word(bytes(0 if letter == ord("0") else 0xFF for letter in form))
    return numbers, (numbers | (numbers + _SIX)) & _HIGH | numbers & punctuation


def _word(letters: bytes) -> np.uint64:
    return np.uint64(int.from_bytes(letters, "little"))


def _pair(numbers: np.ndarray, place: int) -> np.ndarray:
    """Two digits as one number, (n,) int64."""
    first, second = (numbers >> np.uint64(8 * (place + i)) & _BYTE for i in (0, 1))
    return (first * np.uint64(10) + second).astype(np.int64)
