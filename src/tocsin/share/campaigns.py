"""Own incidents and received bundles -> campaigns, each with its reasons. Pure.

Two incidents are one campaign if the thief came from one address or network that honest accounts here do not use, and
not too long apart. Tempo, searches, hours and kinds of data are alike in many thefts: they are told beside, and make
no campaign by themselves.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from typing import Final

from tocsin.model.campaign import KINDS, Bundle, Campaign, Indicators, Match
from tocsin.share.places import Address, Network, address_of, holds, network_of

CROWD: Final = 3
"""From so many honest accounts on, an address or network here says nothing."""
APART_H: Final = 24 * 45
"""Hours between two incidents after which a place has other people in it."""
_HOUR_US: Final = 3_600_000_000
_ALIKE: Final = 1.5
"""Two tempos are alike if one is at most so many times the other."""


def campaigns_of(
    own: Mapping[str, Indicators], bundles: Iterable[Bundle], *, honest: Mapping[str, int], now: int
) -> list[Campaign]:
    """Every pair of an own incident and a bundle that look like one thief's, by incident and region.

    `own`: `Incident.id` -> indicators; `honest`: network as the trail names it -> accounts here in no
    incident that came from there; `now`: microseconds UTC, a bundle past its end links nothing.
    """
    found = []
    for incident, mine in sorted(own.items()):
        for bundle in sorted(bundles, key=lambda one: (one.indicators.region, one.indicators.campaign)):
            theirs = bundle.indicators
            overlap_h = _overlap_h(mine, theirs)
            if bundle.valid_until < now or overlap_h < -APART_H:
                continue
            places = _places(mine, theirs, honest)
            if not places:
                continue
            matches = sorted([*places, *_ways(mine, theirs)], key=lambda one: (KINDS.index(one.kind), one.value))
            found.append(
                Campaign(
                    id=_name(incident, theirs),
                    incident=incident,
                    region=theirs.region,
                    campaign=theirs.campaign,
                    matches=tuple(matches),
                    overlap_h=overlap_h,
                )
            )
    return found


def _places(mine: Indicators, theirs: Indicators, honest: Mapping[str, int]) -> list[Match]:
    """Addresses and networks of both that few honest accounts here use."""
    found: dict[tuple[str, str], Match] = {}
    known = {one.value for one in theirs.addresses}
    for place in mine.addresses:
        used = honest.get(str(network_of(place.value)), 0)
        if place.value in known and used < CROWD:
            words = f"the same address; honest accounts here that use its network: {used}"
            found["address", place.value] = Match(kind="address", value=place.value, honest=used, words=words)
    for place in mine.networks:
        network = network_of(place.value)
        used = honest.get(place.value, 0)
        if network is not None and used < CROWD and any(_meet(network, other) for other in _all(theirs)):
            words = f"the same network; honest accounts here that use it: {used}"
            found["network", place.value] = Match(kind="network", value=place.value, honest=used, words=words)
    return list(found.values())


def _all(indicators: Indicators) -> list[Network | Address]:
    told = [network_of(place.value) for place in indicators.networks]
    return [one for one in (*told, *(address_of(place.value) for place in indicators.addresses)) if one is not None]


def _meet(network: Network, other: Network | Address) -> bool:
    back = not isinstance(other, Address) and holds(other, network)
    return holds(network, other) or back


def _ways(mine: Indicators, theirs: Indicators) -> list[Match]:
    """What is alike in how both went about it."""
    found = []
    slow, fast = sorted((mine.records_a_minute, theirs.records_a_minute))
    if slow and fast <= _ALIKE * slow:
        words = f"{mine.records_a_minute} records a minute here, {theirs.records_a_minute} there"
        found.append(Match(kind="tempo", value=str(mine.records_a_minute), honest=0, words=words))
    for kind, here, there in (
        ("search", mine.searches, theirs.searches),
        ("elements", mine.elements, theirs.elements),
    ):
        shared = [one for one in here if one in there]
        if shared:
            words = f"{len(shared)} of {len(set(here) | set(there))} in common"
            found.append(Match(kind=kind, value=", ".join(shared), honest=0, words=words))
    hours = sorted(set(mine.hours) & set(theirs.hours))
    if hours:
        words = f"{len(hours)} of {len(set(mine.hours) | set(theirs.hours))} hours of the day (UTC) in common"
        found.append(Match(kind="hours", value=", ".join(map(str, hours)), honest=0, words=words))
    return found


def _overlap_h(mine: Indicators, theirs: Indicators) -> int:
    shared = min(mine.last_at, theirs.last_at) - max(mine.first_at, theirs.first_at)
    return int(shared / _HOUR_US)


def _name(incident: str, theirs: Indicators) -> str:
    told = "\x1f".join((incident, theirs.region, theirs.campaign))
    return f"CAM-{hashlib.blake2b(told.encode(), digest_size=5).hexdigest()}"
