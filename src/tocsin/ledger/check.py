"""A quick sum over a segment's bytes: whether what is read back, moments later, is what was appended.

It tells damage by chance, at a twentieth of what SHA-256 takes. What was committed stays named by its SHA-256, which
`verify` holds against every byte.
"""

from __future__ import annotations

from typing import Final

import numpy as np

_WORD: Final = 8
_ALL: Final = (1 << 64) - 1


class QuickSum:
    """Sum, modulo 2^64, of a segment's little-endian words of 8 bytes, however its bytes are cut on their way here."""

    def __init__(self, total: int = 0, length: int = 0) -> None:
        self.total = total
        self._length = length

    def update(self, data: bytes | bytearray | memoryview) -> None:
        """The bytes that follow."""
        first = self._length % _WORD
        lead = data[: -self._length % _WORD]
        words = (len(data) - len(lead)) // _WORD
        last = data[len(lead) + _WORD * words :]
        if words:
            self.total += int(np.add.reduce(np.frombuffer(data, "<u8", words, len(lead))))
        self.total += (int.from_bytes(lead, "little") << 8 * first) + int.from_bytes(last, "little")
        self.total &= _ALL
        self._length += len(data)

    def copy(self) -> QuickSum:
        """The same, as of now."""
        return QuickSum(self.total, self._length)
