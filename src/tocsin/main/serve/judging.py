"""The judge's process: collects, folds each batch as it comes, tells alerts at once, writes the rest at checkpoints.

threads:  http, folders, inbox -> collector (commits, parses, answers) -> judge (folds, tells) -> writer (checkpoints)
"""

from __future__ import annotations

import os
import queue
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack
from datetime import timedelta
from pathlib import Path
from typing import Any, Final

from tocsin import log, wiring
from tocsin.collect.transports.delivery import Answer
from tocsin.collect.transports.follow import Follower
from tocsin.config import Settings
from tocsin.detect.calibration import Calibration
from tocsin.errors import DiskFull, TocsinError, Usage
from tocsin.main.live import EPOCH, Checkpoint, Live
from tocsin.main.region import CALIBRATION, SETTINGS, Region
from tocsin.main.serve import clock, inbox
from tocsin.main.serve.collecting import Collector, Taken
from tocsin.main.serve.noting import Noting
from tocsin.main.serve.outbox import Outbox, outbox_path
from tocsin.main.serve.status import Say, write_status
from tocsin.main.serve.stopping import Loop
from tocsin.main.settings_told import settings_in
from tocsin.main.tables import alerts_of
from tocsin.model.alert import Alert
from tocsin.model.block import Block
from tocsin.store.interface import KINDS

BEHIND_S: Final = 2.0
"""Age of the oldest batch that waits for the judge from which on no more is taken."""
ROWS_WAITING: Final = 4_000_000
"""Rows that may wait for a checkpoint which cannot be written, before no more is taken."""
SOON_S: Final = 1.0
"""An alert's own rows are in the parts so soon after it: scope reads them there."""
LATER_S: Final = 5.0
"""A checkpoint that failed is tried again after so long."""
COMPACT_EVERY: Final = 64
"""Checkpoints after which parts of a day become one: half an hour of them."""
LOOK_S: Final = 0.05
"""Folders are looked at so often."""
INBOX_S: Final = 0.1


def run_judge(settings: Settings, *, loop: Loop, say: Say) -> None:
    """Serve until told to stop. Raises what makes going on senseless; what was acknowledged is safe."""
    with ExitStack() as stack:
        outbox = Outbox(outbox_path(settings))
        stack.callback(outbox.close)
        region = stack.enter_context(Region.open(settings, now=clock.utc(), heard=outbox.hear))
        _tell_missed(region, outbox)
        judge = Judging(region, outbox, settings, say)
        collector = Collector(
            region.ledger,
            parser=wiring.FORMATS["fhir"](),
            references=region.references,
            hand_on=judge.put,
            judge_is_behind=judge.is_behind,
            every_ms=settings.serve.every_ms,
        )
        stack.callback(judge.finish)
        stack.callback(collector.stop)
        door = _door(settings, region, collector)
        if door is not None:
            stack.callback(door.close)
        followers = [_follower(told, region, collector) for told in settings.serve.follow]
        troubles = dict.fromkeys(range(len(followers)), "")
        say("judge", {"event": "ready", "http": door.address if door else "", "folders": len(followers)})
        stack.callback(loop.every(LOOK_S, lambda: _look(followers)))
        stack.callback(loop.every(INBOX_S, lambda: _take_inbox(settings, collector)))
        stack.callback(loop.every(1.0, lambda: judge.show(collector, followers)))
        stack.callback(loop.every(1.0, lambda: _tell_trouble(followers, troubles, say)))
        while loop.goes_on():
            judge.turn(0.05)
            if collector.trouble is not None:
                raise collector.trouble
        say("judge", {"event": "stopping"})


