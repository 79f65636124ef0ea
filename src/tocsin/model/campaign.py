"""Indicators of one thief's ways, and the campaign: incidents of several regions that look like one thief's.

Nothing here names a person: no patient, no account, no professional, no text that anybody wrote.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

KINDS: Final = (
    "address",  # the same address
    "network",  # the same network (IPv4 /24, IPv6 /48), or an address in it
    "tempo",  # about as many records a minute
    "search",  # the same way of searching
    "hours",  # the same hours of the day
    "elements",  # the same kinds of data taken
)
"""What two incidents can share, strongest first. Only the first two can make a campaign: the others are told beside."""

SEARCHES: Final = (
    "prefixes",  # names searched by their first letters, one after the other
    "neighbours",  # records opened by local numbers that follow one another
    "pages",  # long lists turned page by page
    "identifiers",  # records looked up by national numbers
    "lists",  # records of a list opened one by one
)
"""Ways of searching."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """A network or an address from which the thief came."""

    value: str
    """An IP network in CIDR form, or one IP address."""
    events: int
    """Acts of the thief from there."""
    first_at: int
    """Microseconds UTC."""
    last_at: int
    """Microseconds UTC."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Indicators:
    """What of an incident another region can look for."""

    region: str
    """Whose incident it is."""
    campaign: str
    """Name of the incident among regions: 32 hexadecimal digits under the region's own key; says nothing by itself."""
    first_at: int
    """First act of the thief, microseconds UTC."""
    last_at: int
    """Last act of the thief, microseconds UTC."""
    networks: tuple[Place, ...]
    addresses: tuple[Place, ...]
    records_a_minute: int
    """Median of patients shown in a minute in which any was, rounded."""
    records_at_most: int
    """The largest such minute."""
    searches: tuple[str, ...]
    """Words of SEARCHES."""
    hours: tuple[int, ...]
    """Hours of the day, UTC, in which the thief was there."""
    kinds: tuple[str, ...]
    """Categories of data that the services hold in which he was: what kind of service, never which."""
    elements: tuple[str, ...]
    """What was taken: words of `model.event.ELEMENTS`."""
    accounts: int
    """How many accounts he held."""
    patients: int
    """How many patients were exposed by him for sure."""
    doubtful: int
    """How many may have been."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Bundle:
    """Indicators that another region signed, as they were received."""

    indicators: Indicators
    id: str
    """STIX id of the bundle."""
    modified: int
    """When the content was last changed, microseconds UTC."""
    valid_until: int
    """Microseconds UTC."""
    sha256: str
    """Of the bytes that were signed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Match:
    """One thing that an incident here and a bundle from elsewhere have in common."""

    kind: str
    """One of KINDS."""
    value: str
    """The address or network, or what is alike in words."""
    honest: int
    """Accounts here that came from there and are in no incident; 0 where that does not apply."""
    words: str
    """Why it counts, in English, with its numbers."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Campaign:
    """Incidents of several regions that look like one thief's, and why."""

    id: str
    """`CAM-` and 10 hexadecimal digits."""
    incident: str
    """`Incident.id` here."""
    region: str
    """The other region."""
    campaign: str
    """`Indicators.campaign` there."""
    matches: tuple[Match, ...]
    """Strongest first."""
    overlap_h: int
    """Hours in which both were going on; negative: hours between the end of one and the start of the other."""
