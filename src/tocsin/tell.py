"""What a command found, told to a person: tables and sentences. The same data goes to `--json` whole."""

from __future__ import annotations

import json
import sys
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from rich import box
from rich.console import Console
from rich.table import Table

from tocsin.errors import SourceUnreadable, TocsinError

_WHOLE = ("alert", "incident", "rung", "#one in", "#weight", "at (UTC)", "since (UTC)", "account")
"""Columns that a person copies from or reads at a glance: never folded."""


def stdout() -> Console:
    """Where answers go: 120 letters wide where nobody's terminal says more."""
    console = Console(highlight=False)
    return console if console.is_terminal else Console(highlight=False, width=120)


def stderr() -> Console:
    """Where progress and errors go."""
    return Console(stderr=True, highlight=False)


@contextmanager
def progress(quiet: bool) -> Any:
    """A progress line on standard error with an estimate of what is left; silent when nobody looks."""
    console = stderr()
    if quiet or not console.is_terminal:
        yield lambda what, done, total: None
        return
    from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

    columns = (TextColumn("{task.description:<28}"), BarColumn(), TimeElapsedColumn(), TextColumn("left"))
    with Progress(*columns, TimeRemainingColumn(), console=console, transient=True) as bar:
        tasks: dict[str, Any] = {}

        def heard(what: str, done: int, total: int) -> None:
            if what not in tasks:
                for task in tasks.values():
                    bar.update(task, visible=False)
                tasks[what] = bar.add_task(what, total=max(total, 1))
            bar.update(tasks[what], completed=done, total=max(total, 1))

        yield heard


def write(target: str | None, told: Any) -> None:
    """Write an answer as JSON: to a file, whole or not at all, or to standard output (`-`)."""
    if target is None:
        return
    text = json.dumps(told, ensure_ascii=False, indent=1, default=str) + "\n"
    if target == "-":
        sys.stdout.write(text)
        return
    try:
        path = Path(target)
        scratch = path.with_name(path.name + ".tmp")
        scratch.write_text(text, "utf-8")
        scratch.replace(path)
    except OSError as problem:
        raise TocsinError(
            f"the JSON file cannot be written ({problem.strerror})", done="The command itself is done."
        ) from None


def warn(damage: list[str]) -> int:
    """Files of which only a part could be read: told on standard error, and the exit code says so."""
    for problem in damage:
        stderr().print(f"tocsin: {problem}", style="yellow", markup=False, soft_wrap=True)
    return SourceUnreadable.exit_code if damage else 0


def table_of(title: str, *columns: str) -> Table:
    """An empty table; a column whose name begins with # holds numbers."""
    from rich import box

    table = Table(title=title or None, box=box.SIMPLE, title_justify="left", pad_edge=False)
    for column in columns:
        number, whole = column.startswith("#"), column in _WHOLE
        table.add_column(column.lstrip("#"), justify="right" if number else "left", overflow="fold", no_wrap=whole)
    return table


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
    out.print(_watch_table(told["watch"]))


def _tell_ignored(names: list[str]) -> None:
    if names:
        stdout().print(f"Not opened, neither trail nor facts: {', '.join(names)}", style="yellow", markup=False)


def _watch_table(watches: list[dict[str, Any]]) -> Table:
    """What cannot be watched or vouched for, services that share a reason together; the rest can."""
    grouped: dict[tuple[str, str, str], list[str]] = {}
    for watch in watches:
        if watch["verdict"] != "yes":
            grouped.setdefault((watch["subject"], watch["verdict"], watch["reason"]), []).append(watch["service"])
    table = table_of("What these trails do not let Tocsin watch or vouch for", "what", "", "why", "services")
    for (subject, verdict, reason), services in sorted(grouped.items()):
        named = ", ".join(services[:2]) + (f" and {len(services) - 2} more" if len(services) > 2 else "")
        colour = {"partly": "yellow", "no": "red"}[verdict]
        table.add_row(subject, f"[{colour}]{verdict}[/]", reason, named)
    return table


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


def tell_alerts(found: list[dict[str, Any]]) -> None:
    """Tell alerts, oldest first."""
    out = stdout()
    if not found:
        out.print("No alerts.")
        return
    named = ("alert",) if "alert" in found[0] else ()
    table = table_of(f"{len(found)} alerts", *named, "at (UTC)", "account", "rung", "#weight", "#one in", "what weighs")
    for alert in found:
        table.add_row(
            *(alert[name] for name in named),
            alert["at"][:19].replace("T", " "),
            alert["account"].rpartition("|")[2],
            alert["rung"],
            f"{alert['weight']:.1f}",
            f"{alert['rarity']:,.0f}",
            ", ".join(reason.partition(":")[0] for reason in alert["reasons"][:3]),
        )
    out.print(table)
    out.print("'one in': as heavy as one account-week in so many. Not a probability.", style="dim")


