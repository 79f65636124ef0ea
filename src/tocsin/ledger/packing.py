"""Compress a closed segment, so that at any moment it can be read in one form at least.

1. write 00000001.seg.zst.tmp, frame by frame, and decompress each frame again: what comes out must hash to what
   was appended, or the plain form stays
2. fsync it    3. rename it to 00000001.seg.zst    4. fsync the folder
5. (the ledger) say so in the manifest             6. (the ledger) remove the plain form
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import zstandard

from tocsin.errors import LedgerDamaged, TocsinError
from tocsin.ledger.disk import Disk, clear_error
from tocsin.ledger.layout import packed_file, plain_file, segments_folder
from tocsin.ledger.lines import Packed

FRAME_BYTES: Final = 1 << 20
"""Plain bytes in a frame: what a random read has to decompress."""
LEVEL: Final = 1
"""zstd level. Measured on the lines of benchmarks/speed/ledger.py, 1 MiB frames: level 1 is twice as fast as 3 and six
times as fast as 6, and its output no larger (1/10.0, 1/9.3, 1/9.3)."""


def pack(ledger: Path, disk: Disk, segment: int, *, length: int, sha256: str, frame_bytes: int) -> Packed:
    """Steps 1 to 4 for the first `length` plain bytes of a segment.

    Raises `LedgerDamaged`, with the plain form untouched, if they do not hash to `sha256`.
    """
    final = packed_file(ledger, segment)
    partial = final.with_name(final.name + ".tmp")
    try:
        packed = _write(plain_file(ledger, segment), partial, disk, length, sha256, frame_bytes)
    except TocsinError:
        disk.remove(partial)
        raise
    disk.rename(partial, final)
    disk.sync_folder(segments_folder(ledger))
    return packed


def _write(plain: Path, partial: Path, disk: Disk, length: int, sha256: str, frame_bytes: int) -> Packed:
    disk.remove(partial)
    descriptor = disk.open_to_append(partial)
    try:
        of_plain, of_packed, frames = hashlib.sha256(), hashlib.sha256(), []
        for frame, restored in _frames(plain, length, frame_bytes):
            of_plain.update(restored)
            of_packed.update(frame)
            frames.append(len(frame))
            disk.write(descriptor, frame)
        if of_plain.hexdigest() != sha256:
            raise LedgerDamaged("A closed segment does not hash to what was appended; it stays uncompressed.")
        disk.sync(descriptor)
    finally:
        os.close(descriptor)
    return Packed(of_packed.hexdigest(), sum(frames), frame_bytes, tuple(frames))


def _frames(plain: Path, length: int, frame_bytes: int) -> Iterator[tuple[bytes, bytes]]:
    compressor = zstandard.ZstdCompressor(level=LEVEL, write_checksum=True, write_content_size=True)
    decompressor = zstandard.ZstdDecompressor()
    for data in _chunks(plain, length, frame_bytes):
        frame = compressor.compress(data)
        yield frame, decompressor.decompress(frame)


def _chunks(plain: Path, length: int, frame_bytes: int) -> Iterator[bytes]:
    try:
        with plain.open("rb") as file:
            while length > 0 and (data := file.read(min(frame_bytes, length))):
                length -= len(data)
                yield data
    except OSError as error:
        raise clear_error(error) from error
