"""Commands about rules: arguments -> one call of `main`."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

from cyclopts import App

from tocsin.cli import tell
from tocsin.cli.app import app, settings_of, utc
from tocsin.cli.options import KNOW, Json, Quiet, State
from tocsin.cli.tell import rules as telling

rules = App(name="rules", help="Rules as code: what you want to be shown of single events.", group=KNOW)
app.command(rules)


@rules.command(name="list")
def list_(*, state: State = None, json_file: Json = None, quiet: Quiet = False) -> None:
    """Every rule, those that ship and your own; of those that are switched on, how often each matched lately."""
    from tocsin.main import rules as run

    told = run.listed(settings_of(state))
    tell.write(json_file, told)
    if not quiet and json_file != "-":
        telling.tell_list(told)


@rules.command(name="test")
def examples(path: Path | None = None, *, json_file: Json = None, quiet: Quiet = False) -> int:
    """Each rule against the events beside it. A rule without tests fails. Exit code 1 if any does.

    Parameters
    ----------
    path
        A folder of rules, or one file; by default every rule that `tocsin rules list` shows.
    """
    from tocsin.main import rules as run

    told = run.tested(settings_of(None), path)
    tell.write(json_file, told)
    if not quiet and json_file != "-":
        telling.tell_test(told)
    return 0 if told["sound"] else 1


@rules.command
def backtest(
    *names: str,
    since: datetime | None = None,
    until: datetime | None = None,
    state: State = None,
    json_file: Json = None,
    quiet: Quiet = False,
) -> None:
    """How often rules would have matched on your own history, UTC day by day, before you switch one on.

    Parameters
    ----------
    names
        Rules, by name or id; by default every one.
    since
        Only what happened from then on (UTC).
    until
        Only what happened before (UTC).
    """
    from tocsin.main import rules as run

    with tell.progress(quiet) as progress:
        told = run.backtest(settings_of(state), names, since=utc(since), until=utc(until), progress=progress)
    tell.write(json_file, told)
    if not quiet and json_file != "-":
        telling.tell_backtest(told)


@rules.command
def hits(
    *names: str,
    since: datetime | None = None,
    until: datetime | None = None,
    account: str | None = None,
    limit: int = 50,
    state: State = None,
    json_file: Json = None,
    quiet: Quiet = False,
) -> None:
    """What the rules that are switched on matched, event by event, newest first.

    Parameters
    ----------
    names
        Rules, by name or id; by default those that are switched on.
    since
        Only what happened from then on (UTC).
    until
        Only what happened before (UTC).
    account
        Only of this account: as the trail names it, its value alone, or the name of an alert on it.
    limit
        At most so many events; how many there are is told all the same.
    """
    from tocsin.main import rules as run

    told = run.hits(settings_of(state), names, since=utc(since), until=utc(until), account=account, limit=limit)
    tell.write(json_file, told)
    if not quiet and json_file != "-":
        telling.tell_hits(told)
