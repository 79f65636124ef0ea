"""Explanations: which count in a region, with which margins, and how many accesses each carried, service by service."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final

from tocsin import wiring
from tocsin.config import Settings
from tocsin.explain.reasons import Reason, reasons
from tocsin.main.inspect import Reading
from tocsin.model.rows import MICROSECONDS_A_DAY

NOTHING: Final = "unexplained"
_NO_PATIENT: Final = "no-patient"


def explanations(settings: Settings, *, since: datetime | None, until: datetime | None) -> dict[str, Any]:
    """Every explanation, and what each carried: in all, and in each service.

    An event that shows several patients may be carried by several. What was explained stays explained as it was when
    it was judged; settings of today count for what comes.
    """
    ships, counts = reasons(), wiring.reasons_of(settings)
    read = Reading(settings).questions.explanations_by(since=since, until=until).to_pylist()
    carried = [row for row in read if row["explained_by"] != _NO_PATIENT]
    named = {**ships, **wiring.reasons_of(settings.with_all())}
    told = [
        {
            **_told(named[name]),
            "state": _state(name, ships, counts),
            **_sums(row for row in carried if row["explained_by"] == name),
        }
        for name in named
    ]
    gone = sorted({row["explained_by"] for row in carried} - set(named) - {NOTHING})
    told += [
        {"explanation": name, "state": "gone", **_sums(row for row in carried if row["explained_by"] == name)}
        for name in gone
    ]
    nothing = _sums(row for row in carried if row["explained_by"] == NOTHING)
    services = sorted({row["service"] or "" for row in carried})
    return {
        "explanations": told,
        NOTHING: nothing,
        "services": [
            {
                "service": service,
                "carried": {
                    row["explained_by"]: {"events": row["events"], "patients": row["patients_named"]}
                    for row in carried
                    if (row["service"] or "") == service
                },
            }
            for service in services
        ],
    }


def summary(settings: Settings) -> str:
    """One line: how many count, which are off, moved or added."""
    ships, counts = reasons(), wiring.reasons_of(settings)
    parts = [f"{len(counts)} count"]
    for state, words in (("off", "off"), ("moved", "with margins of your own"), ("added", "added")):
        names = [name for name in {**ships, **counts} if _state(name, ships, counts) == state]
        if names:
            parts.append(f"{words}: {', '.join(names)}")
    return "; ".join(parts)


def _told(reason: Reason) -> dict[str, Any]:
    return {
        "explanation": reason.name,
        "before": reason.before_us // MICROSECONDS_A_DAY,
        "after": reason.after_us // MICROSECONDS_A_DAY,
        "days": reason.days,
        "kind": reason.kind,
        "code": reason.of_code,
        "fr": reason.fr,
        "en": reason.en,
    }


def _state(name: str, ships: dict[str, Reason], counts: dict[str, Reason]) -> str:
    """`on`, `moved` (other margins), `added` (the region's own) or `off`."""
    if name not in counts:
        return "off"
    return "added" if name not in ships else "on" if counts[name] == ships[name] else "moved"


def _sums(rows: Any) -> dict[str, int]:
    """Events; patients are those of each service, added up: the same one in two services counts twice."""
    events = patients = 0
    for row in rows:
        events, patients = events + row["events"], patients + row["patients_named"]
    return {"events": events, "patients": patients}
