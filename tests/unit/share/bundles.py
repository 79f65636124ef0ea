"""Indicators of these tests, any that a region could have."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from hypothesis import strategies as st

from tocsin.model.campaign import SEARCHES, Indicators, Place
from tocsin.model.event import CATEGORIES, ELEMENTS

AT = 1_757_800_000_000_000
HOUR = 3_600_000_000
SEED = bytes(range(32))
LATER = AT + 30 * 24 * HOUR
"""After all that is told here: when it is shared."""


def place(value: str, **changed: Any) -> Place:
    return replace(Place(value=value, events=40, first_at=AT, last_at=AT + HOUR), **changed)


def indicators(**changed: Any) -> Indicators:
    told = Indicators(
        region="neustrie",
        campaign="0" * 32,
        first_at=AT,
        last_at=AT + 2 * HOUR,
        networks=(place("198.51.100.0/24"),),
        addresses=(place("198.51.100.7"),),
        records_a_minute=12,
        records_at_most=30,
        searches=("prefixes",),
        hours=(21, 22, 23),
        kinds=("identity", "contact"),
        elements=("name", "ins"),
        accounts=2,
        patients=300,
        doubtful=3,
    )
    return replace(told, **changed)


def _subset(words: tuple[str, ...]) -> st.SearchStrategy[tuple[str, ...]]:
    return st.sets(st.sampled_from(words)).map(lambda chosen: tuple(word for word in words if word in chosen))


_octet = st.integers(0, 255)
_networks = st.one_of(
    st.tuples(_octet, _octet).map(lambda o: f"203.{o[0]}.{o[1]}.0/24"),
    st.integers(1, 0xFFFF).map(lambda n: f"2001:db8:{n:x}::/48"),
)
_addresses = st.one_of(
    st.tuples(_octet, _octet, _octet).map(lambda o: f"203.{o[0]}.{o[1]}.{o[2]}"),
    st.integers(1, 0xFFFF).map(lambda n: f"2001:db8::{n:x}"),
)
_seconds = st.integers(1_757_000_000, 1_759_000_000).map(lambda s: s * 1_000_000)
"""Within 23 days: a place was seen before what it says has an end."""


def _places(values: st.SearchStrategy[str]) -> st.SearchStrategy[tuple[Place, ...]]:
    def made(told: list[tuple[str, int, int, int]]) -> tuple[Place, ...]:
        return tuple(Place(value=v, events=n, first_at=min(a, b), last_at=max(a, b)) for v, n, a, b in sorted(told))

    one = st.tuples(values, st.integers(1, 10**6), _seconds, _seconds)
    return st.lists(one, max_size=4, unique_by=lambda told: told[0]).map(made)


def any_indicators() -> st.SearchStrategy[Indicators]:
    count = st.integers(0, 10**6)
    return st.builds(
        lambda times, **told: Indicators(first_at=times[0], last_at=times[1], **told),
        st.tuples(_seconds, _seconds).map(sorted),
        region=st.from_regex(r"[a-z0-9][a-z0-9-]{0,39}", fullmatch=True),
        campaign=st.from_regex(r"[0-9a-f]{32}", fullmatch=True),
        networks=_places(_networks),
        addresses=_places(_addresses),
        records_a_minute=count,
        records_at_most=count,
        searches=_subset(SEARCHES),
        hours=st.sets(st.integers(0, 23)).map(lambda hours: tuple(sorted(hours))),
        kinds=_subset(CATEGORIES),
        elements=_subset(ELEMENTS),
        accounts=count,
        patients=count,
        doubtful=count,
    )
