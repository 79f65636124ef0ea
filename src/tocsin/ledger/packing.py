"""Compress a closed segment, so that at any moment it can be read in one form at least.

1. write 00000001.seg.zst.tmp, frame by frame, and decompress each frame again: what comes out must be what went in,
   and that what was appended, or the plain form stays
2. fsync it    3. rename it to 00000001.seg.zst    4. fsync the folder
5. (the ledger) say so in the manifest             6. (the ledger) remove the plain form
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
import zstandard

from tocsin.errors import LedgerDamaged, TocsinError
from tocsin.ledger.check import QuickSum
from tocsin.ledger.disk import Disk, clear_error
from tocsin.ledger.layout import packed_file, plain_file, segments_folder
from tocsin.ledger.lines import Packed

FRAME_BYTES: Final = 1 << 20
"""Plain bytes in a frame: what a random read has to decompress."""
LEVEL: Final = 1
"""zstd level. Measured on the lines of benchmarks/speed/ledger.py, 1 MiB frames: level 1 is twice as fast as 3 and six
times as fast as 6, and its output no larger (1/10.0, 1/9.3, 1/9.3)."""


@dataclass(frozen=True, slots=True)
class Extent:
    """What the plain bytes of a segment are."""

    length: int
    sha256: str
    quick: int | None = None
    """Their `QuickSum`, if this process appended them all, and lately: then it is held against them, else the hash."""


def pack(ledger: Path, disk: Disk, segment: int, extent: Extent, *, frame_bytes: int) -> Packed:
    """Steps 1 to 4 for the plain bytes of a segment.

    Raises `LedgerDamaged`, with the plain form untouched, if they are not what was appended.
    """
    final = packed_file(ledger, segment)
    partial = final.with_name(final.name + ".tmp")
    try:
        packed = _write(plain_file(ledger, segment), partial, disk, extent, frame_bytes)
    except TocsinError:
        disk.remove(partial)
        raise
    disk.rename(partial, final)
    disk.sync_folder(segments_folder(ledger))
    return packed


def _write(plain: Path, partial: Path, disk: Disk, extent: Extent, frame_bytes: int) -> Packed:
    disk.remove(partial)
    descriptor = disk.open_to_append(partial)
    try:
        of_packed, frames = hashlib.sha256(), []
        for frame in _frames(plain, extent, frame_bytes):
            of_packed.update(frame)
            frames.append(len(frame))
            disk.write(descriptor, frame)
        disk.sync(descriptor)
    finally:
        os.close(descriptor)
    return Packed(of_packed.hexdigest(), sum(frames), frame_bytes, tuple(frames))


def _frames(plain: Path, extent: Extent, frame_bytes: int) -> Iterator[bytes]:
    """Compressed frames, each of which gives its bytes back; buffers are used again, fresh memory costs more."""
    compressor = zstandard.ZstdCompressor(level=LEVEL, write_checksum=True, write_content_size=True)
    decompressor = zstandard.ZstdDecompressor()
    quick, running = QuickSum(), hashlib.sha256() if extent.quick is None else None
    back = memoryview(bytearray(min(frame_bytes, extent.length)))
    for data in _chunks(plain, extent.length, frame_bytes):
        frame = compressor.compress(data)
        with decompressor.stream_reader(frame) as reader:
            whole = reader.readinto(back[: len(data)]) == len(data) and not reader.read(1)
        if not whole or not np.array_equal(np.asarray(back[: len(data)]), np.asarray(data)):
            raise LedgerDamaged("A closed segment could not be compressed so that it comes back; it stays as it is.")
        running.update(data) if running else quick.update(data)
        yield frame
    if (running.hexdigest() != extent.sha256) if running else (quick.total != extent.quick):
        raise LedgerDamaged("A closed segment is not what was appended; it stays uncompressed.")


def _chunks(plain: Path, length: int, frame_bytes: int) -> Iterator[memoryview]:
    """The first `length` bytes of a file; each piece is good until the next."""
    buffer = memoryview(bytearray(min(frame_bytes, length)))
    try:
        with plain.open("rb", buffering=0) as file:
            while length > 0 and (taken := file.readinto(buffer[:length])):
                length -= taken
                yield buffer[:taken]
    except OSError as error:
        raise clear_error(error) from error
