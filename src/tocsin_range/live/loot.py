"""What a thief holds of an account, and whether any of it still works after the cut."""

import base64
import hashlib
import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

from tocsin_range.live.again import asked_again
from tocsin_range.live.browser import Browser
from tocsin_range.live.visit import LOST, Refused, Visit
from tocsin_range.live.wire import Answer, basic, bearer, call

WORKS, REFUSED, UNKNOWN = "works", "refused", "unknown"
_VERIFIER = "a-verifier-that-a-thief-may-know-as-it-is-the-thief-who-asks"


@dataclass(slots=True)
class Loot:
    """Password, sessions and tokens of one account; JSON on disk."""

    user_name: str
    password: str
    address: str
    device: str
    issuer: str
    provider_cookies: dict[str, str] = field(default_factory=dict)
    services: dict[str, dict[str, Any]] = field(default_factory=dict)
    """Service -> `url`, and `cookies` of the session there."""
    client_id: str = ""
    client_secret: str = ""
    redirect_uri: str = ""
    """Of the service whose credentials were stolen with the account: with them the tokens were got."""
    access: str = ""
    refresh: str = ""

    def write(self, path: Path) -> None:
        """Keep it, for its owner's eyes only."""
        path.touch(mode=0o600)
        path.write_text(json.dumps(asdict(self), ensure_ascii=False, indent=1) + "\n", encoding="utf-8")

    @classmethod
    def read(cls, path: Path) -> "Loot":
        """What `write` kept. Raises `ValueError` or `TypeError` if it is something else."""
        return cls(**json.loads(path.read_text(encoding="utf-8")))


def loot_of(visit: Visit, issuer: str, services: dict[str, dict[str, Any]]) -> Loot:
    """All that a signed-in thief can carry away: cookies, and tokens got with a stolen service's credentials.

    `services` are those of `live.json`: name -> `url`, `client_id`, `client_secret`. Raises `Refused` if the provider
    gives no token.
    """
    jar = visit.browser.cookies
    stolen = next(iter(services.values()))
    loot = Loot(
        user_name=visit.user_name,
        password=visit.password,
        address=visit.browser.headers["X-Forwarded-For"],
        device=visit.browser.headers["X-Device"],
        issuer=issuer,
        provider_cookies=dict(jar[urlsplit(issuer).netloc]),
        services={
            name: {"url": one["url"], "cookies": dict(jar[urlsplit(one["url"]).netloc])}
            for name, one in services.items()
            if one["url"] in visit.signed_in
        },
        client_id=stolen["client_id"],
        client_secret=stolen["client_secret"],
        redirect_uri=f"{stolen['url']}/callback",
    )
    code = _code(loot)
    if not code:
        raise Refused("provider", "no code")
    form = {"grant_type": "authorization_code", "code": code, "redirect_uri": loot.redirect_uri}
    told = _token(loot, {**form, "code_verifier": _VERIFIER})
    if told.status != 200:
        raise Refused("provider", f"token answered {told.status}")
    loot.access, loot.refresh = told.json()["access_token"], told.json().get("refresh_token", "")
    return loot


def try_everything(loot: Loot) -> dict[str, str]:
    """Each thing a thief holds, tried: `works`, `refused`, or `unknown` where a server did not answer.

    The password is tried last, as it would give new sessions; a refresh token that works is spent by trying.
    """
    return {name: _tried(attempt) for name, attempt in _attempts(loot)}


def _attempts(loot: Loot) -> Iterator[tuple[str, Any]]:
    for name, one in loot.services.items():
        yield f"cookie at {name}", lambda one=one: _with_cookie(loot, one)
    if loot.access:
        for name, one in loot.services.items():
            yield f"access token at {name}", lambda one=one: _shown(f"{one['url']}/me", loot)
        yield "access token at the provider", lambda: _shown(f"{loot.issuer}/oauth/userinfo", loot)
        yield "access token, introspected", lambda: _introspected(loot)
    if loot.refresh:
        yield "refresh token", lambda: _refreshed(loot)
    yield "session at the provider", lambda: bool(_code(loot))
    for name, one in list(loot.services.items())[:1]:
        yield f"password at {name}", lambda one=one: _signed_in(loot, one["url"])


def _tried(attempt: Any) -> str:
    try:
        return WORKS if attempt() else REFUSED
    except Refused:
        return REFUSED
    except (*LOST, ValueError):
        return UNKNOWN


def _browser(loot: Loot) -> Browser:
    return Browser(address=loot.address, device=loot.device)


def _with_cookie(loot: Loot, service: dict[str, Any]) -> bool:
    browser = _browser(loot)
    browser.cookies[urlsplit(service["url"]).netloc] |= service["cookies"]
    return _yes(browser.get(f"{service['url']}/me"))


def _shown(url: str, loot: Loot) -> bool:
    return _yes(call("GET", url, headers={**_browser(loot).headers, **bearer(loot.access)}))


def _introspected(loot: Loot) -> bool:
    asked = call(
        "POST",
        f"{loot.issuer}/oauth/introspect",
        headers=basic(loot.client_id, loot.client_secret),
        form={"token": loot.access},
    )
    return bool(asked.json().get("active"))


def _refreshed(loot: Loot) -> bool:
    answer = _token(loot, {"grant_type": "refresh_token", "refresh_token": loot.refresh})
    if answer.status == 200:
        loot.access, loot.refresh = answer.json()["access_token"], answer.json()["refresh_token"]
    return _yes(answer)


def _signed_in(loot: Loot, url: str) -> bool:
    Visit(loot.user_name, loot.password, _browser(loot)).sign_in(url)
    return True


def _code(loot: Loot) -> str:
    """A code that the provider gives for the browser session alone, or nothing."""
    challenge = base64.urlsafe_b64encode(hashlib.sha256(_VERIFIER.encode()).digest()).rstrip(b"=").decode()
    asked = {
        "response_type": "code",
        "client_id": loot.client_id,
        "redirect_uri": loot.redirect_uri,
        "scope": "openid profile",
        "state": "x",
        "code_challenge": challenge,
        "code_challenge_method": "S256",
    }
    browser = _browser(loot)
    browser.stays_off = loot.redirect_uri
    browser.cookies[urlsplit(loot.issuer).netloc] |= loot.provider_cookies
    answer = browser.get(f"{loot.issuer}/oauth/authorize?{urlencode(asked)}")
    if answer.status >= 500:
        raise OSError(f"{answer.status}")
    return parse_qs(urlsplit(answer.header("Location")).query).get("code", [""])[0]


def _token(loot: Loot, form: dict[str, str]) -> Answer:
    headers = basic(loot.client_id, loot.client_secret)
    return asked_again(lambda: call("POST", f"{loot.issuer}/oauth/token", headers=headers, form=form))


def _yes(answer: Answer) -> bool:
    if answer.status >= 500:
        raise OSError(f"{answer.status}")
    return answer.status == 200
