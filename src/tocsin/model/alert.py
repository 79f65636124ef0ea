"""The alert, and the ladder's rungs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from tocsin.model.ground import Ground

RUNGS: Final = ("ask", "own-patients-only", "end-sessions", "suspend")
"""Lowest first. Names are the same in settings, JSON and pages."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rung:
    """One rung of the ladder, as `tocsin.toml` sets it."""

    name: str
    """One of RUNGS."""
    budget: float
    """False alarms per account-week that the region accepts."""
    duration_us: int
    """How long it stands, microseconds; for `end-sessions` how long without an event."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Alert:
    """The weight of evidence against an account's owner crossed a rung of the ladder."""

    account: str
    """The account as the trail names it (`system|value` when the trail gives a system). Never logged."""
    at: int
    """Time of the event that carried it there, microseconds UTC."""
    rung: str
    """One of RUNGS."""
    weight: int
    """Natural logarithm of the e-SR statistic, micro-nats; not a probability. Source: docs/explanation/weight.md."""
    one_in: float
    """Rarity: one account-week in this many is as heavy."""
    measured: bool
    """Whether the rarity was measured; else it is estimated from a tail."""
    stratum: str
    """Whose account-weeks it is compared with: `*` all roles, "" all accounts, else see `model.stratum`."""
    calibration: str
    """Hash of the calibration in force."""
    session: int
    """Id of the session that carried it there."""
    grounds: tuple[Ground, ...]
    """What the weight is made of, heaviest first; it is their sum."""
    events: tuple[str, ...]
    """Event ids (hex) that weigh most, at most ten."""
    line: int = 0
    """Weight at which the rung begins, micro-nats; 0: a person decided, no line was crossed."""
    line_measured: bool = False
    """Whether that line is an order statistic of account-weeks that were looked at; else it is estimated."""
    line_stratum: str = ""
    """Whose account-weeks drew the line, as `stratum`."""
    budget: float = 0.0
    """False alarms per account-week that the line keeps, if its promise holds; 0: no line was crossed."""
    families: tuple[str, ...] = ()
    """Independent families with evidence of their own in the last days, in the order of FAMILIES."""
