"""A rule: what somebody wants to be shown when a single event looks like this, and why."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from tocsin.model.condition import Condition

LEVELS: Final = ("informational", "low", "medium", "high", "critical")
"""Sigma's levels, lowest first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """One rule as it was read."""

    name: str
    """Name of its file without the ending."""
    id: str
    """UUID; stays when the rule is renamed."""
    title: str
    title_fr: str
    """Empty if its author gave none."""
    description: str
    """What it looks for and why; where the idea comes from."""
    description_fr: str
    level: str
    """One of LEVELS."""
    falsepositives: tuple[str, ...]
    """What else looks like this."""
    references: tuple[str, ...]
    condition: Condition
