"""Commands that examine the judge: arguments -> one call of `main`."""

from __future__ import annotations

from typing import Annotated

from cyclopts import Parameter

from tocsin.cli import tell
from tocsin.cli.app import app, now, settings_of
from tocsin.cli.options import KEEP, Json, Quiet, State
from tocsin.cli.tell import exam as telling
from tocsin.config import Settings


@app.command(group=KEEP)
def twin(
    *,
    seed: int | None = None,
    thieves: int = 10,
    nights: int = 1,
    without: Annotated[tuple[str, ...], Parameter(name="--without", negative=())] = (),
    and_with: Annotated[tuple[str, ...], Parameter(name="--with", negative=())] = (),
    state: State = None,
    json_file: Json = None,
    quiet: Quiet = False,
) -> None:
    """Let thieves into a copy of the region's own last night: how many patients are lost before each rung.

    Nothing of the region changes: no event, no alert, no state. The report is kept in the folder `twin` of the state.

    Parameters
    ----------
    seed
        The same seed on the same state gives the same report; by default the night's own number.
    thieves
        Thieves of each behaviour, each on another account.
    nights
        Whole nights that take turns, the last ones of the trail.
    without
        An explanation to do without: the last weeks and the nights are judged as they are set and so, side by side.
    and_with
        An explanation that is off, switched on; likewise.
    """
    if without or and_with:
        _compare(settings_of(state), without, and_with, seed, thieves, nights, json_file, quiet)
        return
    from tocsin.main.twin import twin as run

    with tell.progress(quiet or json_file == "-") as progress:
        told = run(settings_of(state), seed=seed, thieves=thieves, nights=nights, now=now(), progress=progress)
    tell.write(json_file, told)
    if not quiet and json_file != "-":
        telling.tell_twin(told)


def _compare(
    settings: Settings,
    without: tuple[str, ...],
    and_with: tuple[str, ...],
    seed: int | None,
    thieves: int,
    nights: int,
    json_file: str | None,
    quiet: bool,
) -> None:
    from tocsin.main.otherwise import otherwise

    with tell.progress(quiet or json_file == "-") as progress:
        told = otherwise(
            settings, without=without, and_with=and_with, seed=seed, thieves=thieves, nights=nights, progress=progress
        )
    tell.write(json_file, told)
    if not quiet and json_file != "-":
        telling.tell_otherwise(told)
