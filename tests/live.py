"""The range's live side for tests: a real provider, started once a session by whoever asks for the fixture.

`from live import provider` in a folder's conftest.py makes the fixture known there.
"""

from __future__ import annotations

import itertools
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tocsin_range.live import NoProvider, Provider, User
from tocsin_range.live.wire import Answer, basic, bearer, call

PATCH_OP = "urn:ietf:params:scim:api:messages:2.0:PatchOp"
_numbers = itertools.count(1)


@pytest.fixture(scope="session")
def provider(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Provider]:
    """A running provider. Accounts of tests are added with `an_account`; it is stopped when the session ends."""
    with started(tmp_path_factory.mktemp("provider"), [new_user() for _ in range(40)]) as running:
        yield running


def started(folder: Path, users: list[User]) -> Provider:
    """A provider to enter, or a skip where it has not been set up (a failure under CI)."""
    try:
        return Provider(folder, users)
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

    def __init__(self, provider: Provider) -> None:
        self.provider = provider
        client = provider.tocsin_client
        answer = call(
            "POST",
            provider.token_endpoint,
            headers=basic(client.client_id, client.secret),
            form={"grant_type": "client_credentials"},
        )
        assert answer.status == 200, answer.text
        self.token = answer.json()["access_token"]

    def user(self, user_name: str) -> dict[str, Any]:
        """The account as SCIM shows it."""
        answer = call("GET", f"{self.provider.scim_url}/Users/{user_name}", headers=bearer(self.token))
        assert answer.status == 200, answer.text
        return answer.json()

    def set_active(self, user_name: str, active: bool, *, base: str = "", timeout_s: float = 10) -> Answer:
        """Disable or enable an account, at the provider or at a proxy in front of it."""
        return call(
            "PATCH",
            f"{base or self.provider.scim_url}/Users/{user_name}",
            headers={**bearer(self.token), "Content-Type": "application/scim+json"},
            as_json={"schemas": [PATCH_OP], "Operations": [{"op": "replace", "path": "active", "value": active}]},
            timeout_s=timeout_s,
        )


@pytest.fixture
def user(provider: Provider) -> User:
    """An account of this test alone."""
    if not provider_spares:
        provider_spares.extend(provider.users)
    return provider_spares.pop(0)


provider_spares: list[User] = []
