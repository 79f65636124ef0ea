"""Services that people sign in to through the real provider, and the trails they write."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from live import REGION, Scim, run, visit_of
from tocsin.collect.formats.fhir import read_line
from tocsin_range.live.visit import Refused
from tocsin_range.live.wire import bearer, call

Live = dict[str, Any]


def services(live: Live) -> dict[str, dict[str, Any]]:
    return live["regions"][REGION]["services"]


def trail(live: Live, key: str, account: Live) -> list[dict[str, Any]]:
    """What a service wrote about an account."""
    path = Path(services(live)[key]["trail_folder"]) / "AuditEvent-live.ndjson"
    told = [json.loads(line) for line in path.read_bytes().splitlines()]
    return [event for event in told if named(event) == account["account"]]


def named(event: dict[str, Any]) -> str:
    who = event["agent"][-1]["who"]["identifier"]
    return f"{who['system']}|{who['value']}"


def act(event: dict[str, Any]) -> tuple[str, str]:
    return event["subtype"][0]["code"], event["outcome"]


@pytest.mark.parametrize("key", ["teleconsultation", "identity-server", "placement"])
def test_somebody_signs_in_searches_opens_and_signs_out(live: Live, account: Live, key: str) -> None:
    url = services(live)[key]["url"]
    visit = visit_of(account, address="203.0.113.44", device="tablet 7")
    names = visit.search(url, family="B")
    shown = visit.open(url, names[0])
    visit.sign_out(url)
    assert {"telecom", "address", "identifier"} <= set(shown)
    told = trail(live, key, account)
    assert [act(event) for event in told] == [
        ("110122", "0"),
        *[("search", "0")] * len(names),
        ("read", "0"),
        ("110123", "0"),
    ]
    searched = [event["entity"][0]["what"]["reference"] for event in told if act(event)[0] == "search"]
    assert searched == [f"Patient/{patient}" for patient in names]
    client = next(agent for agent in told[0]["agent"] if agent.get("network", {}).get("type") == "2")
    assert (client["network"]["address"], client["who"]["identifier"]["value"]) == ("203.0.113.44", "tablet 7")
    assert len({event["agent"][-1]["policy"][0] for event in told}) == 1


def test_every_line_is_accepted_by_whoever_follows_the_trail(live: Live, account: Live) -> None:
    url = services(live)["placement"]["url"]
    visit_of(account).open(url, visit_of(account).search(url, family="C")[0])
    path = Path(services(live)["placement"]["trail_folder"]) / "AuditEvent-live.ndjson"
    for line in path.read_bytes().splitlines():
        assert not isinstance(read_line(line, utf8=True), str), line


def test_a_wrong_password_opens_nothing(live: Live, account: Live) -> None:
    url = services(live)["placement"]["url"]
    visit = visit_of({**account, "password": "guessed"})
    with pytest.raises(Refused, match="provider"):
        visit.open(url, "7000001")
    assert trail(live, "placement", account) == []


def test_nobody_is_served_without_a_session(live: Live) -> None:
    url = services(live)["teleconsultation"]["url"]
    for path in ("/me", "/patients?family=A", "/patients/7000001"):
        assert call("GET", url + path).status == 401
        assert call("GET", url + path, headers=bearer("made up")).status == 401


def test_a_refused_act_is_told_and_shows_nobody(live: Live, account: Live) -> None:
    """A session whose token has died: each further attempt is in the trail, as refused."""
    url = services(live)["placement"]["url"]
    visit = visit_of(account)
    patient = visit.search(url, family="D")[0]
    run(live["provider"]["delete_tokens"], account["account"])
    for _ in range(2):
        with pytest.raises(Refused):
            visit.open(url, patient)
    with pytest.raises(Refused):
        visit.search(url, family="D")
    refused = [event for event in trail(live, "placement", account) if event["outcome"] != "0"]
    assert [act(event) for event in refused] == [("read", "4"), ("read", "4"), ("search", "4")]
    assert not [one for one in refused[-1]["entity"] if one.get("role", {}).get("code") == "1"]


def test_a_search_needs_a_name_or_a_birth_date(live: Live, account: Live) -> None:
    url = services(live)["placement"]["url"]
    visit = visit_of(account)
    visit.sign_in(url)
    assert visit.browser.get(f"{url}/patients?_count=100").status == 400
    assert visit.browser.get(f"{url}/patients/nobody").status == 404


def test_the_identity_server_answers_the_door_and_nobody_else(live: Live) -> None:
    server = services(live)["identity-server"]
    admin = bearer(server["admin_secret"])
    patient = call("GET", f"{server['fhir_url']}/Patient/7000001", headers=admin).json()
    assert patient["resourceType"] == "Patient"
    number = patient["identifier"][0]
    wanted = f"{number['system']}|{number['value']}"
    found = call("GET", f"{server['fhir_url']}/Patient?identifier={wanted}", headers=admin).json()
    posted = call("POST", f"{server['fhir_url']}/Patient/_search", headers=admin, form={"identifier": wanted}).json()
    assert [one["resource"]["id"] for one in found["entry"]] == ["7000001"]
    assert found == posted
    several = call("GET", f"{server['fhir_url']}/Patient?_id=7000001,7000002,1", headers=admin).json()
    assert several["total"] == 2
    assert call("GET", f"{server['fhir_url']}/Patient/1", headers=admin).status == 404
    assert call("GET", f"{server['fhir_url']}/Patient/7000001").status == 401
    assert call("GET", f"{server['fhir_url']}/Patient/7000001", headers=bearer("guessed")).status == 401
    other = services(live)["placement"]
    assert call("GET", f"{other['url']}/fhir/Patient/7000001", headers=bearer(other["admin_secret"])).status == 404


def test_scim_finds_all_accounts_of_a_person(live: Live) -> None:
    second = next(one for one in live["regions"][REGION]["accounts"] if one["second"])
    listed = call("GET", f"{live['provider']['scim_url']}/Users", headers=bearer(Scim.at(live).token)).json()
    enterprise = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"
    same = [
        one["userName"]
        for one in listed["Resources"]
        if one.get(enterprise, {}).get("employeeNumber") == second["rpps"]
    ]
    assert sorted(same) == sorted([second["user_name"], second["user_name"].removeprefix("bis-")])
