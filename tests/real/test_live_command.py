"""`python -m tocsin_range.live`, as whoever runs it beside Tocsin sees it."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from live import REGION, needed
from tocsin_range.live.loopback import Handler, Server, serving
from tocsin_range.make import make
from tocsin_range.recipe import Recipe

LIVE = (sys.executable, "-m", "tocsin_range.live")


@pytest.fixture(scope="module")
def bulk(tmp_path_factory: pytest.TempPathFactory) -> Path:
    needed()
    folder = tmp_path_factory.mktemp("region") / REGION
    make(Recipe(region=REGION, accounts=60, days=4, attacks=(), lookalikes=()), folder)
    return folder


class Up:
    """`up`, as a process."""

    def __init__(self, folder: Path, *arguments: str) -> None:
        self.folder = folder
        self.process = subprocess.Popen(
            [*LIVE, "up", "--folder", str(folder), *arguments],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        assert self.process.stdout is not None
        self.said = self.process.stdout.readline()
        self.live: dict[str, Any] = json.loads((folder / "live.json").read_text(encoding="utf-8"))
        services = [one["pid"] for region in self.live["regions"].values() for one in region["services"].values()]
        self.pids = [self.live["provider"]["pid"], *services]

    def end(self) -> None:
        """Whatever happened, leave nothing behind."""
        self.process.communicate(timeout=30)


class Collector(Handler):
    """Takes what services send."""

    received: list[bytes]

    def do_POST(self) -> None:
        self.received.append(self.body())
        self.answer(201, {})


@pytest.fixture
def received() -> list[bytes]:
    return []


@pytest.fixture
def running(bulk: Path, tmp_path: Path, received: list[bytes]) -> Iterator[Up]:
    with serving(Server(type("Here", (Collector,), {"received": received}))) as collector:
        one = Up(
            tmp_path / "up",
            *("--region", f"{REGION}={bulk}", "--collector", f"{REGION}={collector.url}"),
            *("--accounts", "4", "--at", "2025-09-10T10:00:00+02:00"),
        )
        try:
            yield one
        finally:
            one.end()


def alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def gone(pids: list[int]) -> bool:
    for _ in range(200):
        if not any(alive(pid) for pid in pids):
            return True
        time.sleep(0.05)
    return False


def test_attack_work_and_try_speak_to_what_is_up(running: Up, tmp_path: Path, received: list[bytes]) -> None:
    live = running.folder / "live.json"
    assert live.stat().st_mode & 0o077 == 0
    first, *_ = [one for one in running.live["regions"][REGION]["accounts"] if not one["second"]]
    assert first["password"] not in running.said
    plan = {"region": REGION, "accounts": [first["account"]], "pace_s": 0.01, "patients": 6, "per_account": 2}
    (tmp_path / "plan.json").write_text(json.dumps(plan))
    said: dict[str, str] = {}
    for command in (
        ("attack", "--live", live, "--plan", tmp_path / "plan.json", "--truth", tmp_path / "t", "--loot", tmp_path),
        ("work", "--live", live, "--region", REGION, "--account", first["account"], "--acts", "2", "--pace", "0"),
        ("try", "--loot", tmp_path / f"{first['user_name']}.json"),
    ):
        ran = subprocess.run([*LIVE, *map(str, command)], capture_output=True, text=True, check=True)
        said[command[0]] = ran.stdout
    worked, tried = json.loads(said["work"]), json.loads(said["try"])
    assert worked["refused"] is None
    assert len(worked["opened"]) == 2
    assert set(worked["opened"]) <= set(first["patients"])
    assert set(tried.values()) == {"works"}
    assert {f"cookie at {key}" for key in running.live["regions"][REGION]["services"]} <= tried.keys()
    (theft,) = json.loads((tmp_path / "t").read_text())["thefts"]
    assert len(theft["opened"]) == 6
    assert all(one["at"].startswith("2025-09-10T08:0") for one in theft["opened"])
    recorded = [
        line
        for one in running.live["regions"][REGION]["services"].values()
        for line in (Path(one["trail_folder"]) / "AuditEvent-live.ndjson").read_text(encoding="utf-8").splitlines()
    ]
    assert all('"start":"2025-09-10T' in line for line in recorded)
    for _ in range(100):
        if len(received) >= len(recorded):
            break
        time.sleep(0.05)
    assert sorted(line.decode() for line in received) == sorted(recorded)


def test_sigterm_ends_everything(running: Up) -> None:
    assert all(alive(pid) for pid in running.pids)
    running.process.send_signal(signal.SIGTERM)
    assert running.process.wait(30) == 0
    assert gone(running.pids)
    assert not (running.folder / "live.json").exists()


def test_killed_it_leaves_nobody_behind(running: Up) -> None:
    running.process.kill()
    running.process.wait(30)
    assert gone(running.pids)


def test_the_end_of_standard_input_ends_everything(running: Up) -> None:
    assert running.process.stdin is not None
    running.process.stdin.close()
    assert running.process.wait(30) == 0
    running.process.stdin = None
    assert gone(running.pids)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("up", "--region", "a"), "NAME=VALUE"),
        (("up", "--region", "a=nowhere"), "nowhere"),
        (("up", "--region", "a=b", "--collector", "c=http://127.0.0.1:1"), "no region: c"),
        (("try", "--loot", "nowhere.json"), "nowhere.json"),
    ],
)
def test_what_is_asked_wrongly_is_told_in_one_line(arguments: tuple[str, ...], words: str, tmp_path: Path) -> None:
    folder = ("--folder", str(tmp_path)) if arguments[0] == "up" else ()
    ran = subprocess.run([*LIVE, *arguments, *folder], capture_output=True, text=True, check=False)
    assert ran.returncode == 2
    assert words in ran.stderr
    assert ran.stderr.count("\n") == 1
