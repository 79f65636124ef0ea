"""When to stop, and what is done every so often meanwhile."""

from __future__ import annotations

import os
import queue
import signal
import threading
from collections.abc import Callable
from contextlib import suppress
from types import FrameType
from typing import Final

from tocsin import log
from tocsin.errors import TocsinError
from tocsin.main.serve import clock

LEADER_S: Final = 0.5


class Loop:
    """Goes on until SIGTERM, SIGINT, a time, or the death of the process that leads this one."""

    def __init__(self, *, for_s: float | None = None, leader: int | None = None) -> None:
        """`leader`: process without which this one is not wanted; its parent."""
        self._stopping = False
        self._told: queue.SimpleQueue[None] = queue.SimpleQueue()
        """Wakes who waits. No event: a second signal in the middle of setting one waits for itself."""
        self._until = None if for_s is None else clock.ticks() + for_s
        self._leader = leader
        self._asked = 0.0
        self.trouble: BaseException | None = None
        """What went wrong in something that is done every so often."""

    def hear_signals(self) -> None:
        """Stop at SIGTERM and SIGINT from now on."""
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._heard)

    def goes_on(self) -> bool:
        """Whether to go on. Raises what went wrong in something that is done every so often."""
        if self.trouble is not None:
            raise self.trouble
        now = clock.ticks()
        if self._until is not None and now >= self._until:
            self.stop()
        if self._leader is not None and now - self._asked > LEADER_S:
            self._asked = now
            if os.getppid() != self._leader:
                self.stop()
        return not self._stopping

    def stop(self) -> None:
        """Do not go on."""
        self._stopping = True
        self._told.put(None)

    def wait(self, seconds: float) -> None:
        """Wait, unless it stops meanwhile."""
        if not self._stopping:
            with suppress(queue.Empty):
                self._told.get(timeout=seconds)

    def every(self, seconds: float, work: Callable[[], None]) -> Callable[[], None]:
        """Do something over and over in a thread of its own; what is returned ends it, and waits until it has."""
        over = threading.Event()

        def run() -> None:
            while not over.is_set():
                try:
                    work()
                except TocsinError as problem:
                    log.warning("tried again", reason=type(problem).__name__)
                except BaseException as problem:
                    self.trouble = problem
                    return
                over.wait(seconds)

        thread = threading.Thread(target=run, daemon=True)
        thread.start()

        def end() -> None:
            over.set()
            thread.join()

        return end

    def _heard(self, number: int, frame: FrameType | None) -> None:
        self.stop()
