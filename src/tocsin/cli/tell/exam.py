"""What the judge is worth, told."""

from __future__ import annotations

from typing import Any

from tocsin.cli.tell import counted, stdout, table_of


def tell_twin(told: dict[str, Any]) -> None:
    """Tell the result of this command."""
    out = stdout()
    honest, last = told["honest"], told["last"]
    out.print(
        f"{_listed(told['nights'])} played again with {counted(told['thieves'], 'thief', 'thieves')} of each behaviour "
        f"(seed {told['seed']}), on calibration {told['calibration'][:12]}."
    )
    out.print(
        f"Without thieves: {honest['ask']} of {counted(honest['accounts'], 'account')} at work asked, "
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
        out.print(f"Last time: {_listed(last['nights'])}, seed {last['seed']}.")


def _listed(nights: list[str]) -> str:
    """One night, two nights, or the nights between which they lie: the trail may have fewer than were asked for."""
    return nights[0] if len(nights) == 1 else f"{len(nights)} nights ({', '.join(sorted(nights))})"


def tell_otherwise(told: dict[str, Any]) -> None:
    """Tell what other explanations would do."""
    out, now, then = stdout(), told["as_set"], told["otherwise"]
    change = [*(f"without {name}" for name in told["without"]), *(f"with {name}" for name in told["with"])]
    out.print(
        f"Judged {' to '.join(told['judged'])}, learned from {' to '.join(told['learned'])}: as it is set, and "
        f"{' and '.join(change)}. Each has learned what is usual for itself."
    )
    table = table_of("", "", "#as it is set", f"#{', '.join(change)}")
    table.add_row("rows with a patient that nothing explains", *(f"{one['unexplained']:.1%}" for one in (now, then)))
    for rung in now["alarms"]:
        table.add_row(f"account-weeks that reach {rung}, of one thousand", *(_rate(one, rung) for one in (now, then)))
    out.print(table)
    thieves = table_of(
        "", "behaviour", "#takes", "#asked", "#opened before", "#asked otherwise", "#opened before otherwise"
    )
    for before, after in zip(now["behaviours"], then["behaviours"], strict=True):
        cells = [
            cell
            for one in (before, after)
            for cell in (f"{one['before']['ask']['reached']} of {one['tries']}", _lost(one["before"]["ask"]["opened"]))
        ]
        thieves.add_row(before["behaviour"], f"{before['opened']:.0f}", *cells)
    out.print(thieves)
    out.print("Opened before ask: median / p90 / most, over all tries; - where so many were never asked.")


def _rate(one: dict[str, Any], rung: str) -> str:
    count = one["alarms"][rung]
    return f"{1_000 * count / max(one['account_weeks'], 1):.1f} ({count} of {one['account_weeks']:,})"


def _lost(counts: dict[str, float | None]) -> str:
    if counts["most"] is None:
        return "never"
    return " / ".join("-" if counts[name] is None else f"{counts[name]:.0f}" for name in ("median", "p90", "most"))


def _last(lost: dict[str, Any], tries: int) -> str:
    median = lost["opened"]["median"]
    return f"{lost['reached']} of {tries}" + ("" if median is None else f", {median:.0f}")
