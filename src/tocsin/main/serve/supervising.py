"""The supervisor: starts the processes, starts again those that die, stops them together. It holds nothing itself."""

from __future__ import annotations

import signal
import subprocess
from dataclasses import dataclass, field
from typing import Any, Final

from tocsin import log
from tocsin.config import Settings
from tocsin.main.serve import clock
from tocsin.main.serve.status import Say, write_summary
from tocsin.main.serve.stopping import Loop

LOOK_S: Final = 0.2
FIRST_PAUSE_S: Final = 0.5
LONGEST_PAUSE_S: Final = 30.0
WELL_AFTER_S: Final = 60.0
"""A process that lived so long was well: its next start is not put off longer than the first."""
STOP_S: Final = 60.0
"""After so long a process that does not stop is killed; it resumes from what is on disk."""
HOPELESS: Final = (2,)
"""Exit codes for which starting again is of no use: what was asked for makes no sense."""


@dataclass(slots=True)
class Child:
    """A process and how it is doing."""

    name: str
    command: list[str]
    process: subprocess.Popen[bytes] | None = None
    started: float = 0.0
    since: str = ""
    pause_s: float = FIRST_PAUSE_S
    again_at: float = 0.0
    starts: int = 0
    codes: list[int] = field(default_factory=list)

    def start(self) -> None:
        """Start it."""
        self.process = subprocess.Popen(self.command, stdin=subprocess.DEVNULL)
        self.started, self.since = clock.ticks(), clock.utc().isoformat()
        self.starts += 1


def supervise(settings: Settings, commands: dict[str, list[str]], *, loop: Loop, say: Say) -> int:
    """Keep the processes running until told to stop; the exit code of one that cannot be helped, else 0."""
    children = [Child(name, command) for name, command in commands.items()]
    since, code = clock.utc().isoformat(), 0
    try:
        for child in children:
            child.start()
        while loop.goes_on() and not code:
            for child in children:
                code = code or _look_after(child, say)
            write_summary(settings, _summary(since, children))
            loop.wait(LOOK_S)
    finally:
        _stop(children)
        write_summary(settings, {**_summary(since, children), "stopped": clock.utc().isoformat()})
    return code


def _look_after(child: Child, say: Say) -> int:
    now = clock.ticks()
    if child.process is None:
        if now >= child.again_at:
            child.start()
        return 0
    code = child.process.poll()
    if code is None:
        return 0
    child.process = None
    child.codes.append(code)
    if code in HOPELESS:
        return code
    child.pause_s = FIRST_PAUSE_S if now - child.started > WELL_AFTER_S else min(2 * child.pause_s, LONGEST_PAUSE_S)
    child.again_at = now + child.pause_s
    log.warning("a process ended and is started again", reason=str(code))
    say("supervisor", {"event": "restart", "process": child.name, "code": code, "after_s": child.pause_s})
    return 0


def _stop(children: list[Child]) -> None:
    """The judge first: what it still finds is for the actor, which is stopped after it."""
    for child in children:
        if child.process is None:
            continue
        child.process.send_signal(signal.SIGTERM)
        try:
            child.process.wait(STOP_S)
        except subprocess.TimeoutExpired:
            child.process.kill()
            child.process.wait()


def _summary(since: str, children: list[Child]) -> dict[str, Any]:
    told = {
        child.name: {"pid": child.process.pid if child.process else None, "since": child.since, "starts": child.starts}
        for child in children
    }
    return {"since": since, "at": clock.utc().isoformat(), "supervised": told}