class Judging:
    """Folds what the collector took. `turn` is called over and over by one thread."""

    def __init__(self, region: Region, outbox: Outbox, settings: Settings, say: Say) -> None:
        self._region = region
        self._outbox = outbox
        self._settings = settings
        self._say = say
        self._live: Live = region.live()
        self._noting = Noting(settings, folded=region.folded, say=say)
        self._waiting: queue.SimpleQueue[Taken] = queue.SimpleQueue()
        self._oldest = 0.0
        self._writer = ThreadPoolExecutor(1, thread_name_prefix="checkpoint")
        self._writing: tuple[Checkpoint, Future[None]] | None = None
        self._due = clock.ticks() + settings.serve.checkpoint_s
        self._day = -1
        self._since = clock.utc()
        self._checkpoints = 0
        self.last_batch = region.folded
        self.last_at = ""
        self.alerts = 0
        self.lag_ms = 0.0

    def put(self, taken: Taken) -> None:
        """A batch is committed."""
        self._waiting.put(taken)
        self._oldest = self._oldest or taken.committed

    def is_behind(self) -> bool:
        """Whether so much waits that no more should be taken."""
        oldest = self._oldest
        return bool(oldest and clock.ticks() - oldest > BEHIND_S) or self._live.waiting.rows > ROWS_WAITING

    def turn(self, wait_s: float) -> None:
        """Fold the next batch if there is one; write what is due."""
        try:
            taken = self._waiting.get(timeout=wait_s)
        except queue.Empty:
            self._oldest = 0.0
        else:
            self._oldest = taken.committed
            self._fold(taken)
        self._written()
        if clock.ticks() >= self._due and self._writing is None:
            self._checkpoint()

    def finish(self) -> None:
        """Fold and write all that was taken: the last thing that is done."""
        while not self._waiting.empty():
            self.turn(0)
        if self._writing is not None:
            self._writing[1].exception()
            self._written()
        self._live.checkpoint(saved=self._region.folded)
        self._writer.shutdown()
        self._noting.look(self._region.folded)
        self._say("judge", {"event": "stopped", "batch": self.last_batch})

    def show(self, collector: Collector, followers: list[Follower]) -> None:
        """Write how it is."""
        write_status(
            self._settings,
            "judge",
            {
                "pid": os.getpid(),
                "since": self._since.isoformat(),
                "last_batch": self.last_batch,
                "last_batch_at": self.last_at,
                "folded": self._region.folded,
                "lag_ms": round(self.lag_ms, 1),
                "batches": collector.batches,
                "events": collector.events,
                "rejected": collector.rejected,
                "alerts": self.alerts,
                "rules": dict(self._noting.counts),
                "rules_unread": list(self._noting.unread),
                "behind_bytes": sum(follower.behind for follower in followers),
                "unread": {one.source: one.trouble for one in followers if one.trouble},
            },
        )

    # -- the parts -----------------------------------------------------------------------------------------------------

    def _fold(self, taken: Taken) -> None:
        if taken.own:
            self._fold_own(taken)
        else:
            alerts = self._live.fold(taken.number, taken.parsed, taken.refused)
            if alerts:
                self._tell(taken, alerts)
            day = self._region.river.opened
            if day is not None and day > self._day:  # a day is over: its rows are written
                self._due, self._day = (clock.ticks() if self._day >= 0 else self._due), day
        self.last_batch = taken.number
        self.last_at = clock.utc().isoformat()
        self.lag_ms = (clock.ticks() - taken.received) * 1000

    def _fold_own(self, taken: Taken) -> None:
        """A decision or a calibration: rare, so everything before it is written first, and it like an import."""
        if self._writing is not None:
            self._writing[1].exception()
            self._written()
        self._live.checkpoint(saved=self._region.folded)
        self._region.fold_own(taken.number, taken.own)
        self._live.met.clear()
        taken.folded(Answer(batch=taken.number))

    def _tell(self, taken: Taken, alerts: list[Alert]) -> None:
        judged = clock.ticks()
        when = {
            "received": taken.received,
            "committed": taken.committed,
            "judged": judged,
            "received_at": (clock.utc() - timedelta(seconds=judged - taken.received)).isoformat(),
        }
        while True:
            try:
                new = self._outbox.tell(taken.number, alerts, **when)
                break
            except DiskFull:  # nothing else is worth doing before this is said
                log.warning("alerts wait for room on the disk", alerts=len(alerts))
                self._say("judge", {"event": "disk-full"})
                clock.wait(SOON_S)
        self.alerts += new
        for alert in alerts[:new]:
            self._say("judge", {"event": "alert", "rung": alert.rung, "batch": taken.number})
        self._due = min(self._due, clock.ticks() + SOON_S)

    def _checkpoint(self) -> None:
        begun = self._live.begin()
        self._due = clock.ticks() + self._settings.serve.checkpoint_s
        if begun is not None:
            self._writing = begun, self._writer.submit(self._live.finish, begun)

    def _compact(self) -> None:
        """In the writer's thread, between checkpoints: questions read few files. What fails is tried again later."""
        today = self._region.river.opened
        try:
            for kind in KINDS if today is not None else ():
                self._live.parts.compact(kind, before=EPOCH + timedelta(days=today or 0))
        except TocsinError as problem:
            log.warning("parts could not be merged", reason=type(problem).__name__)

    def _written(self) -> None:
        """See to a checkpoint that has come to an end."""
        if self._writing is None or not self._writing[1].done():
            return
        begun, future = self._writing
        self._writing = None
        problem = future.exception()
        if problem is None:
            self._live.settle()
            self._writer.submit(self._noting.look, self._region.folded)
            self._checkpoints += 1
            if self._checkpoints % COMPACT_EVERY == 0:
                self._writer.submit(self._compact)
            return
        self._live.put_back(begun, saved=self._region.folded)
        if not isinstance(problem, TocsinError):
            raise problem
        log.warning("a checkpoint could not be written", reason=type(problem).__name__, rows=begun.waiting.rows)
        self._say("judge", {"event": "checkpoint-failed", "reason": type(problem).__name__})
        self._due = clock.ticks() + LATER_S


