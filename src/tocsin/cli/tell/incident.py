"""Incidents, told."""

from __future__ import annotations

from typing import Any

from rich.console import Console

from tocsin.cli.tell import counted, stdout, table_of

_SHOWN = 40
"""Lines of a timeline shown at a terminal; `--json` has them all."""


def tell_incidents(told: dict[str, Any]) -> None:
    """Tell every incident."""
    out = stdout()
    if not told["incidents"]:
        out.print("No incident.")
        return
    table = table_of("", "incident", "since (UTC)", "account", "joined by", "#thief", "#unsure", "acts")
    for one in told["incidents"]:
        kinds = dict.fromkeys(link["kind"] for link in one["links"])
        table.add_row(
            one["incident"],
            _minute(one["opened_at"]),
            "\n".join(_short(account) for account in one["accounts"]),
            ", ".join(kinds),
            *(f"{one['persons'][name]:,}" for name in ("thief", "unsure")),
            ", ".join(f"{number} {state}" for state, number in one["acts"].items()),
        )
    out.print(table)
    out.print("thief, unsure: persons. One incident: tocsin incident NAME")


def tell_incident(told: dict[str, Any]) -> None:
    """Tell one incident."""
    out = stdout()
    instants = told["instants"]
    out.print(f"{told['incident']}, region {told['region']}", style="bold")
    over = f"until {_minute(instants['ended'])}" if instants["ended"] else "and nothing proves that it is over"
    seen = "" if instants["ended"] else f" Last seen {_minute(instants['last_seen'])}."
    out.print(f"From {_minute(instants['started'])} UTC {over}.{seen} First alert {_minute(instants['detected'])}.")
    if instants["possible_from"] < instants["started"]:
        out.print(f"Perhaps since {_minute(instants['possible_from'])}: sessions that may be the thief's.")
    _tell_accounts(told, out)
    for link in told["links"]:
        out.print(f"{link['kind']}: {link['words']} ({link['first']}, {link['second']})", markup=False, soft_wrap=True)
    _tell_timeline(told, out)
    _tell_exposure(told["exposure"], out)
    _tell_acts(told["acts"], out)
    _tell_due(told, out)
    _tell_claims(told, out)


def _tell_accounts(told: dict[str, Any], out: Console) -> None:
    table = table_of("", "account", "rung", "#weight", "#one in", "from (UTC)", "until", "from where", "services")
    for one in told["of_accounts"]:
        table.add_row(
            _short(one["account"]),
            one["rung"],
            f"{one['weight']:.1f}",
            f"{one['rarity']:,.0f}",
            _minute(one["began"]),
            _minute(one["ended"]),
            ", ".join(one["networks"]),
            ", ".join(one["services"]),
        )
    out.print(table)
    out.print("'one in': as heavy as one account-week in so many. Not a probability.", style="dim")


def _tell_timeline(told: dict[str, Any], out: Console) -> None:
    table = table_of("Timeline", "at (UTC)", "what", "account", "evidence")
    for moment in told["timeline"][:_SHOWN]:
        table.add_row(
            moment["at"][:19].replace("T", " "),
            f"{moment['kind']}: {moment['what']}",
            _short(moment["account"]),
            moment["evidence"][0] if moment["evidence"] else "",
        )
    out.print(table)
    if len(told["timeline"]) > _SHOWN:
        out.print(f"{len(told['timeline']) - _SHOWN} more: --json FILE", style="dim")


def _tell_exposure(exposure: dict[str, Any], out: Console) -> None:
    table = table_of(f"Persons exposed (list {exposure['evidence']})", "what", "by whom", "how surely", "#persons")
    for one in exposure["elements"]:
        if one["by"] != "owner":
            table.add_row(one["element"], one["by"], one["certainty"], f"{one['persons']:,}")
    out.print(table)
    persons = exposure["persons"]
    out.print(
        f"Persons in all: {persons['thief']:,} by the thief, {persons['unsure']:,} by the thief or the owner; "
        f"{persons['owner']:,} by the owner alone are not exposed."
    )


def _tell_acts(acts: list[dict[str, Any]], out: Console) -> None:
    if not acts:
        out.print("Nothing has been done yet.")
        return
    table = table_of("Done", "act", "kind", "account", "state", "since (UTC)", "read back")
    for act in acts:
        read = act["proof"].get("state", "")
        table.add_row(act["act"], act["kind"], _short(act["target"]), act["state"], _minute(act["since"]), str(read))
    out.print(table)


def _tell_due(told: dict[str, Any], out: Console) -> None:
    table = table_of("Due", "what", "article", "state", "deadline (UTC)", "#hours gone by")
    asked: dict[str, None] = {}
    for one in told["due"]:
        if one["state"] in ("not-in-force", "not-applicable"):
            continue
        since = "" if one["elapsed_since"] == "trigger" else " since detection"
        table.add_row(
            one["title"],
            one["article"],
            one["state"],
            _minute(one["deadline"]) if one["deadline"] else "none",
            f"{one['elapsed_hours']:,.0f}{since}",
        )
        asked |= dict.fromkeys(one["asked"])
    out.print(table)
    for question in asked:
        out.print(f"  - {question}", markup=False)


def _tell_claims(told: dict[str, Any], out: Console) -> None:
    if told["no_clinical_data_opened"]:
        out.print("No clinical data was opened: every clinical trail is complete over the window.")
        return
    names = sorted({service for claim in told["claims"] for service in claim["unvouched"]})
    coverage = told["coverage"]
    services, do = counted(len(coverage["services"]), "service"), "does" if len(names) == 1 else "do"
    out.print(
        f"Nothing is vouched for as not having happened: of {services} {len(names)} {do} not answer for "
        f"{_minute(coverage['since'])} to {_minute(coverage['until'])}. Hours and reasons: --json FILE",
        soft_wrap=True,
    )


def _minute(at: str) -> str:
    return at[:16].replace("T", " ")


def _short(account: str) -> str:
    return account.rpartition("|")[2]
