"""Which lines of a CSV can be cut into fields without doubt.

A line is plain if each quote opens at the beginning of a field and closes at its end (RFC 4180): any reader cuts it
alike, and Arrow reads it with its neighbours. Other lines with quotes are read alone, strictly, and written anew, so
that a quote left open can never swallow the lines after it.
"""

from __future__ import annotations

import csv
from dataclasses import dataclass

import numpy as np

from tocsin.collect.mapping import Dialect


@dataclass(frozen=True, slots=True)
class Cuttable:
    """Lines with the right number of fields."""

    where: np.ndarray
    """(k,) position among the lines given."""
    texts: list[bytes]
    """(k,) plain lines."""


def cuttable(texts: list[bytes], dialect: Dialect, fields: int) -> Cuttable:
    """The lines (UTF-8, without line ends) that have this number of fields, made plain; the others are left out."""
    if not texts:
        return Cuttable(np.zeros(0, np.int64), [])
    counted, plain = _counted(texts, dialect)
    good = (counted == fields) & plain
    out = {int(i): texts[i] for i in np.flatnonzero(good)}
    for i in np.flatnonzero(~plain):
        row = _read_alone(texts[i], dialect)
        if row is not None and len(row) == fields:
            out[int(i)] = _written(row, dialect)
    where = sorted(out)
    return Cuttable(np.array(where, np.int64), [out[i] for i in where])


def _counted(texts: list[bytes], dialect: Dialect) -> tuple[np.ndarray, np.ndarray]:
    """The number of fields of each line, counted outside of quotes, and whether the line is plain."""
    data = np.frombuffer(b"\n" + b"\n".join(texts) + b"\n", np.uint8)
    ends = np.cumsum([len(text) + 1 for text in texts], dtype=np.int64)  # places of the line feeds, from the first text
    starts = ends - np.diff(ends, prepend=0)
    delimiters = np.flatnonzero(data == ord(dialect.delimiter))
    plain = ~_lines_with(np.flatnonzero(data == ord("\r")), ends)
    if dialect.quote is not None:
        quotes = np.flatnonzero(data == ord(dialect.quote))
        before = np.searchsorted(quotes, starts, side="right")
        plain &= (np.searchsorted(quotes, ends) - before) % 2 == 0
        plain &= ~_lines_with(_misplaced(data, quotes, before, ends, dialect), ends)
        line = np.searchsorted(ends, delimiters)
        delimiters = delimiters[(np.searchsorted(quotes, delimiters) - before[line]) % 2 == 0]
    return np.diff(np.searchsorted(delimiters, ends), prepend=0) + 1, plain


def _lines_with(places: np.ndarray, ends: np.ndarray) -> np.ndarray:
    """Which lines hold one of the places."""
    found = np.zeros(len(ends), bool)
    found[np.searchsorted(ends, places)] = True
    return found


def _misplaced(
    data: np.ndarray, quotes: np.ndarray, before: np.ndarray, ends: np.ndarray, dialect: Dialect
) -> np.ndarray:
    """Quotes that open inside a field or close before its end. A doubled quote closes and opens again."""
    opens = (np.arange(len(quotes)) - before[np.searchsorted(ends, quotes)]) % 2 == 0
    neighbour = np.where(opens, data[quotes - 1], data[quotes + 1])
    border = np.isin(neighbour, [ord(dialect.delimiter), ord("\n")])
    # Only the second quote of a pair opens again, and only the first one closes for it.
    doubled = np.zeros(len(quotes), bool)
    pairs = np.flatnonzero(np.diff(quotes) == 1)
    pairs = pairs[~opens[pairs]]
    doubled[pairs] = doubled[pairs + 1] = True
    return quotes[~(border | doubled)]


def _read_alone(text: bytes, dialect: Dialect) -> list[str] | None:
    """The fields of one line, or None if it is no line of its own: a quote left open, text after a closing quote."""
    if dialect.quote is None or b"\r" in text:
        return None
    try:
        return next(csv.reader([text.decode()], delimiter=dialect.delimiter, quotechar=dialect.quote, strict=True))
    except csv.Error:
        return None


def _written(row: list[str], dialect: Dialect) -> bytes:
    quote = dialect.quote or '"'
    return dialect.delimiter.join(f"{quote}{field.replace(quote, quote * 2)}{quote}" for field in row).encode()
