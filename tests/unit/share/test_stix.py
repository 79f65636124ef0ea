"""Bundles: what goes in comes out; whatever else comes is refused, and nothing of it is quoted."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
import stix2
from hypothesis import given, settings
from hypothesis import strategies as st

from tocsin.model.campaign import Indicators
from tocsin.share import stix
from tocsin.share.signing import canonical, is_signed, public_of, region_of, sign
from tocsin.share.stix import LARGEST, NotStix, read_bundle
from unit.share.bundles import LATER, SEED, any_indicators, indicators, place

PUBLIC = public_of(SEED)


def bundle_of(told: Indicators) -> bytes:
    return stix.bundle_of(told, shared_at=LATER)


Change = Callable[[dict[str, Any]], None]


@given(any_indicators())
@settings(deadline=None, max_examples=30)
def test_what_goes_in_comes_out(told: Any) -> None:
    data = bundle_of(told)
    assert read_bundle(data).indicators == told
    assert bundle_of(told) == data


def test_a_bundle_is_stix_that_others_read() -> None:
    objects = stix2.parse(bundle_of(indicators()).decode()).objects
    kinds = {one["type"] for one in objects}
    assert kinds >= {"identity", "campaign", "indicator", "sighting", "observed-data", "grouping"}
    marked = [
        one for one in objects if one["type"] in ("campaign", "indicator", "sighting", "observed-data", "grouping")
    ]
    assert all(one["object_marking_refs"] == [stix2.TLP_AMBER.id] for one in marked)
    assert {one["confidence"] for one in objects if one["type"] == "indicator"} == {80}


@given(st.data())
@settings(deadline=None, max_examples=40)
def test_any_change_of_the_bytes_is_noticed(data: st.DataObject) -> None:
    told = bundle_of(indicators())
    signature = sign(SEED, "neustrie", told)
    assert is_signed(PUBLIC, "neustrie", told, signature)
    changed = bytearray(told)
    changed[data.draw(st.integers(0, len(told) - 1))] ^= data.draw(st.integers(1, 255))
    assert not is_signed(PUBLIC, "neustrie", bytes(changed), signature)


def test_a_signature_is_for_one_region_one_key_and_one_purpose() -> None:
    told = bundle_of(indicators())
    signature = sign(SEED, "neustrie", told)
    assert region_of(signature) == "neustrie"
    assert not is_signed(PUBLIC, "austrasie", told, signature)
    assert not is_signed(public_of(bytes(32)), "neustrie", told, signature)
    assert not is_signed("no key", "neustrie", told, signature)
    for bad in (b"", b"{}", b"[]", b"\xff", b'{"region":"neustrie","signature":"AA=="}', b"[" * 9_000, b" " * 9_000):
        assert not is_signed(PUBLIC, "neustrie", told, bad)


def forged(change: Change) -> bytes:
    """A bundle as a region that is trusted and hostile would make it: changed, and named anew by its content."""
    told = json.loads(bundle_of(indicators()))
    change(told)
    told["id"] = stix._id("bundle", canonical(told["objects"]).hex())
    return canonical(told)


def one(told: dict[str, Any], kind: str) -> dict[str, Any]:
    return next(one for one in told["objects"] if one["type"] == kind)


PATTERNS = [
    "[ipv4-addr:value ISSUBSET '0.0.0.0/0']",
    "[ipv4-addr:value ISSUBSET '198.0.0.0/8']",
    "[ipv6-addr:value ISSUBSET '::/0']",
    "[ipv4-addr:value ISSUBSET '10.0.0.0/24']",
    "[ipv4-addr:value = '127.0.0.1']",
    "[ipv4-addr:value = '198.51.100.7'] OR [ipv4-addr:value = '198.51.100.8']",
    "[user-account:user_id = 'jean.martin']",
    "[ipv4-addr:value MATCHES '(a+)+$']",
    "[ipv4-addr:value = '198.51.100.007']",
    "[ipv4-addr:value = '198.51.100.7/24']",
    "[ipv4-addr:value ISSUBSET '198.51.100.7/24']",
    "[ipv6-addr:value = '198.51.100.7']",
    "[email-addr:value = 'zyx.canari@courriel.example']",
]


@pytest.mark.parametrize("text", PATTERNS)
def test_a_hostile_pattern_is_refused(text: str) -> None:
    with pytest.raises(NotStix) as problem:
        read_bundle(forged(lambda told: one(told, "indicator").update(pattern=text)))
    assert "canari" not in str(problem.value)


def extension(**changed: Any) -> Change:
    def change(told: dict[str, Any]) -> None:
        (inside,) = one(told, "campaign")["extensions"].values()
        inside.update(changed)

    return change


@pytest.mark.parametrize(
    "change",
    [
        extension(patients=-1),
        extension(patients=True),
        extension(patients="300"),
        extension(patients=10**12),
        extension(hours=[24]),
        extension(elements=["name", "canary"]),
        extension(elements="name"),
        extension(searches=[3]),
        lambda told: one(told, "campaign").update(name="Jean MARTIN"),
        lambda told: one(told, "identity").update(name="Neustrie <b>"),
        lambda told: one(told, "campaign").pop("extensions"),
        lambda told: one(told, "sighting").update(sighting_of_ref="indicator--00000000-0000-4000-8000-000000000000"),
        lambda told: told["objects"].append({"type": "malware", "id": "malware--1", "name": "x"}),
        lambda told: told["objects"].append(one(told, "identity")),
        lambda told: told.update(objects=[]),
        lambda told: told.update(objects=told["objects"] * 200),
        lambda told: told.update(objects=[None]),
        lambda told: told.update(objects={}),
        lambda told: told.update(type="report"),
        lambda told: told.update(extra=1),
        lambda told: one(told, "campaign").update(first_seen="yesterday"),
        lambda told: one(told, "indicator").update(pattern=["["]),
        lambda told: one(told, "indicator").pop("pattern"),
    ],
)
def test_what_regions_do_not_send_is_refused(change: Change) -> None:
    with pytest.raises(NotStix):
        read_bundle(forged(change))


def test_a_bundle_bears_the_name_of_its_content() -> None:
    told = json.loads(bundle_of(indicators()))
    one(told, "sighting")["count"] = 41
    with pytest.raises(NotStix):
        read_bundle(canonical(told))


@pytest.mark.parametrize(
    "data",
    [
        b"", b"null", b"{}", b"[]", b"\xff\xfe", b'{"type":"bundle"}', b"[" * 100_000, b'{"a":1.5}', b'{"a":NaN}',
        b" " * (LARGEST + 1), json.dumps(json.loads(bundle_of(indicators()))).encode(),
    ],
    ids=range(11),
)  # fmt: skip
def test_what_is_no_bundle_is_refused(data: bytes) -> None:
    with pytest.raises(NotStix):
        read_bundle(data)


@given(st.binary(max_size=200))
def test_any_bytes_are_refused_in_order(data: bytes) -> None:
    with pytest.raises(NotStix):
        read_bundle(data)


def test_places_are_told_by_themselves() -> None:
    bare = indicators(networks=(), addresses=())
    assert read_bundle(bundle_of(bare)).indicators == bare
    six = indicators(networks=(place("2001:db8::/48"),), addresses=(place("2001:db8::7"),))
    assert read_bundle(bundle_of(six)).indicators == six
