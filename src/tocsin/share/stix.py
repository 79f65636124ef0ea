"""Indicators -> a STIX 2.1 bundle, and back. The same indicators shared at the same time give the same bytes.

| STIX | what it holds |
|---|---|
| identity | the region, by its short name |
| campaign | the incident: when, and in an extension its tempo, searches, hours, kinds of service, elements and counts |
| indicator | one for each network and address, with a pattern, a confidence and an end |
| sighting + observed-data | that the region saw it, when, how often |
| grouping | all of them, in the context of one suspicious activity |

All are marked TLP:AMBER. From: OASIS STIX 2.1; TLP as in its section 7.2.1.4.
"""

from __future__ import annotations

import hashlib
import json
import re
import uuid
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import stix2
from stix2.exceptions import STIXError

from tocsin.model.campaign import SEARCHES, Bundle, Indicators, Place
from tocsin.model.event import CATEGORIES, ELEMENTS
from tocsin.share.places import address_of, is_narrow, network_of
from tocsin.share.signing import canonical

LARGEST: Final = 5 * 1024 * 1024
"""Bytes of a bundle that is read."""
MOST: Final = 1_000
"""Objects of a bundle that is read."""
VALID_DAYS: Final = 45
"""Days after it was shared for which a bundle is believed. Addresses are handed on; whoever shares again prolongs."""
AHEAD: Final = timedelta(days=1)
"""How far a bundle may lie in the future: clocks differ."""
CONFIDENCE: Final = 80
"""Of 100: alerts crossed a line of known rarity and scope gave the sessions to the thief. STIX 2.1, app. A: high."""

_SPACE: Final = uuid.UUID("6b1f5a1e-6e0f-5d3b-9a45-7c2f64fd4f10")
"""Namespace of ids made here."""
EXTENSION: Final = "extension-definition--6b1f5a1e-6e0f-4d3b-9a45-7c2f64fd4f10"
_COUNTS: Final = ("records_a_minute", "records_at_most", "accounts", "patients", "doubtful")
_LISTS: Final = ("searches", "kinds", "elements")
_LARGEST_COUNT: Final = 10**9
_VALUE: Final = r"[0-9a-fA-F.:]{2,45}"
_PATTERN: Final = re.compile(
    rf"\[ipv(?P<version>[46])-addr:value (?P<how>=|ISSUBSET) '(?P<value>{_VALUE}(?:/[0-9]{{1,3}})?)'\]"
)


class NotStix(ValueError):
    """The bytes are no bundle of the kind that regions send one another; says why, and quotes nothing of them."""


def bundle_of(indicators: Indicators, *, shared_at: int) -> bytes:
    """The bytes to sign: a STIX 2.1 bundle in canonical form. `shared_at`: microseconds UTC, not before `last_at`."""
    made = _time(indicators.first_at)
    common: dict[str, Any] = {"created": made, "modified": _time(shared_at)}
    common["object_marking_refs"] = [stix2.TLP_AMBER.id]
    region = stix2.Identity(
        id=_id("identity", indicators.region),
        name=indicators.region,
        identity_class="organization",
        created=_time(0),
        modified=_time(0),
    )
    common["created_by_ref"] = region.id
    told = indicators.campaign
    campaign = stix2.Campaign(
        id=_id("campaign", indicators.region, told),
        name=told,
        first_seen=made,
        last_seen=_time(indicators.last_at),
        extensions={EXTENSION: _extension(indicators)},
        allow_custom=True,
        **common,
    )
    definition = stix2.ExtensionDefinition(
        id=EXTENSION,
        created_by_ref=region.id,
        created=_time(0),
        modified=_time(0),
        name="how a thief of professionals' accounts goes about it",
        schema="tempo, searches, hours of the day (UTC), kinds of service, elements taken, counts",
        version="1.0.0",
        extension_types=["property-extension"],
    )
    objects: list[Any] = [stix2.TLP_AMBER, region, definition, campaign]
    for place in (*indicators.networks, *indicators.addresses):
        objects += _place(place, indicators, region, campaign, common)
    references = [one.id for one in objects[3:]]
    grouping = stix2.Grouping(
        id=_id("grouping", indicators.region, told), context="suspicious-activity", object_refs=references, **common
    )
    objects.append(grouping)
    told_all = [json.loads(one.serialize()) for one in objects]
    content = canonical(told_all)
    bundle = {"type": "bundle", "id": _id("bundle", content.hex()), "objects": told_all}
    return canonical(bundle)


