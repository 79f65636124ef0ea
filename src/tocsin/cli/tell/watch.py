"""What came in, told."""

from __future__ import annotations

from typing import Any

from tocsin.cli.tell import counted, stdout, table_of
from tocsin.cli.tell.know import tell_alerts, watch_table
from tocsin.cli.tell.rules import tell_unread


def tell_import(told: dict[str, Any], *, past: bool) -> None:
    """Tell the result of this command."""
    out = stdout()
    if told["batch"]:
        out.print(
            f"Batch {told['batch']}: {counted(told['lines'], 'line')}, {counted(told['events'], 'new event')}, "
            f"{counted(told['duplicates'], 'duplicate')}, {told['rejected']:,} rejected, "
            f"{counted(told['facts'], 'fact')}, {counted(told['alerts'], 'alert')}."
        )
    else:
        files = "the file" if told["files_known"] == 1 else f"all {told['files_known']:,} files"
        out.print(f"Nothing new: the ledger holds {files} ({counted(told['lines'], 'line')}) already.")
    for reason, count in told["rejected_by_reason"].items():
        out.print(f"  rejected, {reason}: {count:,}")
    _tell_ignored(told["ignored"])
    if told["alerts"]:
        out.print("Next: tocsin alerts")
    if matched := ", ".join(f"{name} {count:,}" for name, count in told["rules"].items() if count):
        out.print(f"Rules that are on matched: {matched}. Each: tocsin rules hits", markup=False)
    tell_unread(told["rules_unread"])
    if told["batch"] and past:
        out.print("Kept as the region's past: nobody is accused of it. Next: tocsin calibrate")
    elif told["batch"] and not told["calibrated"]:
        out.print("Judged on the calibration that ships with Tocsin: run `tocsin calibrate` before you believe alerts.")


def tell_dry_run(told: dict[str, Any]) -> None:
    """Tell the result of this command."""
    out = stdout()
    out.print(
        f"{counted(len(told['files']), 'file')}; of {counted(told['sampled_lines'], 'sampled line')} "
        f"{told['understood']:,} understood."
    )
    for reason, count in told["rejected_by_reason"].items():
        out.print(f"  would be rejected, {reason}: {count:,}")
    _tell_ignored(told["ignored"])
    out.print("Actions: " + ", ".join(f"{name} {count:,}" for name, count in told["actions"].items()))
    out.print(watch_table(told["watch"]))


def _tell_ignored(names: list[str]) -> None:
    if names:
        stdout().print(f"Not opened, neither trail nor facts: {', '.join(names)}", style="yellow", markup=False)


def tell_replay(told: dict[str, Any], lang: str) -> None:
    """Tell the result of this command."""
    out = stdout()
    out.print(
        f"{counted(told['lines'], 'line')}: {counted(told['events'], 'event')}, "
        f"{counted(told['duplicates'], 'duplicate')}, "
        f"{told['rejected']:,} rejected; {told['seconds']:.1f} s."
    )
    for reason, count in told["rejected_by_reason"].items():
        out.print(f"  rejected, {reason}: {count:,}")
    tell_alerts(told["alerts"], lang)
    by: dict[tuple[str, str], int] = {}
    for row in told["exposures"]:
        by[row["by"], row["certainty"]] = by.get((row["by"], row["certainty"]), 0) + 1
    table = table_of("Patients exposed", "by whom", "how surely", "#patients")
    for (whom, certainty), count in sorted(by.items()):
        table.add_row(whom, certainty, f"{count:,}")
    if by:
        out.print(table)
    if told["held"]:
        out.print(f"Held back by containment: {counted(told['held'], 'event')}.")
