"""The demo: a fictitious region with thieves in it, judged as a real one would be, and the truth beside the answer.

(1) `tocsin-range` writes a region's folder and, apart, what truly happened
(2) the folder is replayed: the first two weeks are the past, alerts begin after it
(3) what Tocsin says is held against the truth
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Callable
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any, Final

from tocsin.config import Settings
from tocsin.errors import TocsinError, Usage
from tocsin.main.intake import Progress
from tocsin.main.replay import replay
from tocsin.main.written import json_of

REGION: Final = ("--region", "neustrie", "--accounts", "500", "--days", "28", "--start", "2025-09-01", "--seed", "7")
ATTACKS: Final = ("bulk", "prefix-sweep", "medium")
LEARN_UNTIL: Final = date(2025, 9, 22)
_OURS: Final = ".tocsin-demo"
"""Marks a folder as the demo's own, so that it may be replaced."""


def run_demo(
    folder: Path, settings: Settings, *, now: datetime, ticks: Callable[[], float], progress: Progress
) -> dict[str, Any]:
    """Build the region, judge it, compare with the truth."""
    region = folder / "neustrie"
    _build(folder, region, progress)
    truth = json.loads((region / "truth.json").read_text("utf-8"))
    told = replay(
        region,
        settings,
        learn_until=LEARN_UNTIL,
        with_identifiers=True,
        now=now,
        ticks=ticks,
        progress=progress,
    )
    answer = folder / "replay.json"
    with answer.open("w", encoding="utf-8") as file:
        file.writelines(json_of(told))
    records = _records(region)
    thieves = {account for theft in truth["thefts"] for account in theft["accounts"]}
    return {
        "region": truth["region"],
        "accounts": truth["accounts"],
        "lines": told["lines"],
        "events": told["events"],
        "duplicates": told["duplicates"],
        "rejected": told["rejected"],
        "seconds": told["seconds"],
        "held": told["held"],
        "learn_until": LEARN_UNTIL.isoformat(),
        "thefts": [_theft(theft, told, records) for theft in sorted(truth["thefts"], key=lambda t: str(t["start"]))],
        "alerts_on_others": [a["rung"] for a in told["alerts"] if a["account"] not in thieves],
        "weeks_judged": (truth["days"] - (LEARN_UNTIL - date.fromisoformat(truth["start"][:10])).days) / 7,
        "lookalikes": len(truth["lookalikes"]),
        "answer": str(answer),
        "truth": str(region / "truth.json"),
    }


def _build(folder: Path, region: Path, progress: Progress) -> None:
    progress("building a fictitious region", 0, 1)
    if folder.exists() and any(folder.iterdir()):
        if not (folder / _OURS).exists():
            raise Usage("the demo's folder holds something else", advice="Name another: tocsin demo --folder DIR.")
        shutil.rmtree(folder)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / _OURS).touch()
    attacks = ("--attack", ",".join(ATTACKS), "--attack-from", "23")
    command = [sys.executable, "-m", "tocsin_range", "make", str(region), *REGION, *attacks, "--quiet"]
    made = subprocess.run(command, capture_output=True, text=True, check=False)
    if made.returncode:
        raise TocsinError("the fictitious region could not be written", advice=made.stderr.strip()[-200:])


def _records(region: Path) -> dict[str, str]:
    """Identifier in the trail (`system|value`) -> id of the fictitious patient."""
    found = {}
    for line in (region / "Patient.ndjson").open("rb"):
        patient = json.loads(line)
        for identifier in patient.get("identifier", ()):
            found[f"{identifier.get('system', '')}|{identifier.get('value', '')}"] = patient["id"]
    return found


def _theft(theft: dict[str, Any], told: dict[str, Any], records: dict[str, str]) -> dict[str, Any]:
    """One theft: the truth, what Tocsin saw and when, and how the two differ."""
    accounts = set(theft["accounts"])
    touched = {entry["patient"]: entry["at"] for kind in ("listed", "opened") for entry in theft[kind]}
    alerts = [alert for alert in told["alerts"] if alert["account"] in accounts and alert["at"] >= theft["start"]]
    reached = {
        whom: {
            records.get(row["patient"], row["patient"])
            for row in told["exposures"]
            if row["account"] in accounts and row["by"] == whom
        }
        for whom in ("thief", "unsure", "owner")
    }
    exposed = reached["thief"]
    seen = alerts[0]["at"] if alerts else None
    return {
        "attack": theft["attack"],
        "title": theft["title"],
        "account": theft["account"],
        "start": theft["start"],
        "patients_without": len(touched),
        "patients_with": len(set().union(*reached.values()) & set(touched)),
        "named": len(exposed & set(touched)),
        "named_wrongly": len(exposed - set(touched)),
        "first_alert": seen,
        "after_seconds": _seconds(theft["start"], seen) if seen else None,
        "opened_before": _before(theft["opened"], seen),
        "listed_before": _before(theft["listed"], seen),
        "rungs": [
            {"rung": alert["rung"], "at": alert["at"], "weight": alert["weight"], "rarity": alert["rarity"]}
            for alert in alerts
        ],
        "reasons": alerts[0]["reasons"][:3] if alerts else [],
    }


def _before(entries: list[dict[str, str]], at: str | None) -> int | None:
    """Different patients touched up to a time (the event at that time included)."""
    if at is None:
        return None
    limit = datetime.fromisoformat(at)
    return len({entry["patient"] for entry in entries if datetime.fromisoformat(entry["at"]) <= limit})


def _seconds(start: str, at: str) -> float:
    return (datetime.fromisoformat(at) - datetime.fromisoformat(start)) / timedelta(seconds=1)