def read_bundle(data: bytes) -> Bundle:
    """The indicators of a bundle. Raises `NotStix`. Whether it may be believed was settled before: see `signing`."""
    objects = _objects(data)
    by_type: dict[str, list[Mapping[str, Any]]] = {}
    for one in objects["objects"]:
        by_type.setdefault(one["type"], []).append(one)
    region, campaign = (_only(by_type, kind) for kind in ("identity", "campaign"))
    extension = campaign.get("extensions", {}).get(EXTENSION)
    if not isinstance(extension, dict):
        raise NotStix("the campaign has no extension of Tocsin's")
    places = _places(by_type)
    return Bundle(
        indicators=Indicators(
            region=_short(region["name"]),
            campaign=_hexadecimal(campaign["name"]),
            first_at=_us(campaign["first_seen"]),
            last_at=_us(campaign["last_seen"]),
            networks=tuple(place for place in places if "/" in place.value),
            addresses=tuple(place for place in places if "/" not in place.value),
            hours=_hours(extension.get("hours")),
            searches=_words(extension.get("searches"), SEARCHES),
            kinds=_words(extension.get("kinds"), CATEGORIES),
            elements=_words(extension.get("elements"), ELEMENTS),
            records_a_minute=_count(extension.get("records_a_minute")),
            records_at_most=_count(extension.get("records_at_most")),
            accounts=_count(extension.get("accounts")),
            patients=_count(extension.get("patients")),
            doubtful=_count(extension.get("doubtful")),
        ),
        id=objects["id"],
        modified=_us(campaign["modified"]),
        valid_until=_us(campaign["modified"]) + VALID_DAYS * 86_400_000_000,
        sha256=hashlib.sha256(data).hexdigest(),
    )


def _extension(indicators: Indicators) -> dict[str, Any]:
    return {
        "extension_type": "property-extension",
        "hours": list(indicators.hours),
        **{name: getattr(indicators, name) for name in _COUNTS},
        **{name: list(getattr(indicators, name)) for name in _LISTS},
    }


def _place(place: Place, indicators: Indicators, region: Any, campaign: Any, common: Mapping[str, Any]) -> list[Any]:
    version = 6 if ":" in place.value else 4
    how = "ISSUBSET" if "/" in place.value else "="
    told = (indicators.region, indicators.campaign, place.value)
    seen = {"first_observed": _time(place.first_at), "last_observed": _time(place.last_at)}
    thing = (stix2.IPv6Address if version == 6 else stix2.IPv4Address)(value=place.value)
    indicator = stix2.Indicator(
        id=_id("indicator", *told),
        pattern=f"[ipv{version}-addr:value {how} '{place.value}']",
        pattern_type="stix",
        indicator_types=["malicious-activity"],
        valid_from=_time(place.first_at),
        valid_until=common["modified"] + timedelta(days=VALID_DAYS),
        confidence=CONFIDENCE,
        **common,
    )
    observed = stix2.ObservedData(
        id=_id("observed-data", *told), number_observed=place.events, object_refs=[thing.id], **seen, **common
    )
    sighting = stix2.Sighting(
        id=_id("sighting", *told),
        sighting_of_ref=indicator.id,
        observed_data_refs=[observed.id],
        where_sighted_refs=[region.id],
        count=place.events,
        first_seen=seen["first_observed"],
        last_seen=seen["last_observed"],
        **common,
    )
    relation = stix2.Relationship(
        id=_id("relationship", *told),
        relationship_type="indicates",
        source_ref=indicator.id,
        target_ref=campaign.id,
        **common,
    )
    return [thing, indicator, observed, sighting, relation]


