"""What the trail can answer for, hour by hour and service by service: nothing is claimed that is not vouched for."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

CLINICAL: Final = ("clinical", "document")
"""Categories of data that hold what a caregiver wrote."""

WHY_NOT: Final = (
    "uncounted",  # the trail has neither sequence nor heartbeat: nobody can tell whether lines are missing
    "silent",  # nothing came in an hour in which the service usually speaks
    "rejected",  # lines that may be of this service and hour were refused
    "unrecorded",  # the trail does not record the act, or does not say of whom
    "unheard",  # the service told nothing at all in the window
)
"""Why a service is not vouched for over an hour or the whole window."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Doubt:
    """One reason why a service's trail does not vouch for completeness."""

    why: str
    """One of WHY_NOT."""
    hours: tuple[tuple[int, int], ...]
    """Hours since 1970 (UTC) that it concerns, as spans (first, hour after the last), rising."""
    words: str
    """In English, with its numbers; names no account and no patient."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceCoverage:
    """What one service's trail answers for over a window."""

    service: str
    """As the trail names it."""
    categories: tuple[str, ...]
    """Categories of data it holds, as the catalogue says; empty: the catalogue does not know the service."""
    clinical: bool
    """It holds, or may hold, what a caregiver wrote: clinical data or documents."""
    lines: int
    """Lines of its trail in the window."""
    doubts: tuple[Doubt, ...]
    """Why it is not vouched for, in the order of WHY_NOT; none: it is, over the whole window."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Coverage:
    """What the trail answers for over the window of an incident."""

    since: int
    """First hour (since 1970, UTC)."""
    until: int
    """Hour after the last."""
    services: tuple[ServiceCoverage, ...]
    """By name."""
    rejected: int
    """Lines refused whose service or time nobody can tell."""

    @property
    def vouched(self) -> bool:
        """Whether every service's trail is complete over the whole window and records the acts."""
        return bool(self.services) and not self.rejected and not any(one.doubts for one in self.services)


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """What may be said of one kind of data, and what must be said beside it."""

    subject: str
    """`clinical` | `contact` | `national-number` | ...: a category of data."""
    seen: int
    """Persons of whom the trail shows that the thief, or somebody who may be the thief, saw it."""
    possible: int
    """Persons of whom the trail does not say what was shown."""
    unnamed: int
    """Acts of the thief, or of who may be, that showed patients whom the trail does not name; nor which data."""
    vouched: bool
    """Every service that may hold it is vouched for over the whole window: then, and only then, `seen` is all."""
    unvouched: tuple[str, ...]
    """Services that may hold it and are not vouched for."""
    evidence: tuple[str, ...]
    """Ids of what it rests on."""


def nothing_opened(claims: Iterable[Claim], categories: Sequence[str] = CLINICAL) -> bool:
    """Whether it may be said that no data of these categories was seen. Only then."""
    mine = [claim for claim in claims if claim.subject in categories]
    return bool(mine) and all(
        claim.vouched and not claim.seen and not claim.possible and not claim.unnamed for claim in mine
    )
