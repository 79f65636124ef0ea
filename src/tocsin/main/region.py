"""A region's state on disk: the ledger is the truth, all the rest is a fold over it and can be deleted.

    accept   bytes of a source -> ledger (committed) -> folded
    catch_up batches that were committed and not folded (a kill came between) are folded from the ledger
    rebuild  everything derived is deleted, then catch_up from the first batch

Besides trails, the ledger holds Tocsin's own: a calibration put in force, a change of settings that the judge reads, a
table of countries. They are streams of a batch like any other, so a rebuild meets them at the same place.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

import numpy as np
import pyarrow as pa

from tocsin import log, wiring
from tocsin.config import Settings
from tocsin.detect.calibration import Calibration
from tocsin.detect.ladder import Ladder
from tocsin.door.persons import Persons
from tocsin.explain.countries import countries_in
from tocsin.main import countries_kept
from tocsin.main.accepted import Accepted
from tocsin.main.ahead import one_ahead
from tocsin.main.decisions import decisions_in, decisions_table, line_of
from tocsin.main.intake import MAPPED, TRAIL, Files, Intake, Piece, Progress, pieces_of, take_in, unheard
from tocsin.main.keeping import Digests, kept, told_of, unknown
from tocsin.main.learning import put_in_force
from tocsin.main.live import ROWS_HELD, Live, is_live, parse_live
from tocsin.main.parsing import Parser, Recipe
from tocsin.main.river import River, accepted_order
from tocsin.main.saved import load, packed, put_state, state_path
from tocsin.main.settings_told import calibration_line, ladder_text, settings_in
from tocsin.main.spool import Spool
from tocsin.main.tables import alerts_table, rejected_table, write_slice
from tocsin.main.tidy import tidy
from tocsin.model.alert import Alert
from tocsin.model.decision import Decision
from tocsin.model.rows import MICROSECONDS_A_DAY
from tocsin.store.behind import WriteBehind

OWN: Final = "tocsin"
"""Source of Tocsin's own trail."""
CALIBRATION: Final = "tocsin/calibration"
SETTINGS: Final = "tocsin/settings"
COUNTRIES: Final = "tocsin/countries"
SAID: Final = "tocsin/decision"
PAST: Final = "past"
"""Key of a batch's meta that says: it teaches what is usual, and accuses nobody."""
EPOCH: Final = date(1970, 1, 1)


Heard = Callable[[int, list[Alert]], None]
"""Told (batch, its alerts) as soon as they are known; the same again if the batch is folded again after a stop."""


