"""What is left of a stolen account after each step of a cut, tried by the thief who holds everything."""

from __future__ import annotations

import http.client
import json
from pathlib import Path
from typing import Any

import pytest

from live import REGION, Scim, run, visit_of
from tocsin_range.live import FaultyProvider, Loot, Plan, Thief, try_everything
from tocsin_range.live.loot import loot_of
from tocsin_range.live.probe import probe_provider
from tocsin_range.live.wire import bearer, call

Live = dict[str, Any]
ACCESS = ("cookie at", "access token")


def stolen(live: Live, account: Live, *keys: str) -> Loot:
    """Everything of an account, carried away from some services."""
    services = live["regions"][REGION]["services"]
    visit = visit_of(account)
    for key in keys:
        visit.sign_in(services[key]["url"])
    return loot_of(visit, live["provider"]["issuer"], services)


def probes(live: Live, account: Live) -> dict[str, str]:
    """What each probe of `live.json` says, all run as commands."""
    commands = {key: one["probe"] for key, one in live["regions"][REGION]["services"].items()}
    commands["provider"] = live["provider"]["probe"]
    return {name: run(command, account["account"]) for name, command in commands.items()}


def test_before_a_cut_everything_works(live: Live, account: Live) -> None:
    loot = stolen(live, account, "teleconsultation", "identity-server", "placement")
    tried = try_everything(loot)
    assert len(tried) == 11
    assert set(tried.values()) == {"works"}
    assert set(probes(live, account).values()) == {"alive"}


def test_disabling_leaves_the_access_token_alive_and_deleting_tokens_kills_it(live: Live, account: Live) -> None:
    """The trap that a containment which stops at SCIM falls into."""
    loot = stolen(live, account, "teleconsultation")
    assert Scim.at(live).set_active(account["user_name"], False).json()["active"] is False

    tried = try_everything(loot)
    works = {name for name, state in tried.items() if state == "works"}
    assert works == {name for name in tried if name.startswith(ACCESS)}
    assert probes(live, account) == {
        "teleconsultation": "alive",
        "identity-server": "dead",
        "placement": "dead",
        "provider": "alive",
    }

    run(live["provider"]["delete_tokens"], account["account"])
    assert set(try_everything(loot).values()) == {"refused"}
    assert set(probes(live, account).values()) == {"dead"}


def test_undoing_revives_no_session(live: Live, account: Live) -> None:
    scim = Scim.at(live)
    loot = stolen(live, account, "placement")
    scim.set_active(account["user_name"], False)
    run(live["provider"]["delete_tokens"], account["account"])
    scim.set_active(account["user_name"], True)
    tried = try_everything(loot)
    assert {name for name, state in tried.items() if state == "works"} == {"password at placement"}


def test_a_session_never_used_while_disabled_comes_back_unless_it_was_ended(live: Live, account: Live) -> None:
    """Why the deletion ends browser sessions too: the provider only looks at an account when its session is used."""
    scim = Scim.at(live)
    loot = stolen(live, account, "placement")
    scim.set_active(account["user_name"], False)
    scim.set_active(account["user_name"], True)
    assert try_everything(loot)["session at the provider"] == "works"


def test_the_provider_knows_a_token_by_its_probe(live: Live, account: Live) -> None:
    loot = stolen(live, account, "placement")
    client = live["provider"]["tocsin_client"]
    secret, issuer = f"{client['client_id']}:{client['secret']}", live["provider"]["issuer"]
    assert probe_provider(issuer, secret, account["account"]) == "alive"
    Scim.at(live).set_active(account["user_name"], False)
    assert probe_provider(issuer, secret, account["account"], loot.access) == "alive"
    run(live["provider"]["delete_tokens"], account["account"])
    assert probe_provider(issuer, secret, account["account"], loot.access) == "dead"
    assert probe_provider(issuer, "tocsin:wrong", account["account"]) == "unknown"


def test_a_token_shown_as_bearer_is_known_to_the_services_probe(live: Live, account: Live) -> None:
    loot = stolen(live, account, "teleconsultation")
    placement = live["regions"][REGION]["services"]["placement"]
    assert run(placement["probe"], account["account"]) == "dead"
    assert call("GET", f"{placement['url']}/me", headers=bearer(loot.access)).json() == {"account": account["account"]}
    assert run(placement["probe"], account["account"]) == "alive"
    run(live["provider"]["delete_tokens"], account["account"])
    assert call("GET", f"{placement['url']}/patients/7000001", headers=bearer(loot.access)).status == 401
    last = (Path(placement["trail_folder"]) / "AuditEvent-live.ndjson").read_bytes().splitlines()[-1]
    assert account["user_name"] in last.decode()
    assert json.loads(last)["outcome"] == "4"


def test_faults_in_front_of_the_real_provider(live: Live, account: Live) -> None:
    scim, name = Scim.at(live), account["user_name"]
    with FaultyProvider(live["provider"]["issuer"], "liar") as faulty:
        assert scim.set_active(name, False, base=faulty.scim_url).json()["active"] is False
        assert scim.user(name)["active"] is True
        faulty.mode = "refuse"
        assert scim.set_active(name, False, base=faulty.scim_url).status == 403
        assert scim.user(name)["active"] is True
        faulty.mode = "half"
        with pytest.raises((ConnectionError, http.client.HTTPException)):
            scim.set_active(name, False, base=faulty.scim_url)
        assert scim.user(name)["active"] is False
        faulty.mode = "none"
        assert scim.set_active(name, True, base=faulty.scim_url).json()["active"] is True


def plan(accounts: list[Live], **more: Any) -> Plan:
    return Plan(region=REGION, accounts=[one["account"] for one in accounts], pace_s=0.0, **more)


def test_a_thief_takes_the_same_patients_from_the_same_seed(live: Live, account: Live) -> None:
    takings = []
    for seed in (3, 3, 4):
        thief = Thief(live, plan([account], patients=9, per_account=3, seed=seed))
        thief.play()
        takings.append([one["patient"] for one in thief.truth()["thefts"][0]["opened"]])
    assert len(takings[0]) == 9
    assert takings[0] == takings[1] != takings[2]


def test_a_thief_goes_on_with_another_account_when_one_is_stopped(live: Live, account: Live) -> None:
    other = next(one for one in live["regions"][REGION]["accounts"] if one["second"])

    def cut(thief: Thief) -> None:
        if len(thief.visits) == 2 and thief.thefts[account["account"]].refused is None:
            Scim.at(live).set_active(account["user_name"], False)
            run(live["provider"]["delete_tokens"], account["account"])

    thief = Thief(live, plan([account, other], services=["placement"], patients=12, per_account=2))
    thief.play(cut)
    truth = thief.truth()
    first, second = truth["thefts"]
    assert first["refused"]["where"] == "service"
    assert len(first["opened"]) == 2
    assert second["refused"] is None
    assert truth["opened"] == 12 == len(first["opened"]) + len(second["opened"])
    assert {one["patient"] for one in first["opened"]} <= {one["patient"] for one in first["listed"]}
