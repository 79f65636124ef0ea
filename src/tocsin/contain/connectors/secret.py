"""Secrets stand in files that nobody else may read."""

from __future__ import annotations

import os
import stat
from pathlib import Path

from tocsin.errors import Usage


def read_secret(path: Path, of: str) -> str:
    """The text of a secret file, without the line end. `of`: what it is for, as the settings name it.

    Raises `Usage` if it is missing, empty, or readable or writable by group or others.
    """
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    except OSError as problem:
        raise Usage(f"the secret file of {of} cannot be read ({problem.strerror})", advice="Check its path.") from None
    with os.fdopen(descriptor, encoding="utf-8") as file:
        if stat.S_IMODE(os.fstat(descriptor).st_mode) & 0o077:
            raise Usage(
                f"the secret file of {of} can be read by others", advice="Make it its owner's alone: chmod 600 FILE."
            )
        text = file.read().strip()
    if not text:
        raise Usage(f"the secret file of {of} is empty")
    return text
