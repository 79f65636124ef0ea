"""Runs an argument vector: no shell, no input, a time limit, and little of what it prints."""

from __future__ import annotations

import os
import signal
import subprocess
import threading
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import IO, Final

from tocsin.errors import ConnectorFailed

SHOWN_BYTES: Final = 4096
"""So much of the output is looked at; the rest is read and dropped. None of it is logged or kept."""


@dataclass(frozen=True, slots=True)
class Ran:
    """What a command came to."""

    code: int
    """Exit code; negative: the signal that ended it."""
    output: bytes
    """The first SHOWN_BYTES of standard output."""


def run(command: Sequence[str], values: Mapping[str, str], *, timeout_s: float) -> Ran:
    """Run `command` with each `{name}` replaced by its value, inside the argument in which it stands.

    Raises `ConnectorFailed` if it cannot be started, does not end within `timeout_s` (it is killed with all that it
    started), or if a value cannot stand in an argument: values come from trails, which thieves write too.
    """
    argv = [_filled(argument, values) for argument in command]
    try:
        process = subprocess.Popen(
            argv,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
    except OSError as problem:
        raise ConnectorFailed(
            f"the command cannot be started ({problem.strerror})", advice="Check its path and rights, then try again."
        ) from None
    assert process.stdout is not None
    kept = bytearray()
    reader = threading.Thread(target=_read, args=(process.stdout, kept), daemon=True)
    reader.start()
    try:
        code = process.wait(timeout_s)
    except subprocess.TimeoutExpired:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)  # its own session: it and what it started
        process.wait()
        raise ConnectorFailed(f"the command did not end within {timeout_s:g} s: it was killed") from None
    finally:
        reader.join(1)
        process.stdout.close()
    return Ran(code, bytes(kept))


def _filled(argument: str, values: Mapping[str, str]) -> str:
    filled = argument
    for name, value in values.items():
        if f"{{{name}}}" not in argument:
            continue
        if "\0" in value:
            raise ConnectorFailed(f"the {name} holds a zero byte: no command can be given it")
        if argument.startswith(f"{{{name}}}") and value.startswith("-"):
            raise ConnectorFailed(
                f"the {name} begins with a hyphen: the command would take it for an option",
                advice=f'Write the argument as "--option={{{name}}}" in the settings.',
            )
        filled = filled.replace(f"{{{name}}}", value)
    return filled


def _read(stream: IO[bytes], kept: bytearray) -> None:
    with suppress(ValueError, OSError):  # it was closed: the command is over
        while chunk := stream.read1(SHOWN_BYTES):  # type: ignore[attr-defined]
            kept += chunk[: SHOWN_BYTES - len(kept)]
