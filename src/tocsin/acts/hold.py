"""One process carries out acts at a time: an act found begun while the hold is ours was left by a process that died."""

from __future__ import annotations

import fcntl
import os
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final

from tocsin.errors import Conflict

PATIENCE_S: Final = 10.0
"""How long others wait: about as long as one slow act takes."""
_STEP_S: Final = 0.02
_NAME_BYTES: Final = 200


class Held(Conflict):
    """Another process carries out acts."""


class Hold:
    """A lock on a file, let go of when the process ends however it ends; threads of one process share it.

    Two threads of one process never carry out the same act: the second is told `Conflict`.
    """

    def __init__(self, path: Path, who: str, *, patience_s: float = PATIENCE_S) -> None:
        self._path = path
        self._who = who
        self._patience_s = patience_s
        self._lock = threading.Lock()
        self._descriptor = -1
        self._acts: set[str] = set()

    @contextmanager
    def of(self, act: str) -> Iterator[None]:
        """Nobody else carries out acts meanwhile. Raises `Held` that says who does."""
        with self._lock:
            if act in self._acts:
                raise Conflict(f"{act} is being carried out at this moment", advice="Look again in a moment.")
            if not self._acts:
                self._take()
            self._acts.add(act)
        try:
            yield
        finally:
            with self._lock:
                self._acts.discard(act)
                if not self._acts:
                    os.close(self._descriptor)

    def _take(self) -> None:
        self._path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        descriptor = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            self._wait(descriptor)
        except BaseException:
            os.close(descriptor)
            raise
        with suppress(OSError):  # the name is a help to others; on a full disk the hold counts without it
            os.ftruncate(descriptor, 0)
            os.pwrite(descriptor, f"{self._who} (process {os.getpid()})\n".encode()[:_NAME_BYTES], 0)
        self._descriptor = descriptor

    def _wait(self, descriptor: int) -> None:
        for _ in range(max(1, int(self._patience_s / _STEP_S))):
            if _locked(descriptor):
                return
            time.sleep(_STEP_S)
        holder = os.pread(descriptor, _NAME_BYTES, 0).decode("utf-8", "replace").strip() or "somebody"
        raise Held(
            f"acts are being carried out by {holder}",
            done="Nothing was done; what is planned and approved stays written down.",
            advice="Wait until it is through, then run `tocsin resume`.",
        )


def _locked(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
