"""What a week of past is worth: small regions, one patient a second taken after a week, and the same without any past.

    python -m benchmarks.detection.week [--regions 12] [--again]

Whole commands, as a user gives them: `tocsin-range make`, `tocsin replay --no-contain`, with `--learn-until` the day of
the theft and without. A region whose result is there already is skipped.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from benchmarks.detection.made_by import commit

OUT = Path(__file__).parent / "results" / "week.json"
FIRST = 7_301
"""Seed of the first region. Nothing was chosen on these."""
ACCOUNTS, DAYS = 300, 9


def main(arguments: list[str] | None = None) -> None:
    """Measure the regions that are not there yet."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.detection.week", description=__doc__)
    parser.add_argument("--regions", type=int, default=12)
    parser.add_argument("--again", action="store_true", help="measure anew what is there already")
    told = parser.parse_args(arguments)
    regions = json.loads(OUT.read_text("utf-8"))["regions"] if OUT.exists() and not told.again else []
    for seed in range(FIRST, FIRST + told.regions):
        if any(one["seed"] == seed for one in regions):
            continue
        with tempfile.TemporaryDirectory(prefix="tocsin-week-") as scratch:
            regions.append({"seed": seed, "commit": commit(), **measured(seed, Path(scratch))})
        print(json.dumps(regions[-1]), flush=True)
        rows = ",\n  ".join(json.dumps(one) for one in regions)
        OUT.write_text(f'{{"accounts": {ACCOUNTS}, "days": {DAYS}, "regions": [\n  {rows}\n]}}\n', "utf-8")


def measured(seed: int, scratch: Path) -> dict[str, Any]:
    """One region, judged on a week's past and on none."""
    trail = scratch / "trail"
    size = ("--accounts", str(ACCOUNTS), "--days", str(DAYS), "--seed", str(seed))
    _run("tocsin_range", "make", trail, "--region", "neustrie", *size, "--attack", "bulk", "--quiet")
    truth = json.loads((trail / "truth.json").read_text("utf-8"))
    (theft,) = truth["thefts"]
    return {
        "learned": _judged(trail, theft, scratch, "--learn-until", theft["start"][:10]),
        "cold": _judged(trail, theft, scratch),
    }


def _judged(trail: Path, theft: dict[str, Any], scratch: Path, *options: str) -> dict[str, Any]:
    """Patients opened before the first alert and before `own-patients-only`; honest accounts that were asked."""
    _run("tocsin", "replay", trail, "--no-contain", "--quiet", "--json", scratch / "told.json", *options)
    alerts = json.loads((scratch / "told.json").read_text("utf-8"))["alerts"]
    his = [alert for alert in alerts if alert["account"] == theft["account"] and alert["at"] >= theft["start"]]
    honest: dict[str, set[str]] = {}
    for alert in alerts:
        if alert["account"] != theft["account"]:
            honest.setdefault(alert["account"], set()).add(alert["rung"])
    return {
        "ask": _opened(theft, his),
        "own-patients-only": _opened(theft, [alert for alert in his if alert["rung"] != "ask"]),
        "honest": len(honest),
        "honest_suspended": sum("suspend" in rungs for rungs in honest.values()),
    }


def _opened(theft: dict[str, Any], alerts: list[dict[str, Any]]) -> int | None:
    if not alerts:
        return None
    until = min(alert["at"] for alert in alerts)
    return len({entry["patient"] for entry in theft["opened"] if entry["at"] <= until})


def _run(module: str, *words: object) -> None:
    subprocess.run([sys.executable, "-m", module, *map(str, words)], check=True, capture_output=True)


if __name__ == "__main__":
    main()
