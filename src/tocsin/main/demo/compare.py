"""The truth, as the thief and the services know it, beside what Tocsin says."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any, Final

WHOM: Final = ("thief", "unsure", "owner")


def records_of(past: Path) -> dict[str, str]:
    """Identifier in the trail (`system|value`, or the bare id) -> id of the fictitious patient."""
    found = {}
    for line in (past / "Patient.ndjson").open("rb"):
        patient = json.loads(line)
        found[patient["id"]] = patient["id"]
        for identifier in patient.get("identifier", ()):
            found[f"{identifier.get('system', '')}|{identifier.get('value', '')}"] = patient["id"]
    return found


def compare(
    truth: Mapping[str, Any],
    exposures: Iterable[Mapping[str, Any]],
    alerts: Iterable[Mapping[str, Any]],
    *,
    records: Mapping[str, str],
    wanted: int,
    since: datetime,
) -> dict[str, Any]:
    """One region: what was taken, and how what Tocsin says differs.

    `taken_without`: the patients he came for; nothing else would have stopped him. `exposures`, `alerts`: of the
    stolen accounts, as `tocsin scope` and `tocsin alerts` tell them; `since`: when he came.
    """
    thefts = truth["thefts"]
    opened = {one["patient"] for theft in thefts for one in theft["opened"]}
    touched = opened | {one["patient"] for theft in thefts for one in theft["listed"]}
    by = {
        whom: {records.get(row["patient"], row["patient"]) for row in exposures if row["by"] == whom} for whom in WHOM
    }
    return {
        "taken_without": wanted,
        "opened": len(opened),
        "touched": len(touched),
        "named": len(by["thief"] & touched),
        "missed": len(touched - by["thief"] - by["unsure"]),
        "unsure": len(by["unsure"]),
        "named_wrongly": len(by["thief"] - touched),
        "accounts": [
            _account(theft, [one for one in alerts if one["account"] == theft["account"]], since) for theft in thefts
        ],
    }


def _account(theft: Mapping[str, Any], alerts: list[Mapping[str, Any]], since: datetime) -> dict[str, Any]:
    """One stolen account: what was opened before each rung, and when it was refused."""
    rungs = [
        {
            "rung": alert["rung"],
            "at": alert["at"],
            "weight": alert["weight"],
            "rarity": alert["rarity"],
            "opened": _before(theft["opened"], alert["at"]),
            "by_desk": alert["reasons"][0].startswith("human:"),
        }
        for alert in alerts
        if datetime.fromisoformat(alert["at"]) >= since
    ]
    return {
        "account": theft["account"].rpartition("|")[2],
        "start": theft["start"],
        "opened": len(theft["opened"]),
        "listed": len(theft["listed"]),
        "rungs": rungs,
        "refused": theft["refused"],
    }


def _before(entries: Iterable[Mapping[str, str]], at: str) -> int:
    """Patients opened up to a time (the event at that time included)."""
    limit = datetime.fromisoformat(at)
    return len({entry["patient"] for entry in entries if datetime.fromisoformat(entry["at"]) <= limit})
