"""The clock of the loops of `serve`: the only place of `main` that reads one."""

from __future__ import annotations

import time
from datetime import UTC, datetime


def utc() -> datetime:
    """The time, UTC."""
    return datetime.now(UTC)


def ticks() -> float:
    """Seconds of a clock that never goes back and is the same in every process of this machine."""
    return time.monotonic()


def wait(seconds: float) -> None:
    """Let time pass."""
    time.sleep(seconds)
