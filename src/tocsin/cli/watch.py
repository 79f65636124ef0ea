"""Commands that bring trails in: arguments -> one call of `main`."""

from __future__ import annotations

import sys
import time
from datetime import date
from pathlib import Path
from typing import Annotated

from cyclopts import App, Parameter

from tocsin.cli import tell
from tocsin.cli.app import app, now, settings_of
from tocsin.cli.options import WATCH, Json, Quiet, State
from tocsin.cli.tell import watch as telling
from tocsin.errors import Usage


@app.command(group=WATCH)
def demo(*, folder: Path = Path("demo"), json_file: Json = None, quiet: Quiet = False) -> None:
    """Three fictitious regions attacked live: the thief cut, people named and told, the truth beside it.

    Everything is real but the people: an identity provider, nine services, three servers of Tocsin's, all on the
    loopback, and all stopped at the end.

    Parameters
    ----------
    folder
        Where all of it is written (replaced if it is an earlier demo's).
    """
    from tocsin.cli.tell.demo import tell_demo
    from tocsin.main.demo import run_demo

    with tell.progress(quiet or json_file == "-") as progress:
        told = run_demo(folder, now=now, progress=progress)
    tell.write(json_file, told)
    if not quiet and json_file != "-":
        tell_demo(told)


@app.command(name="import", group=WATCH)
def import_(
    path: Path,
    *,
    source: str = "trail",
    mapping: Path | None = None,
    marks: Path | None = None,
    past: Annotated[bool, Parameter(negative=())] = False,
    dry_run: Annotated[bool, Parameter(negative=())] = False,
    state: State = None,
    json_file: Json = None,
    quiet: Quiet = False,
) -> int:
    """Keep a trail in the ledger and judge it.

    Parameters
    ----------
    path
        A folder of FHIR bulk-export files (NDJSON, plain, .gz or .zst), or a file.
    source
        The operator's name for where it comes from; the same bytes from the same source add nothing.
    mapping
        TOML mapping of a trail that is not FHIR; draft one with `tocsin collect guess FILE`.
    marks
        File of honey patients, one Patient id a line; by default marks.txt in the folder.
    past
        It is the region's past: learn what is usual from it, raise no alert. Then `tocsin calibrate`.
    dry_run
        Read a sample and say what would be understood and what such a trail lets Tocsin watch; keep nothing.
    """
    from tocsin.main import watch

    with tell.progress(quiet) as progress:
        if dry_run:
            told = watch.dry_run(path, settings_of(state), mapping=mapping, marks=marks, progress=progress)
        else:
            told = watch.import_trail(
                path,
                settings_of(state),
                source=source,
                mapping=mapping,
                marks=marks,
                past=past,
                now=now(),
                progress=progress,
            )
    tell.write(json_file, told)
    if not quiet and json_file != "-":
        telling.tell_dry_run(told) if dry_run else telling.tell_import(told, past=past)
    return 0 if dry_run else tell.warn(told["damage"])


@app.command(group=WATCH)
def replay(
    path: Path,
    *,
    learn_until: date | None = None,
    marks: Path | None = None,
    no_contain: Annotated[bool, Parameter(negative=())] = False,
    with_identifiers: Annotated[bool, Parameter(negative=())] = False,
    key: Path | None = None,
    json_file: Json = None,
    quiet: Quiet = False,
) -> int:
    """Judge a folder in a fresh state of its own and keep nothing.

    Parameters
    ----------
    path
        A folder of FHIR bulk-export files (NDJSON, plain, .gz or .zst), or a file of AuditEvents.
    marks
        File of honey patients, one Patient id a line; by default marks.txt in the folder.
    learn_until
        Day (00:00 UTC) before which the trail is the region's past: it trains and calibrates. Without it, alerts
        start at the first event, on the factory calibration.
    no_contain
        Hold nothing back, so that a whole harvest can be scoped.
    with_identifiers
        Name patients as the trail does instead of by reference.
    key
        File of 32 bytes to make references with, instead of the published replay key.
    """
    from tocsin.main.replay import replay as run

    settings = settings_of(None)
    with tell.progress(quiet) as progress:
        told = run(
            path,
            settings,
            learn_until=learn_until,
            marks=marks,
            contain=not no_contain,
            with_identifiers=with_identifiers,
            key=key,
            now=now(),
            ticks=time.perf_counter,
            progress=progress,
        )
    tell.write(json_file, told)
    if not quiet and json_file != "-":
        telling.tell_replay(told, settings.language)
    return tell.warn(told.get("damage", []))


collect = App(name="collect", help="Understand trails that are not FHIR.", group=WATCH)
app.command(collect)


@collect.command
def guess(file: Path, *, json_file: Json = None) -> None:
    """Draft the TOML mapping of a trail from a sample of it; what is unsure says `# to check`.

    Parameters
    ----------
    file
        The beginning of an access log (JSON lines) or of a CSV, as plain text.
    """
    from tocsin.main import watch

    told = watch.guess(file)
    tell.write(json_file, told)
    if json_file != "-":
        sys.stdout.write(told["mapping"])
        for note in told["notes"]:
            tell.stderr().print(note, markup=False, soft_wrap=True)
    if told["format"] == "unknown":
        raise Usage("this is no format Tocsin can guess", advice="Give a sample of JSON lines or CSV as plain text.")
