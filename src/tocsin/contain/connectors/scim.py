"""Accounts at an identity provider that speaks SCIM 2.0 (RFC 7644): found, made inactive, read back, made active again.

An account is found by one attribute (`match`) and must be the only one that has it: of none and of two, none is cut.
What a provider answers to a change is not believed: the account is read again.
"""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final

import httpx2
from scim2_client import SCIMClientException
from scim2_client.engines.httpx2 import SyncSCIMClient
from scim2_models import (
    EnterpriseUser,
    PatchOp,
    ResourceType,
    SCIMException,
    ScimProvider,
    ServiceProviderConfig,
    User,
)

from tocsin.contain.connectors.bearer import Bearer
from tocsin.contain.connectors.path import values_at
from tocsin.errors import ConnectorFailed
from tocsin.model.act import Act

PATIENCE_S: Final = 2.0
"""A provider that asks to wait (429, 503) is waited for once, so long at most; then the act is tried again later."""
KEPT_OPEN_S: Final = 60.0
"""An idle connection is kept so long, unless the provider closes it: a cut should find it open."""
PAGES: Final = 1000
"""Pages of a list that are read at most where a provider does not filter."""

KEPT_LIST_US: Final = 600_000_000
"""Where a provider does not filter, one reading of its whole list tells the accounts of all persons who are asked for
so soon after it: while it writes that list, it may keep the next cut waiting. An account made since is not in it."""

_READ: Final = [200]
_CHANGED: Final = [200, 202, 204]
"""Everything else is a failure, also where its body is a well-formed SCIM error."""
_MODEL: Final = User[EnterpriseUser]


