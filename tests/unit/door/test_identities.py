"""Names and addresses are asked for, with the secret, in batches, and never taken from a wrong place."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

import httpx2
import pytest

from tocsin.door.addressees import addressees
from tocsin.door.identities import BATCH, FileSource, ServerSource
from tocsin.errors import ConnectorFailed, SourceUnreadable, Usage
from tocsin.model.addressee import Addressee, Queued
from unit.door.test_people import patient

INS = "urn:oid:1.2.250.1.213.1.4.10"
CANARY = "269054958815780"
NOW = datetime(2025, 9, 18, 4, 5, tzinfo=UTC)
Answer = Callable[[httpx2.Request], httpx2.Response]


def server(answer: Answer, **more: Any) -> ServerSource:
    return ServerSource("https://id.example/fhir", transport=httpx2.MockTransport(answer), **more)


def bundle(*resources: dict[str, Any], following: str = "") -> httpx2.Response:
    links = [{"relation": "next", "url": following}] if following else []
    entries = [{"resource": one} for one in resources]
    return httpx2.Response(200, json={"resourceType": "Bundle", "entry": entries, "link": links})


def borne(number: int, **more: Any) -> dict[str, Any]:
    return patient(id=str(number), identifier=[{"system": INS, "value": str(number)}], **more)


def form(request: httpx2.Request) -> dict[str, list[str]]:
    return parse_qs(request.content.decode() or request.url.query.decode())


def test_identifiers_go_in_the_body_and_the_secret_in_its_header() -> None:
    asked: list[httpx2.Request] = []

    def answer(request: httpx2.Request) -> httpx2.Response:
        asked.append(request)
        return bundle(borne(1), borne(2))

    found = server(answer, secret="s3cret").find({("Patient", "1"), (INS, "2"), ("Patient", "9")})
    assert {key: [one["id"] for one in value] for key, value in found.items()} == {
        ("Patient", "1"): ["1"],
        (INS, "2"): ["2"],
        ("Patient", "9"): [],
    }
    assert {request.method for request in asked} == {"POST"}
    assert {request.headers["authorization"] for request in asked} == {"Bearer s3cret"}
    assert [sorted(form(request)) for request in asked] == [["_count", "_id"], ["_count", "identifier"]]
    assert form(asked[1])["identifier"] == [f"{INS}|2"]
    assert not [request for request in asked if "2" in request.url.path]


def test_a_server_that_knows_no_post_is_asked_by_get() -> None:
    def answer(request: httpx2.Request) -> httpx2.Response:
        return httpx2.Response(405) if request.method == "POST" else bundle(borne(1))

    assert server(answer).find({("Patient", "1")})["Patient", "1"]


def test_many_are_asked_for_in_batches_and_pages_are_followed() -> None:
    asked = []

    def answer(request: httpx2.Request) -> httpx2.Response:
        if request.url.path.endswith("next"):
            return bundle(borne(int(request.url.params["id"])))
        ids = form(request)["_id"][0].split(",")
        asked.append(len(ids))
        first, *_, last = [int(one) for one in ids]
        rest = [borne(int(one)) for one in ids if int(one) != last]
        assert first != last
        return bundle(*rest, following=f"https://id.example/fhir/next?id={last}")

    wanted = {("Patient", str(number)) for number in range(100, 100 + 2 * BATCH)}
    found = server(answer).find(wanted)
    assert asked == [BATCH, BATCH]
    assert all(len(found[one]) == 1 for one in wanted)


def test_what_separates_is_escaped() -> None:
    seen = []

    def answer(request: httpx2.Request) -> httpx2.Response:
        seen.append(form(request)["identifier"][0])
        return bundle()

    server(answer).find({("urn:x", "a,b|c$d\\e")})
    assert seen == ["urn:x|a\\,b\\|c\\$d\\\\e"]


@pytest.mark.parametrize(
    "answer",
    [
        lambda request: httpx2.Response(500),
        lambda request: httpx2.Response(401),
        lambda request: httpx2.Response(302, headers={"location": "https://elsewhere.example"}),
        lambda request: httpx2.Response(200, content=b"<html>"),
        lambda request: httpx2.Response(200, content=b"[" * 100_000),
        lambda request: httpx2.Response(200, json={"resourceType": "OperationOutcome"}),
        lambda request: bundle(following="https://elsewhere.example/steal"),
        lambda request: bundle(following="http://id.example/fhir/plain"),
        lambda request: bundle(following="https://id.example/fhir/Patient/_search"),
        lambda request: httpx2.Response(404),
    ],
)
def test_a_server_that_does_not_answer_writes_no_letter(answer: Answer) -> None:
    with pytest.raises(ConnectorFailed) as problem:
        server(answer, secret="s3cret").find({(INS, CANARY)})
    assert CANARY not in str(problem.value)
    assert "s3cret" not in str(problem.value)


def test_a_slow_server_is_asked_twice_and_then_no_more() -> None:
    asked = []

    def answer(request: httpx2.Request) -> httpx2.Response:
        asked.append(1)
        raise httpx2.ReadTimeout("slow", request=request)

    with pytest.raises(ConnectorFailed):
        server(answer).find({("Patient", "1")})
    assert len(asked) == 2


@pytest.mark.parametrize("form", ["file", "folder", "packed"])
def test_a_file_of_patients(form: str, tmp_path: Path) -> None:
    bad = ['{"resourceType":"Patient"', "[]", '{"resourceType":"Patient","id":7,"identifier":[3,{"value":4}]}', "\x00"]
    text = "\n".join([*bad, *(json.dumps(borne(number)) for number in (1, 2))]).encode()
    path = tmp_path / "Patient.ndjson"
    path.write_bytes(text)
    if form == "packed":
        path.unlink()
        (tmp_path / "Patient-1.ndjson.gz").write_bytes(gzip.compress(text))
    source = FileSource(path if form == "file" else tmp_path)
    found = source.find({("Patient", "1"), (INS, "2"), (INS, "3")})
    assert {key: len(value) for key, value in found.items()} == {("Patient", "1"): 1, (INS, "2"): 1, (INS, "3"): 0}


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    for path in (tmp_path / "gone", tmp_path):
        with pytest.raises(SourceUnreadable):
            FileSource(path).find({("Patient", "1")})


class Vault:
    """A vault that knows some, and asks for a reason."""

    def __init__(self, known: dict[bytes, tuple[str, str]]) -> None:
        self.known = known
        self.asked: list[set[bytes]] = []

    def reveal(self, references: Any, *, reason: str, who: str, now: datetime) -> dict[bytes, tuple[str, str]]:
        if not reason or not who:
            raise Usage("no reason")
        self.asked.append(set(references))
        return {one: self.known[one] for one in references if one in self.known}


class People:
    """A source with these resources."""

    def __init__(self, *resources: dict[str, Any]) -> None:
        self.resources = resources

    def find(self, identifiers: Any) -> dict[tuple[str, str], list[dict[str, Any]]]:
        return {(s, v): [one for one in self.resources if v in (one["id"], one.get("also"))] for s, v in identifiers}


def asked(persons: dict[bytes, list[bytes]], *resources: dict[str, Any]) -> dict[bytes, Addressee | Queued]:
    known = {bytes([n]) * 17: ("Patient", str(n)) for n in range(1, 9)}
    told = {"reason": "letters", "who": "dpo", "now": NOW, "today": date(2025, 9, 18)}
    return addressees(persons, vault=Vault(known), source=People(*resources), **told)


A, B, UNKNOWN = b"\x01" * 17, b"\x02" * 17, b"\xff" * 17


def outcome(found: Addressee | Queued) -> str:
    return found.reason if isinstance(found, Queued) else found.lines[1]


def moved(number: int, street: str, **more: Any) -> dict[str, Any]:
    return borne(number, address=[{"line": [street], "city": "Aubrebourg", "postalCode": "00100"}], **more)


@pytest.mark.parametrize(
    ("persons", "resources", "expected"),
    [
        ({A: [A]}, [moved(1, "1 rue A")], "1 RUE A"),
        ({A: [A]}, [], "not-found"),
        ({UNKNOWN: [UNKNOWN]}, [], "unknown"),
        ({A: [A]}, [moved(1, "1 rue A"), moved(7, "7 rue G", also="1")], "several"),
        # the record that stands for the others speaks for itself, wherever the exposed one says the person lives
        ({A: [B]}, [moved(1, "1 rue A"), moved(2, "2 rue B")], "1 RUE A"),
        ({A: [B]}, [moved(2, "2 rue B")], "2 RUE B"),
        ({UNKNOWN: [A, B]}, [moved(1, "1 rue A"), moved(2, "2 rue B")], "several"),
        ({A: [A]}, [moved(1, "1 rue A", link=[{"type": "replaced-by"}])], "replaced"),
        ({A: [A, B]}, [moved(1, "1 rue A"), moved(2, "2 rue B", deceasedBoolean=True)], "deceased"),
        # an address is never borrowed from another record
        ({A: [A, B]}, [{**moved(1, "x"), "address": []}, moved(2, "2 rue B")], "no-address"),
    ],
)
def test_whom_to_write_to(persons: dict[bytes, list[bytes]], resources: list[dict[str, Any]], expected: str) -> None:
    (found,) = asked(persons, *resources).values()
    assert outcome(found) == expected


def test_without_a_reason_nobody_is_asked() -> None:
    with pytest.raises(Usage):
        addressees({A: [A]}, vault=Vault({}), source=People(), reason="", who="dpo", now=NOW, today=date(2025, 9, 18))
