"""The demo's story, told on one screen, with the truth beside Tocsin's numbers."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from tocsin.cli.tell import counted, stdout


def tell_demo(told: dict[str, Any]) -> None:
    """Tell the result of this command."""
    out = stdout()
    regions = told["regions"]
    passwords = sum(len(one["accounts"]) for one in regions)
    out.print(
        f"Three fictitious regions, {told['accounts']:,} professionals, {told['events']:,} events of their past. "
        f"One thief with {passwords} stolen passwords, a request every {told['pace_s']:g} s.",
        soft_wrap=True,
    )
    for region in regions:
        _tell_region(region, out)
    out.print()
    for link in told["linked"]:
        out.print(f"Linked, without a name: {link}", markup=False, soft_wrap=True)
    _tell_restored(told["restored"], out)
    if told["cut_ms"] is not None:
        out.print(f"Slowest cut: {told['cut_ms']:,.0f} ms from the plan to the provider's answer read back.")
    out.print()
    out.print(_truth(regions))
    for region in regions:
        _tell_papers(region, out)
    out.print(f"It took {told['seconds']:,.0f} s.", soft_wrap=True)


def _tell_region(region: dict[str, Any], out: Console) -> None:
    out.print()
    out.print(Text.assemble((region["region"], "bold"), f" {region['incident'] or ''}"))
    for account in region["accounts"]:
        _tell_account(account, out)
    if region["incident"] is None:
        return
    states = Counter(act["proof"].get("state") or act["state"] for act in region["acts"])
    out.print(
        f"  read back: {', '.join(f'{count} {state}' for state, count in sorted(states.items()))}; then he tried "
        f"everything he holds: {_tried(region['tried'])}",
        markup=False,
        soft_wrap=True,
    )


def _tell_account(account: dict[str, Any], out: Console) -> None:
    out.print(f"  account {account['account']}", markup=False)
    for rung in account["rungs"]:
        why = f"weight {rung['weight']:4.1f}, as heavy as one account-week in {rung['rarity']:,.0f}"
        if rung["by_desk"]:
            why = "the desk called the owner back"
        opened = f"{counted(rung['opened'], 'patient') + ' opened,':<21}"
        line = f"    {rung['at'][11:19]}  {rung['rung']:<17}  {opened} {why}"
        out.print(line, markup=False, soft_wrap=True)
    refused = account["refused"]
    if refused:
        where = f"by {refused['service'] or 'the provider'}, after {counted(account['opened'], 'patient')} opened"
        told = Text.assemble(f"    {refused['at'][11:19]}  ", ("refused", "green"), f" {where}")
        out.print(told, soft_wrap=True)
    else:
        out.print(f"    never refused: {counted(account['opened'], 'patient')} opened", style="red")


def _tried(tried: dict[str, dict[str, str]]) -> str:
    found = Counter(answer for ways in tried.values() for answer in ways.values())
    return ", ".join(f"{count} {answer}" for answer, count in sorted(found.items())) or "nothing to try"


def _tell_restored(restored: dict[str, Any] | None, out: Console) -> None:
    if restored is None:
        return
    works = restored["work"]
    owner = (
        f"she is refused ({works['refused']})"
        if works["refused"]
        else f"she opens {len(works['opened'])} of her patients"
    )
    still = [way for way, answer in restored["thief"].items() if answer == "works"]
    thief = f"still works: {', '.join(still)}" if still else "works no more"
    out.print(
        f"Given back: {restored['account']}, with a new password: {owner}; what the thief held of it {thief}.",
        markup=False,
        soft_wrap=True,
    )


def _truth(regions: list[dict[str, Any]]) -> Table:
    table = Table(title="The truth, and Tocsin's numbers", title_justify="left", box=box.SIMPLE, pad_edge=False)
    table.add_column("region", min_width=10)
    columns = (
        "he came\nfor", "opened\nwith Tocsin", "opened\nor listed", "of these named\nby Tocsin", "missed", "unsure",
        "named\nwrongly",
    )  # fmt: skip
    for column in columns:
        table.add_column(column, justify="right")
    for one in regions:
        counts = ("taken_without", "opened", "touched", "named", "missed", "unsure", "named_wrongly")
        table.add_row(one["region"], *(f"{one[name]:,}" for name in counts))
    return table


def _tell_papers(region: dict[str, Any], out: Console) -> None:
    if region["incident"] is None:
        return
    papers = [Path(name) for name in (*region["dossier"], *region["declaration"]["files"])]
    written = region["letters"]["written"] or {}
    names = ", ".join(path.name for path in papers)
    letters = region["letters"]
    waits = "".join(f"; {count} for a human: {letters['queue_why'][why]}" for why, count in letters["queue"].items())
    out.print(
        f"{_near(papers[0].parent)}: {names}, {counted(written.get('letters', 0), 'letter')}{waits}",
        markup=False,
        soft_wrap=True,
    )


def _near(path: Path) -> Path:
    """A path as a person in the working folder would type it."""
    return path.relative_to(Path.cwd()) if path.is_relative_to(Path.cwd()) else path
