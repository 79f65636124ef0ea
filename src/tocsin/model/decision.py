"""The decision: what a person said about an alert, an account or a session. It flows back in as Tocsin's own trail."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Final

WHAT: Final = (
    "true",  # verdict: somebody else held the account
    "false",  # verdict: the owner was at work
    "expected",  # verdict: the owner was at work, for a reason that will come again
    "challenge-passed",  # the owner proved to be the owner
    "challenge-failed",  # whoever was there could not
    "not-mine",  # the owner says of sessions or events: that was not me
    "mine",  # the owner says: that was me
    "withdrawn",  # an exception ends before its time
    "aware",  # the controller became aware of the breach: the 72 hours run from here
)

SOMEBODY_ELSE: Final = ("true", "challenge-failed", "not-mine")
"""What says that somebody else held the account."""

THE_OWNER: Final = ("false", "expected", "challenge-passed", "mine")
"""What says that the owner was at work."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """One decision of one person."""

    what: str
    """One of WHAT."""
    account: str = ""
    """The account it is about, as the trail names it; empty for `aware`. Never logged."""
    about: str = ""
    """`Alert`, episode or incident it answers."""
    sessions: tuple[int, ...] = ()
    """Sessions it is about (`not-mine`, `mine`); empty: every doubtful one."""
    events: tuple[str, ...] = ()
    """Event ids (hex) it is about, line by line."""
    days: tuple[int, ...] = ()
    """UTC days (since 1970) on which those sessions and events were."""
    at: int
    """When it was taken, microseconds UTC."""
    who: str
    """The person."""
    why: str = ""
    """In their words."""
    until: int = 0
    """When an `expected` ends, microseconds UTC."""
    caps: tuple[tuple[str, int], ...] = ()
    """What an `expected` expects: (content detector, count up to which it is no evidence)."""


def exception_id(decision: Decision) -> str:
    """The name of the exception that an `expected` makes: BLAKE2b-40 of account and time, the same in every run."""
    told = f"{decision.at} {decision.account}".encode("utf-8", "surrogatepass")
    return f"EX-{hashlib.blake2b(told, digest_size=5).hexdigest()}"
