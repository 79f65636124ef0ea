"""The actor's process: alerts from the outbox -> the actor, at once and at least once; and what it does when it is due.

How far it has read is kept (fsynced) only after the actor took the alerts: after a stop it is told the last again, and
what it does is safe to repeat.
"""

from __future__ import annotations

import contextlib
import json
import os
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Any, Final, Protocol

from tocsin import log, wiring
from tocsin.config import Settings
from tocsin.errors import TocsinError
from tocsin.main.serve import clock
from tocsin.main.serve.outbox import outbox_path, serve_folder, told
from tocsin.main.serve.status import Say, write_status
from tocsin.main.serve.stopping import Loop
from tocsin.model.alert import Alert

LOOK_S: Final = 0.01
DUE_S: Final = 1.0
"""The actor is asked so often what is due."""
TROUBLE_S: Final = 2.0
POSITION: Final = "actor.position"
TIMINGS: Final = "timings.jsonl"


class Acts(Protocol):
    """What acts on alerts."""

    def alerts(self, alerts: Sequence[Alert], *, now: datetime) -> object:
        """These were raised; it may be told one twice."""

    def due(self, now: datetime) -> object:
        """Do what is due by now."""


class Onlooker:
    """Where no actor is installed: says so."""

    def alerts(self, alerts: Sequence[Alert], *, now: datetime) -> None:
        """See `Acts.alerts`."""
        log.warning("alerts came, and nothing acts on them in this version", alerts=len(alerts))

    def due(self, now: datetime) -> None:
        """See `Acts.due`."""


def run_actor(settings: Settings, *, loop: Loop, say: Say, acts: Acts | None = None) -> None:
    """Act until told to stop."""
    acting = Acting(settings, acts or wiring.actor(settings) or Onlooker(), say)
    stop = loop.every(1.0, acting.show)
    say("actor", {"event": "ready"})
    try:
        while loop.goes_on():
            if not acting.turn():
                loop.wait(LOOK_S)
    finally:
        stop()
        acting.show()
    say("actor", {"event": "stopped"})


class Acting:
    """Reads the outbox on from where it stopped. `turn` is called over and over by one thread."""

    def __init__(self, settings: Settings, acts: Acts, say: Say) -> None:
        self._settings = settings
        self._acts = acts
        self._say = say
        self._path = outbox_path(settings)
        self._position = _read_position(serve_folder(settings) / POSITION)
        self._since = clock.utc()
        self._due_at = 0.0
        self._again_at = 0.0
        self.told = 0

    def turn(self) -> bool:
        """Take what has come and do what is due; whether there was something to take."""
        now = clock.ticks()
        if now >= self._due_at:
            self._due_at = now + DUE_S
            self._try(lambda: self._acts.due(clock.utc()))
        if now < self._again_at or not self._has_grown():
            return False
        found, end = told(self._path, self._position)
        if found and not self._try(lambda: self._acts.alerts([alert for alert, _ in found], now=clock.utc())):
            self._again_at = clock.ticks() + TROUBLE_S
            return False
        done = clock.ticks()
        self._position = end
        _put_position(serve_folder(self._settings) / POSITION, end)
        self.told += len(found)
        for alert, line in found:
            self._note(line, done)
            self._say("actor", {"event": "told", "alert": line["alert"], "rung": alert.rung})
        return bool(found)

    def show(self) -> None:
        """Write how it is."""
        status = {"pid": os.getpid(), "since": self._since.isoformat(), "alerts": self.told, "position": self._position}
        write_status(self._settings, "actor", status)

    def _has_grown(self) -> bool:
        try:
            size = self._path.stat().st_size
        except OSError:
            return False
        if size < self._position:  # it was moved away: what is there is read from its beginning
            self._position = 0
        return size > self._position

    def _try(self, work: Any) -> bool:
        try:
            work()
        except TocsinError as problem:
            log.warning("the actor failed and tries again", reason=type(problem).__name__)
            self._say("actor", {"event": "trouble", "reason": type(problem).__name__})
            return False
        return True

    def _note(self, line: dict[str, Any], done: float) -> None:
        """Timings of an alert: for operators and benchmarks."""
        when = {"alert": line["alert"], "batch": line["batch"], **line["when"], "taken": done}
        when["taken_at"] = clock.utc().isoformat()
        with contextlib.suppress(OSError), (serve_folder(self._settings) / TIMINGS).open("a", encoding="utf-8") as file:
            file.write(json.dumps(when) + "\n")


def _read_position(path: Path) -> int:
    try:
        return int(path.read_text("ascii"))
    except (OSError, ValueError):
        return 0


def _put_position(path: Path, position: int) -> None:
    scratch = path.with_suffix(".tmp")
    try:
        with scratch.open("w", encoding="ascii") as file:
            file.write(str(position))
            file.flush()
            os.fsync(file.fileno())
        scratch.replace(path)
    except OSError as problem:
        log.warning("the actor's position is not kept; it may be told alerts again", reason=type(problem).__name__)
