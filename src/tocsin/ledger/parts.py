"""A segment from its first byte to its last, in either form, for hashing; unreadable bytes are a part without data."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Final

import zstandard

from tocsin.errors import LedgerDamaged
from tocsin.ledger.layout import packed_file, plain_file
from tocsin.ledger.lines import Packed
from tocsin.ledger.order import SegmentRecord
from tocsin.ledger.reading import decompressed

PART_BYTES: Final = 1 << 20
"""Of a plain segment."""


@dataclass(frozen=True, slots=True)
class Part:
    """Plain bytes `start` to `stop` (excluded) of a segment."""

    start: int
    stop: int
    data: bytes | None
    """None if they cannot be read."""


def parts_of(ledger: Path, record: SegmentRecord) -> Iterator[Part]:
    """All committed bytes of a segment, in order. Raises `FileNotFoundError` if its file is not there."""
    if record.packed is None:
        return _plain_parts(plain_file(ledger, record.number), record.bytes)
    return _packed_parts(packed_file(ledger, record.number), record, record.packed)


def packed_sha256(ledger: Path, record: SegmentRecord) -> str:
    """SHA-256 of a compressed segment's file."""
    with packed_file(ledger, record.number).open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _plain_parts(path: Path, length: int) -> Iterator[Part]:
    at = 0
    with path.open("rb") as file:
        while at < length:
            data = _read(file, min(PART_BYTES, length - at))
            if not data:
                yield Part(at, length, None)
                return
            yield Part(at, at + len(data), data)
            at += len(data)


def _packed_parts(path: Path, record: SegmentRecord, packed: Packed) -> Iterator[Part]:
    decompressor = zstandard.ZstdDecompressor()
    starts = range(0, record.bytes, packed.frame_bytes)
    at = 0
    with path.open("rb") as file:
        for start, length in zip(starts, packed.frames, strict=True):
            file.seek(at)
            at += length
            stop = min(start + packed.frame_bytes, record.bytes)
            try:
                yield Part(start, stop, decompressed(decompressor, _read(file, length), record, start, stop))
            except LedgerDamaged:
                yield Part(start, stop, None)


def _read(file: BinaryIO, length: int) -> bytes:
    try:
        return file.read(length)
    except OSError:  # an unreadable sector
        return b""
