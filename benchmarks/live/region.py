"""A fictitious region whose accounts are stolen on its last day: what came before the first thief, and the rest."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, NamedTuple

import msgspec

NAME = "neustrie"


class Line(NamedTuple):
    """A line of the trail."""

    at: int
    """When it happened, microseconds UTC."""
    account: str
    """`system|value`; empty if it names none."""
    data: bytes


@dataclass(frozen=True)
class Region:
    """What was made."""

    past: Path
    """Folder of a trail and its directories, as they were before the first thief."""
    present: list[Line]
    """From the first thief's first event on, in time."""
    stolen: list[str]


def made(folder: Path, *, accounts: int, days: int, volume: float, thefts: Mapping[str, int], seed: int = 44) -> Region:
    """Write a region in which so many thefts of each kind (`tocsin-range make --attack`) fall on the last day.

    Two hospitals may have given one name to two accounts; one provider cannot hold both, so one of them stays away.
    """
    whole, past = folder / "region", folder / "past"
    attacks = [f"{kind}@{days}" for kind, count in thefts.items() for _ in range(count)]
    subprocess.run(
        [
            *(sys.executable, "-m", "tocsin_range", "make", str(whole), "--region", NAME, "--seed", str(seed)),
            *("--accounts", str(accounts), "--days", str(days), "--volume", str(volume), "--quiet"),
            *("--attack", ",".join(attacks), "--attack-from", str(days)),
        ],
        check=True,
        stdout=subprocess.DEVNULL,
    )
    told = json.loads((whole / "truth.json").read_bytes())["thefts"]
    first = min(_instant(theft["start"]) for theft in told)
    lines = sorted(
        (line_of(data) for path in sorted(whole.glob("AuditEvent*")) for data in path.read_bytes().splitlines()),
        key=lambda line: line.at,
    )
    past.mkdir()
    for path in whole.iterdir():
        if not path.name.startswith("AuditEvent") and path.name != "truth.json":
            path.rename(past / path.name)
    held = {account.rpartition("|")[2]: account for account in (theft["account"] for theft in told)}
    doubled = {theft["account"] for theft in told} - set(held.values())
    begin = next(place for place, line in enumerate(lines) if line.at >= first)
    (past / "AuditEvent.ndjson").write_bytes(b"".join(line.data + b"\n" for line in lines[:begin]))
    return Region(past, [line for line in lines[begin:] if line.account not in doubled], list(held.values()))


def line_of(data: bytes) -> Line:
    """A line with what is asked of it here."""
    event = msgspec.json.decode(data)
    who: Any = next((agent for agent in event["agent"] if agent.get("requestor")), {}).get("who", {})
    account = who.get("identifier", {})
    name = f"{account['system']}|{account['value']}" if "system" in account and "value" in account else ""
    return Line(_instant(event.get("period", {}).get("start") or event["recorded"]), name, data)


def _instant(text: str) -> int:
    return round(datetime.fromisoformat(text).timestamp() * 1_000_000)
