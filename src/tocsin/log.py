"""Logs: words, then allow-listed keys. A key that is not on the list is dropped and counted: no identity slips out."""

from __future__ import annotations

import logging
from typing import Final

KEYS: Final = frozenset(
    {
        "accounts", "alerts", "batch", "bytes", "day", "days", "dropped", "duplicates", "events", "facts", "files",
        "held", "lines", "patients", "reason", "rejected", "rows", "rung", "segment", "segments", "sessions", "source",
        "took_ms", "version",
    }
)  # fmt: skip
"""What a log line may say."""

_log = logging.getLogger("tocsin")


def info(words: str, **keys: object) -> None:
    """Say what was done, for operators."""
    _say(logging.INFO, words, keys)


def warning(words: str, **keys: object) -> None:
    """Say what needs a look."""
    _say(logging.WARNING, words, keys)


def _say(level: int, words: str, keys: dict[str, object]) -> None:
    kept = {key: value for key, value in keys.items() if key in KEYS}
    if len(kept) < len(keys):
        kept["dropped"] = len(keys) - len(kept)
    _log.log(level, "%s", " ".join([words, *(f"{key}={value}" for key, value in sorted(kept.items()))]))
