"""The command line: arguments -> one call of `main`; errors -> one line and an exit code."""

from __future__ import annotations

import logging
import sys
import time
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Annotated

from cyclopts import App, Parameter

from tocsin import __version__, tell
from tocsin.config import Settings, settings
from tocsin.errors import Interrupted, TocsinError, Usage
from tocsin.options import KEEP, KNOW, WATCH, Json, Quiet, State

app = App(
    name="tocsin",
    version=__version__,
    help="""The alarm bell of shared health platforms.

Reads the audit trails of a region's shared services, weighs every access as evidence that somebody else holds the
account, and says whose data was exposed.

First steps: `tocsin demo` tells the whole story on a fictitious region. `tocsin replay FOLDER` judges a trail without
keeping anything. `tocsin import FOLDER` keeps it, then `tocsin alerts`, `tocsin explain ALERT` and `tocsin scope`.

Settings: tocsin.toml in the working folder, or TOCSIN_CONFIG, TOCSIN_STATE, TOCSIN_KEY_FILE.
Exit codes: 0 done, 1 failed, 2 usage, 3 source unreadable, 4 store, 5 ledger damaged, 6 disk full, 130 interrupted.
""",
    help_format="markdown",
    suppress_keyboard_interrupt=False,  # `main` says what is safe
)


def main(arguments: list[str] | None = None) -> None:
    """Run one command and exit with its code. Errors are one line on standard error."""
    logging.basicConfig(level=logging.WARNING, format="%(levelname)s %(message)s", stream=sys.stderr)
    try:
        code = app(arguments, exit_on_error=True, result_action="return_value")
    except TocsinError as error:
        tell.stderr().print(f"tocsin: {error}", style="bold red", highlight=False, markup=False, soft_wrap=True)
        sys.exit(error.exit_code)
    except KeyboardInterrupt:
        stopped = Interrupted("interrupted", done="Nothing of this command is half-done; what was kept before is safe.")
        tell.stderr().print(f"tocsin: {stopped}", markup=False, soft_wrap=True)
        sys.exit(stopped.exit_code)
    except BrokenPipeError:
        sys.exit(0)
    except OSError as problem:
        import errno

        full = problem.errno in (errno.ENOSPC, errno.EDQUOT)
        what = "the disk is full" if full else f"the system refused ({problem.strerror or type(problem).__name__})"
        tell.stderr().print(f"tocsin: {what}. What was acknowledged before is safe.", markup=False, soft_wrap=True)
        sys.exit(6 if full else 1)
    except Exception as problem:  # its text may hold what the trail holds: the place is told, the text is not
        tell.stderr().print(f"tocsin: {_unforeseen(problem)}", style="bold red", markup=False, soft_wrap=True)
        sys.exit(1)
    sys.exit(code if isinstance(code, int) else 0)


@app.command(group=WATCH)
def demo(*, folder: Path = Path("demo"), json_file: Json = None, quiet: Quiet = False) -> None:
    """One fictitious region, professionals impersonated, the whole story with the truth beside it.

    Parameters
    ----------
    folder
        Where the fictitious region is written (replaced if it is an earlier demo's).
    """
    from tocsin.main.demo import run_demo

    with tell.progress(quiet or json_file == "-") as progress:
        told = run_demo(folder, _settings(None), now=_now(), ticks=time.perf_counter, progress=progress)
    tell.write(json_file, told)
    if not quiet and json_file != "-":
        tell.tell_demo(told)


