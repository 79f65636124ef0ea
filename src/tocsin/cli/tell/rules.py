"""Rules, told."""

from __future__ import annotations

from typing import Any

from tocsin.cli.tell import stdout, table_of


def tell_list(told: dict[str, Any]) -> None:
    """Tell every rule."""
    out = stdout()
    table = table_of("", "rule", "level", "on", "from", "what it shows")
    for one in told["rules"]:
        table.add_row(one["rule"], one["level"], "on" if one["on"] else "", one["from"], one["title"]["en"])
    out.print(table)
    for one in told["refused"]:
        out.print(f"Not read: {one['why']}", style="yellow", markup=False, soft_wrap=True)
    out.print("How often each matches on your own history: tocsin rules backtest", style="dim")


def tell_test(told: dict[str, Any]) -> None:
    """Tell what failed, and how much was tried."""
    out = stdout()
    for one in told["rules"]:
        if one["refused"]:
            out.print(f"FAILED  {one['refused']}", markup=False, soft_wrap=True)
        for failed in one["failed"]:
            did = "did not match" if failed["wanted"] == "match" else "matched"
            out.print(
                f"FAILED  rule '{one['rule']}', line {failed['line']} of its tests: it {did}: {failed['why']}",
                markup=False,
                soft_wrap=True,
            )
    wrong = sum(1 for one in told["rules"] if one["refused"] or one["failed"])
    tests = sum(one["tests"] for one in told["rules"])
    out.print(f"{len(told['rules'])} rules, {tests} tests, {wrong} rules failed.")


def tell_backtest(told: dict[str, Any]) -> None:
    """Tell how often each rule matched."""
    out = stdout()
    title = f"{told['days']} days with events, {told['since']} to {told['until']}"
    table = table_of(title, "rule", "#matches", "#min", "#median", "#max a day", "#accounts", "services")
    for one in told["rules"]:
        a_day = one["per_day"]
        table.add_row(
            one["rule"],
            f"{one['matches']:,}",
            f"{a_day['min']:,}",
            f"{a_day['median']:,g}",
            f"{a_day['max']:,}",
            f"{one['accounts']:,}",
            ", ".join(f"{service['service'] or '(none)'} {service['matches']:,}" for service in one["services"]),
        )
    out.print(table)
    examples = table_of("", "rule", "its busiest day", "an event of it")
    for one in told["rules"]:
        if one["matches"]:
            examples.add_row(one["rule"], one["busiest"], one["example"])
    if examples.row_count:
        out.print(examples)
    if not told["honey"]:
        out.print("No honey patient is marked: rules that ask for one cannot match.", style="dim")
