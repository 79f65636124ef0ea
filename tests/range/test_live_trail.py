"""A live service writes the lines of the bulk trail, on disk first, and a collector gets each of them once."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from range.conftest import Made
from tocsin_range import acts
from tocsin_range.live.loopback import Handler, Server, serving
from tocsin_range.live.trail import FILE, Account, Caller, Trail, token_id
from tocsin_range.services import SERVICE, SERVICES

OWNER = Account(system="https://provider.example", value="899000000012", assurance=3)
CALLER = Caller(address="203.0.113.9", device="wks-0123456789")
KEYS = ("teleconsultation", "identity-server", "placement")
KINDS = {
    acts.SIGN_IN: ("110114", "110122"),
    acts.SIGN_OUT: ("110114", "110123"),
    acts.SEARCH: ("rest", "search"),
    acts.READ: ("rest", "read"),
}


def lines(folder: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (folder / FILE).read_bytes().splitlines()]


def shape(value: Any, key: str = "") -> Any:
    """The structure of a line, and the words of its vocabularies: all that is not a name, a number or a time."""
    if isinstance(value, dict):
        return {name: shape(inner, name) for name, inner in value.items()}
    if isinstance(value, list):
        return [shape(inner, key) for inner in value]
    return value if key in ("code", "url", "type", "resourceType", "profile", "requestor", "action", "site") else "..."


def tell(trail: Trail, kind: int, **more: Any) -> None:
    trail.tell(kind, OWNER, CALLER, token=token_id("t"), **more)


@pytest.mark.parametrize("key", KEYS)
def test_a_live_line_has_the_shape_of_a_bulk_line(made: Made, tmp_path: Path, key: str) -> None:
    """Promise: live and bulk are one contract; whoever reads the one reads the other."""
    trail = Trail(tmp_path, SERVICES[SERVICE[key]], "neustrie")
    for kind in (acts.SIGN_IN, acts.SIGN_OUT):
        tell(trail, kind)
    tell(trail, acts.READ, patients=["7000001"], request="0123456789abcdef")
    tell(trail, acts.SEARCH, patients=["7000001"], query="Patient?family=A", request="0123456789abcdef")
    trail.close()
    told = dict(zip((acts.SIGN_IN, acts.SIGN_OUT, acts.READ, acts.SEARCH), lines(tmp_path), strict=True))
    for kind, codes in KINDS.items():
        bulk = next(
            event
            for event in made.events
            if event["source"]["site"] == key
            and event["source"]["observer"]["identifier"]["value"] == key
            and (event["type"]["code"], event.get("subtype", [{}])[0].get("code")) == codes
            and event["outcome"] == "0"
            and event["agent"][-1]["who"]["identifier"]["value"].startswith("899")
            and (kind != acts.READ or event["entity"][1]["what"]["reference"].startswith("Patient/"))
        )
        live = told[kind]
        for event in (bulk, live):
            event["agent"][-1]["extension"][0]["valueCodeableConcept"]["coding"][0]["code"] = "LOAAP."
            event["agent"][-1].get("purposeOfUse", [{"coding": [{}]}])[0]["coding"][0]["code"] = "."
        assert shape(live) == shape(bulk)


def test_a_list_of_results_is_a_line_a_patient_with_one_request(tmp_path: Path) -> None:
    trail = Trail(tmp_path, SERVICES[SERVICE["placement"]], "neustrie")
    tell(trail, acts.SEARCH, patients=["7000001", "7000002"], query="Patient?family=A", request="abc")
    tell(trail, acts.SEARCH, query="Patient?family=ZZ", request="def")
    trail.close()
    told = lines(tmp_path)
    named = [[one["what"] for one in event["entity"] if one.get("role", {}).get("code") == "1"] for event in told]
    assert named == [[{"reference": "Patient/7000001"}], [{"reference": "Patient/7000002"}], []]
    assert len({event["id"] for event in told}) == 3
    assert [event["entity"][-1]["what"]["identifier"]["value"] for event in told] == ["abc", "abc", "def"]


def test_what_a_client_says_of_itself_cannot_break_a_line(tmp_path: Path) -> None:
    trail = Trail(tmp_path, SERVICES[SERVICE["placement"]], "neustrie")
    sly = Account(system="https://p.example", value='a"b\\c\n')
    trail.tell(acts.READ, sly, CALLER, token="t", patients=["7000001"], request="r")
    trail.close()
    assert lines(tmp_path)[0]["agent"][-1]["who"]["identifier"]["value"] == 'a"b\\c\n'


class _Collector(Handler):
    received: list[dict[str, Any]]
    answers: Iterator[int]

    def do_POST(self) -> None:
        body = self.body()
        status = next(self.answers, 201)
        if status < 300 and self.route == "/in/AuditEvent":
            self.received.append(json.loads(body))
        self.answer(status, {})


def test_a_collector_gets_each_line_once_and_in_order_however_it_fails(tmp_path: Path) -> None:
    received: list[dict[str, Any]] = []
    collector = type("Collector", (_Collector,), {"received": received, "answers": iter([503, 500, 201, 429])})
    with serving(Server(collector)) as server:
        trail = Trail(tmp_path, SERVICES[SERVICE["placement"]], "neustrie", collector=f"{server.url}/in")
        for patient in range(6):
            tell(trail, acts.READ, patients=[f"700000{patient}"], request="r")
        assert _within(5.0, lambda: len(received) == 6)
        trail.close()
    assert received == lines(tmp_path)


def test_no_collector_slows_an_act_down(tmp_path: Path) -> None:
    """Promise: the file is the truth; who does not take a line is no reason not to write it."""
    trail = Trail(tmp_path, SERVICES[SERVICE["placement"]], "neustrie", collector="http://127.0.0.1:9")
    tell(trail, acts.READ, patients=["7000001"], request="r")
    assert len(lines(tmp_path)) == 1
    trail.close()


def _within(seconds: float, true: Any) -> bool:
    pause = threading.Event()
    for _ in range(int(seconds / 0.02)):
        if true():
            return True
        pause.wait(0.02)
    return bool(true())
