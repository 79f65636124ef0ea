"""How Tocsin itself is, told."""

from __future__ import annotations

from typing import Any

from rich.text import Text

from tocsin.cli.tell import counted, stdout, table_of


def tell_calibration(told: dict[str, Any]) -> None:
    """Tell the result of this command."""
    out = stdout()
    how = "in force" if told["in_force"] else "not put in force (dry run)"
    out.print(
        f"Calibration {told['calibration']}, {how}: {counted(told.get('account_weeks', 0), 'account-week')}, "
        f"{counted(told.get('account_days', 0), 'account-day')}, {counted(told.get('set_aside', 0), 'doubtful week')} "
        "set aside."
    )
    if told["stolen"] or told["answered"]:
        out.print(
            f"Verdicts: left out as stolen {counted(told['stolen'], 'account-week')}, kept as the owner's "
            f"{told['answered']:,}."
        )
    asked = told["precision"]
    if asked["answered"]:
        share = asked["rightly"] / asked["answered"]
        out.print(
            f"Asked rightly: {asked['rightly']:,} of {asked['answered']:,} answered ({share:.0%}); "
            f"{counted(asked['asked'], 'account-week')} climbed a rung."
        )
    table = table_of("", "role", "rung", "#budget", "#line", "how", "weeks", "from")
    usual: dict[tuple[str, str], tuple[Any, ...]] = {}
    for line in told["lines"]:
        role, rung = line["role"], line["rung"]
        seen = tuple(line[name] for name in ("weight", "measured", "stratum", "from"))
        known = usual.get((role if line["home"] else "", rung))  # the first lines are those of all, then of each role
        if not line["home"]:
            usual[role, rung] = seen
        if seen == known:
            continue
        table.add_row(
            _whose(role, line["home"]),
            rung,
            f"{line['budget']:g}",
            f"{line['weight']:.2f}",
            "measured" if line["measured"] else "estimated",
            line["whose"]["en"],
            line["from"],
        )
    out.print(table)


def _whose(role: str, home: str) -> str:
    return f"{role} at home in {home}" if home else role or "(all)"


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
        f"{counted(len(told['segments']), 'segment')}, {counted(told['batches'], 'batch', 'batches')}, "
        f"{counted(told['derived_parts'], 'derived part')}, {counted(told['receipts'], 'receipt')}: {state}."
    )


def tell_doctor(told: dict[str, Any]) -> None:
    """Tell the result of this command."""
    table = table_of("", "what", "state", "what to do")
    for finding in told["findings"]:
        colour = {"good": "green", "new": "cyan", "poor": "yellow", "bad": "red"}[finding["state"]]
        table.add_row(finding["what"], Text(finding["state"], style=colour), finding["advice"])
    stdout().print(table)
