"""What the judge is worth, told."""

from __future__ import annotations

from typing import Any

from tocsin.cli.tell import stdout, table_of


def tell_twin(told: dict[str, Any]) -> None:
    """Tell the result of this command."""
    out = stdout()
    honest, last = told["honest"], told["last"]
    out.print(
        f"{' and '.join(told['nights'])} played again with {told['thieves']} thieves of each behaviour "
        f"(seed {told['seed']}), on calibration {told['calibration'][:12]}."
    )
    out.print(
        f"Without thieves: {honest['ask']} of {honest['accounts']:,} accounts at work asked, "
        f"{honest['own-patients-only']} kept to their own patients, {honest['suspend']} suspended."
    )
    before = {one["behaviour"]: one for one in last["behaviours"]} if last else {}
    table = table_of("", "behaviour", "#takes", "rung", "#reached", "#opened before", "#listed before", "#last time")
    for one in told["behaviours"]:
        listed = f", lists {one['listed']:.0f}" if one["listed"] else ""
        then = before.get(one["behaviour"])
        for place, (rung, lost) in enumerate(one["before"].items()):
            table.add_row(
                "" if place else one["behaviour"],
                "" if place else f"{one['opened']:.0f}{listed}",
                rung,
                f"{lost['reached']} of {one['tries']}",
                _lost(lost["opened"]),
                _lost(lost["listed"]) if listed else "",
                _last(then["before"][rung], then["tries"]) if then else "",
            )
    out.print(table)
    out.print("Before a rung: median / p90 / most, over all tries; - where so many never reached it.")
    if last:
        out.print(f"Last time: {' and '.join(last['nights'])}, seed {last['seed']}.")


def _lost(counts: dict[str, float | None]) -> str:
    if counts["most"] is None:
        return "never"
    return " / ".join("-" if counts[name] is None else f"{counts[name]:.0f}" for name in ("median", "p90", "most"))


def _last(lost: dict[str, Any], tries: int) -> str:
    median = lost["opened"]["median"]
    return f"{lost['reached']} of {tries}" + ("" if median is None else f", {median:.0f}")
