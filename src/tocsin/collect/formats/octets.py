"""The bytes of a block as vectors: unaligned words, spans of texts, Arrow columns without copying."""

from __future__ import annotations

from typing import Final

import numpy as np
import pyarrow as pa

UNIT: Final = 48
"""Bytes that one gather takes."""

MARGIN: Final = UNIT + 16
"""Bytes that must stand in the buffer behind a line that is read with gathers."""

INLINE: Final = 12
"""Bytes that an Arrow string view holds in itself."""


def _masks(most: int, before: int) -> np.ndarray:
    """For a text of 0 to INLINE bytes, and of more: those of a word that begins `before` bytes in are the text's."""
    return np.array([(1 << (8 * min(max(n - before, 0), most))) - 1 for n in range(INLINE + 2)], np.uint64)


_FIRST_MASKS: Final = _masks(4, 0)
_NEXT_MASKS: Final = _masks(8, 4)

NOWHERE: Final = -1
"""Start and end of a text that there is not: of a null."""


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


def simple_escapes(octets: np.ndarray, places: np.ndarray) -> np.ndarray:
    """Which backslashes stand before one of `/bfnrt`, or before `u`, four digits and no surrogate: (k,) bool.

    Where all of a line do, every quote in it begins or ends a text.
    """
    following = octets[np.minimum(places[:, None] + np.arange(1, 6), len(octets) - 1)]
    hexadecimal = _IS_HEX[following[:, 1:]].all(1)
    surrogate = (following[:, 1] | 0x20 == ord("d")) & (following[:, 2] >= ord("8"))
    return _IS_LETTER[following[:, 0]] | ((following[:, 0] == ord("u")) & hexadecimal & ~surrogate)


class SideTexts:
    """Texts that do not stand in the block as they are: constants of shapes, and what the ordinary parser found."""

    def __init__(self, block: bytes) -> None:
        self._block = block
        self._side = bytearray()
        self._known: dict[str, tuple[int, int]] = {}

    def span(self, text: str | None) -> tuple[int, int]:
        """Start and end, counted on behind the block; -1 and -1 for None."""
        if text is None:
            return NOWHERE, NOWHERE
        known = self._known.get(text)
        if known is None:
            octets = text.encode()
            start = len(self._block) + len(self._side)
            known = self._known[text] = start, start + len(octets)
            self._side += octets
        return known

    def arrays(self, starts: np.ndarray, ends: np.ndarray) -> list[pa.Array]:
        """Texts (n, columns) as an Arrow array a column: string views; no text is copied unless it is short."""
        columns: list[pa.Array] = [pa.nulls(len(starts), pa.string())] * starts.shape[1]
        named = np.flatnonzero(starts.max(0, initial=NOWHERE) >= 0)
        starts, ends = starts[:, named], ends[:, named]
        side = bytes(self._side) + bytes(MARGIN)
        views = _views(self._block, starts, ends - starts, side=False)
        aside = np.nonzero(starts >= len(self._block))
        start = starts[aside]
        views[aside] = _views(side, start - len(self._block), ends[aside] - start, side=True)
        buffers = [pa.py_buffer(self._block), pa.py_buffer(side)]
        for i, column in enumerate(named.tolist()):
            columns[column] = _array(views[:, i], starts[:, i] < 0, buffers)
        return columns


def _array(views: np.ndarray, null: np.ndarray, buffers: list[pa.Buffer]) -> pa.Array:
    valid = pa.py_buffer(np.packbits(~null, bitorder="little")) if null.any() else None
    mine = pa.py_buffer(np.ascontiguousarray(views))
    return pa.Array.from_buffers(pa.string_view(), len(null), [valid, mine, *buffers])


def _views(buffer: bytes, start: np.ndarray, length: np.ndarray, *, side: bool) -> np.ndarray:
    """Arrow's 16 bytes of each text, (..., 2): length, then the text itself if it is short, else prefix and place.

    Row by row, so that the texts of a line are read while it is in the cache. MARGIN bytes stand behind each text in
    the buffer; a start outside of it gives anything.
    """
    words = words_of(buffer)
    out = np.zeros((*start.shape, 2), np.uint64)
    if len(words) <= MARGIN // 2:
        return out
    place = np.clip(start, 0, len(words) - MARGIN // 2)
    short = np.minimum(length, INLINE + 1)
    first, next_ = words[place], words[place + 4]
    first &= _FIRST_MASKS[short]
    first <<= np.uint64(32)
    np.bitwise_or(first, length.astype(np.uint64), out=out[..., 0])
    next_ &= _NEXT_MASKS[short]
    far = (place.astype(np.uint64) << np.uint64(32)) | np.uint64(side)
    out[..., 1] = np.where(short <= INLINE, next_, far)
    return out
