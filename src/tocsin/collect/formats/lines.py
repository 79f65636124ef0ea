"""Where the lines of a block stand: the same cut for every parser of lines."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import pyarrow as pa

BOM: Final = b"\xef\xbb\xbf"
_LF, _CR, _FIRST_LETTER = 10, 13, 32
_WHITE: Final = b" \t\r"
_IS_WHITE: Final = np.isin(np.arange(256), list(_WHITE))
_PIECE: Final = 1 << 18


@dataclass(frozen=True, slots=True)
class Lines:
    """Lines that are not blank, shape (k,), bytes from the start of the block; `end` is that of the last byte + 1."""

    start: np.ndarray
    end: np.ndarray
    control: np.ndarray
    """Places of bytes under 32 that are no line feeds, anywhere in the block."""


def lines_of(data: bytes) -> Lines:
    """Cut at line feeds. The carriage return before one, and a byte order mark at the start, are no part of a line."""
    if not data:
        return Lines(np.zeros(0, np.int64), np.zeros(0, np.int64), np.zeros(0, np.int64))
    octets = np.frombuffer(data, np.uint8)
    control = places_below(octets, _FIRST_LETTER)
    is_feed = octets[control] == _LF
    feeds = control[is_feed]
    start = np.append(0, feeds + 1)
    end = np.append(feeds, len(data))
    for i in np.flatnonzero(octets[np.minimum(start, len(data) - 1)] == BOM[0]).tolist():
        start[i] += 3 if data.startswith(BOM, int(start[i])) else 0
    end = np.maximum(end, start)
    returned = (end > start) & (octets[end - 1] == _CR)
    end = end - returned
    kept = end > start
    for i in np.flatnonzero(kept & _IS_WHITE[octets[np.minimum(start, len(data) - 1)]]).tolist():
        kept[i] = bool(data[start[i] : end[i]].strip(_WHITE))
    return Lines(start[kept].astype(np.int64), end[kept].astype(np.int64), control[~is_feed])


def places_of(octets: np.ndarray, octet: int) -> np.ndarray:
    """Where an octet stands, ascending, int32; piece by piece, so that what is made on the way stays in the cache."""
    pieces = range(0, len(octets), _PIECE)
    found = [np.flatnonzero(octets[first : first + _PIECE] == octet).astype(np.int32) for first in pieces]
    for first, places in zip(pieces, found, strict=True):
        places += np.int32(first)
    return np.concatenate(found) if found else np.zeros(0, np.int32)


def places_below(octets: np.ndarray, end: int) -> np.ndarray:
    """Where octets stand that are less, ascending, int64; they are few: eight octets without any are passed at once."""
    found = [np.zeros(0, np.int64)]
    for first in range(0, len(octets), _PIECE):
        below = octets[first : first + _PIECE] < end
        whole = len(below) // 8 * 8
        words = np.flatnonzero(below[:whole].view(np.uint64) != 0)
        word, octet = np.nonzero(below[:whole].reshape(-1, 8)[words])
        found += [words[word] * 8 + (octet + first), np.flatnonzero(below[whole:]) + (whole + first)]
    return np.concatenate(found)


def utf8_errors(data: bytes, lines: Lines) -> np.ndarray:
    """Which lines are not UTF-8, shape (k,), bool; the block as a whole first, which settles nearly every block."""
    bad = np.zeros(len(lines.start), bool)
    if data.isascii() or _all_utf8(data):
        return bad
    for i, (start, end) in enumerate(zip(lines.start.tolist(), lines.end.tolist(), strict=True)):
        bad[i] = not _is_utf8(data[start:end])
    return bad


def _all_utf8(data: bytes) -> bool:
    """As `_is_utf8`, by Arrow's vectors and without making a text."""
    ends = pa.py_buffer(np.array([0, len(data)], np.int64))
    try:
        pa.Array.from_buffers(pa.large_string(), 1, [None, ends, pa.py_buffer(data)]).validate(full=True)
    except pa.ArrowInvalid:
        return False
    return True


def _is_utf8(data: bytes) -> bool:
    try:
        data.decode()
    except UnicodeDecodeError:
        return False
    return True
