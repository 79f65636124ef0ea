"""Files that are there whole or not at all, readable by their owner only."""

from __future__ import annotations

import contextlib
import errno
import os
from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO

from tocsin.errors import DiskFull, StoreUnavailable

REBUILD = "Run `tocsin rebuild`: derived data is made anew from the ledger."

_FULL = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})


def make_folder(folder: Path) -> None:
    """Make a folder and what is missing above it, mode 0700."""
    if folder.is_dir():
        return
    make_folder(folder.parent)
    with contextlib.suppress(FileExistsError):
        folder.mkdir(mode=0o700)


def put(path: Path, fill: Callable[[BinaryIO], None], *, durable: bool) -> None:
    """Make or replace the file `path` by what `fill` writes, in one step; mode 0600.

    `durable`: fsync the file before it takes its name, and the folder after, so that a power cut cannot undo it.
    Raises `DiskFull`, or `StoreUnavailable` if the folder cannot be written; what was there before then stays.
    """
    unfinished = path.with_name(f".{path.name}.unfinished")
    try:
        make_folder(path.parent)
        with open(os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
            fill(file)
            file.flush()
            if durable:
                os.fsync(file.fileno())
        unfinished.replace(path)
        if durable:
            _sync_folder(path.parent)
    except OSError as error:
        raise _told(error, path) from error
    finally:
        with contextlib.suppress(OSError):
            unfinished.unlink()


def put_bytes(path: Path, told: bytes, *, durable: bool) -> None:
    """`put` for what is small enough to be in memory."""

    def fill(file: BinaryIO) -> None:
        file.write(told)

    put(path, fill, durable=durable)


def _sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _told(error: OSError, path: Path) -> DiskFull | StoreUnavailable:
    if error.errno in _FULL:
        return DiskFull(
            f"The disk is full: {path.name} was not written.",
            done="What was acknowledged before is safe.",
            advice="Free some space, then start again: the batch is folded anew.",
        )
    return StoreUnavailable(f"{path.name} cannot be written: {error.strerror}.", advice="Check the folder's owner.")
