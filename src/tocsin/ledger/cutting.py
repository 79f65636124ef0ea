"""Cut pieces into blocks of whole lines, without ever holding a line that is too long."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from tocsin.ledger.order import Piece
from tocsin.model.block import MAX_LINE_BYTES, Block

Read = Callable[[int, int, int], bytes]
"""(segment, offset, length) -> bytes."""


def blocks_of(piece: Piece, read: Read, *, block_bytes: int) -> Iterator[Block]:
    """The lines of a piece in blocks of at most `block_bytes` (a longer line is a block by itself).

    A line over MAX_LINE_BYTES becomes an empty block that says where it stands.
    """
    block_bytes = max(1, min(block_bytes, MAX_LINE_BYTES))
    at, stop = piece.offset, piece.offset + piece.length
    while at < stop:
        block, at = _next_block(piece.segment, at, stop, read, block_bytes)
        yield block


def _next_block(segment: int, at: int, stop: int, read: Read, block_bytes: int) -> tuple[Block, int]:
    data = read(segment, at, min(block_bytes, stop - at))
    if at + len(data) < stop:
        whole = data.rfind(b"\n") + 1
        if whole == 0:
            return _long_line(segment, at, stop, read, block_bytes)
        data = data[:whole]
    return Block(data, segment, at), at + len(data)


def _long_line(segment: int, at: int, stop: int, read: Read, block_bytes: int) -> tuple[Block, int]:
    end = _line_end(segment, at, stop, read, block_bytes)
    after = min(end + 1, stop)
    if end - at > MAX_LINE_BYTES:
        return Block(b"", segment, at, overlong=((at, end - at),)), after
    return Block(read(segment, at, after - at), segment, at), after


def _line_end(segment: int, at: int, stop: int, read: Read, block_bytes: int) -> int:
    """Where the line feed of the line that begins at `at` stands; `stop` if it has none."""
    while at < stop:
        data = read(segment, at, min(block_bytes, stop - at))
        found = data.find(b"\n")
        if found >= 0:
            return at + found
        at += len(data)
    return stop
