"""The folds alone, on one core: events that are columns already, in memory -> explained, judged, remembered.

    python benchmarks/speed/judging.py FOLDER [--batch-rows 131072]

Judge is timed within the fold, call by call, on the vectors that explain hands it, and so are the others; `facts` is
what explain makes of the directories once, whatever the number of rows. Then what is held in memory, by account and by
pair of account and patient; and how often the set of keys says *known* of a stranger.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
from held import bytes_of
from stages import Stopwatch

from tocsin import wiring
from tocsin.config import Settings
from tocsin.explain.memory import Memory
from tocsin.main import river as rivers
from tocsin.main.intake import Intake, files_of, unheard
from tocsin.main.replay import collect

STAGES = {
    "judge": ("tocsin.detect.judge:Judge", ("open_slice", "judge", "know", "standing_days")),
    "facts": ("tocsin.explain.explainer:Explainer", ("_prepare",)),
    "explain": ("tocsin.explain.explainer:Explainer", ("open_slice", "explain", "remember")),
}


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("folder", type=Path)
    arguments.add_argument("--batch-rows", type=int, default=rivers.BATCH_ROWS)
    told = arguments.parse_args()
    settings = Settings(workers=2)
    with tempfile.TemporaryDirectory() as scratch:
        references = wiring.replay_references()
        intake = collect(files_of(told.folder), Path(scratch), settings, references, lambda _: None, unheard)
        days = {day: rivers.accepted_order(intake.spool.take(day)) for day in intake.spool.days()}
    os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[-1:])
    pa.set_cpu_count(1)
    json.dump(fold(intake, days, settings, told.batch_rows), sys.stdout)


def fold(intake: Intake, days: dict[int, pa.Table], settings: Settings, batch_rows: int) -> dict[str, Any]:
    """Fold all days; CPU seconds of each room, and what is held at the end."""
    rivers.BATCH_ROWS = batch_rows
    watch = Stopwatch()
    for stage, (owner, names) in STAGES.items():
        for name in names:
            watch.watch(stage, f"{owner}.{name}")
    river = wiring.river(settings, (wiring.factory(),), facts=intake.facts, persons=intake.persons)
    watch.seconds.clear()
    begun = time.thread_time()
    rows = 0
    for day, events in days.items():
        river.slice(events, day=day, batch=1)
        rows += len(events)
    watch.enter("over")
    seconds = time.thread_time() - begun
    named = {**{stage: watch.seconds[stage] for stage in STAGES}, "rows": watch.seconds["the rest"]}
    return {
        "rows": rows,
        "batch_rows": batch_rows,
        "rows_in_a_day": max(len(events) for events in days.values()),
        "accounts": len(river.explainer.accounts.names),
        "cpu_s": {**named, "all": seconds},
        "held": held(river),
    }


def held(river: rivers.River) -> dict[str, float]:
    """Bytes held at the end."""
    judge, explainer = river.judge, river.explainer
    accounts = len(explainer.accounts.names)
    touched = explainer.touched
    pairs = len(touched.settled) + sum(len(keys) for keys in touched.waiting.values())
    return {
        "judge_bytes_per_account": bytes_of(judge.state) / accounts,
        "judge_beside_arrays_bytes_per_account": bytes_of([judge.heaviest, judge.stood, judge.pool]) / accounts,
        "judge_open_sessions": len(judge.state.open),
        "evidence_of_two_days_bytes": bytes_of(judge.recent),
        "pairs": pairs,
        "past_bytes_per_pair": bytes_of(touched) / max(pairs, 1),
        "past_bytes_per_settled_pair": bytes_of(touched.settled) / max(len(touched.settled), 1),
        "habits_bytes_per_account": bytes_of(explainer.habits) / accounts,
        "names_bytes_per_account": bytes_of([explainer.accounts, explainer.actors, explainer.first_day]) / accounts,
        **false_known(),
    }


def false_known(keys: int = 10_000_000, strangers: int = 10_000_000) -> dict[str, float]:
    """How many random strangers a full set of random keys takes for known."""
    rng = np.random.default_rng(7)
    full = Memory()
    for part in np.array_split(rng.integers(1, 2**64, keys, np.uint64), 50):
        full.add(part)
    wrong = sum(int(full.has(rng.integers(1, 2**64, strangers // 10, np.uint64)).sum()) for _ in range(10))
    return {"known_keys": keys, "strangers_asked": strangers, "strangers_taken_for_known": wrong}


if __name__ == "__main__":
    main()
