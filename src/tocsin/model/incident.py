"""The incident: accounts that share a thief, and why they are thought to."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from tocsin.model.episode import Episode

LINKS: Final = (
    "device",  # the same device in doubtful sessions of both
    "network",  # the same network
    "patients",  # the same patients taken
    "account",  # two episodes of one account
    "person",  # two accounts of one professional
    "told",  # a person said so
    "kept",  # they were one incident before; what joined them then no longer does
)
"""Why two episodes are one incident, strongest reason first in each link."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """Two episodes that share a thief."""

    first: str
    """`Episode.id`."""
    second: str
    kind: str
    """One of LINKS."""
    words: str
    """Why, in English, with its numbers; names no account and no patient."""
    fr: str = ""
    """The same in French."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Incident:
    """Episodes that belong together; what is contained, scoped, declared, told and shared."""

    id: str
    """`INC-` and 10 hexadecimal digits; see `incident_id`. Once given it stays, whoever joins."""
    episodes: tuple[Episode, ...]
    """By time of opening, at least one."""
    links: tuple[Link, ...]
    opened_at: int
    """Time of the first alert, microseconds UTC."""
    absorbed: tuple[str, ...] = ()
    """Ids of incidents that turned out to be this one: what was done and told under them counts here."""

    @property
    def accounts(self) -> tuple[str, ...]:
        """Accounts as the trail names them, each once, in the order of their first alert. Never logged."""
        return tuple(dict.fromkeys(episode.account for episode in self.episodes))


def incident_id(episodes: Iterable[str]) -> str:
    """The name of an incident that has none yet: BLAKE2b-40 of the id of its first episode."""
    return f"INC-{hashlib.blake2b(min(episodes).encode(), digest_size=5).hexdigest()}"
