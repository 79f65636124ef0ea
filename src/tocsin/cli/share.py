"""The command that tells other regions, and hears from them: arguments -> one call of `main`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from tocsin.cli import tell
from tocsin.cli.app import app, now, settings_of
from tocsin.cli.options import ACT, Json, Quiet, State
from tocsin.cli.tell import share as telling
from tocsin.errors import Usage


@app.command(group=ACT)
def share(
    incident: str | None = None,
    *,
    out: Path | None = None,
    dry_run: Annotated[bool, Parameter(negative=())] = False,
    who: str | None = None,
    import_file: Annotated[Path | None, Parameter(name="--import")] = None,
    campaigns: Annotated[bool, Parameter(name="--list", negative=())] = False,
    key: Annotated[bool, Parameter(negative=())] = False,
    state: State = None,
    json_file: Json = None,
    quiet: Quiet = False,
) -> None:
    """Tell other regions what to look for, without a name; or take in what they tell, and see what is one campaign.

    Parameters
    ----------
    incident
        Share the indicators of this incident: a signed STIX 2.1 bundle in a file, and its signature beside.
    out
        File to write; by default documents/INCIDENT/indicators.json in the state folder.
    dry_run
        Show what would leave; write nothing.
    who
        Who shares; stands in the journal. Sharing needs it, a dry run does not.
    import_file
        Take in a bundle of a region that [share] trusted names; its signature lies beside it (FILE.sig).
    campaigns
        What was received, and which incidents here look like the same thief's, with reasons.
    key
        This region's public key, for others' settings.
    """
    from tocsin.main import link

    if sum((incident is not None, import_file is not None, campaigns, key)) != 1:
        raise Usage("say one thing: INCIDENT, --import FILE, --list or --key")
    settings = settings_of(state)
    if incident is not None:
        told = link.share(settings, incident, who=who, out=out, dry_run=dry_run, now=now())
        show = telling.tell_share
    elif import_file is not None:
        told, show = link.receive(settings, import_file, now=now()), telling.tell_import
    elif campaigns:
        told, show = link.listing(settings, now=now()), telling.tell_campaigns
    else:
        told, show = link.key(settings), telling.tell_key
    tell.write(json_file, told)
    if not quiet and json_file != "-":
        show(told)
