"""Tocsin cuts accounts at a real provider, proves it at real services, gives them back; also where all goes wrong."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from live import OTHER_REGION, REGION, Scim, visit_of
from real.cutting import RETRY_S, Clock, Live, as_toml, settings_of
from tocsin.main import stop
from tocsin.main.actor import Actor
from tocsin_range.live import FaultyProvider, Loot, try_everything
from tocsin_range.live.loot import loot_of

WHO = {"who": "A. Garde", "why": "stolen"}


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def faulty(live: Live) -> Iterator[FaultyProvider]:
    with FaultyProvider(live["provider"]["issuer"]) as proxy:
        yield proxy


def stolen(live: Live, account: Live) -> Loot:
    """Password, sessions at all services, cookies at the provider and tokens of an account."""
    services = live["regions"][REGION]["services"]
    visit = visit_of(account)
    for one in services.values():
        visit.sign_in(one["url"])
    return loot_of(visit, live["provider"]["issuer"], services)


def states(told: dict[str, Any], kind: str) -> list[str]:
    return [act["state"] for act in told["acts"] if act["kind"] == kind]


def of(told: dict[str, Any], account: Live, kind: str = "suspend-account") -> dict[str, Any]:
    (found,) = (act for act in told["acts"] if act["kind"] == kind and act["account"] == account["account"])
    return found


def test_a_thief_who_holds_everything_is_left_with_nothing(
    live: Live, account: Live, clock: Clock, tmp_path: Path
) -> None:
    settings = settings_of(live, tmp_path)
    loot = stolen(live, account)
    assert set(try_everything(loot).values()) == {"works"}

    shown = stop.contain(settings, account["account"], **WHO, dry_run=True, now=clock)
    assert set(states(shown, "suspend-account")) == {"planned"}
    assert not (tmp_path / "state/acts.lock").exists()
    planned = stop.contain(settings, account["account"], **WHO, now=clock)
    assert planned["sound"]
    assert set(try_everything(loot).values()) == {"works"}

    told = stop.contain(settings, account["account"], **WHO, approve=True, now=clock)
    assert told["sound"], told
    assert set(states(told, "suspend-account")) == {"proven"}
    assert set(states(told, "delete-tokens")) == {"applied"}
    assert states(told, "prove-dead") == ["proven"] * 3 * len(told["accounts"])
    assert set(try_everything(loot).values()) == {"refused"}

    back = stop.undo(settings, told["incident"], who="A. Garde", why="she has a new password", now=clock)
    assert back["sound"]
    assert {act["state"] for act in back["acts"]} == {"undone"}
    assert any("stay deleted" in note for note in back["notes"])
    works = {name for name, state in try_everything(loot).items() if state == "works"}
    assert works == {name for name in try_everything(loot) if name.startswith("password")}


def test_the_persons_second_account_is_cut_too(live: Live, clock: Clock, tmp_path: Path) -> None:
    accounts = live["regions"][REGION]["accounts"]
    second = next(one for one in reversed(accounts) if one["second"])
    first = next(one for one in accounts if one["user_name"] == second["user_name"].removeprefix("bis-"))
    settings = settings_of(live, tmp_path, probes=False)
    told = stop.contain(settings, first["account"], **WHO, approve=True, now=clock)
    assert [one.rpartition("|")[2] for one in told["accounts"]] == [first["user_name"], second["user_name"]]
    assert [act["kind"] for act in told["acts"]] == ["suspend-account"] * 2 + ["delete-tokens"] * 2
    scim = Scim.at(live)
    assert not scim.user(second["user_name"])["active"]
    assert {gap["kind"] for gap in told["gaps"]} == {"prove-dead"}
    stop.undo(settings, told["incident"], **WHO, now=clock)
    assert scim.user(second["user_name"])["active"]
    assert scim.user(first["user_name"])["active"]


def test_an_account_that_was_inactive_stays_so(live: Live, account: Live, clock: Clock, tmp_path: Path) -> None:
    scim, settings = Scim.at(live), settings_of(live, tmp_path, probes=False)
    scim.set_active(account["user_name"], False)
    told = stop.contain(settings, account["account"], **WHO, approve=True, now=clock)
    stop.undo(settings, told["incident"], **WHO, now=clock)
    assert scim.user(account["user_name"])["active"] is False


def test_one_that_somebody_made_active_again_is_cut_again(
    live: Live, account: Live, clock: Clock, tmp_path: Path
) -> None:
    scim, settings = Scim.at(live), settings_of(live, tmp_path, probes=False)
    stop.contain(settings, account["account"], **WHO, approve=True, now=clock)
    scim.set_active(account["user_name"], True)
    told = stop.contain(settings, account["account"], **WHO, approve=True, now=clock)
    assert of(told, account)["state"] == "proven"
    assert scim.user(account["user_name"])["active"] is False


def test_after_an_undo_it_can_be_cut_again(live: Live, account: Live, clock: Clock, tmp_path: Path) -> None:
    scim, settings = Scim.at(live), settings_of(live, tmp_path, probes=False)
    first = stop.contain(settings, account["account"], **WHO, approve=True, now=clock)
    stop.undo(settings, first["incident"], **WHO, now=clock)
    again = stop.contain(settings, account["account"], **WHO, approve=True, now=clock)
    assert of(again, account)["act"] != of(first, account)["act"]
    assert scim.user(account["user_name"])["active"] is False


class TestFaults:
    """The provider is down, slow, half-done, says 200 and does nothing, or refuses."""

    def test_down(self, live: Live, account: Live, clock: Clock, tmp_path: Path, faulty: FaultyProvider) -> None:
        settings = settings_of(live, tmp_path, faulty=faulty, probes=False)
        faulty.mode = "down"
        told = stop.contain(settings, account["account"], **WHO, approve=True, now=clock)
        assert not told["sound"]
        assert of(told, account)["state"] == "failed"
        assert "cannot be reached" in of(told, account)["proof"]["how"]
        assert any("could not be asked for" in note for note in told["notes"])
        assert of(told, account, "delete-tokens")["state"] == "applied"
        assert stop.resume(settings, now=clock)["resumed"] == 0
        faulty.mode = "none"
        clock.pass_s(RETRY_S)
        assert of(stop.resume(settings, now=clock), account)["state"] == "proven"
        assert Scim.at(live).user(account["user_name"])["active"] is False

    def test_slow(self, live: Live, account: Live, clock: Clock, tmp_path: Path) -> None:
        with FaultyProvider(live["provider"]["issuer"], seconds=2.0) as faulty:
            settings = settings_of(live, tmp_path, faulty=faulty, probes=False, timeout_s=1.0)
            faulty.mode = "slow"
            told = stop.contain(settings, account["account"], **WHO, approve=True, now=clock)
            assert of(told, account)["state"] == "failed"
            assert "did not answer in time" in of(told, account)["proof"]["how"]
            faulty.mode = "none"
            clock.pass_s(RETRY_S)
            assert of(stop.resume(settings, now=clock), account)["state"] == "proven"

    def test_half_done_is_not_done_twice(
        self, live: Live, account: Live, clock: Clock, tmp_path: Path, faulty: FaultyProvider
    ) -> None:
        settings = settings_of(live, tmp_path, faulty=faulty, probes=False)
        faulty.mode = "half"
        before = faulty.patches
        told = stop.contain(settings, account["account"], **WHO, approve=True, now=clock)
        assert of(told, account)["state"] == "failed"
        assert Scim.at(live).user(account["user_name"])["active"] is False
        patches = faulty.patches - before
        clock.pass_s(RETRY_S)
        again = stop.resume(settings, now=clock)
        assert of(again, account)["state"] == "proven"
        assert faulty.patches - before == patches
        faulty.mode = "none"
        stop.undo(settings, told["incident"], **WHO, now=clock)
        assert Scim.at(live).user(account["user_name"])["active"] is True

    def test_a_liar_is_found(
        self, live: Live, account: Live, clock: Clock, tmp_path: Path, faulty: FaultyProvider
    ) -> None:
        settings = settings_of(live, tmp_path, faulty=faulty, probes=False)
        faulty.mode = "liar"
        told = stop.contain(settings, account["account"], **WHO, approve=True, now=clock)
        assert of(told, account)["state"] == "unproven"
        assert of(told, account)["act"] in told["alive"]
        clock.pass_s(RETRY_S)
        assert of(stop.resume(settings, now=clock), account)["state"] == "unproven"
        faulty.mode = "none"
        clock.pass_s(2 * RETRY_S)
        assert of(stop.resume(settings, now=clock), account)["state"] == "proven"

    def test_a_liar_is_found_at_an_undo_too(
        self, live: Live, account: Live, clock: Clock, tmp_path: Path, faulty: FaultyProvider
    ) -> None:
        settings = settings_of(live, tmp_path, faulty=faulty, probes=False)
        told = stop.contain(settings, account["account"], **WHO, approve=True, now=clock)
        faulty.mode = "liar"
        back = stop.undo(settings, of(told, account)["act"], **WHO, now=clock)
        assert of(back, account)["state"] == "undoing"
        assert not back["sound"]
        faulty.mode = "none"
        clock.pass_s(RETRY_S)
        assert of(stop.resume(settings, now=clock), account)["state"] == "undone"
        assert Scim.at(live).user(account["user_name"])["active"] is True

    def test_refused(self, live: Live, account: Live, clock: Clock, tmp_path: Path, faulty: FaultyProvider) -> None:
        settings = settings_of(live, tmp_path, faulty=faulty, probes=False)
        faulty.mode = "refuse"
        told = stop.contain(settings, account["account"], **WHO, approve=True, now=clock)
        assert of(told, account)["state"] == "failed"
        assert "does not let Tocsin do it (403)" in of(told, account)["proof"]["how"]
        assert of(told, account)["act"] in told["failed"]


class TestActor:
    """What the ladder asks for, approved beforehand."""

    def row(self, account: Live, rung: str = "suspend", episode: str = "EP-000000000001") -> dict[str, Any]:
        return {"account": account["account"], "rung": rung, "at": 1, "episode": episode}

    def test_it_cuts_at_once_and_proves_behind(self, live: Live, account: Live, clock: Clock, tmp_path: Path) -> None:
        settings = settings_of(live, tmp_path, pre_approved=("suspend", "end-sessions"))
        loot = stolen(live, account)
        actor = Actor(settings, now=clock)
        actor.warm()
        told = actor.alerts([self.row(account)])
        cut = of({"acts": told}, account)
        assert cut["state"] == "proven"
        assert Scim.at(live).user(account["user_name"])["active"] is False
        assert actor.settle(120)
        assert actor.due() is None
        assert {act["state"] for act in stop.acts(settings, cut["incident"])["acts"]} == {"proven", "applied"}
        assert set(try_everything(loot).values()) == {"refused"}
        stand = stop.acts(settings, cut["incident"])["acts"]  # of the person's second account too, if there is one
        assert actor.alerts([self.row(account)]) == [act for act in stand if act["account"] == account["account"]]
        actor.close()

    def test_what_is_not_approved_beforehand_waits_for_a_person(
        self, live: Live, account: Live, clock: Clock, tmp_path: Path
    ) -> None:
        settings = settings_of(live, tmp_path, probes=False)
        actor = Actor(settings, now=clock)
        assert {act["state"] for act in actor.alerts([self.row(account)])} == {"planned"}
        assert actor.alerts([self.row(account, "ask")]) == []
        assert actor.due() is None
        actor.close()
        assert Scim.at(live).user(account["user_name"])["active"] is True

    def test_what_a_person_took_back_is_not_done_again(
        self, live: Live, account: Live, clock: Clock, tmp_path: Path
    ) -> None:
        settings = settings_of(live, tmp_path, probes=False, pre_approved=("suspend",))
        actor = Actor(settings, now=clock)
        incident = actor.alerts([self.row(account)])[0]["incident"]
        assert actor.settle(60)
        stop.undo(settings, incident, **WHO, now=clock)
        assert {act["state"] for act in actor.alerts([self.row(account)])} == {"undone"}
        assert Scim.at(live).user(account["user_name"])["active"] is True
        actor.alerts([self.row(account, episode="EP-000000000002")])
        assert Scim.at(live).user(account["user_name"])["active"] is False
        actor.settle(60)
        actor.close()

    def test_a_provider_that_is_down_is_tried_again_when_due(
        self, live: Live, account: Live, clock: Clock, tmp_path: Path, faulty: FaultyProvider
    ) -> None:
        settings = settings_of(live, tmp_path, faulty=faulty, probes=False, pre_approved=("suspend",))
        faulty.mode = "down"
        actor = Actor(settings, now=clock)
        assert of({"acts": actor.alerts([self.row(account)])}, account)["state"] == "failed"
        assert actor.settle(60)
        assert actor.due() is not None
        faulty.mode = "none"
        clock.pass_s(RETRY_S)
        actor.due()
        assert actor.settle(60)
        assert Scim.at(live).user(account["user_name"])["active"] is False
        actor.close()

    def test_accounts_that_could_not_be_asked_for_are_asked_for_again(
        self, live: Live, clock: Clock, tmp_path: Path, faulty: FaultyProvider
    ) -> None:
        accounts = live["regions"][OTHER_REGION]["accounts"]
        second = next(one for one in accounts if one["second"])
        first = next(one for one in accounts if one["user_name"] == second["user_name"].removeprefix("bis-"))
        settings = settings_of(live, tmp_path, faulty=faulty, probes=False, pre_approved=("suspend",))
        faulty.mode = "down"
        actor = Actor(settings, now=clock)
        actor.alerts([self.row(first)])
        assert actor.settle(60)
        faulty.mode = "none"
        clock.pass_s(RETRY_S)
        assert actor.due() is not None
        assert actor.settle(60)
        scim = Scim.at(live)
        assert not scim.user(first["user_name"])["active"]
        assert not scim.user(second["user_name"])["active"]
        actor.close()

    def test_others_that_a_kill_left_unasked_are_asked_for_by_the_next(
        self, live: Live, clock: Clock, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        accounts = live["regions"][OTHER_REGION]["accounts"]
        second = [one for one in accounts if one["second"]][1]
        first = next(one for one in accounts if one["user_name"] == second["user_name"].removeprefix("bis-"))
        settings = settings_of(live, tmp_path, probes=False, pre_approved=("suspend",))
        with monkeypatch.context() as killed:
            killed.setattr(Actor, "_cut_others", lambda *_: None)
            Actor(settings, now=clock).alerts([self.row(first)])
        scim = Scim.at(live)
        assert scim.user(second["user_name"])["active"]
        actor = Actor(settings, now=clock)
        actor.due()
        assert actor.settle(60)
        assert not scim.user(second["user_name"])["active"]
        assert actor.due() is None
        actor.close()
        assert Actor(settings, now=clock).due() is None


def test_the_commands(live: Live, account: Live, tmp_path: Path) -> None:
    settings = settings_of(live, tmp_path)
    (tmp_path / "tocsin.toml").write_text(as_toml(settings))

    def tocsin(*arguments: str) -> subprocess.CompletedProcess[str]:
        argv = [sys.executable, "-m", "tocsin", *arguments]
        return subprocess.run(argv, cwd=tmp_path, capture_output=True, text=True, check=False, timeout=300)

    shown = tocsin("contain", account["account"], "--who", "A. Garde")
    assert shown.returncode == 0, shown.stderr
    assert "say it again with --approve" in shown.stdout
    done = tocsin("contain", account["account"], "--who", "A. Garde", "--approve", "--json", "told.json")
    assert done.returncode == 0, done.stderr
    told = json.loads((tmp_path / "told.json").read_text())
    assert told["sound"]
    assert "dead: the service was asked by its probe" in " ".join(done.stdout.split())
    assert tocsin("resume").stdout.startswith("Nothing is due.")
    back = tocsin("undo", told["incident"], "--who", "A. Garde", "--why", "false alarm")
    assert back.returncode == 0, back.stderr
    again = tocsin("undo", told["incident"], "--who", "A. Garde", "--why", "false alarm")
    assert again.returncode == 7
    secret = (tmp_path / "idp-secret").read_text().strip()
    for text in (shown, done, back, again):
        assert secret not in text.stdout + text.stderr
    (tmp_path / "idp-secret").chmod(0o644)
    refused = tocsin("contain", account["account"], "--who", "A. Garde", "--approve")
    assert refused.returncode == 2
    assert "can be read by others" in refused.stderr
