"""Regions with their live services, in processes of their own, behind one real provider."""

import json
import secrets
import sys
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from tocsin_range.live.habits import Professional, professionals
from tocsin_range.live.process import Child, free_port
from tocsin_range.live.provider import Client, Provider, User
from tocsin_range.live.services import KEYS, Settings
from tocsin_range.staff import NATIONAL

START_S = 60.0
SECOND_EVERY = 3
"""One professional in so many has a second account at the provider, for the same person."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """A region to make live."""

    name: str
    folder: Path
    """Made by `tocsin-range make`."""
    collector: str = ""
    """Base of the collector that takes `POST /AuditEvent`; "" for none."""
    people: list[Professional] = field(default_factory=list)
    """Who may be impersonated; empty for the busiest of the region's trail."""


@dataclass(frozen=True, slots=True)
class Planned:
    """A service before it starts: where it will listen, and its secrets."""

    place: Place
    key: str
    port: int = field(default_factory=free_port)
    client_secret: str = field(default_factory=lambda: secrets.token_urlsafe(24))
    admin_secret: str = field(default_factory=lambda: secrets.token_urlsafe(24))

    @property
    def client_id(self) -> str:
        """Its name at the provider."""
        return f"{self.key}-{self.place.name}"

    @property
    def url(self) -> str:
        """Where it will answer."""
        return f"http://127.0.0.1:{self.port}"

    def client(self) -> Client:
        """Its registration at the provider."""
        return Client(client_id=self.client_id, secret=self.client_secret, redirect_uri=f"{self.url}/callback")


@dataclass(frozen=True, slots=True)
class Running:
    """A service that answers."""

    plan: Planned
    child: Child
    folder: Path

    def as_json(self) -> dict[str, Any]:
        """Its entry in `live.json`."""
        key, url = self.plan.key, self.plan.url
        return {
            "url": url,
            "pid": self.child.pid,
            "client_id": self.plan.client_id,
            "client_secret": self.plan.client_secret,
            "admin_secret": self.plan.admin_secret,
            "fhir_url": f"{url}/fhir" if key == "identity-server" else None,
            "trail_folder": str(self.folder / "trail"),
            "log": str(self.child.log),
            "probe": [
                *(sys.executable, "-m", "tocsin_range.live", "probe", "--kind", "service", "--url", url),
                *(f"--secret={self.plan.admin_secret}", "--account={account}"),  # a secret may begin with a hyphen
            ],
        }


def planned(place: Place, keys: Sequence[str] = KEYS) -> list[Planned]:
    """The services of a region, with ports and secrets drawn."""
    return [Planned(place, key) for key in keys]


@contextmanager
def start_services(
    plans: Iterable[Planned], provider: Provider, folder: Path, *, account_system: str = NATIONAL, shift_s: float = 0
) -> Iterator[list[Running]]:
    """Start services whose clients the provider knows; they answer when this yields, and stop with the `with`.

    Each writes into `folder/region/service/`: settings, log, and `trail/AuditEvent-live.ndjson`. Raises
    `DidNotStart` if one does not answer within a minute.
    """
    with ExitStack() as stack:
        running = []
        for plan in plans:
            home = (folder / plan.place.name / plan.key).resolve()
            home.mkdir(parents=True, exist_ok=True)
            settings = home / "settings.json"
            settings.touch(mode=0o600)
            told = _settings(plan, provider, home, account_system, shift_s)
            settings.write_text(json.dumps(asdict(told), ensure_ascii=False, indent=1), encoding="utf-8")
            argv = [sys.executable, "-m", "tocsin_range.live", "service", "--settings", str(settings)]
            running.append(Running(plan, stack.enter_context(Child(argv, log=home / "service.log")), home))
        for one in running:
            one.child.wait_for_port(one.plan.port, START_S)
        try:
            yield running
        finally:
            for one in running:
                one.child.ask()


