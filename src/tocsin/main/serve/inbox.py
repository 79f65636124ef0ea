"""The inbox: lines of Tocsin's own trail, handed to the process that holds the ledger.

    NAME.own     first line: the stream; the rest: its lines. Appears whole (written aside, fsynced, renamed)
    NAME.done    the answer: {"batch": N}, or {"refused": why}. Whoever handed it in takes it away

A name is taken once: the ledger keeps it with the batch.
"""

from __future__ import annotations

import contextlib
import json
import os
import secrets
import time
from pathlib import Path
from typing import Any, Final

from tocsin.config import Settings
from tocsin.errors import StoreUnavailable, TocsinError, Usage
from tocsin.ledger.disk import clear_error

OWN_STREAMS: Final = ("tocsin/calibration", "tocsin/decision", "tocsin/settings")
"""What may be handed in."""
_GIVEN, _DONE = ".own", ".done"
_LOOK_S: Final = 0.02


def inbox_folder(settings: Settings) -> Path:
    """Where it lies."""
    return settings.state / "inbox"


def hand_in(settings: Settings, stream: str, data: bytes, *, wait_s: float = 30.0) -> int:
    """Hand lines in and wait until they are committed; the number of their batch.

    Raises `StoreUnavailable` if nobody takes them in time: then they are taken back.
    """
    if stream not in OWN_STREAMS or not data.endswith(b"\n"):
        raise Usage("only whole lines of Tocsin's own trail are handed in")
    folder = inbox_folder(settings)
    name = secrets.token_hex(12)
    given, done = folder / f"{name}{_GIVEN}", folder / f"{name}{_DONE}"
    _put(given, stream.encode() + b"\n" + data)
    for _ in range(int(wait_s / _LOOK_S)):
        with contextlib.suppress(FileNotFoundError):
            answer = json.loads(done.read_bytes())
            done.unlink()
            if "batch" not in answer:
                raise TocsinError(f"what was handed in was refused: {answer.get('refused')}")
            return int(answer["batch"])
        time.sleep(_LOOK_S)
    given.unlink(missing_ok=True)
    raise StoreUnavailable(
        "the process that holds the ledger takes nothing from the inbox",
        advice="Is it `tocsin serve`? Then look at it.",
    )


def waiting(settings: Settings) -> list[tuple[str, str, bytes]]:
    """(name, stream, lines) of what was handed in and not answered, oldest first."""
    found = []
    for path in sorted(inbox_folder(settings).glob(f"*{_GIVEN}"), key=_age):
        with contextlib.suppress(OSError):
            stream, _, data = path.read_bytes().partition(b"\n")
            found.append((path.stem, stream.decode("ascii", "replace"), data))
    return found


def answer(settings: Settings, name: str, told: dict[str, Any]) -> None:
    """Say what became of it."""
    folder = inbox_folder(settings)
    _put(folder / f"{name}{_DONE}", json.dumps(told).encode())
    (folder / f"{name}{_GIVEN}").unlink(missing_ok=True)


def _age(path: Path) -> tuple[int, str]:
    try:
        return path.stat().st_mtime_ns, path.name
    except OSError:
        return 0, path.name


def _put(path: Path, data: bytes) -> None:
    scratch = path.with_name(f".{path.name}.tmp")
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        descriptor = os.open(scratch, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        scratch.replace(path)
        folder = os.open(path.parent, os.O_RDONLY | os.O_CLOEXEC)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)
    except OSError as error:
        raise clear_error(error) from error
