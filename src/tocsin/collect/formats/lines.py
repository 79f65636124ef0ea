"""Where the lines of a block stand: the same cut for every parser of lines."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

BOM: Final = b"\xef\xbb\xbf"
_LF, _CR = 10, 13
_WHITE: Final = b" \t\r"


@dataclass(frozen=True, slots=True)
class Lines:
    """Lines that are not blank, shape (k,), bytes from the start of the block; `end` is that of the last byte + 1."""

    start: np.ndarray
    end: np.ndarray


def lines_of(data: bytes) -> Lines:
    """Cut at line feeds. The carriage return before one, and a byte order mark at the start, are no part of a line."""
    if not data:
        return Lines(np.zeros(0, np.int64), np.zeros(0, np.int64))
    octets = np.frombuffer(data, np.uint8)
    feeds = np.flatnonzero(octets == _LF)
    start = np.append(0, feeds + 1)
    end = np.append(feeds, len(data))
    if BOM in data:
        start += 3 * _marked(data, start)
    end = np.maximum(end, start)
    returned = (end > start) & (octets[end - 1] == _CR)
    end = end - returned
    kept = end > start
    for i in np.flatnonzero(kept & np.isin(octets[np.minimum(start, len(data) - 1)], list(_WHITE))).tolist():
        kept[i] = bool(data[start[i] : end[i]].strip(_WHITE))
    return Lines(start[kept].astype(np.int64), end[kept].astype(np.int64))


def _marked(data: bytes, start: np.ndarray) -> np.ndarray:
    return np.array([data.startswith(BOM, at) for at in start.tolist()])


def utf8_errors(data: bytes, lines: Lines) -> np.ndarray:
    """Which lines are not UTF-8, shape (k,), bool; the block as a whole first, which settles nearly every block."""
    bad = np.zeros(len(lines.start), bool)
    if data.isascii() or _is_utf8(data):
        return bad
    for i, (start, end) in enumerate(zip(lines.start.tolist(), lines.end.tolist(), strict=True)):
        bad[i] = not _is_utf8(data[start:end])
    return bad


def _is_utf8(data: bytes) -> bool:
    try:
        data.decode()
    except UnicodeDecodeError:
        return False
    return True
