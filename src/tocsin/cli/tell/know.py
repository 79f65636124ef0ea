"""What is known, told."""

from __future__ import annotations

from functools import partial
from typing import Any

from rich.table import Table
from rich.text import Text

from tocsin.cli.tell import counted, stdout, table_of
from tocsin.main.words import numbered, said_in, short_of


def tell_alerts(found: list[dict[str, Any]], lang: str) -> None:
    """Tell alerts, oldest first."""
    out, said = stdout(), partial(said_in, lang)
    title = said("told.alerts", n=len(found))
    if not found:
        out.print(f"{title}.")
        return
    named = ("alert",) if "alert" in found[0] else ()
    rules = any(alert.get("rules") for alert in found)
    columns = ("at", "account", "rung", "weight", "one-in", "weighs", *(("rules",) if rules else ()))
    table = table_of(title, *(said(f"column.{name}") for name in (*named, *columns)), whole=len(named) + 5)
    for alert in found:
        weighs = [ground["of"] for ground in alert["grounds"] if ground["reason"]] or ["earlier"]
        table.add_row(
            *(alert[name] for name in named),
            alert["at"][:19].replace("T", " "),
            alert["account"].rpartition("|")[2],
            alert["rung"],
            numbered(alert["weight"], lang),
            numbered(round(alert["rarity"]), lang),
            ", ".join(short_of(name)[lang] for name in weighs[:3]),
            *((str(len(alert["rules"]) or ""),) if rules else ()),
        )
    out.print(table)
    out.print(said("told.one-in"), style="dim")
    if rules:
        out.print(said("told.rules-beside"), style="dim")


def tell_exceptions(found: list[dict[str, Any]]) -> None:
    """Tell exceptions, oldest first."""
    out = stdout()
    if not found:
        out.print("No exception.")
        return
    table = table_of(counted(len(found), "exception"), "exception", "account", "until (UTC)", "state", "who", "why")
    for one in found:
        table.add_row(
            one["exception"],
            one["account"].rpartition("|")[2],
            one["until"][:16].replace("T", " "),
            one["state"],
            one["who"],
            one["why"],
        )
    out.print(table)
    for one in found:
        out.print(one["en"], markup=False, soft_wrap=True)


def tell_queue(told: dict[str, Any]) -> None:
    """Tell the result of this command."""
    out = stdout()
    title = f"{len(told['queue'])} of {counted(told['accounts'], 'account')}, week {told['week']}"
    if told["queue"]:
        table = table_of(title, "account", "#e-value", "at (UTC)", "rung", "alerts", "sessions", "answered")
        for one in told["queue"]:
            table.add_row(
                one["account"].rpartition("|")[2],
                f"{one['e_value']:,.0f}",
                one["at"][:16].replace("T", " "),
                one["rung"] or "",
                ", ".join(one["alerts"]),
                ", ".join(f"{session['weight']:.1f}" for session in one["sessions"]),
                f"{one['verdict']}: {', '.join(one['who'])}" if one["verdict"] else "",
            )
        out.print(table)
    else:
        out.print(f"Nobody: {title}.", markup=False)
    out.print(f"Line {told['line']:,.0f}: the e-value that is needed. {told['promise']}", markup=False)
    out.print(told["ladder"], style="dim", markup=False)
    if told["past"]["set_aside"]:
        out.print(
            f"Left out: {counted(told['past']['set_aside'], 'account-week')} before, stolen, or on the queue and never "
            "answered (tocsin decide).",
            markup=False,
        )


def tell_scope(told: dict[str, Any]) -> None:
    """Tell the result of this command."""
    out = stdout()
    if not told["incidents"]:
        out.print("No incident.")
        return
    table = table_of("", "incident", "since (UTC)", "account", "rungs", "#thief", "#unsure", "#owner", "categories")
    before = ""
    for one in told["incidents"]:
        patients = one["patients"]
        table.add_row(
            one["incident"] if one["incident"] != before else "",
            one["opened_at"][:16].replace("T", " "),
            one["account"].rpartition("|")[2],
            " > ".join(one["rungs"]),
            *(f"{patients[name]:,}" for name in ("thief", "unsure", "owner")),
            ", ".join(one["categories"]),
        )
        before = one["incident"]
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
        out.print(f"rejected in {row['stream']}: {row['reason']} {counted(row['lines'], 'line')}", markup=False)
    if told["rejected"]:
        out.print("Where: tocsin rejected")
    out.print(watch_table(told["watch"]))


def tell_explanations(told: dict[str, Any], lang: str) -> None:
    """Tell the result of this command: the explanations, then what each carried where."""
    out, said = stdout(), partial(said_in, lang)
    columns = ("explanation", "state", "before", "after", "carried-events", "carried-patients", "words")
    table = table_of(said("told.explanations"), *(said(f"column.{name}") for name in columns), whole=6)
    for one in told["explanations"]:
        margins = [numbered(one.get(name, 0), lang) if one.get(name) else "" for name in ("before", "after")]
        margins[0] = margins[0] or (numbered(one["days"], lang) if one.get("days") else "")
        sums = (numbered(one[name], lang) for name in ("events", "patients"))
        table.add_row(one["explanation"], said(f"state.{one['state']}"), *margins, *sums, one.get(lang, ""))
    nothing = told["unexplained"]
    sums = (numbered(nothing[name], lang) for name in ("events", "patients"))
    table.add_row("unexplained", "", "", "", *sums, said("told.unexplained"))
    out.print(table)
    services = table_of(said("told.by-service"), said("column.service"), said("column.events-by"))
    for one in told["services"]:
        most = sorted(one["carried"].items(), key=lambda pair: (-pair[1]["events"], pair[0]))
        by = ", ".join(f"{name} {numbered(count['events'], lang)}" for name, count in most)
        services.add_row(one["service"] or said("told.no-service"), by)
    out.print(services)


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


def watch_table(watches: list[dict[str, Any]]) -> Table:
    """What cannot be watched or vouched for, services that share a reason together; the rest can."""
    grouped: dict[tuple[str, str, str], list[str]] = {}
    for watch in watches:
        if watch["verdict"] != "yes":
            grouped.setdefault((watch["subject"], watch["verdict"], watch["reason"]), []).append(watch["service"])
    table = table_of("What these trails do not let Tocsin watch or vouch for", "what", "", "why", "services")
    for (subject, verdict, reason), services in sorted(grouped.items()):
        named = ", ".join(services[:2]) + (f" and {len(services) - 2} more" if len(services) > 2 else "")
        colour = {"partly": "yellow", "no": "red"}[verdict]
        table.add_row(subject, Text(verdict, style=colour), reason, named)
    return table
