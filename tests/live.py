"""The range's live side for tests: a real provider and real services, started once a session (and worker).

`from live import *` in a folder's conftest.py makes the fixtures known there:

- `provider`: a provider alone, and `user`, an account of it for this test alone;
- `live`: provider and the three services of two small regions, as `live.json` describes them, and `account`, one of
  the first region's accounts for this test alone.
"""

from __future__ import annotations

import itertools
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tocsin_range.live import NoProvider, Place, Provider, User, up
from tocsin_range.live.browser import Browser
from tocsin_range.live.provider import provider_python
from tocsin_range.live.visit import Visit
from tocsin_range.live.wire import Answer, basic, bearer, call
from tocsin_range.make import make
from tocsin_range.recipe import Recipe

__all__ = ["account", "live", "provider", "user"]

PATCH_OP = "urn:ietf:params:scim:api:messages:2.0:PatchOp"
_numbers = itertools.count(1)


@pytest.fixture(scope="session")
def provider(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Provider]:
    """A running provider. Accounts of tests are added with `an_account`; it is stopped when the session ends."""
    with started(tmp_path_factory.mktemp("provider"), [new_user() for _ in range(40)]) as running:
        yield running


def started(folder: Path, users: list[User]) -> Provider:
    """A provider to enter, or a skip where it has not been set up (a failure under CI)."""
    needed()
    return Provider(folder, users)


def needed() -> None:
    """Skip the test where no provider has been set up; under CI, fail it."""
    try:
        provider_python()
    except NoProvider as missing:
        if os.environ.get("CI"):
            pytest.fail(str(missing))
        pytest.skip(str(missing))


def new_user() -> User:
    """An account nobody else in the session uses."""
    number = next(_numbers)
    rpps = f"99{number:09d}"
    return User(user_name=f"8{rpps}", password=f"mot de passe {number}", name=f"Aude Testu{number}", external_id=rpps)


class Scim:
    """A plain SCIM client, by hand: tests of the provider trust no library."""

    def __init__(self, token_endpoint: str, scim_url: str, client_id: str, secret: str) -> None:
        self.scim_url = scim_url
        form = {"grant_type": "client_credentials"}
        answer = call("POST", token_endpoint, headers=basic(client_id, secret), form=form)
        assert answer.status == 200, answer.text
        self.token = answer.json()["access_token"]

    @classmethod
    def of(cls, provider: Provider) -> Scim:
        """At a provider of the `provider` fixture."""
        client = provider.tocsin_client
        return cls(provider.token_endpoint, provider.scim_url, client.client_id, client.secret)

    @classmethod
    def at(cls, live: dict[str, Any]) -> Scim:
        """At the provider of the `live` fixture."""
        told = live["provider"]
        return cls(told["token_endpoint"], told["scim_url"], **told["tocsin_client"])

    def user(self, user_name: str) -> dict[str, Any]:
        """The account as SCIM shows it."""
        answer = call("GET", f"{self.scim_url}/Users/{user_name}", headers=bearer(self.token))
        assert answer.status == 200, answer.text
        return answer.json()

    def set_active(self, user_name: str, active: bool, *, base: str = "", timeout_s: float = 10) -> Answer:
        """Disable or enable an account, at the provider or at a proxy in front of it."""
        return call(
            "PATCH",
            f"{base or self.scim_url}/Users/{user_name}",
            headers={**bearer(self.token), "Content-Type": "application/scim+json"},
            as_json={"schemas": [PATCH_OP], "Operations": [{"op": "replace", "path": "active", "value": active}]},
            timeout_s=timeout_s,
        )


@pytest.fixture
def user(provider: Provider) -> User:
    """An account of this test alone."""
    return provider.users[next(_users_given)]


_users_given = itertools.count()
_accounts_given = itertools.count()
REGION, OTHER_REGION = "neustrie", "austrasie"


@pytest.fixture(scope="session")
def live(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Any]]:
    """What `live.json` holds of a provider and two regions, up for the session."""
    needed()
    folder = tmp_path_factory.mktemp("live")
    for seed, name in enumerate((REGION, OTHER_REGION)):
        make(Recipe(region=name, seed=seed, accounts=320, days=5, attacks=(), lookalikes=()), folder / f"{name}-bulk")
    places = [Place(name=name, folder=folder / f"{name}-bulk") for name in (REGION, OTHER_REGION)]
    with up(folder / "up", places, wanted=56) as running:
        yield running


@pytest.fixture
def account(live: dict[str, Any]) -> dict[str, Any]:
    """An account of the first region that no other test uses, as `live.json` describes it."""
    firsts = [one for one in live["regions"][REGION]["accounts"] if not one["second"]]
    found: dict[str, Any] = firsts[next(_accounts_given)]
    return found


def visit_of(account: dict[str, Any], *, address: str = "203.0.113.5", device: str = "a browser") -> Visit:
    """Somebody who knows the account's password, at a place of their own."""
    return Visit(account["user_name"], account["password"], Browser(address=address, device=device))


def run(command: list[str], account: str) -> str:
    """Run an argument vector for an account; its output."""
    argv = [part.replace("{account}", account) for part in command]
    return subprocess.run(argv, capture_output=True, text=True, check=True, stdin=subprocess.DEVNULL).stdout.strip()
