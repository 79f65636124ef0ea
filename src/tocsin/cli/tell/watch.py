"""What came in, told."""

from __future__ import annotations

from typing import Any

from rich import box
from rich.console import Console
from rich.table import Table

from tocsin.cli.tell import stdout, table_of
from tocsin.cli.tell.know import tell_alerts, watch_table


def tell_import(told: dict[str, Any]) -> None:
    """Tell the result of this command."""
    out = stdout()
    if told["batch"]:
        out.print(
            f"Batch {told['batch']}: {told['lines']:,} lines, {told['events']:,} new events, "
            f"{told['duplicates']:,} duplicates, {told['rejected']:,} rejected, {told['facts']:,} facts, "
            f"{told['alerts']} alerts."
        )
    else:
        out.print(f"Nothing new: the ledger holds all {told['files_known']} files ({told['lines']:,} lines) already.")
    for reason, count in told["rejected_by_reason"].items():
        out.print(f"  rejected, {reason}: {count:,}")
    _tell_ignored(told["ignored"])
    if told["alerts"]:
        out.print("Next: tocsin alerts")
    if told["batch"] and not told["calibrated"]:
        out.print("Judged on the calibration that ships with Tocsin: run `tocsin calibrate` before you believe alerts.")


def tell_dry_run(told: dict[str, Any]) -> None:
    """Tell the result of this command."""
    out = stdout()
    out.print(
        f"{len(told['files'])} files; of {told['sampled_lines']:,} sampled lines {told['understood']:,} understood."
    )
    for reason, count in told["rejected_by_reason"].items():
        out.print(f"  would be rejected, {reason}: {count:,}")
    _tell_ignored(told["ignored"])
    out.print("Actions: " + ", ".join(f"{name} {count:,}" for name, count in told["actions"].items()))
    out.print(watch_table(told["watch"]))


def _tell_ignored(names: list[str]) -> None:
    if names:
        stdout().print(f"Not opened, neither trail nor facts: {', '.join(names)}", style="yellow", markup=False)


def tell_replay(told: dict[str, Any]) -> None:
    """Tell the result of this command."""
    out = stdout()
    out.print(
        f"{told['lines']:,} lines: {told['events']:,} events, {told['duplicates']:,} duplicates, "
        f"{told['rejected']:,} rejected; {told['seconds']:.1f} s."
    )
    for reason, count in told["rejected_by_reason"].items():
        out.print(f"  rejected, {reason}: {count:,}")
    tell_alerts(told["alerts"])
    by: dict[tuple[str, str], int] = {}
    for row in told["exposures"]:
        by[row["by"], row["certainty"]] = by.get((row["by"], row["certainty"]), 0) + 1
    table = table_of("Patients exposed", "by whom", "how surely", "#patients")
    for (whom, certainty), count in sorted(by.items()):
        table.add_row(whom, certainty, f"{count:,}")
    if by:
        out.print(table)
    if told["held"]:
        out.print(f"{told['held']:,} events were held back by containment.")


def tell_demo(told: dict[str, Any]) -> None:
    """The story on one screen."""
    out = stdout()
    out.print(
        f"[bold]{told['region'].capitalize()}[/], a fictitious region: {told['accounts']:,} accounts, "
        f"{told['events']:,} events read in {told['seconds']:.0f} s.\nWhat lies before {told['learn_until']} is its "
        f"past; after it {len(told['thefts'])} professionals are impersonated, from one network."
    )
    for theft in told["thefts"]:
        _tell_theft(theft, out)
    table = Table(title="The truth, and Tocsin's numbers", title_justify="left", box=box.SIMPLE, pad_edge=False)
    table.add_column("thief")
    for column in ("taken without\nTocsin", "taken with\nTocsin", "of these named\nby Tocsin", "named\nwrongly"):
        table.add_column(column, justify="right")
    for theft in told["thefts"]:
        table.add_row(
            theft["attack"],
            f"{theft['patients_without']:,}",
            f"{theft['patients_with']:,}",
            f"{theft['named']:,}",
            f"{theft['named_wrongly']:,}",
        )
    out.print(table)
    others = told["alerts_on_others"]
    out.print(
        f"Everybody else: {len(others)} alerts"
        + (f" ({', '.join(sorted(others))})" if others else "")
        + f" on about {told['accounts'] * told['weeks_judged']:,.0f} account-weeks, "
        f"{told['lookalikes']} honest look-alikes of thieves among them."
    )
    out.print(f"Everything Tocsin said: {told['answer']}   The truth: {told['truth']}", markup=False, soft_wrap=True)


def _tell_theft(theft: dict[str, Any], out: Console) -> None:
    out.print()
    out.print(f"[bold]{theft['attack']}[/]: {theft['title'].lower()}, from {theft['start'][:16].replace('T', ' ')} UTC")
    if not theft["rungs"]:
        out.print("  not seen", style="red")
        return
    for rung in theft["rungs"]:
        out.print(
            f"  {rung['at'][11:19]}  {rung['rung']:<18} weight {rung['weight']:5.1f}, as heavy as one account-week in "
            f"{rung['rarity']:,.0f}"
        )
    out.print(
        f"  first alert after {theft['after_seconds']:,.0f} s, {theft['opened_before']} patients opened"
        f" and {theft['listed_before']} listed"
    )
    for reason in theft["reasons"]:
        out.print(f"    - {reason.partition(';')[0]}", style="dim", markup=False)
