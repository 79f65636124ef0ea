"""Disks that do not sync, stop, fill up or lose their power: put in place of `tocsin.ledger.Disk`."""

from __future__ import annotations

import errno
import os
from pathlib import Path

from tocsin.ledger import Disk


class QuickDisk(Disk):
    """Does not wait for the hardware: for tests of meaning, not of durability."""

    def _do(self, call, *arguments, **keywords):
        return None if call is os.fsync else call(*arguments, **keywords)


class Stopped(BaseException):
    """The process is dead from here on."""


class StoppingDisk(Disk):
    """Stops before step `stop_at` (from 1), as kill -9 would: nothing after it happens. A write is done by half."""

    def __init__(self, stop_at: int) -> None:
        self.steps = 0
        self.stop_at = stop_at

    def _do(self, call, *arguments, **keywords):
        self.steps += 1
        if self.steps == self.stop_at and call is os.write:
            descriptor, data = arguments
            os.write(descriptor, bytes(data)[: len(data) // 2])
        if self.steps >= self.stop_at:
            raise Stopped
        return self._live(call, *arguments, **keywords)

    def _live(self, call, *arguments, **keywords):
        return None if call is os.fsync else call(*arguments, **keywords)


class PowerCutDisk(StoppingDisk):
    """Stops, and `cut_power` then takes away whatever was not synced: bytes of files and names of folders."""

    def __init__(self, stop_at: int) -> None:
        super().__init__(stop_at)
        self.synced: dict[str, int] = {}
        self.named: set[str] = set()

    def _live(self, call, *arguments, **keywords):
        if call is os.fsync:
            return self._note(os.readlink(f"/proc/self/fd/{arguments[0]}"))
        if call is os.rename and str(arguments[0]) in self.synced:
            self.synced[str(arguments[1])] = self.synced.pop(str(arguments[0]))
        if call is os.truncate:
            path, length = str(arguments[0]), arguments[1]
            self.synced[path] = min(self.synced.get(path, 0), length)
        return call(*arguments, **keywords)

    def _note(self, path: str) -> None:
        if os.path.isdir(path):
            self.named.update(os.path.join(path, name) for name in os.listdir(path))
        else:
            self.synced[path] = os.path.getsize(path)

    def cut_power(self, ledger: Path) -> None:
        """Only what was synced is left."""
        for path in sorted(ledger.rglob("*"), reverse=True):
            if str(path) not in self.named:
                path.rmdir() if path.is_dir() else path.unlink()
            elif path.is_file() and path.stat().st_size > self.synced.get(str(path), 0):
                os.truncate(path, self.synced.get(str(path), 0))


class FullDisk(Disk):
    """Has no room for step `full_at` and for the `times - 1` writes and new files after it; then room is made."""

    def __init__(self, full_at: int, *, times: int = 1, code: int = errno.ENOSPC) -> None:
        self.steps = 0
        self.full_at = full_at
        self.times = times
        self.code = code
        self.met = 0

    def _do(self, call, *arguments, **keywords):
        self.steps += 1
        if self.steps >= self.full_at and self.met < self.times and self._needs_room(call):
            self.met += 1
            if call is os.write and len(arguments[1]) > 1:
                half = len(arguments[1]) // 2
                return os.write(arguments[0], bytes(arguments[1])[:half]) if self.met % 2 else self._refuse()
            self._refuse()
        return None if call is os.fsync else call(*arguments, **keywords)

    def _needs_room(self, call) -> bool:
        return call in (os.write, os.open, os.fsync, os.rename, os.mkdir, os.pwrite)

    def _refuse(self) -> int:
        raise OSError(self.code, os.strerror(self.code))
