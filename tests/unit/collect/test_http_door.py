"""The HTTP door, a real server on loopback: what is kept is acknowledged, and nobody's text comes back."""

from __future__ import annotations

import http.client
import json
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import pytest

from tocsin.collect.formats.skeleton import FhirParser
from tocsin.collect.transports import http as door_of
from tocsin.collect.transports.delivery import Answer, Busy, Delivery
from tocsin.collect.transports.http import HttpDoor
from tocsin.door.references import REPLAY_EPOCH, REPLAY_KEY, KeyedReferences
from tocsin.errors import DiskFull, Usage
from tocsin.model.block import Block

EVENT = {
    "resourceType": "AuditEvent",
    "recorded": "2025-09-10T10:00:00Z",
    "type": {"code": "rest"},
    "subtype": [{"code": "read"}],
    "agent": [{"requestor": True, "who": {"identifier": {"value": "dr.canary"}}}],
    "source": {"site": "records", "observer": {"display": "records"}},
}
FHIR = "application/fhir+json"
SECRET = b"a secret of the senders"


@dataclass
class Keeper:
    """Stands for the collector: parses as it does and answers from another moment."""

    kept: list[Delivery] = field(default_factory=list)
    error: Exception | None = None
    busy: bool = False

    def take(self, delivery: Delivery) -> None:
        if self.busy:
            raise Busy
        if isinstance(self.error, DiskFull):
            delivery.answer(Answer(error=self.error))
            return
        self.kept.append(delivery)
        delivery.answer(Answer(7, delivery.data.count(b"\n"), check(delivery.data)))


def check(data: bytes) -> tuple[tuple[int, str], ...]:
    parsed = FhirParser().parse(Block(data, 1, 0), source="s", references=KeyedReferences(REPLAY_KEY, REPLAY_EPOCH))
    return tuple((data.count(b"\n", 0, one.offset), one.reason) for one in parsed.rejected)


@contextmanager
def opened(keeper: Keeper, **told: Any) -> Iterator[HttpDoor]:
    door = HttpDoor(
        "127.0.0.1:0", **{"secret": b"", "take": keeper.take, "check": check, "ticks": time.monotonic, **told}
    )
    try:
        yield door
    finally:
        door.close()


@pytest.fixture
def keeper() -> Keeper:
    return Keeper()


@pytest.fixture
def door(keeper: Keeper) -> Iterator[HttpDoor]:
    with opened(keeper) as made:
        yield made


def post(door: HttpDoor, path: str, body: bytes, kind: str = FHIR, **headers: str) -> tuple[int, Any, dict[str, str]]:
    connection = http.client.HTTPConnection(door.address, timeout=20)
    try:
        told = {"Content-Type": kind} | {name.replace("_", "-"): value for name, value in headers.items()}
        connection.request("POST", path, body, told)
        answer = connection.getresponse()
        text = answer.read()
        assert b"canary" not in text
        return answer.status, json.loads(text) if text else None, dict(answer.getheaders())
    finally:
        connection.close()


def as_json(told: Any, **how: Any) -> bytes:
    return json.dumps(told, **how).encode()


def test_one_event_is_one_line(door: HttpDoor, keeper: Keeper) -> None:
    status, told, _ = post(door, "/AuditEvent", as_json(EVENT, indent=2).replace(b"\n", b"\r\n"))
    assert (status, told["resourceType"]) == (201, "OperationOutcome")
    (kept,) = keeper.kept
    assert kept.source == "http"
    assert kept.data.count(b"\n") == 1
    assert json.loads(kept.data) == EVENT


def test_a_path_names_the_source(door: HttpDoor, keeper: Keeper) -> None:
    assert post(door, "/teleconsultation/AuditEvent", as_json(EVENT))[0] == 201
    assert post(door, "/teleconsultation", as_json({"resourceType": "Bundle", "type": "batch", "entry": []}))[0] == 200
    assert [one.source for one in keeper.kept] == ["teleconsultation"]
    for path in ("/a/b/AuditEvent", "/Patient", "/../etc", "/%00", "/" + "a" * 41):
        assert post(door, path, as_json(EVENT))[0] == 404


def test_a_bundle_is_answered_entry_by_entry(door: HttpDoor, keeper: Keeper) -> None:
    entries = [{"resource": EVENT}, {"resource": {"resourceType": "Patient"}}, {"request": {"method": "POST"}}]
    status, told, _ = post(door, "/", as_json({"resourceType": "Bundle", "type": "batch", "entry": entries}))
    assert (status, told["type"]) == (200, "batch-response")
    assert [entry["response"]["status"][:3] for entry in told["entry"]] == ["201", "400", "400"]
    assert keeper.kept[0].data.count(b"\n") == 3


def test_a_transaction_is_whole_or_nothing(door: HttpDoor, keeper: Keeper) -> None:
    good, bad = {"resource": EVENT}, {"resource": {"resourceType": "canary"}}
    status, _, _ = post(door, "/", as_json({"resourceType": "Bundle", "type": "transaction", "entry": [good, bad]}))
    assert (status, keeper.kept) == (400, [])
    status, told, _ = post(door, "/", as_json({"resourceType": "Bundle", "type": "transaction", "entry": [good, good]}))
    assert (status, told["type"], len(told["entry"])) == (200, "transaction-response", 2)


