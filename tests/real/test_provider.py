"""What Canaille, the real identity provider of the range, does when Tocsin speaks to it."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from live import Scim, new_user, run, started
from tocsin_range.live import NoProvider, Provider, User
from tocsin_range.live.provider import PYTHON
from tocsin_range.live.wire import basic, call


def test_the_discovery_document_names_the_endpoints(provider: Provider) -> None:
    told = call("GET", f"{provider.issuer}/.well-known/openid-configuration").json()
    assert told["issuer"] == provider.issuer
    assert told["token_endpoint"] == provider.token_endpoint
    assert told["introspection_endpoint"] == provider.introspection_endpoint


def test_scim_shows_an_account_with_its_person(provider: Provider, user: User) -> None:
    shown = Scim.of(provider).user(user.user_name)
    assert shown["active"] is True
    assert shown["name"]["formatted"] == user.name
    assert shown["urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"]["employeeNumber"] == user.external_id


def test_scim_wants_a_token(provider: Provider) -> None:
    assert call("GET", f"{provider.scim_url}/Users").status == 401
    wrong = call(
        "POST",
        provider.token_endpoint,
        headers=basic("tocsin", "not the secret"),
        form={"grant_type": "client_credentials"},
    )
    assert wrong.status == 401


def test_scim_disables_and_enables(provider: Provider, user: User) -> None:
    scim = Scim.of(provider)
    assert scim.set_active(user.user_name, False).json()["active"] is False
    assert scim.user(user.user_name)["active"] is False
    assert run(provider.probe_command(), user.user_name) == "dead"
    assert scim.set_active(user.user_name, True).json()["active"] is True
    assert run(provider.probe_command(), user.user_name) == "alive"


def test_an_account_added_while_it_runs_is_there(provider: Provider) -> None:
    added = new_user()
    provider.add([added])
    assert Scim.of(provider).user(added.user_name)["active"] is True


def test_deleting_tokens_may_be_repeated_and_knows_when_there_is_nobody(provider: Provider, user: User) -> None:
    command = provider.delete_tokens_command()
    for _ in range(2):
        assert run(command, f"https://a-trail.example|{user.user_name}") == "deleted 0 tokens, 0 codes, 0 sessions"
    assert run(command, "nobody") == "no such account: nothing to delete"


def test_secrets_are_in_files_that_only_their_owner_reads(provider: Provider) -> None:
    for name in ("canaille.toml", "seed.json"):
        assert (provider.folder / name).stat().st_mode & 0o077 == 0
    assert provider.tocsin_client.secret not in provider.log.read_text(encoding="utf-8")


def test_it_ends_with_its_with(tmp_path: Path) -> None:
    with started(tmp_path / "one", [new_user()]) as provider:
        pid = provider.pid
        os.kill(pid, 0)
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)


def test_without_its_environment_it_says_what_to_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(PYTHON, str(tmp_path / "nowhere/python"))
    with pytest.raises(NoProvider, match="make provider"):
        Provider(tmp_path)
