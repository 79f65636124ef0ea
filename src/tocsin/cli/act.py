"""Commands that stop a thief and give an account back: arguments -> one call of `main`."""

from __future__ import annotations

from typing import Annotated

from cyclopts import Parameter

from tocsin.cli import tell
from tocsin.cli.app import app, now, settings_of
from tocsin.cli.options import ACT, Json, Quiet, State
from tocsin.cli.tell import act as telling
from tocsin.errors import ConnectorFailed


def clock() -> int:
    """Microseconds UTC."""
    return round(now().timestamp() * 1_000_000)


@app.command(group=ACT)
def contain(
    about: str,
    *,
    rung: str = "suspend",
    who: str,
    why: str = "",
    approve: Annotated[bool, Parameter(name=("--approve", "--yes"), negative=())] = False,
    dry_run: Annotated[bool, Parameter(negative=())] = False,
    state: State = None,
    json_file: Json = None,
    quiet: Quiet = False,
) -> int:
    """Cut an account wherever it is held, with every account of its person, and prove it dead.

    Plans and shows; does it with --approve, or where the rung is approved beforehand in tocsin.toml. Exit code 8 when
    something is alive, failed or cannot be asked.

    Parameters
    ----------
    about
        An incident, an episode, an alert or an account (system|value).
    rung
        suspend (accounts, tokens, proofs) or end-sessions (tokens, proofs); ask and own-patients-only are not enforced
        yet.
    who
        Who asks for it.
    why
        In your words; no patient's name.
    approve
        Do it.
    dry_run
        Say what would be planned; write nothing down.
    """
    from tocsin.main import stop

    told = stop.contain(
        settings_of(state), about, rung=rung, who=who, why=why, approve=approve, dry_run=dry_run, now=clock
    )
    tell.write(json_file, told)
    if not quiet and json_file != "-":
        telling.tell_contain(told)
    return 0 if told["sound"] else ConnectorFailed.exit_code


@app.command(group=ACT)
def undo(
    about: str,
    *,
    who: str,
    why: str,
    dry_run: Annotated[bool, Parameter(negative=())] = False,
    state: State = None,
    json_file: Json = None,
    quiet: Quiet = False,
) -> int:
    """Take back an act, or all acts of an incident or an account, newest first: what was there before comes back.

    No session is revived: tokens that were deleted stay deleted, and an account that was inactive before stays so.

    Parameters
    ----------
    about
        An act, an incident or an account.
    who
        Who asks for it.
    why
        In your words; no patient's name.
    dry_run
        Say what would be taken back, and what would come of it; do nothing.
    """
    from tocsin.main import stop

    told = stop.undo(settings_of(state), about, who=who, why=why, dry_run=dry_run, now=clock)
    tell.write(json_file, told)
    if not quiet and json_file != "-":
        telling.tell_undo(told)
    return 0 if told["sound"] else ConnectorFailed.exit_code


@app.command(group=ACT)
def resume(*, state: State = None, json_file: Json = None, quiet: Quiet = False) -> int:
    """Carry on with acts that were stopped, failed or could not be proven, and are due again."""
    from tocsin.main import stop

    told = stop.resume(settings_of(state), now=clock)
    tell.write(json_file, told)
    if not quiet and json_file != "-":
        telling.tell_resume(told)
    return 0 if told["sound"] else ConnectorFailed.exit_code
