"""Operate: keep Tocsin itself well. One function per command."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Callable
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa

from tocsin import __version__, wiring
from tocsin.config import Settings
from tocsin.detect.calibration import Calibration
from tocsin.errors import StoreUnavailable, TocsinError, Usage
from tocsin.main.beside import writing
from tocsin.main.explanations import summary
from tocsin.main.inspect import Reading
from tocsin.main.intake import Progress, unheard
from tocsin.main.learning import learn
from tocsin.main.readiness import countries, cutting, letters
from tocsin.main.region import EPOCH, Region
from tocsin.main.river import River, accepted_order
from tocsin.main.verdicts import precision, verdicts
from tocsin.main.words import counted, stratum_of
from tocsin.model.event import EVENT
from tocsin.model.evidence import MICRONATS
from tocsin.model.rows import MICROSECONDS_A_DAY
from tocsin.model.stratum import role_and_home
from tocsin.scope import episodes


def calibrate(
    settings: Settings,
    *,
    since: date | None,
    until: date | None,
    dry_run: bool,
    now: datetime,
    progress: Progress = unheard,
) -> dict[str, Any]:
    """Learn what is usual from the region's own events and put it in force, with its hash, through the ledger."""
    wiring.ledger_view(settings)
    with writing(settings, now=now, progress=progress) as region:
        days = [(day - EPOCH).days for day in region.parts.days("events") if _within(day, since, until)]
        if not days:
            raise StoreUnavailable(
                "there are no events to learn from", advice="Import a trail first: tocsin import PATH."
            )
        factory = wiring.factory()
        asked = 0

        def day_of(day: int) -> pa.Table:
            nonlocal asked
            progress("learning", asked, 2 * len(days))
            asked += 1
            events = region.parts.read("events", day=EPOCH + timedelta(days=day))
            return accepted_order(events.select(EVENT.names))

        def river_on(calibrations: tuple[Calibration, ...]) -> River:
            return wiring.river(
                settings,
                calibrations,
                facts=region.parts.read("facts"),
                persons=region.parts.read("persons"),
                marks=region.marked,
            )

        reading = Reading(settings)
        alerts = reading.alerts()
        said = verdicts(reading.decisions(), alerts, episodes(alerts, settings.rungs()), week_from=days[0])
        learned = learn(days, day_of, river_on, factory=factory, kept=lambda *_: None, said=said)
        judge = learned.river.judge
        batch = 0 if dry_run else region.put_calibration(learned.calibration, now=now)
        lines = [
            {
                "role": role,
                "home": home,
                "rung": rung.name,
                "budget": rung.budget,
                "weight": round(line.weight / MICRONATS, 3),
                "measured": line.measured,
                "stratum": line.stratum,
                "whose": stratum_of(line.stratum),
                "from": "region" if line.calibration == learned.calibration.hash else "factory",
            }
            for role, home in _told_of(judge.roles, learned.calibration)
            for rung, line in zip(judge.ladder.rungs, judge.ladder.lines(role, home), strict=True)
        ]
        return {
            "calibration": learned.calibration.hash,
            "in_force": not dry_run,
            "batch": batch,
            "stolen": 0,
            "answered": 0,
            **learned.calibration.made_from,
            "precision": precision([a for a in alerts if a.at // MICROSECONDS_A_DAY in set(days)], said, days[0]),
            "lines": lines,
        }


def _told_of(roles: list[str], calibration: Calibration) -> list[tuple[str, str]]:
    """Whose lines are told: (role, home) of all, then each role, at home anywhere and where its weeks are its own."""
    pairs = [role_and_home(stratum) for stratum in calibration.trajectories]
    return [("", ""), *sorted({(role, "") for role in roles if role} | {(role, home) for role, home in pairs if home})]


def rebuild(settings: Settings, *, now: datetime, progress: Progress = unheard) -> dict[str, Any]:
    """Delete what is derived and make it anew from the ledger."""
    wiring.ledger_view(settings)
    with Region.open(settings, now=now) as region:
        batches = region.rebuild(progress=progress)
        return {"batches": batches, "folded": region.folded}


def verify(settings: Settings, *, progress: Progress = unheard) -> dict[str, Any]:
    """Hash every segment again, and check the vault's receipts and the derived parts."""
    from tocsin.ledger import verify as check_ledger

    ledger = wiring.ledger_view(settings)
    total, done = ledger.total_bytes, 0

    def heard(count: int) -> None:
        nonlocal done
        done += count
        progress("hashing", done, total)

    checks = [
        {
            "segment": check.segment,
            "form": check.form,
            "bytes": check.bytes,
            "sound": check.error is None,
            "batches": list(check.batches) if check.error else [],
            "problem": str(check.error) if check.error else "",
        }
        for check in check_ledger(ledger, progress=heard)
    ]
    parts, problem = 0, ""
    try:
        parts = wiring.parts(settings.state / "derived").verify()
    except TocsinError as error:
        problem = str(error)
    receipts, broken = 0, ""
    try:
        if (settings.state / "vault").exists():
            receipts = len(wiring.vault(settings, wiring.region_references(settings)).receipts())
    except TocsinError as error:
        broken = str(error)
    return {
        "batches": ledger.last_batch,
        "segments": checks,
        "sound": all(check["sound"] for check in checks) and not problem and not broken,
        "derived_parts": parts,
        "derived_problem": problem,
        "receipts": receipts,
        "receipts_problem": broken,
    }


def doctor(settings: Settings) -> dict[str, Any]:
    """Whether this machine and this state are fit to watch: one finding a line, with what to do."""
    findings: list[dict[str, str]] = []

    def check(what: str, look: Callable[[], tuple[str, str]]) -> None:
        try:
            state, advice = look()
        except TocsinError as error:
            state, advice = "bad", str(error)
        findings.append({"what": what, "state": state, "advice": advice})

    check("python", lambda: ("good", sys.version.split()[0]))
    check("calibration that ships", lambda: ("good", f"hash {wiring.factory().hash}"))
    check("explanations", lambda: ("good", f"{summary(settings)}; tocsin explanations"))
    check("countries", lambda: countries(settings))
    check("state folder", lambda: _folder(settings.state))
    check("room on the disk", lambda: _room(settings.state))
    check("pseudonym key", lambda: _key(settings))
    check("ledger", lambda: _ledger(settings))
    check("derived parts", lambda: _derived(settings))
    check("cutting accounts", lambda: cutting(settings))
    check("letters", lambda: letters(settings))
    return {"version": __version__, "findings": findings, "fit": all(f["state"] != "bad" for f in findings)}


def _within(day: date, since: date | None, until: date | None) -> bool:
    return (since is None or day >= since) and (until is None or day < until)


def _folder(path: Path) -> tuple[str, str]:
    if not path.exists():
        return "new", "It will be made by the first `tocsin import`."
    if not os.access(path, os.W_OK | os.X_OK):
        return "bad", "This account may not write there."
    if path.stat().st_mode & 0o077:
        return "poor", "Others may read it: chmod 700."
    return "good", ""


def _room(path: Path) -> tuple[str, str]:
    place = next(folder for folder in (path, *path.absolute().parents) if folder.exists())
    free = shutil.disk_usage(place).free
    return ("good" if free > 5 * 2**30 else "poor"), f"{free / 2**30:.0f} GiB free"


def _key(settings: Settings) -> tuple[str, str]:
    path = settings.key_file or settings.state / "key"
    if not path.exists():
        return "new", "It will be made by the first `tocsin import`."
    if path.stat().st_mode & 0o077:
        raise Usage("the pseudonym key may be read by others", advice="chmod 600 it.")
    return "good", ""


def _ledger(settings: Settings) -> tuple[str, str]:
    if not (settings.state / "ledger").exists():
        return "new", ""
    view = wiring.ledger_view(settings)
    batches, size = counted(view.last_batch, "batch", "batches"), view.total_bytes / 2**20
    return "good", f"{batches}, {size:.0f} MiB; `tocsin verify` hashes them all"


def _derived(settings: Settings) -> tuple[str, str]:
    if not (settings.state / "derived").exists():
        return "new", ""
    days = wiring.parts(settings.state / "derived").days("events")
    return "good", counted(len(days), "day") + (f", {days[0]} to {days[-1]}" if days else "")
