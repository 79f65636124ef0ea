"""One region after the other, each kept as soon as it is there; then what they come to together."""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from pathlib import Path
from typing import Any

from benchmarks.detection.exam.plan import Plan
from benchmarks.detection.exam.trail import write_region
from benchmarks.detection.made_by import commit
from benchmarks.detection.queue.measure import measured, summary

OUT = Path(__file__).parents[1] / "results" / "queue.json"
FIRST = 4_101
"""Number of the first region: its seed is 9101."""


def plan_of(number: int) -> Plan:
    """A region as small as the promise needs it, with one theft of each behaviour and each look-alike once."""
    return Plan(number=number, accounts=500, weeks=8, past=3, sets=1, alike=1)


def main(arguments: list[str] | None = None) -> None:
    """Measure the regions that are not there yet."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.detection.queue", description=__doc__)
    parser.add_argument("--regions", type=int, default=20)
    parser.add_argument("--again", action="store_true", help="measure anew what is there already")
    told = parser.parse_args(arguments)
    regions = json.loads(OUT.read_text("utf-8"))["regions"] if OUT.exists() and not told.again else []
    for number in range(FIRST, FIRST + told.regions):
        plan = plan_of(number)
        if any(one["seed"] == plan.seed for one in regions):
            continue
        with tempfile.TemporaryDirectory(prefix="tocsin-queue-") as scratch:
            written = write_region(plan, Path(scratch) / "trail")
            regions.append({"seed": plan.seed, "commit": commit(), **measured(plan, written, Path(scratch))})
        OUT.write_text(text_of({"summary": summary(regions), "regions": regions}), "utf-8")
        print(f"seed {plan.seed}: done", flush=True)
    OUT.write_text(text_of({"summary": summary(regions), "regions": regions}), "utf-8")
    print(json.dumps(summary(regions), indent=1))


def text_of(told: dict[str, Any]) -> str:
    """JSON with a line for each region."""
    regions = ",\n  ".join(json.dumps(one) for one in told["regions"])
    return '{\n "summary": ' + json.dumps(told["summary"], indent=2) + ',\n "regions": [\n  ' + regions + "\n ]\n}\n"


if __name__ == "__main__":
    sys.exit(main())
