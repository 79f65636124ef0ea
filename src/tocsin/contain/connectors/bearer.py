"""A bearer token for every request: fetched by client credentials (RFC 6749, 4.4), kept until it expires."""

from __future__ import annotations

import threading
from collections.abc import Callable, Generator
from typing import Final

import httpx2

from tocsin.errors import ConnectorFailed

EARLY_US: Final = 30_000_000
"""A token is renewed so long before it expires, so that it lives as long as the request it goes with."""
UNSAID_S: Final = 300
"""How long a token is kept where the server does not say how long it lives."""


class Bearer(httpx2.Auth):
    """Puts a token on each request. One that is refused (401) is replaced once; then the refusal stands."""

    requires_response_body = True

    def __init__(self, *, token_url: str, client_id: str, secret: Callable[[], str], now: Callable[[], int]) -> None:
        """`secret` is read when it is needed. Without `token_url` it is the bearer token itself."""
        self._url = token_url
        self._client_id = client_id
        self._secret = secret
        self._now = now
        self._token = ""
        self._until = 0
        self._lock = threading.Lock()

    def sync_auth_flow(self, request: httpx2.Request) -> Generator[httpx2.Request, httpx2.Response, None]:
        """See `httpx2.Auth`. Raises `ConnectorFailed` if no token is given."""
        token = self._token if self._now() < self._until else ""
        if not token:
            token = yield from self._new()
        request.headers["Authorization"] = f"Bearer {token}"
        response = yield request
        if response.status_code == 401 and self._url:
            token = yield from self._new()
            request.headers["Authorization"] = f"Bearer {token}"
            yield request

    def _new(self) -> Generator[httpx2.Request, httpx2.Response, str]:
        if not self._url:
            return self._secret()
        asked = httpx2.Request(
            "POST",
            self._url,
            data={"grant_type": "client_credentials"},
            headers={"Accept": "application/json", "Authorization": _basic(self._client_id, self._secret())},
        )
        answer = yield asked
        answer.read()
        token, lives_s = _told(answer)
        with self._lock:
            self._token = token
            self._until = self._now() + max(lives_s * 1_000_000 - EARLY_US, lives_s * 500_000)
        return token


def _told(answer: httpx2.Response) -> tuple[str, int]:
    if answer.status_code != 200:
        raise ConnectorFailed(
            f"the token endpoint answered {answer.status_code}: no token for Tocsin",
            advice="Check client_id, secret_file and token_url of the connector.",
        )
    try:
        told = answer.json()
        token, lives_s = str(told["access_token"]), int(told.get("expires_in", UNSAID_S))
    except (ValueError, KeyError, TypeError, AttributeError):
        raise ConnectorFailed("the token endpoint answered something that is no token") from None
    return token, lives_s


def _basic(client_id: str, secret: str) -> str:
    """RFC 6749, 2.3.1: both are form-encoded before they are joined."""
    from base64 import b64encode
    from urllib.parse import quote_plus

    return "Basic " + b64encode(f"{quote_plus(client_id)}:{quote_plus(secret)}".encode()).decode()
