"""The bytes of a block as vectors: unaligned words, spans of texts, Arrow columns without copying."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import pyarrow as pa

UNIT: Final = 32
"""Bytes that one gather takes."""

MARGIN: Final = 2 * UNIT
"""Bytes that must stand in the buffer behind a line that is read with gathers."""

_MASKS: Final = np.array([(1 << (8 * n)) - 1 for n in range(9)], np.uint64)
"""Low n bytes of a little-endian word."""

INLINE: Final = 12
"""Bytes that an Arrow string view holds in itself."""


def _table(letters: bytes) -> np.ndarray:
    table = np.zeros(256, bool)
    table[list(letters)] = True
    return table


_IS_HEX: Final = _table(b"0123456789abcdefABCDEF")
_IS_LETTER: Final = _table(b"/bfnrt")


def units_of(data: bytes) -> np.ndarray:
    """Every UNIT bytes from every place: shape (len(data) - UNIT + 1,), dtype V32, a view, no copy."""
    count = max(len(data) - UNIT + 1, 0)
    return np.ndarray(shape=(count,), dtype=f"V{UNIT}", buffer=data if count else b"", strides=(1,))


def words_of(data: bytes) -> np.ndarray:
    """Every little-endian word of 8 bytes from every place: shape (len(data) - 7,), a view, no copy."""
    count = max(len(data) - 7, 0)
    return np.ndarray(shape=(count,), dtype="<u8", buffer=data if count else b"", strides=(1,))


def gather(units: np.ndarray, places: np.ndarray) -> np.ndarray:
    """UNIT bytes from each place: shape (*places.shape, UNIT), uint8."""
    return units[places.ravel()].view(np.uint8).reshape(*places.shape, UNIT)


def simple_escapes(octets: np.ndarray, places: np.ndarray) -> np.ndarray:
    """Which backslashes stand before one of `/bfnrt`, or before `u`, four digits and no surrogate: (k,) bool.

    Where all of a line do, every quote in it begins or ends a text.
    """
    following = octets[np.minimum(places[:, None] + np.arange(1, 6), len(octets) - 1)]
    hexadecimal = _IS_HEX[following[:, 1:]].all(1)
    surrogate = (following[:, 1] | 0x20 == ord("d")) & (following[:, 2] >= ord("8"))
    return _IS_LETTER[following[:, 0]] | ((following[:, 0] == ord("u")) & hexadecimal & ~surrogate)


@dataclass(slots=True)
class Spans:
    """n texts as places: in the block, or (from `len(block)` on) in a side buffer. A negative start stands for null."""

    start: np.ndarray
    """(n,) int64."""
    length: np.ndarray
    """(n,) int64, bytes."""

    @classmethod
    def nulls(cls, n: int) -> Spans:
        return cls(np.full(n, -1, np.int64), np.zeros(n, np.int64))

    def put(self, where: np.ndarray, start: Any, length: Any) -> None:
        self.start[where] = start
        self.length[where] = length

    def take(self, where: np.ndarray) -> Spans:
        return Spans(self.start[where], self.length[where])


class SideTexts:
    """Texts that do not stand in the block as they are: constants of shapes, and what the ordinary parser found."""

    def __init__(self, block: bytes) -> None:
        self._block = block
        self._side = bytearray()
        self._known: dict[str, tuple[int, int]] = {}

    def span(self, text: str | None) -> tuple[int, int]:
        """Start and length; -1 and 0 for None."""
        if text is None:
            return -1, 0
        known = self._known.get(text)
        if known is None:
            octets = text.encode()
            known = self._known[text] = (len(self._block) + len(self._side), len(octets))
            self._side += octets
        return known

    def column(self, spans: Spans) -> pa.Array:
        """An Arrow array of string views over block and side; no text is copied unless it is short."""
        if spans.start.max(initial=-1) < 0:
            return pa.nulls(len(spans.start), pa.string())
        side = bytes(self._side) + bytes(MARGIN)
        here = spans.start < len(self._block)
        start = np.where(here, np.maximum(spans.start, 0), spans.start - len(self._block))
        views = np.empty((len(start), 2), np.uint64)
        for buffer, chosen in ((self._block, here), (side, ~here)):
            if chosen.all():
                views[:] = _views(buffer, start, spans.length, buffer is side)
            elif chosen.any():
                views[chosen] = _views(buffer, start[chosen], spans.length[chosen], buffer is side)
        null = spans.start < 0
        valid = pa.py_buffer(np.packbits(~null, bitorder="little")) if null.any() else None
        buffers = [valid, pa.py_buffer(views), pa.py_buffer(self._block), pa.py_buffer(side)]
        return pa.Array.from_buffers(pa.string_view(), len(start), buffers)


def _views(buffer: bytes, start: np.ndarray, length: np.ndarray, side: bool) -> np.ndarray:
    """Arrow's 16 bytes of each text: length, then the text itself if it is short, else its prefix and its place."""
    words = words_of(buffer)
    if not len(words):
        return np.zeros((len(start), 2), np.uint64)
    first, next_ = words[start], words[np.minimum(start + 4, len(words) - 1)]
    short = length <= INLINE
    prefix = first & _MASKS[np.minimum(length, 4)]
    rest = next_ & _MASKS[np.clip(length - 4, 0, 8)]
    place = (start.astype(np.uint64) << np.uint64(32)) | np.uint64(side)
    return np.stack([length.astype(np.uint64) | (prefix << np.uint64(32)), np.where(short, rest, place)], axis=1)
