"""Read committed bytes back, whichever form their segment has."""

from __future__ import annotations

import threading
from collections import OrderedDict
from pathlib import Path
from typing import Final

import zstandard

from tocsin.ledger.damage import damaged
from tocsin.ledger.layout import packed_file, plain_file
from tocsin.ledger.lines import Packed
from tocsin.ledger.order import SegmentRecord

KEPT_FRAMES: Final = 8
"""Decompressed frames kept for the next read near by (1 MiB each)."""


class Reader:
    """Random reads. May be shared by threads."""

    def __init__(self, ledger: Path) -> None:
        self._ledger = ledger
        self._kept: OrderedDict[tuple[int, int], bytes] = OrderedDict()
        self._decompressor = zstandard.ZstdDecompressor()
        self._mutex = threading.Lock()

    def read(self, record: SegmentRecord, offset: int, length: int) -> bytes:
        """Bytes of a segment. Raises `LedgerDamaged`, or `FileNotFoundError` if its form has just changed."""
        if offset < 0 or length < 0 or offset + length > record.bytes:
            raise damaged(record, offset, offset + length, "these bytes are asked for and were never committed")
        if length == 0:
            return b""
        if record.packed is None:
            return self._read_plain(record, offset, length)
        return self._read_packed(record, record.packed, offset, length)

    def _read_plain(self, record: SegmentRecord, offset: int, length: int) -> bytes:
        with plain_file(self._ledger, record.number).open("rb", buffering=0) as file:
            file.seek(offset)
            data = file.read(length)
        if len(data) != length:
            raise damaged(record, offset + len(data), record.bytes, "the file is shorter than what was committed")
        return data

    def _read_packed(self, record: SegmentRecord, packed: Packed, offset: int, length: int) -> bytes:
        size = packed.frame_bytes
        first, last = offset // size, (offset + length - 1) // size
        with self._mutex:
            parts = [self._frame(record, packed, frame) for frame in range(first, last + 1)]
        start = offset - first * size
        data = parts[0] if len(parts) == 1 else b"".join(parts)
        return data[start : start + length]

    def _frame(self, record: SegmentRecord, packed: Packed, frame: int) -> bytes:
        key = (record.number, frame)
        data = self._kept.get(key)
        if data is None:
            data = self._decompress(record, packed, frame)
            self._kept[key] = data
            if len(self._kept) > KEPT_FRAMES:
                self._kept.popitem(last=False)
        else:
            self._kept.move_to_end(key)
        return data

    def _decompress(self, record: SegmentRecord, packed: Packed, frame: int) -> bytes:
        with packed_file(self._ledger, record.number).open("rb", buffering=0) as file:
            file.seek(sum(packed.frames[:frame]))
            raw = file.read(packed.frames[frame])
        start = frame * packed.frame_bytes
        stop = min(start + packed.frame_bytes, record.bytes)
        return decompressed(self._decompressor, raw, record, start, stop)


def decompressed(
    decompressor: zstandard.ZstdDecompressor, raw: bytes, record: SegmentRecord, start: int, stop: int
) -> bytes:
    """The plain bytes `start` to `stop` of a segment from their frame; raises `LedgerDamaged`."""
    try:
        data = decompressor.decompress(raw)
    except zstandard.ZstdError as error:
        raise damaged(record, start, stop, "its compressed form cannot be read") from error
    if len(data) != stop - start:
        raise damaged(record, start, stop, "its compressed form gives another number of bytes")
    return data