class ScimConnector:
    """Carries out `suspend-account`. Connections and the token are kept warm; may be called from several threads."""

    def __init__(
        self,
        *,
        url: str,
        match: str,
        person: str,
        bearer: Bearer,
        timeout_s: float,
        now: Callable[[], int],
        transport: httpx2.BaseTransport | None = None,
    ) -> None:
        """`url`: root of the SCIM service. `match`, `person`: see `[connectors.NAME]`. `now`: microseconds UTC."""
        http = httpx2.Client(
            base_url=url.rstrip("/"),
            auth=bearer,
            timeout=timeout_s,
            transport=transport,
            follow_redirects=False,
            trust_env=False,
            limits=httpx2.Limits(keepalive_expiry=KEPT_OPEN_S),
        )
        models = ScimProvider(models=[User, EnterpriseUser], resource_types=[ResourceType.from_resource(_MODEL)])
        # Payloads are not checked against the schemas: a provider whose e-mails have one attribute too many must not
        # keep an account from being cut. What Tocsin relies on (`id`, `match`, `active`) it checks itself.
        self._scim = SyncSCIMClient(
            http,
            provider=models,
            check_request_payload=False,
            check_response_payload=False,
            check_response_content_type=False,
        )
        self._match = match
        self._person = person
        self._ids: dict[str, str] = {}
        self._filters: bool | None = None
        self._now = now
        self._listing = threading.Lock()
        self._listed: dict[str, list[str]] = {}
        self._listed_until = 0

    # -- as `acts.Connector` -------------------------------------------------------------------------------------------

    def before(self, act: Act) -> dict[str, Any]:
        """Whether the account is active, and its id."""
        found = self._account(_value(act))
        return {"active": _is_active(found), "id": found["id"]}

    def apply(self, act: Act) -> None:
        """Make it inactive. What comes back is not believed."""
        self._set(_value(act), False)

    def verify(self, act: Act) -> dict[str, Any]:
        """Read it back: inactive is dead."""
        active = _is_active(self._account(_value(act)))
        state = {True: "alive", False: "dead", None: "unknown"}[active]
        return {"state": state, "how": "read back over SCIM: active is " + str(active).lower()}

    def revert(self, act: Act, before: Mapping[str, Any]) -> None:
        """Make it active again if it was; an account that was inactive before stays so."""
        if before["active"] and not _is_active(self._account(_value(act))):
            self._set(_value(act), True)

    def cannot_revert(self) -> str:
        """It can."""
        return ""

    def verify_reverted(self, act: Act, before: Mapping[str, Any]) -> bool:
        """Whether it is as it was."""
        active = _is_active(self._account(_value(act)))
        return active is True if before["active"] else active is not True

    # -- beside --------------------------------------------------------------------------------------------------------

    def accounts_of(self, person: str) -> list[str]:
        """Values of every account whose `person` attribute is this identifier; none if no such attribute is set."""
        if not self._person or not person:
            return []
        if not self._can_filter():
            return self._by_person().get(person, [])
        found = self._all_with(self._person, person)
        return sorted({value for one in found for value in values_at(one, self._match)})

    def person_of(self, value: str) -> str:
        """The identifier of the person an account belongs to, as the provider knows it; empty if it does not say."""
        values = values_at(self._account(value), self._person) if self._person else []
        return values[0] if len(values) == 1 else ""

    def warm(self) -> None:
        """Fetch the token, open the connection and learn what the provider can, before it is urgent."""
        self._can_filter()

    # -- finding -------------------------------------------------------------------------------------------------------

    def _account(self, value: str) -> dict[str, Any]:
        """The one account, as it is now. Raises `ConnectorFailed` for none and for two."""
        known = self._ids.get(value)
        if known is not None:
            found = self._read(known)
            if found is not None and self._is(found, self._match, value):
                return found
            self._ids.pop(value, None)
        matching = self._found(value)
        if len(matching) != 1:
            raise ConnectorFailed(
                "no account has this name at the provider"
                if not matching
                else f"{len(matching)} accounts have this name",
                done="None was changed.",
                advice=f"Check `match` (now '{self._match}') and `accounts` of the connector.",
            )
        self._ids[value] = str(matching[0]["id"])
        return matching[0]

    def _found(self, value: str) -> list[dict[str, Any]]:
        if not self._can_filter():
            direct = self._read(value)  # where nothing is filtered, ids often are the names
            if direct is not None and self._is(direct, self._match, value):
                return [direct]
        return self._all_with(self._match, value)

    def _all_with(self, path: str, value: str) -> list[dict[str, Any]]:
        """Every account that has a value: the filter is asked for and not believed."""
        asked = {"filter": f"{path} eq {json.dumps(value)}"} if self._can_filter() else {}
        return list({str(one["id"]): one for one in self._listing_of(asked) if self._is(one, path, value)}.values())

    def _by_person(self) -> dict[str, list[str]]:
        """Identifier -> accounts, of the provider's whole list: see KEPT_LIST_US. Who asks meanwhile waits for it."""
        with self._listing:
            if self._now() >= self._listed_until:
                found: dict[str, set[str]] = {}
                at = self._now()
                for one in self._listing_of({}):
                    for person in values_at(one, self._person):
                        found.setdefault(person, set()).update(values_at(one, self._match))
                self._listed = {person: sorted(values) for person, values in found.items()}
                self._listed_until = at + KEPT_LIST_US
            return self._listed

    def _listing_of(self, asked: dict[str, str]) -> Iterator[dict[str, Any]]:
        """The accounts of a list, page after page."""
        start = 1
        for _ in range(PAGES):
            page = self._page(asked if start == 1 else {**asked, "startIndex": str(start)})
            resources = [one for one in page.get("Resources") or [] if isinstance(one, dict) and "id" in one]
            yield from resources
            start += len(resources)
            if not resources or start > _number(page.get("totalResults")):
                return
        raise ConnectorFailed("the provider's list of accounts has no end")

    def _page(self, asked: dict[str, Any]) -> dict[str, Any]:
        return self._ask(lambda: self._scim.query(_MODEL, query_parameters=asked, expected_status_codes=_READ))

    def _is(self, account: Mapping[str, Any], path: str, value: str) -> bool:
        values = values_at(account, path)
        if path.casefold() == "username":  # RFC 7643, 4.1.1: case insensitive
            return value.casefold() in {one.casefold() for one in values}
        return value in values

    def _can_filter(self) -> bool:
        if self._filters is None:
            told = self._ask(lambda: self._scim.query(ServiceProviderConfig, expected_status_codes=_READ), missing={})
            self._filters = bool((told.get("filter") or {}).get("supported", True))
        return self._filters

    # -- asking --------------------------------------------------------------------------------------------------------

    def _read(self, id: str) -> dict[str, Any] | None:
        if not id or id in (".", ".."):
            return None
        found = self._ask(lambda: self._scim.query(_MODEL, id, expected_status_codes=_READ), missing={})
        return found if found.get("id") else None

    def _set(self, value: str, active: bool) -> None:
        id = str(self._account(value)["id"]) if value not in self._ids else self._ids[value]
        change = {
            "schemas": [str(PatchOp.__schema__)],
            "Operations": [{"op": "replace", "path": "active", "value": active}],
        }
        self._ask(lambda: self._scim.modify(_MODEL, id, change, expected_status_codes=_CHANGED))

    def _ask(self, call: Callable[[], Any], *, missing: dict[str, Any] | None = None) -> dict[str, Any]:
        """The answer to a request. `missing`: what a 404 means; without it, a failure. Raises `ConnectorFailed`."""
        for waited in (False, True):
            try:
                told = call()
                return told if isinstance(told, dict) else {}
            except httpx2.InvalidURL:
                raise ConnectorFailed("the account's name cannot stand in an address") from None
            except (SCIMClientException, SCIMException) as problem:
                response = getattr(problem, "source", None)
                status = getattr(response, "status_code", 0)
                if status == 404 and missing is not None:
                    return missing
                wait_s = _retry_after_s(response) if status in (429, 503) else 0.0
                if waited or not 0 < wait_s <= PATIENCE_S:
                    raise _failed(problem, status, wait_s) from None
                time.sleep(wait_s)
        raise AssertionError("unreachable")


def _failed(problem: Exception, status: int, wait_s: float) -> ConnectorFailed:
    """In words that hold nothing the provider said: it may name the account."""
    if isinstance(problem.__cause__, httpx2.TimeoutException):
        what = "the provider did not answer in time: nobody knows whether it did it"
    elif isinstance(problem.__cause__, httpx2.RequestError):
        what = f"the provider cannot be reached ({type(problem.__cause__).__name__})"
    elif status in (401, 403):
        what = f"the provider does not let Tocsin do it ({status})"
    elif status >= 300:
        what = f"the provider answered {status}"
    else:
        what = f"the provider's answer cannot be read ({type(problem).__name__})"
    return ConnectorFailed(what, advice="`tocsin resume` tries again.", retry_s=wait_s)


def _retry_after_s(response: Any) -> float:
    """Seconds of Retry-After; a date, or nothing, counts as one second more than is waited for."""
    told = response.headers.get("Retry-After", "") if response is not None else ""
    return min(float(told), 3600.0) if told.isdecimal() and len(told) < 9 else PATIENCE_S + 1


def _number(told: Any) -> int:
    return told if isinstance(told, int) else 0


def _value(act: Act) -> str:
    return act.target.rpartition("|")[2]


def _is_active(account: Mapping[str, Any]) -> bool | None:
    active = account.get("active")
    return active if isinstance(active, bool) else None
