"""Commands that tell the people concerned: arguments -> one call of `main`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from tocsin.cli import tell
from tocsin.cli.app import app, now, settings_of
from tocsin.cli.options import ACT, Json, Quiet, State
from tocsin.cli.tell import inform as telling


@app.command(group=ACT)
def notify(
    incident: str,
    *,
    who: str | None = None,
    reason: str | None = None,
    write: Annotated[bool, Parameter(name="--write", negative="--dry-run")] = False,
    out: Path | None = None,
    state: State = None,
    json_file: Json = None,
    quiet: Quiet = False,
) -> None:
    """Who is to be told of an incident, and with --write the letters: one PDF a person, one file for the printer.

    Parameters
    ----------
    incident
        Its name (INC-...), or the beginning of it.
    who
        Who asks for names and addresses; stands in the receipt and in the journal.
    reason
        Why; stands in the receipt. Without --who and --reason nobody is looked up.
    write
        Write the letters. By default nothing is written: numbers and a specimen are shown.
    out
        Folder of the letters; by default documents/INCIDENT/letters in the state folder. They hold names.
    """
    from tocsin.main import tell as telling_people

    with tell.progress(quiet) as progress:
        told = telling_people.notify(
            settings_of(state), incident, who=who, reason=reason, write=write, out=out, now=now(), heard=progress
        )
    tell.write(json_file, told)
    if not quiet and json_file != "-":
        telling.tell_notify(told)


@app.command(group=ACT)
def reveal(
    reference: tuple[str, ...],
    *,
    who: str,
    reason: str,
    identity: Annotated[bool, Parameter(name="--identity", negative=())] = False,
    state: State = None,
    json_file: Json = None,
) -> None:
    """What references stand for; a receipt says who asked, why and for how many.

    Parameters
    ----------
    reference
        One or more references, as `tocsin scope --json` gives them.
    who
        Who asks.
    reason
        Why.
    identity
        Ask the identity server for names and addresses too.
    """
    from tocsin.main.reveal import reveal as revealed

    told = revealed(settings_of(state), reference, who=who, reason=reason, identity=identity, now=now())
    tell.write(json_file, told)
    if json_file != "-":
        telling.tell_reveal(told)
