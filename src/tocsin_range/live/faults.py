"""A provider that fails on purpose: a reverse proxy in front of a real one, for tests of containment.

| mode | what it does |
|---|---|
| `none` | passes everything on |
| `down` | drops each connection before any answer |
| `slow` | waits `seconds`, then passes on |
| `half` | passes a PATCH on, which takes effect, and drops the connection instead of answering |
| `liar` | answers a PATCH with 200 and the account as asked for, and changes nothing; reading tells the truth |
| `refuse` | answers a PATCH with 403 |

Reads pass in `half`, `liar` and `refuse`. The mode may be changed while it runs.
"""

import http.client
import json
import socket
import time
from contextlib import ExitStack
from types import TracebackType
from typing import Any, Literal

from tocsin_range.live.loopback import Handler, Server, serving
from tocsin_range.live.wire import Answer, call

Mode = Literal["none", "down", "slow", "half", "liar", "refuse"]
MODES: tuple[Mode, ...] = ("none", "down", "slow", "half", "liar", "refuse")
_KEPT = ("authorization", "content-type", "accept", "if-match")


class FaultyProvider:
    """The proxy, running inside a `with`; `scim_url` and `issuer` stand in for the provider's own."""

    def __init__(self, upstream: str, mode: Mode = "none", *, seconds: float = 3.0) -> None:
        """`upstream` is the real provider's issuer, `seconds` how long `slow` waits."""
        self.upstream = upstream.rstrip("/")
        self.mode: Mode = mode
        self.seconds = seconds
        self.patches = 0
        """PATCH requests that arrived, whatever became of them."""
        self._stack = ExitStack()
        self.issuer = ""

    @property
    def scim_url(self) -> str:
        """Base of SCIM at the proxy."""
        return f"{self.issuer}/scim/v2"

    @property
    def token_endpoint(self) -> str:
        """Where clients get tokens, at the proxy."""
        return f"{self.issuer}/oauth/token"

    def __enter__(self) -> "FaultyProvider":
        handler = type("Proxy", (_Proxy,), {"faulty": self})
        self.issuer = self._stack.enter_context(serving(Server(handler))).url
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stack.close()


class _Proxy(Handler):
    faulty: FaultyProvider

    def _any(self) -> None:
        faulty, body = self.faulty, self.body()
        patch = self.command == "PATCH"
        faulty.patches += patch
        if faulty.mode == "down":
            self._drop()
        elif patch and faulty.mode == "refuse":
            self.answer(403, _error(403, "Insufficient permissions"), kind="application/scim+json")
        elif patch and faulty.mode == "liar":
            self.answer(200, self._lie(body), kind="application/scim+json")
        else:
            if faulty.mode == "slow":
                time.sleep(faulty.seconds)
            answer = self._pass(self.command, body)
            if patch and faulty.mode == "half":
                self._drop()
            else:
                self.send(answer.status, answer.body, {"Content-Type": answer.header("Content-Type")})

    do_GET = do_POST = do_PATCH = do_PUT = do_DELETE = _any

    def _pass(self, method: str, body: bytes) -> Answer:
        headers = {name: value for name, value in self.headers.items() if name.lower() in _KEPT}
        try:
            return call(method, self.faulty.upstream + self.path, headers=headers, data=body or None)
        except (OSError, http.client.HTTPException):
            return Answer(502, (), b"")

    def _lie(self, body: bytes) -> Any:
        told = self._pass("GET", b"").json()
        for operation in json.loads(body).get("Operations", ()):
            value = operation.get("value")
            told |= value if isinstance(value, dict) else {operation.get("path", "active"): value}
        return told

    def _drop(self) -> None:
        self.close_connection = True
        self.connection.shutdown(socket.SHUT_RDWR)


def _error(status: int, detail: str) -> dict[str, object]:
    return {"schemas": ["urn:ietf:params:scim:api:messages:2.0:Error"], "status": str(status), "detail": detail}
