"""One alert told whole, in one language."""

from __future__ import annotations

from functools import partial
from typing import Any

from tocsin.cli.tell import stdout, table_of
from tocsin.cli.tell.rules import tell_unread
from tocsin.main.words import numbered, said_in

_SHOWN = 0.05
"""Shares of less are counted, not shown."""
_FACTORS = 10_000
"""Factors beyond are shown as a power of ten."""


def tell_explain(told: dict[str, Any], lang: str) -> None:
    """Tell the result of `tocsin explain`."""
    out, said = stdout(), partial(said_in, lang)
    out.print(said("told.alert", alert=told["alert"], at=told["at"][:19].replace("T", " ")), style="bold")
    out.print(told["sentence"][lang], markup=False)
    out.print(told["line"][lang] if told["line"] else said("told.no-line"), markup=False)
    out.print(said("told.no-probability"))
    shares = ("of", "nats", "factor", "why")
    table = table_of(said("told.shares", families=_families(told, lang)), *(said(f"column.{name}") for name in shares))
    for ground in (heavy := [one for one in told["grounds"] if abs(one["nats"]) >= _SHOWN]):
        table.add_row(ground["of"], numbered(ground["nats"], lang), _factor(ground["factor"], lang), _why(ground, lang))
    out.print(table)
    if less := len(told["grounds"]) - len(heavy):
        out.print(said("told.less", n=less), style="dim")
    if told["exceptions"]:
        _list(out, said("told.exceptions"), told["exceptions"], lang)
    _list(out, said("told.missing", n=told["missing"]["strangers"]), told["missing"]["changes"], lang)
    _list(out, said("told.owner"), told["counter_evidence"], lang)
    if told["rules"]:
        _list(out, said("told.rules"), told["rules"], lang)
    tell_unread(told["rules_unread"])
    events = table_of(
        said("told.events"), *(said(f"column.{name}") for name in ("at", "nats", "service", "act", "lacks"))
    )
    for event in told["events"]:
        lacks = event["nearest"][lang] if "nearest" in event else event["explained_by"].replace("no-patient", "")
        nats = "" if event["nats"] is None else numbered(event["nats"], lang)
        events.add_row(event["at"][:19].replace("T", " "), nats, event["service"], event["action"], lacks)
    out.print(events)


def _families(told: dict[str, Any], lang: str) -> str:
    names = ", ".join(said_in(lang, f"family.{name}") for name in told["families"])
    return names or said_in(lang, "told.no-family")


def _why(ground: dict[str, Any], lang: str) -> str:
    sentence: str = ground[lang]
    return sentence.removeprefix(f"{ground['of']}: ")


def _factor(factor: float, lang: str) -> str:
    if factor >= _FACTORS:
        return f"{factor:.0e}".replace("e+0", "e").replace("e+", "e")
    return numbered(round(factor), lang) if factor >= 100 else numbered(float(factor), lang)


def _list(out: Any, title: str, lines: list[dict[str, Any]], lang: str) -> None:
    out.print(title)
    for line in lines:
        out.print(f"  - {line[lang]}", markup=False)
    if not lines:
        out.print(f"  - {said_in(lang, 'told.nothing')}")