def test_many_lines_at_once(door: HttpDoor, keeper: Keeper) -> None:
    lines = as_json(EVENT) + b"\n" + as_json(EVENT)
    assert post(door, "/AuditEvent", lines, "application/fhir+ndjson")[0] == 200
    assert keeper.kept[0].data.count(b"\n") == 2
    status, told, _ = post(door, "/AuditEvent", lines + b'\n{"canary": 1}', "application/x-ndjson; charset=utf-8")
    assert (status, told["issue"][0]["diagnostics"]) == (400, "line 3: not-an-audit-event")


@pytest.mark.parametrize(
    "body",
    [
        b'{"resourceType": "canary"',
        b"\0\0\0canary",
        b'{"canary": "\0"}',
        b"\xff\xfe{\0}\0",
        b"[" * 200_000,
        b'{"resourceType":"AuditEvent","x":' + b'{"canary":' * 100_000 + b"1" + b"}" * 100_001,
        as_json({**EVENT, "recorded": "canary"}),
        as_json({"resourceType": "AuditEvent"}),
        b"null",
        b'"canary"',
    ],
    ids=lambda body: f"{body[:12]!r}",
)
@pytest.mark.parametrize("path", ["/AuditEvent", "/"])
def test_what_nobody_understands_is_kept_and_refused(door: HttpDoor, keeper: Keeper, path: str, body: bytes) -> None:
    status, told, _ = post(door, path, body)
    assert (status, told["resourceType"]) == (400, "OperationOutcome")
    assert len(keeper.kept) == 1
    assert keeper.kept[0].data.count(b"\n") == 1


def test_what_is_no_audit_event_by_its_label_is_not_kept(door: HttpDoor, keeper: Keeper) -> None:
    for kind in ("text/plain", "application/fhir+xml", "", "application/json; charset=latin-1"):
        assert post(door, "/AuditEvent", as_json(EVENT), kind)[0] == 415
    assert post(door, "/AuditEvent", as_json(EVENT), Content_Encoding="gzip")[0] == 415
    assert post(door, "/AuditEvent", b" \n")[0] == 400
    assert keeper.kept == []


def test_a_line_over_the_limit_is_not_read(door: HttpDoor, keeper: Keeper) -> None:
    connection = http.client.HTTPConnection(door.address, timeout=20)
    connection.putrequest("POST", "/AuditEvent")
    connection.putheader("Content-Type", FHIR)
    connection.putheader("Content-Length", str(door_of.MAX_LINE_BYTES + 1))
    connection.endheaders()
    assert connection.getresponse().status == 413
    connection.close()
    assert keeper.kept == []


def test_a_body_that_says_no_length_is_counted(door: HttpDoor, keeper: Keeper, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(door_of, "MAX_LINE_BYTES", 100_000)

    def pieces() -> Iterator[bytes]:
        for _ in range(20):
            yield b" " * 10_000

    connection = http.client.HTTPConnection(door.address, timeout=20)
    try:
        connection.request("POST", "/AuditEvent", pieces(), {"Content-Type": FHIR}, encode_chunked=True)
        assert connection.getresponse().status == 413
    except (BrokenPipeError, ConnectionResetError):
        pass  # it was closed before all was sent
    connection.close()
    assert keeper.kept == []


def test_who_shows_no_token_is_not_heard(keeper: Keeper) -> None:
    with opened(keeper, secret=SECRET) as door:
        for shown in ({}, {"Authorization": "Bearer canary"}, {"Authorization": "Basic " + SECRET.decode()}):
            status, _, headers = post(door, "/AuditEvent", as_json(EVENT), **shown)
            assert (status, headers["www-authenticate"]) == (401, "Bearer")
        assert keeper.kept == []
        assert post(door, "/AuditEvent", as_json(EVENT), Authorization=f"Bearer {SECRET.decode()}")[0] == 201


@pytest.mark.parametrize(("make", "status"), [(lambda k: setattr(k, "busy", True), 503), (
    lambda k: setattr(k, "error", DiskFull("no room")), 507)])  # fmt: skip
def test_what_cannot_be_kept_is_to_be_sent_again(
    door: HttpDoor, keeper: Keeper, make: Callable[[Keeper], None], status: int
) -> None:
    make(keeper)
    found, _, headers = post(door, "/AuditEvent", as_json(EVENT))
    assert (found, headers["retry-after"]) == (status, "1")


def test_a_slow_sender_holds_nobody_up(keeper: Keeper) -> None:
    with opened(keeper, body_s=0.5) as door:
        host, _, port = door.address.rpartition(":")
        with socket.create_connection((host, int(port)), timeout=20) as slow:
            slow.sendall(b"POST /AuditEvent HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n")
            slow.sendall(b"Content-Length: 100\r\n\r\n{")
            assert post(door, "/AuditEvent", as_json(EVENT))[0] == 201
            assert b" 408 " in slow.recv(1000).split(b"\r\n")[0]
    assert len(keeper.kept) == 1


@pytest.mark.parametrize(
    "listen", ["0.0.0.0:0", "example.org:80", "127.0.0.1", "192.168.0.1:80", "[::]:0", "127.0.0.1:x"]
)
def test_it_listens_on_loopback_only(listen: str) -> None:
    with pytest.raises(Usage):
        HttpDoor(listen, secret=b"", take=lambda _: None, check=check, ticks=time.monotonic)


def test_a_port_that_is_taken_is_told(door: HttpDoor) -> None:
    with pytest.raises(Usage, match="cannot be listened on"):
        HttpDoor(door.address, secret=b"", take=lambda _: None, check=check, ticks=time.monotonic)
