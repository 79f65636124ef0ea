"""Commands that make documents of an incident: arguments -> one call of `main`."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Annotated, Any

from cyclopts import Parameter

from tocsin.cli import tell
from tocsin.cli.app import app, now, settings_of, utc
from tocsin.cli.options import KNOW, Json, Quiet, State


@app.command(group=KNOW)
def dossier(
    incident: str, *, out: Path | None = None, state: State = None, json_file: Json = None, quiet: Quiet = False
) -> None:
    """One incident on one page, in French, as HTML and PDF: every number with the id of what it rests on.

    Parameters
    ----------
    incident
        Its name, or the beginning of it, as `tocsin incident` lists it.
    out
        Folder to write to; by default the incident's own among the state's documents.
    """
    from tocsin.main.documents import make_dossier

    told = make_dossier(settings_of(state), incident, out=out, now=now())
    tell.write(json_file, told)
    if not quiet and json_file != "-":
        for file in told["files"]:
            tell.stdout().print(file, markup=False, soft_wrap=True)


@app.command(group=KNOW)
def declare(
    incident: str,
    *,
    form: str = "cnil-initiale",
    aware_at: datetime | None = None,
    who: str | None = None,
    out: Path | None = None,
    dry_run: Annotated[bool, Parameter(negative=())] = False,
    state: State = None,
    json_file: Json = None,
    quiet: Quiet = False,
) -> None:
    """Draft a declaration, in French, as JSON and PDF. Nothing is filed: a person checks, completes and files it.

    Parameters
    ----------
    incident
        Its name, or the beginning of it, as `tocsin incident` lists it.
    form
        Which declaration: cnil-initiale (GDPR art. 33).
    aware_at
        When the controller became aware of the breach (UTC unless it says its zone); the 72 hours run from here.
        Recorded as a decision. Needs --who.
    who
        Who says so.
    out
        Folder to write to; by default the incident's own among the state's documents.
    dry_run
        Say what the draft would say; write and record nothing.
    """
    from tocsin.main.declare import make_draft

    told = make_draft(
        settings_of(state), incident, form=form, aware_at=utc(aware_at), who=who, out=out, dry_run=dry_run, now=now()
    )
    tell.write(json_file, told)
    if not quiet and json_file != "-":
        _tell_draft(told)


def _tell_draft(told: dict[str, Any]) -> None:
    out, draft = tell.stdout(), told["draft"]
    deadline = draft["deadline"]
    out.print(f"{draft['title']}, version {draft['version']}: brouillon.", style="bold")
    out.print(f"Échéance : {deadline['shown']} ({deadline['state_shown']}).", markup=False, soft_wrap=True)
    for question in deadline["asked"]:
        out.print(f"  - {question}", markup=False, soft_wrap=True)
    table = tell.table_of("", "bloc", "champ", "valeur", "comment")
    for block in draft["blocks"]:
        for field in block["fields"]:
            table.add_row(block["number"], field["label"], field["shown"], draft["how"][field["how"]])
    out.print(table)
    for file in told["files"]:
        out.print(file, markup=False, soft_wrap=True)
