"""A place of the shelf gives its memory back and can be used again."""

from __future__ import annotations

from tocsin.main.shelf import PLACE_BYTES, Shelf
from tocsin.model.block import Block


def test_a_cleared_place_holds_no_memory_and_takes_the_next_block() -> None:
    shelf = Shelf(2)
    try:
        other = shelf.put(0, Block(b"other\n", 1, 0))
        first = shelf.put(1, Block(b"x" * (1 << 20) + b"\n", 1, 6))
        shelf.clear(1)
        assert shelf._memory[PLACE_BYTES : PLACE_BYTES + first.length] == bytes(first.length)
        again = shelf.put(1, Block(b"again\n", 2, 0))
        assert shelf.take(again) == Block(b"again\n", 2, 0)
        assert shelf.take(other) == Block(b"other\n", 1, 0)
    finally:
        shelf.close()
