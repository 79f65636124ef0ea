"""Tidy: parts of closed months, and of days, that have become many are merged; no answer changes."""

from __future__ import annotations

from datetime import date
from typing import Any, Final

from tocsin import log
from tocsin.errors import DiskFull, StoreUnavailable
from tocsin.store.interface import KINDS

MANY_PARTS: Final = 120
"""Parts of a closed month, about four a day, that are worth reading and writing all of it once more."""


def tidy(parts: Any, today: date) -> None:
    """Merge where there are many. `parts` are durable, for what was merged is deleted. What fails is left as it is."""
    try:
        merged = [name for kind in KINDS for name in parts.compact(kind, before=today, many=MANY_PARTS)]
    except (DiskFull, StoreUnavailable):
        log.warning("parts not merged")
        return
    if merged:
        log.info("parts merged", files=len(merged))
