"""Blocks hold whole lines; a line that is too long is told of, not held."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tocsin.ledger import cutting
from tocsin.ledger.cutting import blocks_of
from tocsin.ledger.order import Piece
from tocsin.model.block import Block

LINES = st.lists(st.integers(0, 40).map(lambda length: b"x" * length), max_size=12)


def _cut(data: bytes, block_bytes: int, *, before: int = 7) -> list[Block]:
    held = b"." * before + data
    piece = Piece("A", 3, before, len(data))
    return list(blocks_of(piece, lambda _, offset, length: held[offset : offset + length], block_bytes=block_bytes))


@given(LINES, st.booleans(), st.integers(1, 60), st.integers(1, 50))
def test_every_line_is_in_a_block_or_told_of(lines: list[bytes], ended: bool, block_bytes: int, longest: int) -> None:
    data = b"\n".join(lines) + (b"\n" if ended and lines else b"")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(cutting, "MAX_LINE_BYTES", longest)
        blocks = _cut(data, block_bytes)
    covered = []
    for block in blocks:
        assert all(len(line) <= longest for line in block.data.split(b"\n"))
        assert not block.data or block.data == data[block.offset - 7 : block.offset - 7 + len(block.data)]
        covered += [(block.offset - 7, len(block.data))] if block.data else []
        covered += [(offset - 7, length + 1) for offset, length in block.overlong]
    at = 0
    for offset, length in covered:
        assert offset == at
        at += length
        assert at >= len(data) or data[at - 1 : at] == b"\n", "a block ends with a line"
    assert at in (len(data), len(data) + 1)


def test_a_block_is_as_large_as_asked_unless_a_line_is_larger() -> None:
    assert [block.data for block in _cut(b"aa\nbb\n" + b"c" * 9 + b"\ndd", 6)] == [b"aa\nbb\n", b"c" * 9 + b"\n", b"dd"]


def test_a_line_of_the_greatest_length_is_held_and_one_longer_is_not(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cutting, "MAX_LINE_BYTES", 10)
    blocks = _cut(b"a" * 10 + b"\n" + b"b" * 11 + b"\nc\n", 1000)
    assert [(block.data, block.overlong) for block in blocks] == [
        (b"a" * 10 + b"\n", ()),
        (b"", ((7 + 11, 11),)),
        (b"c\n", ()),
    ]
