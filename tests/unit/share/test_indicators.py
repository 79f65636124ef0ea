"""What leaves of the thief's rows, and what stays."""

from __future__ import annotations

from typing import Any

import pyarrow as pa

from tocsin.model.campaign import Indicators
from tocsin.model.event import STORED_EVENT, bits_of
from tocsin.share.indicators import indicators_of
from tocsin.share.stix import bundle_of
from unit.share.bundles import AT, LATER

SECOND = 1_000_000
CANARIES = (
    "zyx.wavutsrel", "99900000001", "PIVOINE-7750931", "Quorvanixe", "Therap-Canari", "PC-DU-DOCTEUR", "client-canari",
)  # fmt: skip
PLAIN = {
    "event_id": b"e" * 16, "row": 0, "source": "Quorvanixe", "received_at": AT, "service": "Therap-Canari",
    "account": "https://idp.example|zyx.wavutsrel", "professional": "99900000001", "client": "client-canari",
    "token": 77, "address": "198.51.100.7", "network": "198.51.100.0/24", "device": 1234567890123456789,
    "assurance": 1, "action": "read", "outcome": "success", "purpose": "PIVOINE-7750931", "request": 5,
    "patients": None, "elements": 1, "query_kind": "none", "query_length": 0, "query_head": None, "page": 0,
    "id_low": -1, "query_hash": 9, "segment": 0, "offset": 0, "length": 9, "batch": 1,
    "explained_by": "unexplained", "session": 1,
}  # fmt: skip


def rows(count: int = 20, **changed: Any) -> pa.Table:
    """An act every ten seconds, each on another patient; a function gives a column its value by number."""
    told = []
    for number in range(count):
        one = {**PLAIN, "at": AT + number * 10 * SECOND, "patient": b"\x01" + number.to_bytes(16, "big")}
        told.append(one | {key: value(number) if callable(value) else value for key, value in changed.items()})
    columns = {field.name: pa.array([one[field.name] for one in told]).cast(field.type) for field in STORED_EVENT}
    return pa.table(columns, schema=STORED_EVENT)


def told(table: pa.Table, **changed: Any) -> Indicators:
    plain: dict[str, Any] = {
        "region": "neustrie", "campaign": "0" * 32, "owners": (), "honest": {},
        "categories": {"Therap-Canari": ("clinical", "identity")}, "elements": bits_of("name", "ins"),
        "accounts": 1, "patients": 20, "doubtful": 0,
    }  # fmt: skip
    found = indicators_of(table, **{**plain, **changed})
    assert found is not None
    return found


def test_places_times_and_tempo() -> None:
    found = told(rows())
    assert [place.value for place in found.networks] == ["198.51.100.0/24"]
    assert [(place.value, place.events) for place in found.addresses] == [("198.51.100.7", 20)]
    assert (found.first_at, found.last_at) == (AT, AT + 190 * SECOND)
    assert found.records_at_most == 6
    assert found.kinds == ("identity", "clinical")
    assert found.elements == ("name", "ins")


def test_no_name_leaves_by_any_column() -> None:
    """Promise: no account, no professional, no service, no text, no id of an event, no device."""
    data = bundle_of(told(rows(query_kind="name", query_length=3, query_head="zyx")), shared_at=LATER).decode()
    assert not [canary for canary in (*CANARIES, "zyx", "1234567890123456789", "https://idp") if canary in data]


def test_a_machines_name_and_a_private_address_stay() -> None:
    named = told(rows(address="PC-DU-DOCTEUR", network="PC-DU-DOCTEUR"))
    private = told(rows(address="10.0.0.7", network="10.0.0.0/24"))
    assert (named.networks, named.addresses, private.networks, private.addresses) == ((), (), (), ())


def test_the_places_of_honest_people_stay() -> None:
    for stays in ({"owners": ("198.51.100.0/24",)}, {"honest": {"198.51.100.0/24": 3}}):
        found = told(rows(), **stays)
        assert (found.networks, found.addresses) == ((), ())
    assert told(rows(), honest={"198.51.100.0/24": 2}).networks


def test_ways_of_searching() -> None:
    assert told(rows(query_kind="name", query_length=3)).searches == ("prefixes",)
    assert told(rows(query_kind="name", query_length=9)).searches == ()
    assert told(rows(id_low=lambda number: (4090 + number) % 4096)).searches == ("neighbours",)
    assert told(rows(id_low=lambda number: number * 7)).searches == ()
    assert told(rows(page=lambda number: number)).searches == ("pages",)
    assert told(rows(query_kind="identifier")).searches == ("identifiers",)
    assert told(rows(action="list")).searches == ("lists",)