def _settings(plan: Planned, provider: Provider, home: Path, account_system: str, shift_s: float) -> Settings:
    return Settings(
        key=plan.key,
        region=plan.place.name,
        region_folder=str(plan.place.folder.resolve()),
        trail_folder=str(home / "trail"),
        port=plan.port,
        issuer=provider.issuer,
        client_id=plan.client_id,
        client_secret=plan.client_secret,
        admin_secret=plan.admin_secret,
        account_system=account_system,
        accounts={
            one.value: {"system": one.system, "value": one.value, "assurance": one.assurance}
            for one in plan.place.people
        },
        collector=plan.place.collector,
        shift_s=shift_s,
    )


@contextmanager
def up(
    folder: Path,
    places: Sequence[Place],
    *,
    account_system: str = NATIONAL,
    wanted: int = 12,
    at: datetime | None = None,
    access_s: int = 300,
) -> Iterator[dict[str, Any]]:
    """Provider and services of some regions, up inside the `with`; gives what `live.json` holds, and writes it.

    `wanted` professionals of each region get an account at the provider (some a second one); `at` is the time that
    the trails tell at start, now by default; `access_s` is the life of access tokens in seconds. Raises `NoProvider`,
    `DidNotStart`, or `FileNotFoundError` for a folder that is no region.
    """
    began = time.monotonic()
    shift_s = (at - datetime.now(UTC)).total_seconds() if at else 0.0
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    filled = [_filled(place, account_system, wanted) for place in places]
    users = {place.name: _users(place) for place in filled}
    plans = [plan for place in filled for plan in planned(place)]
    clients = [plan.client() for plan in plans]
    everybody = [user for some in users.values() for user in some]
    with (
        Provider(folder / "provider", everybody, clients, access_s=access_s) as provider,
        start_services(plans, provider, folder, account_system=account_system, shift_s=shift_s) as running,
    ):
        live = {
            "started": datetime.now(UTC).isoformat(timespec="milliseconds"),
            "shift_s": shift_s,
            "ready_in_s": round(time.monotonic() - began, 2),
            "provider": _provider(provider),
            "regions": {place.name: _region(place, users[place.name], running, account_system) for place in filled},
        }
        path = folder / "live.json"
        path.touch(mode=0o600)
        path.write_text(json.dumps(live, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
        try:
            yield live
        finally:
            path.unlink(missing_ok=True)  # what it describes is there no more


def _filled(place: Place, system: str, wanted: int) -> Place:
    if not (place.folder / "Patient.ndjson").is_file():
        raise FileNotFoundError(f"{place.folder} is no region: `tocsin-range make` writes one")
    people = place.people or professionals(place.folder, system, wanted)
    return Place(name=place.name, folder=place.folder, collector=place.collector, people=people)


def _users(place: Place) -> list[User]:
    """The professionals' accounts, and second accounts of some."""
    found = []
    for rank, one in enumerate(place.people):
        names = [one.value, *([f"bis-{one.value}"] if rank % SECOND_EVERY == 0 else [])]
        for name in names:
            password = secrets.token_urlsafe(9)
            found.append(User(user_name=name, password=password, name=one.name, external_id=one.rpps))
    return found


def _provider(provider: Provider) -> dict[str, Any]:
    return {
        "issuer": provider.issuer,
        "scim_url": provider.scim_url,
        "token_endpoint": provider.token_endpoint,
        "introspection_endpoint": provider.introspection_endpoint,
        "tocsin_client": {"client_id": provider.tocsin_client.client_id, "secret": provider.tocsin_client.secret},
        "delete_tokens": provider.delete_tokens_command(),
        "probe": provider.probe_command(),
        "access_s": provider.access_s,
        "pid": provider.pid,
        "log": str(provider.log),
    }


def _region(place: Place, users: list[User], running: list[Running], account_system: str) -> dict[str, Any]:
    habits = {one.value: one for one in place.people}
    accounts = []
    for user in users:
        one = habits.get(user.user_name.removeprefix("bis-"))
        assert one is not None
        second = user.user_name != one.value
        told = {
            **asdict(one),
            "account": f"{account_system if second else one.system}|{user.user_name}",
            "user_name": user.user_name,
            "password": user.password,
            "second": second,
        }
        del told["system"], told["value"]
        accounts.append(told)
    return {
        "folder": str(place.folder.resolve()),
        "services": {one.plan.key: one.as_json() for one in running if one.plan.place.name == place.name},
        "accounts": accounts,
    }