def tell_explain(told: dict[str, Any]) -> None:
    """Tell the result of this command."""
    out = stdout()
    out.print(f"Alert {told['alert']}: {told['rung']} at {told['at']}", style="bold")
    how = "measured" if told["measured"] else "estimated"
    peers = {"": "all accounts", "*": "all roles"}.get(told["stratum"], told["stratum"])
    out.print(f"Account {told['account']}", markup=False)
    out.print(
        f"Weight {told['weight']:.2f}: as heavy as one in {told['rarity']:,.0f} account-weeks of {peers} "
        f"({how}; calibration {told['calibration'][:8]}). It is not a probability."
    )
    out.print("Why:")
    for reason in told["reasons"]:
        out.print(f"  - {reason}", markup=False)
    out.print("What speaks for the owner:")
    for line in told["counter_evidence"] or ["nothing in the 7 days before is explained"]:
        out.print(f"  - {line}", markup=False)
    table = table_of("Events that weigh most", "at (UTC)", "service", "action", "explained", "what was missing")
    for event in told["events"]:
        missing = event.get("nearest", {}).get("en", "")
        table.add_row(
            event["at"][:19].replace("T", " "), event["service"], event["action"], event["explained_by"], missing
        )
    out.print(table)


def tell_scope(told: dict[str, Any]) -> None:
    """Tell the result of this command."""
    out = stdout()
    if not told["incidents"]:
        out.print("No incident.")
        return
    table = table_of("", "incident", "since (UTC)", "account", "rungs", "#thief", "#unsure", "#owner", "categories")
    for one in told["incidents"]:
        patients = one["patients"]
        table.add_row(
            one["incident"],
            one["opened_at"][:16].replace("T", " "),
            one["account"].rpartition("|")[2],
            " > ".join(one["rungs"]),
            *(f"{patients[name]:,}" for name in ("thief", "unsure", "owner")),
            ", ".join(one["categories"]),
        )
    out.print(table)
    out.print("Each patient with elements, certainty and times: tocsin scope --json FILE")


def tell_coverage(told: dict[str, Any]) -> None:
    """Tell the result of this command."""
    out = stdout()
    table = table_of("", "service", "#received", "#failed", "#hours", "#silent", "first", "last")
    for one in told["services"]:
        table.add_row(
            one["service"] or "(none named)",
            f"{one['received']:,}",
            f"{one['failed']:,}",
            f"{one['hours']:,}",
            f"{len(one['silent']):,}",
            one["first"][:13],
            one["last"][:13],
        )
    out.print(table)
    for row in told["rejected"]:
        out.print(f"rejected in {row['stream']}: {row['reason']} {row['lines']:,} lines", markup=False)
    if told["rejected"]:
        out.print("Where: tocsin rejected")
    out.print(_watch_table(told["watch"]))


def tell_calibration(told: dict[str, Any]) -> None:
    """Tell the result of this command."""
    out = stdout()
    how = "in force" if told["in_force"] else "not put in force (dry run)"
    out.print(
        f"Calibration {told['calibration']}, {how}: {told.get('account_weeks', 0):,} account-weeks, "
        f"{told.get('sessions', 0):,} sessions, {told.get('set_aside', 0)} doubtful weeks set aside."
    )
    table = table_of("", "role", "rung", "#budget", "#line", "how", "stratum", "from")
    usual: dict[str, tuple[Any, ...]] = {}
    for line in told["lines"]:
        seen = tuple(line[name] for name in ("weight", "measured", "stratum", "from"))
        usual.setdefault(line["rung"], seen)  # the first lines are those of all
        if line["role"] and seen == usual[line["rung"]]:
            continue
        table.add_row(
            line["role"] or "(all)",
            line["rung"],
            f"{line['budget']:g}",
            f"{line['weight']:.2f}",
            "measured" if line["measured"] else "estimated",
            {"": "(all)", "*": "(all with a role)"}.get(line["stratum"], line["stratum"]),
            line["from"],
        )
    out.print(table)


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


def tell_verify(told: dict[str, Any]) -> None:
    """Tell the result of this command."""
    out = stdout()
    for check in told["segments"]:
        if not check["sound"]:
            out.print(f"segment {check['segment']}: {check['problem']}", style="red", markup=False)
    for problem in (told["derived_problem"], told["receipts_problem"]):
        if problem:
            out.print(problem, style="red", markup=False)
    state = "all sound" if told["sound"] else "NOT SOUND"
    out.print(
        f"{len(told['segments'])} segments, {told['batches']} batches, {told['derived_parts']} derived parts, "
        f"{told['receipts']} receipts: {state}."
    )


def tell_doctor(told: dict[str, Any]) -> None:
    """Tell the result of this command."""
    table = table_of("", "what", "state", "what to do")
    for finding in told["findings"]:
        colour = {"good": "green", "new": "cyan", "poor": "yellow", "bad": "red"}[finding["state"]]
        table.add_row(finding["what"], f"[{colour}]{finding['state']}[/]", finding["advice"])
    stdout().print(table)


def tell_rejected(told: dict[str, Any]) -> None:
    """Tell the result of this command."""
    out = stdout()
    if not told["rejected"]:
        out.print("No line was refused.")
        return
    table = table_of("", "stream", "reason", "#lines", "#bytes")
    for row in told["rejected"]:
        table.add_row(row["stream"], row["reason"], f"{row['lines']:,}", f"{row['bytes']:,}")
    out.print(table)
    for line in told["shown"]:
        out.print(f"segment {line['segment']}, byte {line['offset']:,}: {line['reason']}", markup=False)
        out.print(f"  {line['text']}", markup=False, soft_wrap=True)
    if not told["shown"]:
        out.print("Each with its place: --json FILE. The lines themselves: --show N.")
