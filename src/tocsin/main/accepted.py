"""What an import came to."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(slots=True)
class Accepted:
    """What an import came to."""

    batch: int
    """0 if nothing was new."""
    lines: int = 0
    events: int = 0
    duplicates: int = 0
    rejected: int = 0
    rejected_by_reason: dict[str, int] = field(default_factory=dict)
    facts: int = 0
    files_known: int = 0
    """Files whose every byte the ledger holds already."""
    alerts: int = 0
    calibrated: bool = False
    """Whether a calibration of the region's own is in force."""
    damage: list[str] = field(default_factory=list)
    ignored: list[str] = field(default_factory=list)
    """Names of files that are neither trail nor facts: they were not opened."""
