"""A SCIM server in memory, with the manners of several real ones and the faults of others."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import unquote

import httpx2

from tocsin.contain.connectors.bearer import Bearer
from tocsin.contain.connectors.scim import ScimConnector
from tocsin.model.act import Act

ENTERPRISE = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"
ERROR = "urn:ietf:params:scim:api:messages:2.0:Error"
EMPLOYEE = f"{ENTERPRISE}:employeeNumber"


def user(name: str, *, id: str = "", person: str = "", active: bool | None = True) -> dict[str, Any]:
    made = {"schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"], "id": id or f"id-{name}", "userName": name}
    if active is not None:
        made["active"] = active
    if person:
        made[ENTERPRISE] = {"employeeNumber": person}
    return made


@dataclass
class Server:
    users: list[dict[str, Any]] = field(default_factory=lambda: [user("dupont"), user("martin")])
    filters: bool = True
    says_it_filters: bool = True
    page: int = 100
    liar: bool = False
    answers: list[httpx2.Response | Exception] = field(default_factory=list)
    """Given before anything else, to SCIM requests, in order."""
    tokens: int = 0
    valid: str = ""
    asked: list[str] = field(default_factory=list)
    scim_paths: list[str] = field(default_factory=list)

    def __call__(self, request: httpx2.Request) -> httpx2.Response:
        self.asked.append(f"{request.method} {request.url.path}")
        if request.url.path == "/token":
            return self._token(request)
        if self.answers:
            answer = self.answers.pop(0)
            if isinstance(answer, Exception):
                raise answer
            return answer
        if request.headers.get("Authorization") != f"Bearer {self.valid}":
            return told(401, {"schemas": [ERROR], "status": "401"})
        return self._scim(request)

    def _token(self, request: httpx2.Request) -> httpx2.Response:
        if b"client_credentials" not in request.content or not request.headers["Authorization"].startswith("Basic "):
            return told(400, {"error": "invalid_request"})
        self.tokens += 1
        self.valid = f"token-{self.tokens}"
        return told(200, {"access_token": self.valid, "expires_in": 3600, "token_type": "Bearer"})

    def _scim(self, request: httpx2.Request) -> httpx2.Response:
        path = unquote(request.url.raw_path.decode().partition("?")[0]).removeprefix("/scim")
        self.scim_paths.append(path)
        if path == "/ServiceProviderConfig":
            return told(200, {"schemas": ["x"], "filter": {"supported": self.says_it_filters}})
        if path == "/Users":
            return self._list(request)
        found = next((one for one in self.users if one["id"] == path.removeprefix("/Users/")), None)
        if found is None:
            return told(404, {"schemas": [ERROR], "status": "404"})
        if request.method == "PATCH" and not self.liar:
            found["active"] = json.loads(request.content)["Operations"][0]["value"]
        return told(200, found)

    def _list(self, request: httpx2.Request) -> httpx2.Response:
        found = self.users
        asked = request.url.params.get("filter")
        if asked and self.filters:
            path, value = re.fullmatch(r'(\S+) eq (".*")', asked).groups()  # type: ignore[union-attr]
            value = json.loads(value)
            key = (lambda one: one.get(ENTERPRISE, {}).get("employeeNumber")) if "employee" in path else None
            found = [one for one in found if (key(one) if key else one.get(path)) == value]
        start = int(request.url.params.get("startIndex", "1")) - 1
        page = found[start : start + self.page]
        return told(200, {"schemas": ["list"], "totalResults": len(found), "Resources": page})

    def connector(self, now: Any = lambda: 1_000_000, **keys: Any) -> ScimConnector:
        bearer = Bearer(token_url="http://idp.test/token", client_id="tocsin", secret=lambda: "s3cret", now=now)
        settings = {"url": "http://idp.test/scim", "match": "userName", "person": EMPLOYEE, "timeout_s": 5} | keys
        return ScimConnector(bearer=bearer, now=now, transport=httpx2.MockTransport(self), **settings)


def told(status: int, body: Any, **headers: str) -> httpx2.Response:
    return httpx2.Response(status, json=body, headers={"Content-Type": "application/scim+json", **headers})


def suspend(name: str) -> Act:
    return Act(
        id="ACT-1", incident="INC-1", kind="suspend-account", by="idp", target=f"idp|{name}", asked_by="x", why="y"
    )