def _tell_missed(region: Region, outbox: Outbox) -> None:
    """Alerts that other commands folded while nobody served are told if their rung still stands; older ones are known.

    At the very first start all are known: a region's past is imported before it is served.
    """
    if not region.parts.days("alerts"):
        return
    missed = [alert for alert in alerts_of(region.parts.read("alerts")) if not outbox.has(alert)]
    durations = {rung.name: rung.duration_us for rung in region.settings.rungs()}
    now = int(clock.utc().timestamp() * 1_000_000)
    stands = [alert for alert in missed if not outbox.is_new and alert.at + durations[alert.rung] > now]
    outbox.tell(region.folded, stands)
    outbox.know(missed)


def _door(settings: Settings, region: Region, collector: Collector) -> Any:
    if not settings.serve.listen:
        return None
    from tocsin.collect.transports.http import HttpDoor

    parser = wiring.FORMATS["fhir"]()  # its own: another thread asks it

    def check(data: bytes) -> tuple[tuple[int, str], ...]:
        parsed = parser.parse(Block(data, -1, 0), source="check", references=region.references)
        return tuple((data.count(b"\n", 0, one.offset), one.reason) for one in parsed.rejected)

    return HttpDoor(
        settings.serve.listen,
        secret=_secret(settings.serve.secret_file),
        take=collector.take,
        check=check,
        ticks=clock.ticks,
    )


def _secret(path: Path | None) -> bytes:
    if path is None:
        return b""
    try:
        if path.stat().st_mode & 0o077:
            raise Usage("the file 'serve.secret_file' may be read by others", advice="chmod 600 it.")
        secret = path.read_bytes().strip()
    except OSError as problem:
        raise Usage(f"the file 'serve.secret_file' cannot be read ({problem.strerror})") from None
    if len(secret) < 16:
        raise Usage("the secret in 'serve.secret_file' is shorter than 16 bytes")
    return secret


def _follower(told: str, region: Region, collector: Collector) -> Follower:
    source, separator, folder = told.partition("=")
    if not separator:
        source, folder = "trail", told
    return Follower(source, Path(folder), known=region.ledger.followed, take=collector.take, ticks=clock.ticks)


def _look(followers: list[Follower]) -> None:
    while sum(follower.look() for follower in followers):
        pass  # there is more to read at once


def _tell_trouble(followers: list[Follower], told: dict[int, str], say: Say) -> None:
    """Say of a followed folder that it cannot be read, and that it can again; each once. A typing error in a path must
    not look like a quiet night."""
    for place, follower in enumerate(followers):
        if follower.trouble != told[place]:
            told[place] = follower.trouble
            problem = f"{follower.trouble}; it is tried again" if follower.trouble else ""
            say("judge", {"event": "unread" if problem else "read", "source": follower.source, "problem": problem})


def _take_inbox(settings: Settings, collector: Collector) -> None:
    for name, stream, data in inbox.waiting(settings):
        if not _makes_sense(stream, data):
            inbox.answer(settings, name, {"refused": "it is not what its stream holds"})
            continue
        answered: queue.SimpleQueue[Answer] = queue.SimpleQueue()
        collector.take_own(name, stream, data, answered.put)
        try:
            found = answered.get(timeout=10)
        except queue.Empty:
            return
        if found.error is None:
            inbox.answer(settings, name, {"batch": found.batch})


def _makes_sense(stream: str, data: bytes) -> bool:
    """Whether lines handed in can be folded: what is in the ledger is there for ever."""
    if stream not in inbox.OWN_STREAMS or not data.endswith(b"\n"):
        return False
    try:
        if stream == CALIBRATION:
            Calibration.from_text(data.decode())
        elif stream == SETTINGS:
            wiring.reasons_of(settings_in(data.decode()))
    except (ValueError, KeyError, TypeError, Usage):
        return False
    return True
