"""Commands that make documents of an incident: arguments -> one call of `main`."""

from __future__ import annotations

from pathlib import Path

from tocsin.cli import tell
from tocsin.cli.app import app, now, settings_of
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
