"""The actor's process: alerts from the outbox -> the actor, at once and at least once; and what it does when it is due.

How far it has read is kept (fsynced) only after the actor took the alerts: after a stop it is told the last again, and
what it does is safe to repeat.
"""

from __future__ import annotations

import contextlib
import json
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final, Protocol

from tocsin import log
from tocsin.config import Settings
from tocsin.errors import StoreUnavailable, TocsinError
from tocsin.main.actor import Actor
from tocsin.main.inspect import Reading
from tocsin.main.serve import clock
from tocsin.main.serve.outbox import key_of, outbox_path, serve_folder, told
from tocsin.main.serve.status import Say, write_status
from tocsin.main.serve.stopping import Loop
from tocsin.model.alert import Alert
from tocsin.scope.episodes import episodes

LOOK_S: Final = 0.01
DUE_S: Final = 1.0
"""The actor is asked so often what is due."""
TROUBLE_S: Final = 2.0
POSITION: Final = "actor.position"
TIMINGS: Final = "timings.jsonl"


class Acts(Protocol):
    """What acts on alerts: `main.actor`, behind `Cutting`."""

    def alerts(self, alerts: Sequence[Alert]) -> object:
        """These were raised; it may be told one twice."""

    def due(self) -> object:
        """Do what is due by now."""

    def close(self) -> None:
        """Finish what is at hand."""


class Cutting:
    """The actor, told alerts with the episode each belongs to."""

    def __init__(self, settings: Settings) -> None:
        self._rungs = settings.rungs()
        self._by_account: dict[str, dict[str, Alert]] = {}
        with contextlib.suppress(StoreUnavailable):  # nothing was imported yet
            self._remember(Reading(settings).alerts())
        self._actor = Actor(settings, now=lambda: int(clock.utc().timestamp() * 1_000_000))
        self._actor.warm()

    def alerts(self, alerts: Sequence[Alert]) -> None:
        """See `Acts.alerts`."""
        self._remember(alerts)
        told = {key_of(alert) for alert in alerts}
        rows = [
            {"account": alert.account, "rung": alert.rung, "episode": episode.id, "at": alert.at}
            for account in dict.fromkeys(alert.account for alert in alerts)
            for episode in episodes(self._by_account[account].values(), self._rungs)
            for alert in episode.alerts
            if key_of(alert) in told
        ]
        self._actor.alerts(rows)

    def due(self) -> None:
        """See `Acts.due`."""
        self._actor.due()

    def close(self) -> None:
        """See `Acts.close`."""
        self._actor.close()

    def _remember(self, alerts: Sequence[Alert]) -> None:
        for alert in alerts:
            self._by_account.setdefault(alert.account, {})[key_of(alert)] = alert


def run_actor(settings: Settings, *, loop: Loop, say: Say, acts: Acts | None = None) -> None:
    """Act until told to stop."""
    acts = acts or Cutting(settings)
    acting = Acting(settings, acts, say)
    stop = loop.every(1.0, acting.show)
    say("actor", {"event": "ready"})
    try:
        while loop.goes_on():
            if not acting.turn():
                loop.wait(LOOK_S)
    finally:
        stop()
        acts.close()
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
            self._try(self._acts.due)
        if now < self._again_at or not self._has_grown():
            return False
        found, end = told(self._path, self._position)
        taken = clock.ticks()
        if found and not self._try(lambda: self._acts.alerts([alert for alert, _ in found])):
            self._again_at = clock.ticks() + TROUBLE_S
            return False
        done = clock.ticks()
        self._position = end
        _put_position(serve_folder(self._settings) / POSITION, end)
        self.told += len(found)
        for alert, line in found:
            self._note(line, taken, done)
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

    def _note(self, line: dict[str, Any], taken: float, done: float) -> None:
        """Timings of an alert: for operators and benchmarks."""
        when = {"alert": line["alert"], "batch": line["batch"], **line["when"], "taken": taken, "done": done}
        when["done_at"] = clock.utc().isoformat()
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
