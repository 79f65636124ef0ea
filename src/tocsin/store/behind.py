"""Parts written by a thread beside, while whoever makes them goes on to the next (Parquet lets go of the GIL)."""

from __future__ import annotations

from collections import deque
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import date
from types import TracebackType
from typing import Final, Protocol

import pyarrow as pa

from tocsin.store.interface import Kind

WAITING: Final = 4
"""Tables that may wait before the one who brings them waits too: bounds the memory they take."""


class Writes(Protocol):
    """What is needed of `interface.Parts`."""

    def write(self, kind: Kind, table: pa.Table, *, day: date | None, batch: int) -> None:
        """Write a part."""


class WriteBehind:
    """Used in a `with`, at the end of which every part is written.

    One thread writes, in the order in which the tables came. What goes wrong there is raised by the next `write`, or at
    the end of the `with`; nothing is written after it.
    """

    def __init__(self, parts: Writes) -> None:
        self._parts = parts
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="parts")
        self._waiting: deque[Future[None]] = deque()
        self._failed = False

    def write(self, kind: Kind, table: pa.Table, *, day: date | None, batch: int) -> None:
        """As `interface.Parts.write`, only later."""
        while self._waiting and (len(self._waiting) >= WAITING or self._waiting[0].done()):
            self._waiting.popleft().result()
        self._waiting.append(self._thread.submit(self._write, kind, table, day, batch))

    def __enter__(self) -> WriteBehind:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            while error is None and self._waiting:
                self._waiting.popleft().result()
        finally:
            self._thread.shutdown(wait=True, cancel_futures=True)

    def _write(self, kind: Kind, table: pa.Table, day: date | None, batch: int) -> None:
        """In the thread."""
        if self._failed:
            return
        try:
            self._parts.write(kind, table, day=day, batch=batch)
        except BaseException:
            self._failed = True
            raise
