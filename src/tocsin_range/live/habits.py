"""Who may be impersonated in a region, and how they usually work: read from the region's own bulk trail.

The live account is the account of the trail: what its owner did there is the past that Tocsin knows.
"""

import gzip
from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, BinaryIO

import msgspec
import zstandard

from tocsin_range.identifiers import RPPS
from tocsin_range.live.services import KEYS

MOST_PATIENTS = 40


@dataclass(slots=True)
class Professional:
    """An account of the bulk trail whose owner has an RPPS, and the owner's habits."""

    system: str
    value: str
    rpps: str
    name: str
    role: str
    services: list[str]
    """Of the live services, those the account has used."""
    address: str
    device: str
    assurance: int
    patients: list[str]
    """Opened most recently, newest first, at most MOST_PATIENTS."""

    @property
    def account(self) -> str:
        """`system|value`."""
        return f"{self.system}|{self.value}"


@dataclass(slots=True)
class _Seen:
    acts: int = 0
    services: Counter[str] = field(default_factory=Counter)
    machines: Counter[tuple[str, str]] = field(default_factory=Counter)
    assurance: Counter[int] = field(default_factory=Counter)
    opened: dict[str, str] = field(default_factory=dict)


def professionals(folder: Path, system: str, wanted: int) -> list[Professional]:
    """The busiest accounts of `system` in a region's trail, those who use a live service first; at most `wanted`.

    Accounts whose owner has no RPPS are left out.
    """
    people = _directory(folder)
    seen = _habits(folder, lambda account: account.rpartition("|")[0] == system)
    ranked = sorted(
        (one for one in seen if people.get(_value(one), {}).get("rpps") and seen[one].machines),
        key=lambda one: (not any(key in seen[one].services for key in KEYS), -seen[one].acts, one),
    )
    return [_professional(one, people[_value(one)], seen[one]) for one in ranked[:wanted]]


def owners(folder: Path, accounts: Collection[str]) -> list[Professional]:
    """The owners of these accounts (`system|value`), in this order; with an empty `rpps` where they have none.

    Raises `KeyError` for an account that the region's directory does not know.
    """
    people = _directory(folder)
    wanted = set(accounts)
    seen = _habits(folder, lambda account: account in wanted)
    return [_professional(one, people[_value(one)], seen.get(one, _Seen())) for one in accounts]


def _value(account: str) -> str:
    return account.rpartition("|")[2]


def _professional(account: str, person: dict[str, str], seen: _Seen) -> Professional:
    system, _, value = account.rpartition("|")
    address, device = seen.machines.most_common(1)[0][0] if seen.machines else ("", "")
    newest = sorted(seen.opened, key=lambda patient: (seen.opened[patient], patient), reverse=True)
    return Professional(
        system=system,
        value=value,
        rpps=person["rpps"],
        name=person["name"],
        role=person["role"],
        services=[key for key in KEYS if seen.services[key]],
        address=address,
        device=device,
        assurance=seen.assurance.most_common(1)[0][0] if seen.assurance else 1,
        patients=newest[:MOST_PATIENTS],
    )


def _directory(folder: Path) -> dict[str, dict[str, str]]:
    """Each identifier of a practitioner -> the person; `rpps` is empty for those who have none."""
    roles = {one["practitioner"]["reference"]: one["code"][0]["text"] for one in _read(folder, "PractitionerRole")}
    found: dict[str, dict[str, str]] = {}
    for one in _read(folder, "Practitioner"):
        numbers = {entry["system"]: entry["value"] for entry in one["identifier"]}
        name = one["name"][0]
        person = {
            "rpps": numbers.get(RPPS, ""),
            "name": f"{name['given'][0]} {name['family'].title()}",
            "role": roles.get(f"Practitioner/{one['id']}", ""),
        }
        found |= dict.fromkeys(numbers.values(), person)
    return found


def _habits(folder: Path, ours: Callable[[str], bool]) -> dict[str, _Seen]:
    """Account (`system|value`) -> what its owner did, of the accounts that are asked for."""
    seen: defaultdict[str, _Seen] = defaultdict(_Seen)
    for event in _read(folder, "AuditEvent"):
        user = next((agent for agent in event["agent"] if agent["requestor"]), None)
        told = user.get("who", {}).get("identifier", {}) if user else {}
        account = f"{told.get('system', '')}|{told.get('value', '')}"
        if user is None or not ours(account) or event.get("outcome") != "0":
            continue
        _see(seen[account], event, user)
    return seen


def _see(seen: _Seen, event: dict[str, Any], user: dict[str, Any]) -> None:
    seen.acts += 1
    seen.services[event["source"]["site"]] += 1
    for agent in event["agent"]:
        who = agent.get("who", {}).get("identifier", {})
        if agent.get("network", {}).get("type") == "2" and not agent["requestor"] and "value" in who:
            seen.machines[agent["network"]["address"], who["value"]] += 1
    for extension in user.get("extension", ()):
        if extension["url"].endswith("ihe-assuranceLevel"):
            code = extension["valueCodeableConcept"]["coding"][0]["code"]
            seen.assurance[int(code.removeprefix("LOAAP"))] += 1
    if event.get("subtype", [{}])[0].get("code") == "read":
        for entity in event.get("entity", ()):
            patient = entity.get("what", {}).get("reference", "")
            if entity.get("role", {}).get("code") == "1" and patient:
                ident, at = patient.removeprefix("Patient/"), event["recorded"]
                seen.opened[ident] = max(at, seen.opened.get(ident, ""))


def _read(folder: Path, kind: str) -> Iterator[Any]:
    decoder = msgspec.json.Decoder()
    for path in sorted(folder.glob(f"{kind}*.ndjson*")):
        if path.name.split(".")[0].partition("-")[0] != kind:
            continue
        with _opened(path) as lines:
            yield from (decoder.decode(line) for line in lines)


def _opened(path: Path) -> BinaryIO:
    openers: dict[str, Any] = {".gz": gzip.open, ".zst": zstandard.open}
    opened: BinaryIO = openers.get(path.suffix, open)(path, "rb")
    return opened
