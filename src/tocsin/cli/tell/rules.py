"""Rules, told."""

from __future__ import annotations

from typing import Any

from tocsin.cli.tell import counted, stderr, stdout, table_of


def tell_list(told: dict[str, Any]) -> None:
    """Tell every rule."""
    out = stdout()
    lately = any(one["lately"] is not None for one in told["rules"])
    counts = (f"#last {told['lately_days']} days",) if lately else ()
    table = table_of("", "rule", "level", "on", *counts, "from", "what it shows")
    for one in told["rules"]:
        count = ("" if one["lately"] is None else f"{one['lately']:,}",) if lately else ()
        table.add_row(one["rule"], one["level"], "on" if one["on"] else "", *count, one["from"], one["title"]["en"])
    out.print(table)
    for one in told["refused"]:
        out.print(f"Not read: {one['why']}", style="yellow", markup=False, soft_wrap=True)
    if any(one["on"] for one in told["rules"]):
        out.print("What those that are on matched, event by event: tocsin rules hits", style="dim")
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
    out.print(f"{counted(len(told['rules']), 'rule')}, {counted(tests, 'test')}, {counted(wrong, 'rule')} failed.")


def tell_backtest(told: dict[str, Any]) -> None:
    """Tell how often each rule matched."""
    out = stdout()
    title = f"{counted(told['days'], 'day')} with events, {told['since']} to {told['until']}"
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


def tell_hits(told: dict[str, Any]) -> None:
    """Tell what matched, newest first; then how often each rule did."""
    out = stdout()
    tell_unread(told["unread"])
    if told["hits"]:
        shown = f"the newest {len(told['hits']):,} of " if len(told["hits"]) < told["total"] else ""
        table = table_of(f"{shown}{counted(told['total'], 'hit')}", *_HIT)
        table.columns[0].no_wrap, table.columns[-1].no_wrap = False, True  # an event's id is copied
        for one in told["hits"]:
            account = (one["account"] or "").rpartition("|")[2]
            at = one["at"][:19].replace("T", " ")
            table.add_row(one["rule"], one["level"], at, account, one["service"] or "(none)", one["event"])
        out.print(table)
    if not told["rules"]:
        return
    counts = table_of("", "rule", "level", "on", "#hits", "what it shows")
    for one in told["rules"]:
        counts.add_row(one["rule"], one["level"], "on" if one["on"] else "", f"{one['hits']:,}", one["title"]["en"])
    out.print(counts)


def tell_unread(unread: list[str]) -> None:
    """Say which rules should be on and are not read, and why."""
    for why in unread:
        stderr().print(
            f"tocsin: a rule that is switched on is not read: {why}", style="yellow", markup=False, soft_wrap=True
        )


_HIT = ("rule", "level", "at (UTC)", "account", "service", "event")
