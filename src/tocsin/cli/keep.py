"""Commands that keep Tocsin itself well: arguments -> one call of `main`."""

from __future__ import annotations

from datetime import date
from typing import Annotated

from cyclopts import Parameter

from tocsin.cli import tell
from tocsin.cli.app import app, now, settings_of
from tocsin.cli.options import KEEP, Json, Quiet, State
from tocsin.cli.tell import keep as telling


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
            settings_of(state), since=since, until=until, dry_run=dry_run, now=now(), progress=progress
        )
    tell.write(json_file, told)
    if not quiet and json_file != "-":
        telling.tell_calibration(told)


@app.command(group=KEEP)
def rebuild(*, state: State = None, json_file: Json = None, quiet: Quiet = False) -> None:
    """Delete all derived data and make it anew from the ledger; it comes out equal."""
    from tocsin.main import operate

    with tell.progress(quiet) as progress:
        told = operate.rebuild(settings_of(state), now=now(), progress=progress)
    tell.write(json_file, told)
    if not quiet and json_file != "-":
        tell.stdout().print(f"{tell.counted(told['batches'], 'batch', 'batches')} folded anew from the ledger.")


@app.command(group=KEEP)
def verify(*, state: State = None, json_file: Json = None, quiet: Quiet = False) -> int:
    """Hash every segment of the ledger against its manifest; check the derived parts and the vault's receipts."""
    from tocsin.main import operate

    with tell.progress(quiet) as progress:
        told = operate.verify(settings_of(state), progress=progress)
    tell.write(json_file, told)
    if not quiet and json_file != "-":
        telling.tell_verify(told)
    return 0 if told["sound"] else 5


@app.command(group=KEEP)
def doctor(*, state: State = None, json_file: Json = None) -> int:
    """Whether this machine and this state are fit to watch, with what to do about what is not."""
    from tocsin.main import operate

    told = operate.doctor(settings_of(state))
    tell.write(json_file, told)
    if json_file != "-":
        telling.tell_doctor(told)
    return 0 if told["fit"] else 1
