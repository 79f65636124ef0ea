"""Compress a segment, so that at any moment it can be read in one form at least.

1. write 00000001.seg.zst.tmp, frame by frame, and decompress each frame again: what comes out must be what went in,
   and of a plain form that, too, must be what was appended, or it stays
2. fsync it    3. rename it to 00000001.seg.zst    4. fsync the folder
5. (the ledger) say so in the manifest             6. (the ledger) remove the plain form, if there is one
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
from tocsin.ledger.layout import packed_file, partial_file, plain_file, segments_folder
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


class Squeeze:
    """The compressed form of a segment in the making: steps 1 to 4. Buffers are used again, fresh memory costs more.

    After an error only `again` and `let_go` are of use: nothing that was taken is lost.
    """

    def __init__(self, ledger: Path, disk: Disk, segment: int, *, frame_bytes: int) -> None:
        self._ledger = ledger
        self._disk = disk
        self._final = packed_file(ledger, segment)
        self._file = partial_file(ledger, segment)
        self._frame_bytes = frame_bytes
        self._descriptor: int | None = None
        self._compressor = zstandard.ZstdCompressor(level=LEVEL, write_checksum=True, write_content_size=True)
        self._decompressor = zstandard.ZstdDecompressor()
        self._of_packed = hashlib.sha256()
        self._frames: list[int] = []
        self._rest = bytearray()  # taken, and in no frame yet
        self._back = bytearray()

    def take(self, data: bytes | memoryview) -> None:
        """The bytes that follow. Raises `LedgerDamaged` if a frame does not come back, and what a disk raises."""
        view = memoryview(data)
        try:
            if self._rest:
                more = self._frame_bytes - len(self._rest)
                self._rest += view[:more]
                view = view[more:]
                if len(self._rest) < self._frame_bytes:
                    return
                self._write(memoryview(bytes(self._rest)))
                self._rest.clear()
            while len(view) >= self._frame_bytes:
                self._write(view[: self._frame_bytes])
                view = view[self._frame_bytes :]
        finally:
            self._rest += view

    def end(self) -> Packed:
        """No more bytes follow: the compressed form is whole, and durable."""
        if self._rest:
            self._write(memoryview(bytes(self._rest)))
            self._rest.clear()
        assert self._descriptor is not None, "a segment has bytes"
        self._disk.sync(self._descriptor)
        self.let_go()
        self._disk.rename(self._file, self._final)
        self._file = self._final
        self._disk.sync_folder(segments_folder(self._ledger))
        return Packed(self._of_packed.hexdigest(), sum(self._frames), self._frame_bytes, tuple(self._frames))

    def again(self) -> Iterator[bytes]:
        """All that was taken, in plain."""
        try:
            if self._frames:
                with self._file.open("rb", buffering=0) as file:
                    for length in self._frames:
                        yield self._decompressor.decompress(file.read(length))
        except OSError as error:
            raise clear_error(error) from error
        yield bytes(self._rest)

    def let_go(self) -> None:
        """Close the file."""
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None

    def _write(self, data: memoryview) -> None:
        """One frame more."""
        if self._descriptor is None:
            self._disk.remove(self._file)
            self._descriptor = self._disk.open_to_append(self._file)
        frame = self._compressor.compress(data)
        if not self._comes_back(frame, data):
            raise LedgerDamaged("A closed segment could not be compressed so that it comes back; it stays as it is.")
        self._disk.write(self._descriptor, frame)
        self._of_packed.update(frame)
        self._frames.append(len(frame))

    def _comes_back(self, frame: bytes, data: memoryview) -> bool:
        if len(self._back) < len(data):
            self._back = bytearray(len(data))
        back = memoryview(self._back)[: len(data)]
        with self._decompressor.stream_reader(frame) as reader:
            whole = reader.readinto(back) == len(data) and not reader.read(1)
        return whole and np.array_equal(np.asarray(back), np.asarray(data))


def pack(ledger: Path, disk: Disk, segment: int, extent: Extent, *, frame_bytes: int) -> Packed:
    """Steps 1 to 4 for the plain bytes of a segment.

    Raises `LedgerDamaged`, with the plain form untouched, if they are not what was appended.
    """
    squeeze = Squeeze(ledger, disk, segment, frame_bytes=frame_bytes)
    quick, running = QuickSum(), hashlib.sha256() if extent.quick is None else None
    try:
        for data in _chunks(plain_file(ledger, segment), extent.length, frame_bytes):
            running.update(data) if running else quick.update(data)
            squeeze.take(data)
        if (running.hexdigest() != extent.sha256) if running else (quick.total != extent.quick):
            raise LedgerDamaged("A closed segment is not what was appended; it stays uncompressed.")
        return squeeze.end()
    except TocsinError:
        squeeze.let_go()
        disk.remove(partial_file(ledger, segment))
        raise


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
