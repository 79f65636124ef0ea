"""The packer: one thread that compresses segments while the ledger goes on (zstd lets go of the GIL)."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Collection
from typing import Final

QUEUE_SEGMENTS: Final = 4
"""Offers that may wait before the one who makes them waits too: bounds the memory and the disk a large batch takes."""


class Packer:
    """Calls `pack(number)` for each offered segment, in order; an exception is handed to `failed`."""

    def __init__(
        self, pack: Callable[[int], None], failed: Callable[[int, BaseException], None], *, background: bool = True
    ) -> None:
        self._pack = pack
        self._failed = failed
        self._background = background
        self._waiting: deque[int] = deque()
        self._current: int | None = None
        self._finished = False
        self._changed = threading.Condition()
        self._thread: threading.Thread | None = None

    def offer(self, segment: int, *, wait: bool = False) -> None:
        """Have a segment packed; `wait` while many are before it."""
        if not self._background:
            self._run(segment)
            return
        with self._changed:
            self._changed.wait_for(lambda: not wait or len(self._waiting) < QUEUE_SEGMENTS)
            self._waiting.append(segment)
            self._changed.notify_all()
        self._start()

    def forget(self, segments: Collection[int]) -> None:
        """Return when none of these is being packed or will be."""
        with self._changed:
            self._waiting = deque(number for number in self._waiting if number not in segments)
            self._changed.wait_for(lambda: self._current not in segments)

    def wait_for(self, segments: frozenset[int]) -> None:
        """Return when none of these is left to pack."""
        with self._changed:
            self._changed.wait_for(lambda: self._current not in segments and segments.isdisjoint(self._waiting))

    def settle(self) -> None:
        """Return when nothing is left to pack."""
        with self._changed:
            self._changed.wait_for(lambda: not self._waiting and self._current is None)

    def finish(self) -> None:
        """Pack what is left and end the thread."""
        with self._changed:
            self._finished = True
            self._changed.notify_all()
        if self._thread:
            self._thread.join()

    def _start(self) -> None:
        if self._thread is None:
            self._thread = threading.Thread(target=self._work, name="ledger-packer", daemon=True)
            self._thread.start()

    def _work(self) -> None:
        while (segment := self._take()) is not None:
            self._run(segment)
            with self._changed:
                self._current = None
                self._changed.notify_all()

    def _take(self) -> int | None:
        with self._changed:
            self._changed.wait_for(lambda: bool(self._waiting) or self._finished)
            self._current = self._waiting.popleft() if self._waiting else None
            self._changed.notify_all()
            return self._current

    def _run(self, segment: int) -> None:
        try:
            self._pack(segment)
        except BaseException as error:  # handed over: it surfaces in the thread that writes
            self._failed(segment, error)
