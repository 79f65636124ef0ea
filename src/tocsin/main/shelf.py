"""A shelf: memory that this process and its workers share, so that a block need not go through a pipe.

The one who starts the workers puts a block on a place of the shelf, sends them its `Lent`, and uses the place again
once the answer is there. The memory has no name and no file: it ends with the last process that holds it.
"""

from __future__ import annotations

import mmap
import os
from collections.abc import Callable
from dataclasses import dataclass
from multiprocessing.reduction import DupFd
from typing import Any, Final

from tocsin.model.block import MAX_LINE_BYTES, Block

PLACE_BYTES: Final = 4 * MAX_LINE_BYTES
"""Room of a place; of this only what was ever written takes memory. No block is as long: see `read_blocks`."""


@dataclass(frozen=True, slots=True)
class Lent:
    """A block whose bytes are on the shelf."""

    place: int
    length: int
    segment: int
    offset: int
    overlong: tuple[tuple[int, int], ...]


class Shelf:
    """Places for blocks. Sent to a process as it is started, it is the same shelf there."""

    def __init__(self, places: int, descriptor: int | None = None) -> None:
        """`descriptor`: of the memory of a shelf that is there already."""
        self._places = places
        self._descriptor = os.memfd_create("tocsin-blocks") if descriptor is None else descriptor
        os.ftruncate(self._descriptor, places * PLACE_BYTES)
        self._memory = mmap.mmap(self._descriptor, places * PLACE_BYTES)

    def put(self, place: int, block: Block) -> Lent:
        """Lay a block on a place, over what was there."""
        if len(block.data) > PLACE_BYTES:
            raise ValueError(f"a block of {len(block.data)} bytes has no room on a place of {PLACE_BYTES}")
        start = place * PLACE_BYTES
        self._memory[start : start + len(block.data)] = block.data
        return Lent(place, len(block.data), block.segment, block.offset, block.overlong)

    def take(self, lent: Lent) -> Block:
        """The block again."""
        start = lent.place * PLACE_BYTES
        return Block(self._memory[start : start + lent.length], lent.segment, lent.offset, lent.overlong)

    def clear(self, place: int) -> None:
        """Give the memory of a place back, here and in every process."""
        self._memory.madvise(mmap.MADV_REMOVE, place * PLACE_BYTES, PLACE_BYTES)

    def close(self) -> None:
        """Let go of the memory."""
        self._memory.close()
        os.close(self._descriptor)

    def __reduce__(self) -> tuple[Callable[..., Shelf], tuple[int, Any]]:
        return _same_shelf, (self._places, DupFd(self._descriptor))


def _same_shelf(places: int, sent: Any) -> Shelf:
    return Shelf(places, sent.detach())
