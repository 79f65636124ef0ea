"""The command by which people say what they know: arguments -> one call of `main`."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from cyclopts import Parameter

from tocsin.cli import tell
from tocsin.cli.app import app, now, settings_of, utc
from tocsin.cli.options import ACT, KNOW, Json, Quiet, State
from tocsin.cli.tell import know as telling


@app.command(group=ACT)
def decide(
    what: str,
    about: str,
    *,
    who: str,
    why: str = "",
    session: tuple[int, ...] = (),
    event: tuple[str, ...] = (),
    detector: tuple[str, ...] = (),
    until: datetime | None = None,
    at: datetime | None = None,
    dry_run: Annotated[bool, Parameter(negative=())] = False,
    state: State = None,
    json_file: Json = None,
    quiet: Quiet = False,
) -> None:
    """Say what you know: it flows into what is judged, explained and scoped from now on.

    Parameters
    ----------
    what
        true, false or expected (a verdict); challenge-passed or challenge-failed; mine or not-mine (the owner, line by
        line); withdrawn (an exception); aware (the controller knows of the breach: the 72 hours run).
    about
        An alert, an episode, an account; for `aware` an incident, for `withdrawn` an exception.
    who
        Who decides.
    why
        In your words; no patient's name. An `expected` needs it.
    session
        Sessions it is about (repeat); for mine and not-mine, by default every doubtful one.
    event
        Event ids it is about (repeat), line by line.
    detector
        What an `expected` is about (repeat), by default every detector of content that counted anything.
    until
        When an `expected` ends (UTC), by default 30 days from now, a year at most.
    at
        When it was decided (UTC), by default now.
    dry_run
        Say what would be recorded; record nothing.
    """
    from tocsin.main.decide import decide as run

    told = run(
        settings_of(state), what, about, who=who, why=why, sessions=session, events=event,
        detectors=detector, until=utc(until), at=utc(at), dry_run=dry_run, now=now(),
    )  # fmt: skip
    tell.write(json_file, told)
    if quiet or json_file == "-":
        return
    out = tell.stdout()
    said = "Would be recorded" if dry_run else f"Recorded in batch {told['batch']}"
    decision = told["decision"]
    whose = f" (account {decision['account'].rpartition('|')[2]})" if decision["account"] else ""
    out.print(f"{said}: {what}, about {decision['about']}{whose}, by {decision['who']}.", markup=False, soft_wrap=True)
    if told["exception"]:
        out.print(told["exception"]["en"], markup=False, soft_wrap=True)
    for alert in told["alerts"]:
        out.print(f"Alert {alert['alert']}: {alert['rung']}.", markup=False)
    for line in told["next"]:
        out.print(line, markup=False, soft_wrap=True)


@app.command(group=KNOW)
def exceptions(
    *,
    every: Annotated[bool, Parameter(name="--all", negative=())] = False,
    state: State = None,
    json_file: Json = None,
    quiet: Quiet = False,
) -> None:
    """What is expected of which account: why, who answers for it, and until when.

    Parameters
    ----------
    every
        Also those that have ended.
    """
    from tocsin.main import inspect

    told = inspect.exceptions(settings_of(state), everyone=every, now=now())
    tell.write(json_file, told)
    if not quiet and json_file != "-":
        telling.tell_exceptions(told["exceptions"])
