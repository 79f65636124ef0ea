"""Processes of `serve` that are killed at any moment: what was acknowledged is there once, and alerts are told."""

from __future__ import annotations

import os
import random
import signal
import threading
import time
from collections.abc import Callable
from pathlib import Path

from serving import past_and_present, serving, until
from story.commands import Home

KILLS = 3


def test_a_judge_that_is_killed_again_and_again_loses_nothing(
    home: Home, region: Callable[[str], Path], tmp_path: Path
) -> None:
    """Senders send again what was not acknowledged, and may be heard twice: an event is known by its bytes."""
    past, present = past_and_present(region("three-thieves"), tmp_path / "past")
    home.run("import", past, "--source", "services")
    (home.root / "tocsin.toml").write_text("[serve]\ncheckpoint_s = 0.5\n")
    draw = random.Random(5)
    over = threading.Event()
    with serving(home) as serve:

        def kill() -> None:
            for _ in range(KILLS):
                time.sleep(draw.uniform(0.3, 1.5))
                os.kill(serve.pid("judge"), signal.SIGKILL)
                ready = len(serve.heard("ready"))
                until(lambda ready=ready: len(serve.heard("ready")) > ready)  # type: ignore[misc]
            over.set()

        killer = threading.Thread(target=kill)
        killer.start()
        for start in range(0, len(present), 40):
            serve.post_until_kept(present[start : start + 40])
            if not over.is_set():
                time.sleep(0.05)
        killer.join()
        assert len(serve.heard("restart")) >= KILLS
        assert serve.stop() == 0
    events = home.table("events")
    firsts = [
        id_ for id_, row in zip(events["event_id"].to_pylist(), events["row"].to_pylist(), strict=True) if not row
    ]
    assert len(firsts) == len(set(firsts)) == _lines(past) + len(present)
    alerts = home.told("alerts")
    told = {one["alert"] for one in serve.heard("told")}
    live = {one["alert"] for one in alerts["alerts"] if one["at"] >= "2025-09-09"}
    assert live
    assert live <= told
    tables = {kind: home.table(kind).to_pylist() for kind in ("events", "evidence", "alerts")}
    home.run("rebuild")
    assert home.told("alerts") == alerts
    assert {kind: home.table(kind).to_pylist() for kind in tables} == tables


def test_alerts_wait_for_an_actor_that_is_dead(home: Home, region: Callable[[str], Path], tmp_path: Path) -> None:
    past, present = past_and_present(region("three-thieves"), tmp_path / "past")
    home.run("import", past, "--source", "services")
    with serving(home, "--only", "judge") as judge:
        for start in range(0, len(present), 500):
            assert judge.post(present[start : start + 500]) == 200
        until(lambda: judge.heard("alert"))
        assert judge.stop() == 0
    alerts = len(judge.heard("alert"))
    for expected in (alerts, 0):  # a second actor goes on where the first stopped
        with serving(home, "--only", "actor") as actor:
            until(lambda: actor.heard("ready"))
            until(lambda: len(actor.heard("told")) >= expected)  # noqa: B023
            time.sleep(0.3)
            assert actor.stop() == 0
        assert len(actor.heard("told")) == expected


def _lines(folder: Path) -> int:
    return sum(path.read_bytes().count(b"\n") for path in folder.glob("AuditEvent*"))