def _objects(data: bytes) -> Mapping[str, Any]:
    """A bundle that is one, in canonical form, of objects that the STIX schemas allow."""
    if len(data) > LARGEST:
        raise NotStix(f"it is larger than {LARGEST:,} bytes")
    try:
        told = json.loads(data, parse_float=_no_float, parse_constant=_no_float)
        if canonical(told) != data:
            raise NotStix("it is not in canonical form")
    except (ValueError, RecursionError):
        raise NotStix("it is no JSON in canonical form") from None
    if not isinstance(told, dict) or set(told) != {"type", "id", "objects"} or told["type"] != "bundle":
        raise NotStix("it is no STIX bundle")
    if not isinstance(told["objects"], list) or not 0 < len(told["objects"]) <= MOST:
        raise NotStix(f"it has no objects, or more than {MOST:,}")
    if told["id"] != _id("bundle", canonical(told["objects"]).hex()):
        raise NotStix("its id is not that of its content")
    try:
        stix2.parse(told, allow_custom=True, version="2.1")
        for one in told["objects"]:
            if not isinstance(one, dict) or one.get("type") not in _TYPES:
                raise NotStix("it holds an object of a kind that regions do not send")
    except NotStix:
        raise
    except (STIXError, ValueError, TypeError, KeyError, AttributeError, RecursionError):
        raise NotStix("an object breaks the schemas of STIX 2.1") from None
    return told


_TYPES: Final = frozenset({
    "marking-definition", "identity", "campaign", "indicator", "observed-data", "sighting", "relationship", "grouping",
    "ipv4-addr", "ipv6-addr", "extension-definition",
})  # fmt: skip


def _places(by_type: Mapping[str, list[Mapping[str, Any]]]) -> list[Place]:
    sightings = {one["sighting_of_ref"]: one for one in by_type.get("sighting", ())}
    found = []
    for indicator in by_type.get("indicator", ()):
        value = _value(indicator["pattern"])
        seen = sightings.get(indicator["id"])
        if seen is None:
            raise NotStix("an indicator was not sighted")
        found.append(
            Place(
                value=value,
                events=_count(seen.get("count")),
                first_at=_us(seen["first_seen"]),
                last_at=_us(seen["last_seen"]),
            )
        )
    return sorted(found, key=lambda place: place.value)


def _value(pattern: str) -> str:
    """The network or address of a pattern: the two forms that are sent, and no other."""
    told = _PATTERN.fullmatch(pattern)
    if told is None:
        raise NotStix("a pattern is not one network or one address")
    value, subset = told["value"], told["how"] == "ISSUBSET"
    place = network_of(value) if subset else address_of(value)
    if place is None or str(place) != value or place.version != int(told["version"]) or subset != ("/" in value):
        raise NotStix("a pattern is not one network or one address that can be shared")
    network = network_of(value)
    if network is None or not is_narrow(network):
        raise NotStix("a pattern is so broad that it would match honest people")
    return value


def _only(by_type: Mapping[str, list[Mapping[str, Any]]], kind: str) -> Mapping[str, Any]:
    found = by_type.get(kind, [])
    if len(found) != 1:
        raise NotStix(f"it has not one {kind}")
    return found[0]


def _short(name: str) -> str:
    if not re.fullmatch(r"[a-z0-9][a-z0-9-]{0,39}", name):
        raise NotStix("the region's name is none")
    return name


def _hexadecimal(name: str) -> str:
    if not re.fullmatch(r"[0-9a-f]{32}", name):
        raise NotStix("the campaign's name is none")
    return name


def _count(value: object) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value <= _LARGEST_COUNT:
        raise NotStix("a count is none")
    return value


def _words(value: object, known: Iterable[str]) -> tuple[str, ...]:
    if not isinstance(value, list) or any(not isinstance(one, str) or one not in tuple(known) for one in value):
        raise NotStix("a word is not of its list")
    return tuple(value)


def _hours(value: object) -> tuple[int, ...]:
    if not isinstance(value, list) or any(type(one) is not int or not 0 <= one < 24 for one in value):
        raise NotStix("an hour is none")
    return tuple(value)


def _id(kind: str, *told: str) -> str:
    return f"{kind}--{uuid.uuid5(_SPACE, chr(31).join((kind, *told)))}"


def _time(us: int) -> datetime:
    """Whole seconds: what a person's clock tells is enough."""
    return datetime.fromtimestamp(us // 1_000_000, UTC)


def _us(told: str) -> int:
    try:
        at = datetime.fromisoformat(told)
    except (ValueError, TypeError):
        raise NotStix("a time is none") from None
    if at.tzinfo is None:
        raise NotStix("a time has no zone")
    return int(at.timestamp()) * 1_000_000


def _no_float(text: str) -> Any:
    raise ValueError("only whole numbers are sent")
