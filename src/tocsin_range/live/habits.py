"""Who may be impersonated in a region, and how they usually work: read from the region's own bulk trail.

The live account is the account of the trail: what its owner did there is the past that Tocsin knows.
"""

import gzip
from collections import Counter, defaultdict
from collections.abc import Iterator
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
    """The busiest accounts of `system` in a region's trail, those who use a live service first; at most `wanted`."""
    people = _directory(folder)
    seen = _habits(folder, system)
    ranked = sorted(
        (value for value in seen if value in people and seen[value].machines),
        key=lambda value: (not any(key in seen[value].services for key in KEYS), -seen[value].acts, value),
    )
    return [_professional(system, value, people[value], seen[value]) for value in ranked[:wanted]]


def _professional(system: str, value: str, person: dict[str, str], seen: _Seen) -> Professional:
    address, device = seen.machines.most_common(1)[0][0]
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
    """Each identifier of a practitioner with an RPPS -> the person."""
    roles = {one["practitioner"]["reference"]: one["code"][0]["text"] for one in _read(folder, "PractitionerRole")}
    found: dict[str, dict[str, str]] = {}
    for one in _read(folder, "Practitioner"):
        numbers = {entry["system"]: entry["value"] for entry in one["identifier"]}
        if RPPS in numbers:
            name = one["name"][0]
            person = {
                "rpps": numbers[RPPS],
                "name": f"{name['given'][0]} {name['family'].title()}",
                "role": roles.get(f"Practitioner/{one['id']}", ""),
            }
            found |= dict.fromkeys(numbers.values(), person)
    return found


def _habits(folder: Path, system: str) -> dict[str, _Seen]:
    seen: defaultdict[str, _Seen] = defaultdict(_Seen)
    for event in _read(folder, "AuditEvent"):
        user = next((agent for agent in event["agent"] if agent["requestor"]), None)
        account = user.get("who", {}).get("identifier", {}) if user else {}
        if user is None or account.get("system") != system or event.get("outcome") != "0":
            continue
        _see(seen[account["value"]], event, user)
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
