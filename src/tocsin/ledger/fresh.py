"""A fresh segment: one that holds no committed byte. It is compressed as it comes, by the packer.

A large batch fills segments that are compressed before it is committed, so their plain form would be written, read
again and removed for nothing. A commit that comes before such a segment is full writes it in plain, as it does if
anything went wrong meanwhile.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator

from tocsin.ledger.lines import Packed
from tocsin.ledger.packing import Squeeze


class Fresh:
    """Bytes of a segment in hand. One thread adds, another packs."""

    def __init__(self, squeeze: Squeeze, *, frame_bytes: int) -> None:
        self._squeeze = squeeze
        self._frame_bytes = frame_bytes
        self._waiting: deque[bytes] = deque()
        self._come = 0  # bytes, since packing was last due
        self.failed = False
        """Something went wrong: it is packed no further."""

    def add(self, data: bytes) -> None:
        """The bytes that follow."""
        self._waiting.append(data)
        self._come += len(data)

    def due(self) -> bool:
        """Whether a frame's bytes have come since the last yes: a small batch needs no compressor."""
        if self.failed or self._come < self._frame_bytes:
            return False
        self._come = 0
        return True

    def pack(self, *, whole: bool) -> Packed | None:
        """Compress what has come; `whole`: no more will, and what this gives is the compressed form, durable."""
        if self.failed:
            return None
        try:
            while self._waiting:
                self._squeeze.take(self._waiting.popleft())
            return self._squeeze.end() if whole else None
        except BaseException:
            self.failed = True
            raise

    def plain(self) -> Iterator[bytes]:
        """All bytes again. Only while nobody packs."""
        yield from filter(None, self._squeeze.again())
        yield from self._waiting

    def let_go(self) -> None:
        """Close the file. Only while nobody packs."""
        self._squeeze.let_go()
