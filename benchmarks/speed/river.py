"""What a trail costs from its bytes to its alerts: one table, one run, beside what else reads it.

    python benchmarks/speed/river.py [--runs 3] [--folder /tmp/tocsin-speed] [--scale 10] [--trail DIR] [--only PART]

Whole commands, each in processes of its own, on two cores, taken in turns (A B C, A B C, ...), because machines are
shared and noisy: medians are told, with the load beside. Trails are made at the first run and kept in the folder
(about 7 GB; 7 more with --scale 3, 22 with --scale 10). Parts: peers, growth, judge, stages. Nothing passes or fails.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any

import machine
import tables
from tree import Took, took

import trails

HERE = Path(__file__).parent
RESULTS = HERE / "results" / "river.json"
PARTS = ("peers", "growth", "judge", "stages")
BATCHES = (10_000, 131_072)


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--runs", type=int, default=3)
    arguments.add_argument("--folder", type=Path, default=Path(tempfile.gettempdir()) / "tocsin-speed")
    arguments.add_argument(
        "--scale", type=int, choices=tuple(trails.LARGE), default=1, help="millions of lines at most"
    )
    arguments.add_argument("--trail", type=Path, help="measure on this folder instead of a fictitious one")
    arguments.add_argument("--only", choices=PARTS, action="append", help="a part; may be repeated")
    arguments.add_argument("--json", type=Path, default=RESULTS)
    told = arguments.parse_args()
    os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[:2])
    measured: dict[str, Callable[[], Any]] = {
        "peers": lambda: peers(told.trail or trails.trail(told.folder, *trails.SIZES["10^6"]), told.runs),
        "growth": lambda: growth(told.folder, told.trail, told.runs, told.scale),
        "judge": lambda: judge(told.trail or trails.trail(told.folder, *trails.BUSY), told.runs),
        "stages": lambda: stages(told.trail or trails.trail(told.folder, *trails.SIZES["10^6"]), told.runs),
    }
    report = json.loads(told.json.read_text()) if told.only and told.json.exists() else {}
    for part in told.only or PARTS:
        report[part] = {**machine.told(), **measured[part]()}
        told.json.parent.mkdir(exist_ok=True)
        told.json.write_text(json.dumps(report, indent=1) + "\n")
    print(tables.of(report))


def peers(trail: Path, runs: int) -> dict[str, Any]:
    """Every reader of the same trail, in turns."""
    names = ("json.loads", "msgspec", "duckdb", "parse-1", "parse-2")
    commands = {
        "wc -l": ["wc", "-l", *map(str, trails.files(trail))],
        **{name: [sys.executable, str(HERE / "peers.py"), name, str(trail)] for name in names},
        **tocsin(trail),
    }
    return {"lines": trails.lines(trail), "bytes": size(trail), "runs": in_turns(commands, runs)}


def growth(folder: Path, trail: Path | None, runs: int, scale: int) -> dict[str, Any]:
    """Import and replay of trails of rising length, in turns."""
    sizes = {**trails.SIZES, **trails.LARGE[scale]}
    found = {name: trails.trail(folder, *sizes[name]) for name in sizes} if trail is None else {"trail": trail}
    commands = {f"{what} {name}": command for name, path in found.items() for what, command in tocsin(path).items()}
    lines = {name: {"lines": trails.lines(path), "bytes": size(path)} for name, path in found.items()}
    return {"sizes": lines, "runs": in_turns(commands, runs)}


def judge(trail: Path, runs: int) -> dict[str, Any]:
    """The folds alone, on one core, batches of two sizes in turns."""
    found: dict[int, list[dict[str, Any]]] = {rows: [] for rows in BATCHES}
    for _ in range(runs):
        for rows, so_far in found.items():
            command = [sys.executable, str(HERE / "judging.py"), str(trail), "--batch-rows", str(rows)]
            so_far.append(json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout))
    return {"batches": {str(rows): middle(so_far) for rows, so_far in found.items()}}


def middle(runs: list[dict[str, Any]]) -> dict[str, Any]:
    """One run with the medians of all in it."""
    cpu = {room: statistics.median(run["cpu_s"][room] for run in runs) for room in runs[0]["cpu_s"]}
    return {**runs[0], "cpu_s": cpu}


def stages(trail: Path, runs: int) -> dict[str, Any]:
    """One import with one parser in one process, by stage."""
    found = []
    for _ in range(runs):
        with tempfile.TemporaryDirectory() as state:
            command = [sys.executable, str(HERE / "stages.py"), str(trail), state]
            done = subprocess.run(command, check=True, capture_output=True, text=True)
        found.append(json.loads(done.stdout))
    names = found[0]["cpu_us_per_event"]
    return {
        "events": found[0]["events"],
        "cpu_us_per_event": {
            name: round(statistics.median(run["cpu_us_per_event"][name] for run in found), 3) for name in names
        },
    }


def tocsin(trail: Path) -> dict[str, list[str]]:
    """The two commands; `{fresh}` is a new folder at each run."""
    command = [sys.executable, "-m", "tocsin"]
    return {
        "tocsin import": [*command, "import", str(trail), "--state", "{fresh}", "--quiet"],
        "tocsin replay": [*command, "replay", str(trail), "--quiet", "--json", "{fresh}/told.json"],
    }


def in_turns(commands: dict[str, list[str]], runs: int) -> dict[str, list[dict[str, Any]]]:
    """Run each command once, then each again, and so on."""
    found: dict[str, list[dict[str, Any]]] = {name: [] for name in commands}
    for turn in range(runs):
        for name, command in commands.items():
            print(f"run {turn + 1} of {runs}: {name}", file=sys.stderr)
            found[name].append({k: v for k, v in asdict(fresh(command)).items() if k != "output"})
    return found


def fresh(command: list[str]) -> Took:
    """Run a command in a new folder."""
    state = tempfile.mkdtemp(prefix="tocsin-speed-")
    try:
        return took([word.replace("{fresh}", state) for word in command])
    finally:
        shutil.rmtree(state)


def size(trail: Path) -> int:
    return sum(path.stat().st_size for path in trails.files(trail))


if __name__ == "__main__":
    main()
