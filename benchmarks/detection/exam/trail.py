"""A region's folder, and the thefts taken out of it: the honest trail, and a small folder for each set."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.detection.exam.plan import Plan

from tocsin_range.make import make


@dataclass(frozen=True, slots=True)
class Theft:
    """One theft, as the truth tells it."""

    number: int
    """In the order of the truth."""
    of_set: int
    attack: str
    accounts: tuple[str, ...]
    start: str
    end: str
    opened: int
    """Distinct patients, as the truth counts them; of some the trail keeps no line."""
    listed: int
    exported: int


@dataclass(frozen=True, slots=True)
class Written:
    """A region on disk."""

    honest: Path
    sets: list[Path]
    thefts: list[Theft]
    alike: list[dict[str, Any]]
    patients: int
    start: str


def write_region(plan: Plan, root: Path) -> Written:
    """Make the region of a plan under `root` and take the thefts out of its trail."""
    honest = root / "honest"
    made = make(plan.recipe(), honest)
    truth = json.loads((honest / "truth.json").read_text("utf-8"))
    thefts, of_set = [], {}
    for number, ((which, name), told) in enumerate(zip(plan.attacks(), truth["thefts"], strict=True)):
        assert told["attack"] == name
        of_set.update(dict.fromkeys((ident.encode() for ident in told["events"]), which))
        if told["start"] and (name == "suppression" or not told["unrecorded"]):  # else another thief silenced its trail
            thefts.append(
                Theft(
                    number, which, name, tuple(told["accounts"]), told["start"], told["end"],
                    *(len(told[what]) for what in ("opened", "listed", "exported")),
                )
            )  # fmt: skip
    sets = []
    for which in range(plan.sets):
        (root / f"set-{which}").mkdir()
        sets.append(root / f"set-{which}")
    _take_out(honest, of_set, sets)
    return Written(honest, sets, thefts, truth["lookalikes"], made.patients, truth["start"])


def _take_out(honest: Path, of_set: dict[bytes, int], sets: list[Path]) -> None:
    """Move the lines of thefts from the trail to the folders of their sets."""
    taken: list[list[bytes]] = [[] for _ in sets]
    for path in sorted(honest.glob("AuditEvent*.ndjson")):
        rest = path.with_suffix(".rest")
        with path.open("rb") as lines, rest.open("wb") as out:
            for line in lines:
                which = of_set.get(line.split(b'"', 8)[7])  # {"resourceType":"AuditEvent","id":"...
                if which is None:
                    out.write(line)
                else:
                    taken[which].append(line)
        rest.replace(path)
    assert sum(map(len, taken)) == len(of_set), "a line of a theft was not found"
    for folder, lines in zip(sets, taken, strict=True):
        (folder / "AuditEvent-000.ndjson").write_bytes(b"".join(lines))