@app.command(name="import", group=WATCH)
def import_(
    path: Path,
    *,
    source: str = "trail",
    mapping: Path | None = None,
    marks: Path | None = None,
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
    dry_run
        Read a sample and say what would be understood and what such a trail lets Tocsin watch; keep nothing.
    """
    from tocsin.main import watch

    with tell.progress(quiet) as progress:
        if dry_run:
            told = watch.dry_run(path, _settings(state), mapping=mapping, marks=marks, progress=progress)
        else:
            told = watch.import_trail(
                path, _settings(state), source=source, mapping=mapping, marks=marks, now=_now(), progress=progress
            )
    tell.write(json_file, told)
    if not quiet and json_file != "-":
        tell.tell_dry_run(told) if dry_run else tell.tell_import(told)
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

    with tell.progress(quiet) as progress:
        told = run(
            path,
            _settings(None),
            learn_until=learn_until,
            marks=marks,
            contain=not no_contain,
            with_identifiers=with_identifiers,
            key=key,
            now=_now(),
            ticks=time.perf_counter,
            progress=progress,
        )
    tell.write(json_file, told)
    if not quiet and json_file != "-":
        tell.tell_replay(told)
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


@app.command(group=KNOW)
def alerts(*, state: State = None, json_file: Json = None, quiet: Quiet = False) -> None:
    """Every alert, oldest first."""
    from tocsin.main import inspect

    told = inspect.alerts(_settings(state))
    tell.write(json_file, told)
    if not quiet and json_file != "-":
        tell.tell_alerts(told["alerts"])


@app.command(group=KNOW)
def explain(alert: str, *, state: State = None, json_file: Json = None) -> None:
    """Why an alert was raised, what would have made it normal, and what speaks for the owner.

    Parameters
    ----------
    alert
        Its name, or the beginning of it, as `tocsin alerts` lists it.
    """
    from tocsin.main import inspect

    told = inspect.explain(_settings(state), alert)
    tell.write(json_file, told)
    if json_file != "-":
        tell.tell_explain(told)


@app.command(group=KNOW)
def scope(
    *,
    account: str | None = None,
    reveal: str | None = None,
    who: str | None = None,
    state: State = None,
    json_file: Json = None,
    quiet: Quiet = False,
) -> None:
    """Whose data each incident exposed: what of it, how surely, and by whom.

    Parameters
    ----------
    account
        Only the incidents of this account: as the trail names it, its value alone, or the name of an alert on it.
    reveal
        Name patients as the trail does, for this reason; a receipt is kept. Needs --who.
    who
        Who asks for identities.
    """
    from tocsin.main import inspect

    told = inspect.scope(_settings(state), account=account, reveal=reveal, who=who, now=_now())
    tell.write(json_file, told)
    if not quiet and json_file != "-":
        tell.tell_scope(told)


@app.command(group=KNOW)
def coverage(
    *, since: datetime | None = None, until: datetime | None = None, state: State = None, json_file: Json = None
) -> None:
    """Per service and hour: received, rejected, silent; and what its trail cannot record.

    Parameters
    ----------
    since
        Only what happened from then on (UTC).
    until
        Only what happened before (UTC).
    """
    from tocsin.main import inspect

    told = inspect.coverage(_settings(state), since=_utc(since), until=_utc(until))
    tell.write(json_file, told)
    if json_file != "-":
        tell.tell_coverage(told)


@app.command(group=KNOW)
def rejected(*, show: int = 0, state: State = None, json_file: Json = None) -> None:
    """Lines that were refused, with the reason and the place in the ledger where each can be read.

    Parameters
    ----------
    show
        Print so many of the lines themselves. They are as they came: they may hold identities.
    """
    from tocsin.main import inspect

    told = inspect.rejected(_settings(state), show=show)
    tell.write(json_file, told)
    if json_file != "-":
        tell.tell_rejected(told)


@app.command(group=KEEP)
def calibrate(
    *,
    since: date | None = None,
    until: date | None = None,
    dry_run: Annotated[bool, Parameter(negative=())] = False,
    state: State = None,
    json_file: Json = None,
    quiet: Quiet = False,
) -> None:
    """Learn what is usual from the region's own events, and put it in force with its hash.

    Parameters
    ----------
    since
        First day to learn from; by default the first there is.
    until
        Day before which to learn; by default all there is.
    dry_run
        Say what the lines would be; put nothing in force.
    """
    from tocsin.main import operate

    with tell.progress(quiet) as progress:
        told = operate.calibrate(
            _settings(state), since=since, until=until, dry_run=dry_run, now=_now(), progress=progress
        )
    tell.write(json_file, told)
    if not quiet and json_file != "-":
        tell.tell_calibration(told)


@app.command(group=KEEP)
def rebuild(*, state: State = None, json_file: Json = None, quiet: Quiet = False) -> None:
    """Delete all derived data and make it anew from the ledger; it comes out equal."""
    from tocsin.main import operate

    with tell.progress(quiet) as progress:
        told = operate.rebuild(_settings(state), now=_now(), progress=progress)
    tell.write(json_file, told)
    if not quiet and json_file != "-":
        tell.stdout().print(f"{told['batches']} batches folded anew from the ledger.")


@app.command(group=KEEP)
def verify(*, state: State = None, json_file: Json = None, quiet: Quiet = False) -> int:
    """Hash every segment of the ledger against its manifest; check the derived parts and the vault's receipts."""
    from tocsin.main import operate

    with tell.progress(quiet) as progress:
        told = operate.verify(_settings(state), progress=progress)
    tell.write(json_file, told)
    if not quiet and json_file != "-":
        tell.tell_verify(told)
    return 0 if told["sound"] else 5


@app.command(group=KEEP)
def doctor(*, state: State = None, json_file: Json = None) -> int:
    """Whether this machine and this state are fit to watch, with what to do about what is not."""
    from tocsin.main import operate

    told = operate.doctor(_settings(state))
    tell.write(json_file, told)
    if json_file != "-":
        tell.tell_doctor(told)
    return 0 if told["fit"] else 1


def _unforeseen(problem: Exception) -> str:
    """Where an error came up that nobody foresaw; what was kept before is safe, as after a kill."""
    from traceback import extract_tb

    if isinstance(problem, MemoryError):
        return "there is not enough memory. What was acknowledged before is safe."
    places = [f"{Path(frame.filename).name}:{frame.lineno}" for frame in extract_tb(problem.__traceback__)][-4:]
    return (
        f"a fault of Tocsin's own ({type(problem).__name__} at {' > '.join(places)}). "
        "What was acknowledged before is safe. Please report this line."
    )


# -- what is shared ----------------------------------------------------------------------------------------------------


def _settings(state: Path | None) -> Settings:
    from dataclasses import replace

    made = settings()
    return replace(made, state=state) if state else made


def _now() -> datetime:
    return datetime.now(UTC)


def _utc(at: datetime | None) -> datetime | None:
    return at.replace(tzinfo=UTC) if at and at.tzinfo is None else at


if __name__ == "__main__":
    main()
