"""Stored bytes -> plain bytes, piece by piece: a bomb costs time and no memory."""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from typing import Final, Protocol

import zstandard

READ_BYTES: Final = 256 * 1024
CHUNK_BYTES: Final = 1024 * 1024
"""The most that one step makes of compressed bytes."""

MORSEL_BYTES: Final = 2048
"""What zstd is fed at once: at most 64 MiB come out, since a block of 4 bytes makes no more than 128 KiB."""

_GZIP, _ZSTD = b"\x1f\x8b", b"\x28\xb5\x2f\xfd"

MAX_WINDOW_BYTES: Final = 128 * 1024 * 1024
"""Largest zstd window accepted: what `zstd --long=27` writes; a larger one would be memory in a stranger's hand."""


class Stored(Protocol):
    """A file to read from."""

    def read(self, size: int, /) -> bytes | None:
        """At most so many bytes; none at the end."""


class Damaged(Exception):
    """The compressed bytes are cut off or wrong; the text is for a person."""


def inflated(stored: Stored, *, kind: str) -> Iterator[tuple[bytes, int]]:
    """Pieces of plain bytes, each with the stored bytes read so far.

    `kind` is the file's suffix: `.gz`, `.zst`, or another, and then the first bytes tell.
    """
    head = stored.read(READ_BYTES) or b""
    if kind == ".gz" or (kind != ".zst" and head.startswith(_GZIP)):
        return _gunzip(head, stored)
    if kind == ".zst" or head.startswith(_ZSTD):
        return _unzstd(head, stored)
    return _pieces(head, stored, CHUNK_BYTES)


def is_plain(head: bytes, *, kind: str) -> bool:
    """Whether `inflated` would give the bytes of a file that begins so as they are stored."""
    return kind not in (".gz", ".zst") and not head.startswith((_GZIP, _ZSTD))


def plain(stored: Stored) -> Iterator[tuple[bytes, int]]:
    """As `inflated`, from where the file stands and whatever stands there."""
    return _pieces(stored.read(CHUNK_BYTES) or b"", stored, CHUNK_BYTES)


def _pieces(head: bytes, stored: Stored, size: int) -> Iterator[tuple[bytes, int]]:
    consumed = len(head)
    piece = head
    while piece:
        yield piece, consumed
        piece = stored.read(size) or b""
        consumed += len(piece)


def _gunzip(head: bytes, stored: Stored) -> Iterator[tuple[bytes, int]]:
    """Members one after the other; zero bytes after the last are padding, as in gzip(1)."""
    member: zlib._Decompress | None = zlib.decompressobj(wbits=31)
    for piece, consumed in _pieces(head, stored, READ_BYTES):
        while True:
            if member is None:
                piece = piece.lstrip(b"\0")
                if not piece:
                    break
                member = zlib.decompressobj(wbits=31)
            plain = _step(member, piece)
            if plain:
                yield plain, consumed
            if member.eof:
                piece, member = member.unused_data, None
            elif member.unconsumed_tail or len(plain) == CHUNK_BYTES:
                piece = member.unconsumed_tail
            else:
                break
    if member is not None:
        raise Damaged("its gzip data ends too early")


def _step(member: zlib._Decompress, piece: bytes) -> bytes:
    try:
        return member.decompress(piece, CHUNK_BYTES)
    except zlib.error:
        raise Damaged("its gzip data is corrupt") from None


def _unzstd(head: bytes, stored: Stored) -> Iterator[tuple[bytes, int]]:
    """Frames one after the other, fed in morsels, because a step gives out all that it is fed for."""
    context = zstandard.ZstdDecompressor(max_window_size=MAX_WINDOW_BYTES)
    frame, fed = context.decompressobj(), 0
    for piece, consumed in _pieces(head, stored, READ_BYTES):
        plain: list[bytes] = []
        while piece:
            morsel, piece = piece[:MORSEL_BYTES], piece[MORSEL_BYTES:]
            try:
                plain.append(frame.decompress(morsel))
            except zstandard.ZstdError as problem:
                yield b"".join(plain), consumed
                large = "memory" in str(problem).lower() or "window" in str(problem).lower()
                raise Damaged("its zstd window is over 128 MiB" if large else "its zstd data is corrupt") from None
            fed += len(morsel)
            if frame.eof:
                piece = frame.unused_data + piece
                frame, fed = context.decompressobj(), 0
            if sum(map(len, plain)) >= CHUNK_BYTES:
                yield b"".join(plain), consumed
                plain = []
        yield b"".join(plain), consumed
    if fed or not head:
        raise Damaged("its zstd data ends too early")
