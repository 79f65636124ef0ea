"""make exam [REGION=n], make exam-short: one region after the other; each result is kept as soon as it is there."""

from __future__ import annotations

import json
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from benchmarks.detection.exam.fold import judged
from benchmarks.detection.exam.measure import COLUMNS, record, totals
from benchmarks.detection.exam.page import write_pages
from benchmarks.detection.exam.plan import Plan, plans
from benchmarks.detection.exam.trail import write_region
from benchmarks.detection.made_by import commit

RESULTS = Path(__file__).parents[1] / "results"


def path_of(short: bool) -> Path:
    """The result file."""
    return RESULTS / ("exam-short.json" if short else "exam.json")


def known(path: Path) -> dict[str, Any]:
    """What the result file holds."""
    if path.exists():
        return json.loads(path.read_text("utf-8"))
    return {"columns": list(COLUMNS), "regions": []}


def keep(path: Path, one: dict[str, Any]) -> None:
    """Put a region's result in, in the order of regions, a line each theft."""
    held = known(path)
    regions = [region for region in held["regions"] if region["region"] != one["region"]] + [one]
    held["regions"] = sorted(regions, key=lambda region: region["region"])
    held["columns"] = list(COLUMNS)
    scratch = path.with_suffix(".tmp")
    scratch.write_text(_text(held), "utf-8")
    scratch.replace(path)


def _text(held: dict[str, Any]) -> str:
    """JSON in which a list of plain values is one line."""
    regions = []
    for region in held["regions"]:
        fields = []
        for key, value in region.items():
            if key in ("thefts", "lookalikes"):
                rows = ",\n    ".join(json.dumps(row) for row in value)
                fields.append(f'   "{key}": [\n    {rows}\n   ]')
            else:
                fields.append(f'   "{key}": {json.dumps(value)}')
        regions.append("  {\n" + ",\n".join(fields) + "\n  }")
    columns = json.dumps(held["columns"])
    return '{\n "columns": ' + columns + ',\n "regions": [\n' + ",\n".join(regions) + "\n ]\n}\n"


def examine(plan: Plan) -> dict[str, Any]:
    """Make a region, judge it, delete it."""
    begun, made_with = time.perf_counter(), commit()

    def tell(what: str) -> None:
        print(f"region {plan.number}: {time.perf_counter() - begun:6.0f} s  {what}", flush=True)

    with tempfile.TemporaryDirectory(prefix="tocsin-exam-") as scratch:
        tell(f"made: {plan.accounts:,} accounts, {plan.weeks} weeks, {len(plan.attacks())} thefts")
        written = write_region(plan, Path(scratch) / "trail")
        done = judged(plan, written, Path(scratch), tell)
    for theft in written.thefts:
        taken = done.sets[theft.of_set].taken
        if taken is not None and theft.attack not in ("suppression",):
            told = {"opened": theft.opened, "listed": theft.listed, "exported": theft.exported}
            seen = totals(taken, theft)  # of persons, where the truth counts records: duplicates are few
            assert all(abs(seen[how] - told[how]) <= 1 + told[how] // 50 for how in told), (theft, seen)
    one = {**record(plan, written, done), "commit": made_with, "seconds": round(time.perf_counter() - begun)}
    tell("done")
    return one


def main(arguments: list[str] | None = None) -> None:
    """Examine what is asked for and not there yet, then write the pages."""
    asked, told = plans(arguments)
    path = path_of(told.short)
    for plan in asked if not told.page else ():
        if not told.again and any(region["region"] == plan.number for region in known(path)["regions"]):
            print(f"region {plan.number}: in {path.name} already (--again makes it anew)")
            continue
        keep(path, examine(plan))
    print(write_pages(known(path_of(False)), known(path_of(True)), short_only=told.short))


if __name__ == "__main__":
    sys.exit(main())
