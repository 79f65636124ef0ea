"""Files of the door: there whole or not at all, readable by their owner only."""

from __future__ import annotations

import contextlib
import errno
import os
from pathlib import Path
from typing import Final

from tocsin.errors import DiskFull, StoreUnavailable

UNFINISHED: Final = ".unfinished"
"""Ending of a file that a crash may have left half written."""

_FULL: Final = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})


def make_private(folder: Path) -> None:
    """Make a folder, mode 0700, or take away what others may do in it."""
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        folder.chmod(0o700)
    except OSError as error:
        raise told_of(error, folder) from error


def put(path: Path, data: bytes) -> None:
    """Write a file, mode 0600, that takes its name only once it is on the disk."""
    unfinished = path.with_name(path.name + UNFINISHED)
    try:
        with contextlib.suppress(FileNotFoundError):
            unfinished.unlink()
        with open(os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600), "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        unfinished.replace(path)
        sync_folder(path.parent)
    except OSError as error:
        raise told_of(error, path) from error


def sync_folder(folder: Path) -> None:
    """See the names in a folder on the disk."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def told_of(error: OSError, path: Path) -> DiskFull | StoreUnavailable:
    """An error of the system as one of ours."""
    if error.errno in _FULL:
        return DiskFull(f"The disk is full: {path.name} was not written.", advice="Free some space, then start again.")
    return StoreUnavailable(
        f"{path.name} of the vault cannot be used: {error.strerror}.", advice="Check the folder's owner."
    )
