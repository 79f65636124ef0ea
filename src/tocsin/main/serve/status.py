"""How the processes are: a small file each, replaced whole; and what they say as it happens."""

from __future__ import annotations

import contextlib
import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

from tocsin.config import Settings
from tocsin.main.serve.outbox import serve_folder

PROCESSES: Final = ("judge", "actor")
Say = Callable[[str, dict[str, Any]], None]
"""Told (process, what happened): for a person or a program that watches. No identity is in it."""


def write_status(settings: Settings, name: str, told: dict[str, Any]) -> None:
    """Replace a status file; a full disk does not stop anybody."""
    path = serve_folder(settings) / f"{name}.json"
    scratch = path.with_suffix(f".{os.getpid()}.tmp")
    with contextlib.suppress(OSError):
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        scratch.write_text(json.dumps(told, indent=1) + "\n", "utf-8")
        scratch.replace(path)


def read_status(settings: Settings, name: str) -> dict[str, Any]:
    """What a process last said; empty if it said nothing."""
    return _read(serve_folder(settings) / f"{name}.json")


def write_summary(settings: Settings, supervisor: dict[str, Any]) -> None:
    """`status.json`: all processes in one."""
    processes = {name: told for name in PROCESSES if (told := read_status(settings, name))}
    write_status(settings, "status", {**supervisor, "processes": processes})


def _read(path: Path) -> dict[str, Any]:
    try:
        told = json.loads(path.read_text("utf-8"))
    except (OSError, ValueError):
        return {}
    return told if isinstance(told, dict) else {}
