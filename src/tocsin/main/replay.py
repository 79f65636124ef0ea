"""Replay: a folder in, one JSON object out, in a fresh state of its own.

collect everything -> learn from what lies before DATE -> fold what lies after -> name the harvest
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pyarrow as pa

from tocsin import wiring
from tocsin.config import Settings
from tocsin.detect.calibration import Calibration
from tocsin.detect.state import Sessions
from tocsin.door.references import KeyedReferences
from tocsin.main.ahead import one_ahead
from tocsin.main.harvest import Exposures, harvest
from tocsin.main.intake import Files, Intake, Progress, files_of, pieces_of, take_in, unheard
from tocsin.main.learning import learn
from tocsin.main.parsing import Recipe
from tocsin.main.river import Folded, River, accepted_order
from tocsin.main.spool import Spool
from tocsin.main.tables import alert_data, instant, sessions_table
from tocsin.model.alert import Alert

EPOCH = date(1970, 1, 1)


@dataclass(slots=True)
class Replayed:
    """What a replay came to."""

    intake: Intake
    river: River
    alerts: list[Alert] = field(default_factory=list)
    events: int = 0
    held: int = 0
    exposures: Exposures = field(default_factory=Exposures)
    calibration: Calibration | None = None
    seconds: float = 0.0

    def data(self) -> dict[str, Any]:
        """As the replay contract writes it."""
        return {
            "lines": self.intake.lines,
            "events": self.events,
            "duplicates": self.intake.accepted - self.events,
            "rejected": self.intake.lines - self.intake.accepted,
            "rejected_by_reason": self.intake.by_reason(),
            "seconds": round(self.seconds, 3),
            "alerts": [alert_data(alert) for alert in self.alerts],
            "suspensions": [
                {"account": alert.account, "at": instant(alert.at)} for alert in self.alerts if alert.rung == "suspend"
            ],
            "held": self.held,
            "exposures": self.exposures,
            **({"damage": [str(problem) for problem in self.intake.damage]} if self.intake.damage else {}),
        }


def replay(
    path: Path,
    settings: Settings,
    *,
    learn_until: date | None = None,
    marks: Path | None = None,
    contain: bool = True,
    with_identifiers: bool = False,
    key: Path | None = None,
    now: datetime,
    ticks: Callable[[], float],
    progress: Progress = unheard,
) -> dict[str, Any]:
    """Replay a folder; the answer as plain data. `ticks` gives seconds, to time it. See docs/reference/replay.md."""
    from tocsin.door.vault import MemoryVault

    vault = MemoryVault() if with_identifiers else None
    admit: Callable[[pa.Table], object] = (lambda table: vault.admit(table, 1)) if vault else (lambda table: None)
    references = wiring.replay_references(key)
    done = replayed(
        path,
        settings,
        references,
        learn_until=learn_until,
        marks=marks,
        contain=contain,
        admit=admit,
        ticks=ticks,
        progress=progress,
    )
    if vault:
        wanted = done.exposures.patients()
        done.exposures.identifiers = (
            vault.reveal(wanted, reason="replay --with-identifiers", who="replay", now=now) if wanted else {}
        )
    return done.data()


def replayed(
    path: Path,
    settings: Settings,
    references: KeyedReferences,
    *,
    learn_until: date | None,
    marks: Path | None,
    contain: bool,
    admit: Callable[[pa.Table], object],
    ticks: Callable[[], float],
    progress: Progress,
) -> Replayed:
    """The replay itself, before it is written down."""
    begun = ticks()
    with tempfile.TemporaryDirectory(prefix="tocsin-replay-") as scratch:
        files = files_of(path, marks=marks)
        intake = collect(files, Path(scratch), settings, references, admit, progress)
        days = Days(intake.spool, Path(scratch) / "days")
        factory = wiring.factory()
        parts = wiring.parts(Path(scratch) / "parts", durable=False)
        done = Replayed(intake, None)  # type: ignore[arg-type]
        batch = 1

        def river_on(calibrations: tuple[Calibration, ...]) -> River:
            return wiring.river(
                settings,
                calibrations,
                facts=intake.facts,
                persons=intake.persons,
                marks=intake.marks,
                contain=contain,
            )

        def keep(day: int, folded: Folded, ended: Sessions) -> None:
            when = EPOCH + timedelta(days=day)
            if folded.events:
                parts.write("events", pa.concat_tables(folded.events).unify_dictionaries(), day=when, batch=batch)
            if len(ended):
                table = sessions_table(ended, done.river.explainer.accounts.names)
                parts.write("sessions", table, day=when, batch=batch)
            done.alerts += folded.alerts
            done.held += folded.held

        everyday = days.days()
        border = (learn_until - EPOCH).days if learn_until else None
        past = [day for day in everyday if border is not None and day < border]
        total = len(everyday) + len(past)
        if past:
            asked = 0

            def day_of(day: int) -> pa.Table:
                nonlocal asked
                progress("learning from the past", asked, total)
                asked += 1
                return days.events(day)

            def on(calibrations: tuple[Calibration, ...]) -> River:
                done.river = river_on(calibrations)
                return done.river

            done.calibration = learn(past, day_of, on, factory=factory, kept=keep).calibration
        else:
            done.river = river_on((factory,))
        coming = one_ahead(everyday[len(past) :], lambda day: days.events(day, keep=False))
        with closing(coming):
            for count, (day, events) in enumerate(coming):
                progress("judging", 2 * len(past) + count, total)
                folded, ended = done.river.slice(events, day=day, batch=batch)
                keep(day, folded, ended)
        done.events = days.distinct
        progress("naming the harvest", total, total)
        open_still = sessions_table(_all_open(done.river), done.river.explainer.accounts.names)
        for found in harvest(
            done.alerts,
            settings,
            questions=wiring.questions(settings, parts),
            sessions=pa.concat_tables([parts.read("sessions"), open_still])
            if everyday and parts.days("sessions")
            else open_still,
            services=done.river.explainer.staff.categories_of_service,
        ):
            done.exposures.add(found)
    done.seconds = ticks() - begun
    return done


def _all_open(river: River) -> Sessions:
    found = river.judge.state.open
    for sessions in river.judge.state.finished:
        found = found.join(sessions)
    return found


def collect(
    files: Files,
    scratch: Path,
    settings: Settings,
    references: KeyedReferences,
    admit: Callable[[pa.Table], object],
    progress: Progress,
) -> Intake:
    """Take in the files of a folder."""
    damage: list[Any] = []
    intake = take_in(
        pieces_of(files, damage),
        recipe=Recipe(wiring.FORMATS["fhir"](), "replay", references),
        spool=Spool(scratch / "spool"),
        admit=admit,
        zone=ZoneInfo(settings.zone),
        total_bytes=files.total_bytes,
        trail_bytes=files.trail_bytes,
        workers=settings.workers,
        facts_first=True,
        progress=progress,
    )
    intake.damage = damage
    return intake


@dataclass(slots=True)
class Days:
    """Days of a spool in accepted order; those that are read twice are kept sorted on disk."""

    spool: Spool
    folder: Path
    distinct: int = 0
    """Distinct events handed out so far."""
    _kept: dict[int, Path] = field(default_factory=dict)

    def days(self) -> list[int]:
        """Days that have events, oldest first."""
        return self.spool.days()

    def events(self, day: int, *, keep: bool = True) -> pa.Table:
        """Events of a day (schema EVENT), accepted order, each once."""
        if day in self._kept:
            with pa.memory_map(str(self._kept[day])) as file:
                return pa.ipc.open_file(file).read_all()
        events = accepted_order(self.spool.take(day))
        self.distinct += int((events["row"].to_numpy() == 0).sum()) if len(events) else 0
        if keep:
            self.folder.mkdir(exist_ok=True, mode=0o700)
            path = self.folder / f"{day}.arrow"
            with pa.OSFile(str(path), "wb") as out, pa.ipc.new_file(out, events.schema) as writer:
                writer.write_table(events)
            self._kept[day] = path
        return events
