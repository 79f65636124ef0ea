"""What was done about an account, told."""

from __future__ import annotations

from typing import Any

from rich.console import Console
from rich.text import Text

from tocsin.cli.tell import stdout, table_of

_COLOURS = {"proven": "green", "undone": "green", "unproven": "red", "failed": "red", "undoing": "red"}


def tell_contain(told: dict[str, Any]) -> None:
    """Tell the result of this command."""
    out = stdout()
    many = len(told["accounts"])
    accounts = "1 account" if many == 1 else f"{many} accounts, those of the same persons among them"
    out.print(Text.assemble((told["incident"], "bold"), f", rung {told['rung']}: {accounts}"), soft_wrap=True)
    if told["not_enforced"]:
        out.print(f"Not enforced: {told['not_enforced']}.", style="yellow", markup=False)
    _tell_acts(out, told)
    for gap in told["gaps"]:
        out.print(f"{_short(gap['account'])}: {gap['words']}.", style="yellow", markup=False, soft_wrap=True)
    for note in told["notes"]:
        out.print(f"{note}.", style="yellow", markup=False, soft_wrap=True)
    if told["dry_run"]:
        out.print("Nothing was written down.")
    elif any(act["state"] == "planned" for act in told["acts"]):
        out.print("Planned, not done: say it again with --approve.")
    _tell_open(out, told)


def tell_undo(told: dict[str, Any]) -> None:
    """Tell the result of this command."""
    out = stdout()
    if told["dry_run"]:
        _tell_would(out, told)
        return
    _tell_acts(out, told)
    for note in told["notes"]:
        out.print(f"{note}.", markup=False, soft_wrap=True)
    _tell_open(out, told)


def _tell_would(out: Console, told: dict[str, Any]) -> None:
    table = table_of("", "act", "what", "by", "account", "state", "taken back")
    for act in told["acts"]:
        cells = (act["by"], _short(act["account"]), act["state"], act["would"])
        table.add_row(act["act"], act["kind"], *cells)
    out.print(table)
    for note in told["notes"]:
        out.print(f"{note}.", markup=False, soft_wrap=True)
    out.print("Nothing was done (dry run).")


def tell_resume(told: dict[str, Any]) -> None:
    """Tell the result of this command."""
    out = stdout()
    if told["acts"]:
        _tell_acts(out, told)
    else:
        out.print("Nothing is due.")
    for act in told["left"]:
        when = f"due {act['next_at'][:19].replace('T', ' ')}" if act["next_at"] else "due now"
        out.print(f"{act['act']} {act['kind']} by {act['by']}: {act['state']}, {when}", markup=False)
    _tell_open(out, told)


def _tell_acts(out: Console, told: dict[str, Any]) -> None:
    if not told["acts"]:
        return
    table = table_of("", "act", "what", "by", "account", "state", "what was read back")
    for act in told["acts"]:
        colour = _COLOURS.get(act["state"], "")
        state = Text(act["state"], style=colour)
        table.add_row(act["act"], act["kind"], act["by"], _short(act["account"]), state, _proof(act))
    out.print(table)


def _proof(act: dict[str, Any]) -> str:
    proof = act["proof"]
    return f"{proof['state']}: {proof['how']}" if proof else ""


def _tell_open(out: Console, told: dict[str, Any]) -> None:
    for words, ids in (
        ("still alive", told["alive"]),
        ("cannot be asked", told["unknown"]),
        ("failed", told["failed"]),
    ):
        if ids:
            out.print(f"{words}: {', '.join(ids)}", style="bold red", markup=False, soft_wrap=True)
    if told["alive"] or told["unknown"] or told["failed"]:
        out.print("They are tried again by the server, or by `tocsin resume`.")


def _short(account: str) -> str:
    return account.rpartition("|")[2]
