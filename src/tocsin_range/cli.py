"""The command `tocsin-range`: arguments -> one call, errors -> one line and an exit code."""

import json
import re
import sys
import time
from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import Annotated, Literal

from cyclopts import App, Parameter
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

from tocsin_range.lookalikes import LOOKALIKES
from tocsin_range.make import FolderNotEmpty, Made, make
from tocsin_range.recipe import Recipe
from tocsin_range.scene import TooSmall
from tocsin_range.services import SERVICES
from tocsin_range.thieves import ATTACKS

app = App(
    name="tocsin-range",
    help="Fictitious regions, with thieves in their audit trails and the truth written beside.",
)


class BadArgument(Exception):
    """An argument names something that does not exist."""


@app.command(name="make")
def make_command(
    folder: Path,
    /,
    *,
    region: str = "neustrie",
    days: int = 30,
    seed: int = 7,
    accounts: int = 2_000,
    start: str = "2025-09-01",
    attack: Annotated[list[str] | None, Parameter(negative=())] = None,
    attack_from: int | None = None,
    lookalike: Annotated[list[str] | None, Parameter(negative=())] = None,
    unexplained: float = 0.10,
    volume: float = 1.0,
    compress: Literal["none", "gz", "zst"] = "none",
    shuffle: bool = True,
    force: bool = False,
    json_to: Annotated[Path | None, Parameter(name="--json")] = None,
    quiet: bool = False,
) -> None:
    """Write the trail and the facts of a region, and `truth.json` beside.

    Parameters
    ----------
    folder
        Where to write; it must be new or empty.
    region
        Name of the region; choose one that no region bears.
    days
        Length of the trail.
    seed
        The same seed and arguments give the same bytes.
    accounts
        Professionals with an account; service accounts come on top.
    start
        First day, as YYYY-MM-DD.
    attack
        Names of attacks, comma-separated or repeated, each with an optional first day: `slow@20`; `all`; `none`.
    attack_from
        First day (from 1) on which attacks may start; by default the last quarter of the days.
    lookalike
        Names of look-alikes, comma-separated or repeated, `all` (the default) or `none`.
    unexplained
        Share of first-time accesses that no directory fact explains.
    volume
        Multiplies the daily volumes of all roles.
    compress
        Form of the files: none, gz or zst.
    shuffle
        Put lines in any order, as trails come.
    force
        Replace an earlier range in the folder.
    json_to
        Also write what was made, as JSON.
    quiet
        No progress.
    """
    if accounts < 40 or days < 1:
        raise BadArgument("A region needs at least 40 accounts and one day.")
    recipe = Recipe(
        region=_region(region),
        seed=seed,
        accounts=accounts,
        days=days,
        start=_day(start),
        attacks=_attacks(attack, days),
        lookalikes=_lookalikes(lookalike),
        attack_from=attack_from,
        unexplained=unexplained,
        volume=volume,
    )
    began = time.perf_counter()
    made = _make(recipe, folder, shuffle=shuffle, compress=compress, force=force, quiet=quiet)
    took = time.perf_counter() - began
    if json_to is not None:
        json_to.write_text(json.dumps(_summary(made, folder, took), indent=1) + "\n", encoding="utf-8")
    sys.stdout.write(
        f"{folder}: {made.lines:,} events of {made.accounts:,} accounts on {made.patients:,} patients, "
        f"{made.thefts} thefts, {made.lookalikes} look-alikes, {took:.0f} s\n"
    )


@app.command(name="list")
def list_command() -> None:
    """List attacks, look-alikes and services, a line each."""
    for title, rows in (
        ("Attacks", [(attack.name, attack.title) for attack in ATTACKS]),
        ("Look-alikes", [(lookalike.name, lookalike.title) for lookalike in LOOKALIKES]),
        ("Services", [(service.key, service.title) for service in SERVICES]),
    ):
        sys.stdout.write(f"{title}\n" + "".join(f"  {name:<22} {text}\n" for name, text in rows))


def _make(recipe: Recipe, folder: Path, *, shuffle: bool, compress: str, force: bool, quiet: bool) -> Made:
    console = Console(stderr=True, quiet=quiet)
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.percentage:>3.0f}%"),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=console, transient=True) as bar:
        task = bar.add_task("world", total=1.0)
        return make(
            recipe,
            folder,
            shuffle=shuffle,
            compress=compress,
            force=force,
            progress=lambda what, part: bar.update(task, description=what, completed=part),
        )


def _summary(made: Made, folder: Path, took: float) -> dict[str, object]:
    return {
        "folder": str(folder),
        "truth": str(folder / "truth.json"),
        "events": made.lines,
        "accounts": made.accounts,
        "patients": made.patients,
        "thefts": made.thefts,
        "lookalikes": made.lookalikes,
        "seconds": round(took, 1),
    }


def _words(values: list[str] | None, default: str) -> list[str]:
    return [word.strip() for value in values or [default] for word in value.split(",") if word.strip()]


def _attacks(values: list[str] | None, days: int) -> tuple[tuple[str, int | None], ...]:
    known = [attack.name for attack in ATTACKS]
    chosen: list[tuple[str, int | None]] = []
    for word in _words(values, "bulk"):
        name, _, day = word.partition("@")
        if name == "none":
            continue
        if day and not (day.isdigit() and 1 <= int(day) <= days):
            raise BadArgument(f"The day of {word!r} is none of the {days} days of the trail.")
        chosen += [(each, int(day) if day else None) for each in (known if name == "all" else [_known(name, known)])]
    return tuple(chosen)


def _lookalikes(values: list[str] | None) -> tuple[str, ...]:
    known = [lookalike.name for lookalike in LOOKALIKES]
    words = _words(values, "all")
    if words == ["none"]:
        return ()
    return tuple(known if "all" in words else dict.fromkeys(_known(word, known) for word in words))


def _known(name: str, known: Sequence[str]) -> str:
    if name not in known:
        raise BadArgument(f"There is no {name!r}; `tocsin-range list` shows what there is.")
    return name


def _region(name: str) -> str:
    if not re.fullmatch(r"[a-z][a-z-]{1,30}", name):
        raise BadArgument(f"{name!r} is no name of a region: small letters and hyphens only.")
    return name


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise BadArgument(f"{text!r} is no date: write it as 2025-09-01.") from None


def main(args: Sequence[str] | None = None) -> None:
    """Entry point of `tocsin-range`."""
    try:
        app(args)
    except (BadArgument, FolderNotEmpty, TooSmall) as error:
        sys.stderr.write(f"tocsin-range: {error}\n")
        sys.exit(2)
