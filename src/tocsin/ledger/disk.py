"""Every step that changes the disk, in one place: so that tests can stop or fail between any two of them."""

from __future__ import annotations

import errno
import os
from collections.abc import Callable
from pathlib import Path
from typing import Final, ParamSpec, TypeVar

from tocsin.errors import DiskFull, StoreUnavailable, TocsinError

P = ParamSpec("P")
R = TypeVar("R")

FOLDER_MODE: Final = 0o700
FILE_MODE: Final = 0o600
NO_ROOM: Final = (errno.ENOSPC, errno.EDQUOT)


class Disk:
    """The steps. Each raises `DiskFull` (no room, quota) or `StoreUnavailable` (anything else), never `OSError`."""

    def make_folder(self, path: Path) -> None:
        """Create a folder for the owner alone and make its name durable."""
        self._step(os.mkdir, path, FOLDER_MODE)
        self.sync_folder(path.parent)

    def open_to_append(self, path: Path) -> int:
        """Open a file whose writes go to its end, created for the owner alone; gives its descriptor."""
        return self._step(os.open, path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, FILE_MODE)

    def open_to_overwrite(self, path: Path) -> int:
        """Open a file that is written in place, created for the owner alone; gives its descriptor."""
        return self._step(os.open, path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, FILE_MODE)

    def write(self, descriptor: int, data: bytes) -> None:
        """Write all of `data`, however often the system takes only a part."""
        written = self._step(os.write, descriptor, data)
        while written < len(data):
            written += self._step(os.write, descriptor, memoryview(data)[written:])

    def overwrite(self, descriptor: int, data: bytes) -> None:
        """Write a few bytes at the beginning of a file."""
        self._step(os.pwrite, descriptor, data, 0)

    def sync(self, descriptor: int) -> None:
        """Return when the file's bytes and length are on the disk."""
        self._step(os.fsync, descriptor)

    def sync_file(self, path: Path) -> None:
        """The same for a file that is not open."""
        descriptor = self._step(os.open, path, os.O_RDONLY | os.O_CLOEXEC)
        try:
            self.sync(descriptor)
        finally:
            os.close(descriptor)

    def sync_folder(self, path: Path) -> None:
        """Return when the names in a folder are on the disk."""
        self.sync_file(path)

    def truncate(self, path: Path, length: int) -> None:
        """Cut a file down to `length` bytes."""
        self._step(os.truncate, path, length)

    def rename(self, old: Path, new: Path) -> None:
        """Give a file its final name in one step."""
        self._step(os.rename, old, new)

    def remove(self, path: Path) -> None:
        """Remove a file; one that is not there is as good as removed."""
        self._step(_unlink, path)

    def _step(self, call: Callable[P, R], *arguments: P.args, **keywords: P.kwargs) -> R:
        try:
            return self._do(call, *arguments, **keywords)
        except OSError as error:
            raise clear_error(error) from error

    def _do(self, call: Callable[P, R], *arguments: P.args, **keywords: P.kwargs) -> R:
        """The seam: tests override it."""
        return call(*arguments, **keywords)


def _unlink(path: Path) -> None:
    path.unlink(missing_ok=True)


def clear_error(error: OSError) -> TocsinError:
    """Say what the system said in the words of the tree of errors, without a path."""
    if error.errno in NO_ROOM:
        return DiskFull(
            "The disk of the ledger is full.",
            done="Every acknowledged batch is safe; the batch in hand was not accepted.",
            advice="Make room, then send it again.",
        )
    return StoreUnavailable(
        f"The ledger cannot be written: {error.strerror or type(error).__name__}.",
        done="Every acknowledged batch is safe; the batch in hand was not accepted.",
        advice="Check the disk and the owner of the ledger's folder, then start again.",
    )
