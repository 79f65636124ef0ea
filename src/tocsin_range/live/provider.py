"""A real OpenID Connect provider (Canaille) with real accounts, on the loopback, for as long as a `with` lasts.

It runs in a virtual environment of its own, made by `make provider`: its pins suit it alone. What it does when an
account is disabled by SCIM is the reason to have it: sign-in, browser sessions and refresh tokens are refused at once,
but **an access token already given works on until it expires or is deleted**.
"""

import json
import os
import secrets
import subprocess
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType

from tocsin_range.live.process import Child, DidNotStart, free_port
from tocsin_range.live.wire import call

PYTHON = "TOCSIN_RANGE_PROVIDER"
"""Environment variable: path of the provider's Python, where it is not `.venv-provider` of the checkout."""
ACCESS_S = 300
"""Lifetime of an access token. Canaille gives the refresh token that comes with it the same (0.3.6, oidc/models.py)."""
START_S = 60.0
_HERE = Path(__file__).resolve().parent
_CHECKOUT = _HERE.parents[2]


class NoProvider(RuntimeError):
    """The provider's virtual environment is not there."""


@dataclass(frozen=True, slots=True, kw_only=True)
class User:
    """An account at the provider; several may belong to one person, who has one RPPS."""

    user_name: str
    """What is typed to sign in; also the token's subject."""
    password: str
    name: str
    """Given name and family name."""
    external_id: str = ""
    """RPPS of the person; SCIM shows it as `employeeNumber`, as Canaille keeps no `externalId`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Client:
    """A service that signs people in through the provider, or (without redirect) one that speaks for itself."""

    client_id: str
    secret: str
    redirect_uri: str = ""


def provider_python() -> Path:
    """The Python that has Canaille.

    Raises `NoProvider` if there is none: the variable TOCSIN_RANGE_PROVIDER names no file and `make provider` has not
    been run.
    """
    named = os.environ.get(PYTHON)
    path = Path(named) if named else _CHECKOUT / ".venv-provider/bin/python"
    if not path.is_file():
        where = f"{PYTHON} names a file that is not there" if named else "it has not been set up"
        raise NoProvider(f"There is no identity provider to run ({where}): run `make provider`.")
    return path


class Provider:
    """The provider, running inside a `with`; everything it keeps is in `folder`."""

    def __init__(
        self, folder: Path, users: Iterable[User] = (), clients: Iterable[Client] = (), *, access_s: int = ACCESS_S
    ) -> None:
        """Nothing starts yet. `access_s` is the lifetime of access tokens in seconds."""
        self.folder = folder.resolve()
        self.users = list(users)
        self.tocsin_client = Client(client_id="tocsin", secret=secrets.token_urlsafe(24))
        self.clients = [self.tocsin_client, *clients]
        self.access_s = access_s
        self.port = free_port()
        self.python = provider_python()
        self.started_in_s = 0.0
        self._child: Child | None = None

    @property
    def issuer(self) -> str:
        """Its address, and the issuer in its tokens."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def scim_url(self) -> str:
        """Base of SCIM 2.0; ask with a bearer token that `tocsin_client` gets by `client_credentials`."""
        return f"{self.issuer}/scim/v2"

    @property
    def token_endpoint(self) -> str:
        """RFC 6749."""
        return f"{self.issuer}/oauth/token"

    @property
    def introspection_endpoint(self) -> str:
        """RFC 7662; every client may ask about every token."""
        return f"{self.issuer}/oauth/introspect"

    @property
    def config(self) -> Path:
        """Canaille's own settings."""
        return self.folder / "canaille.toml"

    @property
    def log(self) -> Path:
        """What it did, a line each."""
        return self.folder / "provider.log"

    @property
    def pid(self) -> int:
        """Process id of the server; 0 when it is not running."""
        return self._child.pid if self._child is not None else 0

    def delete_tokens_command(self) -> list[str]:
        """Argument vector that ends every token, code and browser session of `{account}`; exit 0, may be repeated."""
        return [str(self.python), str(_HERE / "delete_tokens.py"), "--config", str(self.config), "--subject={account}"]

    def probe_command(self) -> list[str]:
        """Argument vector that prints `alive` or `dead`: may `{account}` sign in, or does it hold what still works?"""
        return [*self.delete_tokens_command(), "--probe"]

    def start(self) -> None:
        """Write the settings, seed, serve, and wait until the discovery document answers.

        Raises `DidNotStart` if it does not within a minute.
        """
        began = time.monotonic()
        self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)  # it holds secrets
        _write_secret(self.config, self._settings())
        seed = self._seed_file(self.users, self.clients)
        self._child = Child([*self._run(seed), "--port", str(self.port)], log=self.log, env=self._environment())
        try:
            self._child.wait_for_port(self.port, START_S)
            answer = call("GET", f"{self.issuer}/.well-known/openid-configuration", timeout_s=START_S)
            if answer.status != 200:
                raise DidNotStart(f"the discovery document answered {answer.status}; read {self.log}")
        except BaseException:
            self.stop()
            raise
        self.started_in_s = time.monotonic() - began

    def add(self, users: Iterable[User] = (), clients: Iterable[Client] = ()) -> None:
        """Add accounts and clients while it runs (about two seconds, whatever their number)."""
        new_users, new_clients = list(users), list(clients)
        seed = self._seed_file(new_users, new_clients)
        with self.log.open("ab") as sink:
            subprocess.run(self._run(seed), env=self._environment(), stdout=sink, stderr=sink, check=True)
        self.users += new_users
        self.clients += new_clients

    def stop(self) -> None:
        """End the server, by its own process id."""
        if self._child is not None:
            self._child.stop()
            self._child = None

    def __enter__(self) -> "Provider":
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def _run(self, seed: Path) -> list[str]:
        return [str(self.python), str(_HERE / "run_provider.py"), "--seed", str(seed)]

    def _environment(self) -> dict[str, str]:
        # Authlib refuses plain http otherwise; nothing here leaves the loopback.
        return {"CANAILLE_CONFIG": str(self.config), "AUTHLIB_INSECURE_TRANSPORT": "1", "PYTHONPATH": ""}

    def _seed_file(self, users: Sequence[User], clients: Sequence[Client]) -> Path:
        plan = {"clients": [_client(client) for client in clients], "users": [_user(user) for user in users]}
        path = self.folder / "seed.json"
        _write_secret(path, json.dumps(plan, ensure_ascii=False))
        return path

    def _settings(self) -> str:
        database = f"sqlite:///{self.folder / 'canaille.sqlite'}"
        return "\n".join(
            (
                f"SECRET_KEY = {json.dumps(secrets.token_urlsafe(32))}",
                f'SERVER_NAME = "127.0.0.1:{self.port}"',
                'PREFERRED_URL_SCHEME = "http"',
                "# Browser sessions are kept here, not in the cookie: so they can be ended.",
                'SESSION_TYPE = "filesystem"',
                f"SESSION_FILE_DIR = {json.dumps(str(self.folder / 'sessions'))}",
                "[OAUTH2_TOKEN_EXPIRES_IN]",
                *(f"{grant} = {self.access_s}" for grant in ("authorization_code", "refresh_token")),
                "client_credentials = 3600",
                "[CANAILLE]",
                'DATABASE = "sql"',
                'LOGIN_ATTRIBUTES = ["user_name"]',
                "CAPTCHA_ENABLED = false",
                "ENABLE_PASSWORD_RECOVERY = false",
                "[CANAILLE.ACL.DEFAULT]",
                'PERMISSIONS = ["use_oidc"]',
                "[CANAILLE_SQL]",
                f"DATABASE_URI = {json.dumps(database)}",
                "[CANAILLE_OIDC]",
                "REQUIRE_NONCE = false",
                "",  # run_provider.py adds the signing key to this last section
            )
        )


def _client(client: Client) -> dict[str, object]:
    alone = not client.redirect_uri
    return {
        "client_id": client.client_id,
        "client_secret": client.secret,
        "client_name": client.client_id,
        # On the loopback every client is trusted: no consent page.
        "client_uri": client.redirect_uri or "http://127.0.0.1",
        "redirect_uris": [] if alone else [client.redirect_uri],
        "grant_types": ["client_credentials"] if alone else ["authorization_code", "refresh_token"],
        "response_types": [] if alone else ["code"],
        "scope": ["openid", "profile"],
        "token_endpoint_auth_method": "client_secret_basic",
    }


def _user(user: User) -> dict[str, object]:
    given, _, family = user.name.partition(" ")
    return {
        "user_name": user.user_name,
        "password": user.password,
        "formatted_name": user.name,
        "given_name": given,
        "family_name": family or given,
        "employee_number": user.external_id or None,
    }


def _write_secret(path: Path, text: str) -> None:
    """A file that only its owner reads."""
    path.touch(mode=0o600)
    path.chmod(0o600)
    path.write_text(text, encoding="utf-8")