@dataclass(slots=True)
class Region:
    """An opened region, to write. Close it."""

    settings: Settings
    ledger: Any
    parts: Any
    vault: Any
    references: Any
    river: River
    folded: int = 0
    """Number of the last batch that is folded."""
    calibration: Calibration | None = None
    """The region's own, if one is in force."""
    ladder_text: str = ""
    """The settings that the judge reads, as last recorded in the ledger."""
    said: list[Decision] = field(default_factory=list)
    """Decisions of the batch that is being taken in."""
    heard: Heard = lambda batch, alerts: None

    @classmethod
    def open(
        cls, settings: Settings, *, now: datetime, progress: Progress = unheard, heard: Heard | None = None
    ) -> Region:
        """Open or create the region's state and fold what was committed and not folded."""
        wiring.reasons_of(settings)  # what makes no sense is refused before the ledger has it for ever
        references = wiring.region_references(settings)
        ledger = wiring.ledger(settings, now)
        try:
            parts = wiring.parts(settings.state / "derived", durable=False)  # see `_fold`
            region = cls(settings, ledger, parts, wiring.vault(settings, references), references, _river())
            region.heard = heard or region.heard
            shutil.rmtree(settings.state / "tmp", ignore_errors=True)
            region._resume()
            region.catch_up(progress=progress)
            region._record_settings(now)
            countries_kept.drop_others(settings, region.river.countries.of)
        except BaseException:
            ledger.close()
            raise
        return region

    @property
    def marked(self) -> np.ndarray:
        """References of honey patients (V17)."""
        return self.river.marked

    def close(self) -> None:
        """Let go of the ledger."""
        self.ledger.close()

    def __enter__(self) -> Region:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    # -- bytes in ------------------------------------------------------------------------------------------------------

    def accept(
        self,
        files: Files,
        *,
        source: str,
        now: datetime,
        parser: Parser | None = None,
        meta: dict[str, Any] | None = None,
        progress: Progress = unheard,
    ) -> Accepted:
        """Keep the bytes of a source, commit them, fold them."""
        with Digests() as digests:
            files, known, known_lines = unknown(files, source, self.ledger, digests)
            done = Accepted(
                0, lines=known_lines, duplicates=known_lines, files_known=known, ignored=list(files.ignored)
            )
            if not files.facts and not files.trail and not files.marks:
                return done
            damage: list[Any] = []
            recipe = Recipe(parser or wiring.FORMATS["fhir"](), source, self.references)
            with self.ledger.batch(source=source, now=now) as batch:
                number = self.ledger.last_batch + 1
                pieces, sizes = kept(pieces_of(files, damage, digests), batch), (files.total_bytes, files.trail_bytes)
                intake = self._intake(pieces, recipe, number, *sizes, progress, facts_first=True)
                committed = batch.commit({"files": told_of(files, digests, intake), **(meta or {})})
        folded = self._fold(committed, intake, progress, past=bool(meta and meta.get(PAST)))
        tidy(wiring.parts(self.settings.state / "derived"), now.date())
        done.batch = committed
        done.lines += intake.lines
        done.events = folded.events
        done.duplicates += intake.accepted - folded.events
        done.rejected = intake.lines - intake.accepted
        done.rejected_by_reason = intake.by_reason()
        done.facts = len(intake.facts)
        done.alerts = folded.alerts
        done.calibrated = self.calibration is not None
        done.damage = [str(problem) for problem in damage]
        return done

    def put_calibration(self, calibration: Calibration, *, now: datetime) -> int:
        """Put a calibration in force, through the ledger."""
        return self._own(CALIBRATION, calibration_line(calibration), now)

    def put_decision(self, decision: Decision, *, now: datetime) -> int:
        """Let a decision flow in, through the ledger; the number of its batch."""
        return self._own(SAID, line_of(decision), now)

    def catch_up(self, *, progress: Progress = unheard) -> int:
        """Fold the batches that are committed and not folded; how many they were."""
        count, live = 0, self.live(durable=False)
        for batch in self.ledger.batches(after=self.folded):
            count += 1
            if is_live(batch):
                self._fold_again(live, batch)
                continue
            live.checkpoint(saved=self.folded)
            pieces = (Piece(stream, block, 0) for stream, block in self.ledger.blocks(batch))
            total = sum(piece.length for piece in batch.pieces)
            of_trail = [piece.stream in (TRAIL, MAPPED) for piece in batch.pieces]
            trail = sum(piece.length for piece, its in zip(batch.pieces, of_trail, strict=True) if its)
            recipe = _recipe_of(batch, self.references)
            intake = self._intake(
                pieces, recipe, batch.number, total, trail, progress, facts_first=of_trail == sorted(of_trail)
            )
            self._fold(batch.number, intake, progress, past=bool(batch.meta.get(PAST)))
            live.met.clear()
        live.checkpoint(saved=self.folded)
        return count

    def live(self, *, durable: bool = True) -> Live:
        """What folds live batches from here on. While it has some in hand, nobody else folds."""
        parts = wiring.parts(self.settings.state / "derived", durable=True) if durable else self.parts
        return Live(self.river, parts, self.vault.admit, self._packed, self._save if durable else self._sync_and_save)

    def rebuild(self, *, progress: Progress = unheard) -> int:
        """Delete all derived data and make it anew from the ledger; how many batches were folded."""
        self.parts.clear()
        state_path(self.settings).unlink(missing_ok=True)
        self.river, self.folded, self.calibration, self.ladder_text = _river(), 0, None, ""
        count = self.catch_up(progress=progress)
        countries_kept.drop_others(self.settings, self.river.countries.of)
        return count

    # -- the parts -----------------------------------------------------------------------------------------------------

    def _own(self, stream: str, line: bytes, now: datetime) -> int:
        with self.ledger.batch(source=OWN, now=now) as batch:
            batch.append(stream, line)
            number: int = batch.commit({})
        self.catch_up()
        return number

    def _record_settings(self, now: datetime) -> None:
        text = ladder_text(self.settings)
        if text != (self.ladder_text or ladder_text(Settings())):
            self._own(SETTINGS, text.encode() + b"\n", now)
        countries = countries_kept.wanted(self.settings, self.river.countries)
        if countries.of != self.river.countries.of:
            self._own(COUNTRIES, countries.line(), now)

    def _intake(
        self,
        pieces: Iterator[Piece],
        recipe: Recipe,
        number: int,
        total_bytes: int,
        trail_bytes: int,
        progress: Progress,
        *,
        facts_first: bool,
    ) -> Intake:
        return take_in(
            self._without_own(pieces),
            recipe=recipe,
            spool=Spool(self.settings.state / "tmp" / "spool"),
            admit=lambda identities: self.vault.admit(identities, number),
            zone=ZoneInfo(self.settings.zone),
            total_bytes=max(total_bytes, 1),
            trail_bytes=trail_bytes,
            workers=self.settings.workers,
            facts_first=facts_first,
            progress=progress,
        )

    def _without_own(self, pieces: Iterator[Piece]) -> Iterator[Piece]:
        """Act on Tocsin's own streams, pass the others on."""
        for piece in pieces:
            if piece.stream == CALIBRATION:
                self.calibration = Calibration.from_text(piece.block.data.decode())
                self._put_in_force()
            elif piece.stream == SETTINGS:
                self.ladder_text = piece.block.data.decode().strip()
                self._put_in_force()
            elif piece.stream == COUNTRIES:
                self.river.countries = countries_in(piece.block.data)
                countries_kept.keep(self.settings, self.river.countries)
            elif piece.stream == SAID:
                self.said.extend(decisions_in(piece.block.data))
            else:
                yield piece

    def _put_in_force(self) -> None:
        judge = self.river.judge
        if self.ladder_text:
            told = settings_in(self.ladder_text)
            judge.ladder = Ladder(told.rungs(), judge.ladder.calibrations)
            self.river.explainer.count_only(wiring.reasons_of(told))
        factory = wiring.factory()
        put_in_force(judge, (self.calibration, factory) if self.calibration else (factory,))

    def _fold(self, number: int, intake: Intake, progress: Progress, *, past: bool) -> _Count:
        """Fold a batch: facts first, then the days in order; then the state is saved. In a past nobody climbs."""
        self._learn(number, intake)
        self.river.judge.climbing = not past
        count = _Count(alerts=self._decide(number))
        days = intake.spool.days()
        coming = one_ahead(days, lambda day: self._new(accepted_order(intake.spool.take(day)), day, number))
        with WriteBehind(self.parts) as parts, closing(coming):
            for i, (day, events) in enumerate(coming):
                progress("judging", i, len(days))
                if not len(events):
                    continue
                folded, ended = self.river.slice(events, day=day, batch=number)
                write_slice(parts, folded, ended, self.river.explainer.accounts, day=day, batch=number)
                count.events += int((events["row"].to_numpy() == 0).sum())
                count.alerts += len(folded.alerts)
                self.heard(number, folded.alerts)
        self.river.judge.climbing = True
        self._sync_and_save(number, self._packed(number))
        log.info("batch folded", batch=number, events=count.events, alerts=count.alerts, days=len(days))
        return count

    def _decide(self, number: int) -> int:
        """Take up the decisions of the batch; how many alerts they led to."""
        said, self.said = self.said, []
        if not said:
            return 0
        self.parts.write("decisions", decisions_table(said), day=None, batch=number)
        alerts = [alert for decision in said for alert in self.river.decide(decision)]
        self.heard(number, alerts)
        for day in sorted({alert.at // MICROSECONDS_A_DAY for alert in alerts}):
            of_day = [alert for alert in alerts if alert.at // MICROSECONDS_A_DAY == day]
            self.parts.write("alerts", alerts_table(of_day), day=EPOCH + timedelta(days=day), batch=number)
        return len(alerts)

    def _learn(self, number: int, intake: Intake) -> None:
        if len(intake.facts):
            self.river.learn(intake.facts)
            self.parts.write("facts", intake.facts, day=None, batch=number)
        if len(intake.persons):
            self.parts.write("persons", intake.persons, day=None, batch=number)
            self.river.join(Persons(self.parts.read("persons")).person_of)
        if intake.marks is not None:
            self.river.mark(intake.marks)
        if intake.rejected or intake.rejected_facts:
            self.parts.write(
                "rejected", rejected_table([*intake.rejected, *intake.rejected_facts], number), day=None, batch=number
            )

    def _new(self, events: pa.Table, day: int, number: int) -> pa.Table:
        """The events that no earlier batch brought."""
        if not len(events):
            return events
        from tocsin.store.interface import stored

        held = self.parts.ids(EPOCH + timedelta(days=day), before=number)
        if not len(held):
            return events
        column = events["event_id"].combine_chunks()
        ids = np.frombuffer(column.buffers()[1], "S16", count=len(column), offset=16 * column.offset)
        return events.filter(pa.array(~stored(held, ids)))

    def fold_own(self, number: int, pieces: list[Piece]) -> None:
        """Fold a batch of Tocsin's own trail that has just been committed; the ones before it are folded."""
        recipe = Recipe(wiring.FORMATS["fhir"](), OWN, self.references)
        self._fold(
            number, self._intake(iter(pieces), recipe, number, 1, 0, unheard, facts_first=False), unheard, past=False
        )

    def _fold_again(self, live: Live, batch: Any) -> None:
        """Fold a live batch from the ledger."""
        recipe = _recipe_of(batch, self.references)
        pieces = [Piece(stream, block, 0) for stream, block in self.ledger.blocks(batch)]
        self.heard(batch.number, live.fold(batch.number, *parse_live(pieces, recipe)))
        if live.waiting.rows >= ROWS_HELD:
            live.checkpoint(saved=self.folded)

    def _packed(self, number: int) -> bytes:
        own = self.calibration.to_text() if self.calibration else ""
        told = {"calibration": own, "ladder": self.ladder_text, "countries": self.river.countries.of}
        return packed(self.river, folded=number, told=told)

    def _sync_and_save(self, number: int, state: bytes) -> None:
        os.sync()  # once for all parts: a state that says "folded" must not outlive them
        self._save(number, state)

    def _save(self, number: int, state: bytes) -> None:
        """From now on everything up to this batch is folded."""
        put_state(state_path(self.settings), state)
        self.folded = number

    def _resume(self) -> None:
        """Take up the saved state, if there is one that fits; else everything is folded anew."""
        resumed = load(state_path(self.settings), self.river)
        countries = countries_kept.kept(self.settings, resumed.told["countries"]) if resumed else None
        if resumed is None or countries is None or resumed.folded > self.ledger.last_batch:
            self.parts.clear()
            self.river = _river()
            return
        self.folded, self.river.countries = resumed.folded, countries
        self.parts.drop(after=self.folded)
        self.ladder_text = resumed.told["ladder"]
        if resumed.told["calibration"]:
            self.calibration = Calibration.from_text(resumed.told["calibration"])
        self._put_in_force()
        self.river.learn(self.parts.read("facts"))
        self.river.join(Persons(self.parts.read("persons")).person_of)


@dataclass(slots=True)
class _Count:
    events: int = 0
    alerts: int = 0


def _river() -> River:
    """A river on the settings that ship: what a region sets comes through the ledger."""
    return wiring.river(Settings(), (wiring.factory(),), contain=False)


def _recipe_of(batch: Any, references: Any) -> Recipe:
    """How the lines of a batch are parsed: as FHIR, or as its mapping says."""
    told = batch.meta.get("mapping")
    parser = wiring.mapped_parser(told, batch.meta.get("header")) if told else wiring.FORMATS["fhir"]()
    return Recipe(parser, batch.source, references)
