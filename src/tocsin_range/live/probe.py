"""Is an account dead? Three words only: `alive`, `dead`, `unknown`.

A **service** is asked by its administrative address whether any session or token of the account would be served now.
The **provider** is asked what a stranger with a client's credentials can ask: is the account active in SCIM, and does
a given token still work? Tokens nobody names are beyond that question; `Provider.probe_command` looks at them from
inside.
"""

import http.client
from urllib.parse import quote, urlencode

from tocsin_range.live.wire import basic, bearer, call

STATES = ("alive", "dead", "unknown")


def probe_service(url: str, secret: str, account: str, token: str = "") -> str:
    """Would the service at `url` serve `account` (`system|value`) now, or this token (or its id in the trail)?"""
    asked = urlencode({"account": account, "token": token})
    try:
        answer = call("GET", f"{url}/admin/probe?{asked}", headers=bearer(secret))
        state = answer.json()["state"] if answer.status == 200 else "unknown"
    except (OSError, http.client.HTTPException, ValueError, KeyError):
        return "unknown"
    return state if state in STATES else "unknown"


def probe_provider(url: str, secret: str, account: str, token: str = "") -> str:
    """May `account` sign in at the provider, or does `token` work? `secret` is `client id:secret` of a client."""
    client, _, password = secret.partition(":")
    try:
        given = call(
            "POST", f"{url}/oauth/token", headers=basic(client, password), form={"grant_type": "client_credentials"}
        )
        own = bearer(given.json()["access_token"])
        user = call("GET", f"{url}/scim/v2/Users/{quote(account.rpartition('|')[2])}", headers=own)
        if user.status not in (200, 404):
            return "unknown"
        if user.status == 200 and user.json().get("active") is not False:
            return "alive"
        if not token:
            return "dead"
        said = call("POST", f"{url}/oauth/introspect", headers=basic(client, password), form={"token": token})
        return "unknown" if said.status != 200 else "alive" if said.json().get("active") else "dead"
    except (OSError, http.client.HTTPException, ValueError, KeyError):
        return "unknown"
