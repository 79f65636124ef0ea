"""What an import spends its CPU on, stage by stage: functions are watched from outside, nothing in Tocsin knows.

Time within a watched function belongs to its stage, except what a watched function within it takes. Threads beside the
main one (compression of closed segments, hashing of files, Parquet, the next day put in order) are one line of their
own.
"""

from __future__ import annotations

import importlib
import json
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

STAGES = {
    "read files, cut into lines": ["tocsin.main.region:pieces_of"],
    "ledger: append, fsync, commit": [
        "tocsin.ledger.writing:BatchWriter.append",
        "tocsin.ledger.writing:BatchWriter.commit",
    ],
    "parse the trail": ["tocsin.collect.formats.skeleton:FhirParser.parse"],
    "parse directories (facts, persons)": [
        "tocsin.collect.directory.reader:DirectoryReader.add",
        "tocsin.collect.directory.reader:DirectoryReader.facts",
        "tocsin.collect.directory.reader:DirectoryReader.persons",
        "tocsin.collect.directory.reader:DirectoryReader.identities",
    ],
    "door: seal identities": ["tocsin.door.vault:Vault.admit"],
    "spool: cut by day, there and back": [
        "tocsin.main.spool:Spool.add",
        "tocsin.main.spool:Spool.days",
        "tocsin.main.spool:Spool.take",
    ],
    "accepted order, duplicates": [
        "tocsin.main.region:accepted_order",
        "tocsin.main.region:Region._new",
    ],
    "explain": [
        "tocsin.explain.explainer:Explainer.learn",
        "tocsin.explain.explainer:Explainer.look_up_again",
        "tocsin.explain.explainer:Explainer.open_slice",
        "tocsin.explain.explainer:Explainer.explain",
        "tocsin.explain.explainer:Explainer.remember",
    ],
    "judge": [
        "tocsin.detect.judge:Judge.open_slice",
        "tocsin.detect.judge:Judge.judge",
        "tocsin.detect.judge:Judge.know",
        "tocsin.detect.judge:Judge.standing_days",
    ],
    "rows as vectors, and stored columns": ["tocsin.main.river:River.fold"],
    "store: Parquet parts": ["tocsin.main.region:write_slice", "tocsin.main.region:Region._learn"],
    "save the judge's state": ["tocsin.main.region:packed", "tocsin.main.region:put_state"],
}


class Stopwatch:
    """CPU seconds of the main thread by stage."""

    def __init__(self) -> None:
        self.seconds: Counter[str] = Counter()
        self._stack: list[str] = ["the rest"]
        self._since = time.thread_time()
        self._thread = threading.get_ident()

    def enter(self, stage: str) -> None:
        self._turn()
        self._stack.append(stage)

    def leave(self) -> None:
        self._turn()
        self._stack.pop()

    def _turn(self) -> None:
        now = time.thread_time()
        self.seconds[self._stack[-1]] += now - self._since
        self._since = now

    def watch(self, stage: str, place: str) -> None:
        """Put a watched function where the function is; a generator is watched while it makes the next."""
        module, _, path = place.partition(":")
        owner: Any = importlib.import_module(module)
        *outer, name = path.split(".")
        for part in outer:
            owner = getattr(owner, part)
        setattr(owner, name, self._watched(stage, getattr(owner, name)))

    def _watched(self, stage: str, act: Callable[..., Any]) -> Callable[..., Any]:
        def watched(*arguments: Any, **named: Any) -> Any:
            if threading.get_ident() != self._thread:
                return act(*arguments, **named)
            self.enter(stage)
            try:
                found = act(*arguments, **named)
            finally:
                self.leave()
            return self._each(stage, found) if isinstance(found, Iterator) else found

        return watched

    def _each(self, stage: str, values: Iterator[Any]) -> Iterator[Any]:
        while True:
            self.enter(stage)
            try:
                value = next(values)
            except StopIteration:
                return
            finally:
                self.leave()
            yield value


def import_by_stage(trail: Path, state: Path) -> dict[str, Any]:
    """Import a trail in this process, one parser, nothing started; CPU microseconds an event by stage."""
    from datetime import UTC, datetime

    from tocsin.config import Settings
    from tocsin.main import region, watch  # noqa: F401

    watch_ = Stopwatch()
    for stage, places in STAGES.items():
        for place in places:
            watch_.watch(stage, place)
    begun, main_begun = time.process_time(), time.thread_time()
    done = watch.import_trail(
        trail,
        Settings(state=state, workers=1),
        source="speed",
        mapping=None,
        marks=None,
        now=datetime(2026, 1, 1, tzinfo=UTC),
    )
    watch_.enter("the rest")
    own, every = time.thread_time() - main_begun, time.process_time() - begun
    events = done["events"]
    seconds = {**{stage: watch_.seconds[stage] for stage in STAGES}, "the rest": watch_.seconds["the rest"]}
    seconds["other threads: compress, hash, write"] = every - own
    return {
        "events": events,
        "cpu_us_per_event": {stage: round(1e6 * s / events, 3) for stage, s in seconds.items()},
        "cpu_us_per_event_in_all": round(1e6 * every / events, 3),
    }


if __name__ == "__main__":
    json.dump(import_by_stage(Path(sys.argv[1]), Path(sys.argv[2]) / "state"), sys.stdout)
