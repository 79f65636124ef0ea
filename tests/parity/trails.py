"""Short trails of events for the whole river: a small hospital, its facts, an intruder, from a seed."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import pyarrow as pa

from parity.rivers import HOUR, MINUTE, MONDAY, calibration_of, ladder_of
from parity.strategies import table_of, whole_row
from parity.wards import fact, facts_table, reference
from tocsin.detect.judge import Judge
from tocsin.detect.weight import Weigher
from tocsin.explain.explainer import Explainer
from tocsin.main.river import Folded, River, accepted_order
from tocsin.model.event import EVENT

START = datetime.fromtimestamp(MONDAY * 86_400, UTC)
PATIENTS = tuple(f"patient {n}" for n in range(40))
STAFF = ("dr", "nurse", "clerk", "locum")
SERVICES = {"dr": "dpi", "nurse": "dpi", "clerk": "lab"}
"""Where some are at work most of the time: the clerk, whose account is taken, and the doctor."""
WEEK = MONDAY + 2
"""Homes are read in the middle of a trail."""
MERGED = {"patient 1": "patient 0"}
DURATIONS = (2 * HOUR, 3 * HOUR, 30 * MINUTE, 20 * HOUR)

FACTS = facts_table(
    [
        *(fact("role", actor=who, unit="ward 3", code="60", starts=-100) for who in STAFF[:3]),
        fact("role", actor="locum", unit="ward 4", code="21", starts=0, ends=2),
        *(fact("stay", patient=p, unit="ward 3", starts=n / 10, ends=n / 5) for n, p in enumerate(PATIENTS[:20])),
        *(fact("appointment", patient=p, actor="dr", starts=n / 8, known_at=n / 8) for n, p in enumerate(PATIENTS[:9])),
        *(fact("appointment", patient=p, actor="dr", starts=1) for p in PATIENTS[20:30]),
        fact("task", actor="clerk", code="audit", starts=1, ends=2),
    ]
)


def event(draw: random.Random, line: int, at: datetime, who: str, **told: Any) -> dict[str, Any]:
    """One row."""
    ward = {"client": draw.choice((None, "viewer")), "network": "10.0.0.0/24", "device": 7, "professional": None}
    service = SERVICES.get(who, "dpi") if line % 3 else "portal"
    return whole_row({"line": line, "at": at, "account": who, "service": service} | ward | told)


def trail(seed: int, *, days: int = 4, tell: str = "always") -> pa.Table:
    """Events of some days (schema EVENT), shuffled. `tell`: which rows say whose account it is (`always`, `later`)."""
    draw = random.Random(seed)
    rows: list[dict[str, Any]] = []
    for day in range(days):
        for who in STAFF:
            at = START + timedelta(days=day, hours=draw.uniform(6, 10))
            for number in range(draw.randint(4, 12)):
                at += timedelta(seconds=draw.choice((0, 1, 40, 1800, 1801, 3600)))
                said = who if tell == "always" or number > 2 else None
                patient = draw.choice((*PATIENTS[:30], None))
                rows.append(event(draw, len(rows), at, who, patient=patient, professional=said, **_act(draw)))
        if day:  # the intruder, who takes the clerk's account and then the doctor's
            at = START + timedelta(days=day, hours=draw.uniform(0, 20))
            who = ("clerk", "dr")[day % 2]
            for patient in draw.sample(PATIENTS, 25):
                at += timedelta(seconds=draw.choice((0, 1, 1, 20, 1790)))
                rows.append(
                    event(draw, len(rows), at, who, patient=patient, network="198.51.100.0/24", device=9, action="read")
                )
    draw.shuffle(rows)
    for row in rows:
        row["patient"] = reference(row["patient"]) if row["patient"] else None
    return table_of(rows).select(EVENT.names)


def _act(draw: random.Random) -> dict[str, Any]:
    return {
        "action": draw.choice(("read", "read", "list", "search", "sign-in", "export")),
        "outcome": draw.choice(("success", "success", "success", "failed-request")),
        "query_hash": draw.choice((0, 41, 42, 43)),
        "page": draw.choice((0, 0, 1, 4)),
    }


def person_of(some: np.ndarray) -> np.ndarray:
    """Records that were merged."""
    names = {reference(old): reference(new) for old, new in MERGED.items()}
    return np.frombuffer(b"".join(names.get(r.tobytes(), r.tobytes()) for r in some), "V17")


def river(*, contain: bool = True, lines: tuple[float, ...] = (3.0, 4.0, 5.0, 6.0)) -> River:
    """A river over this hospital on low lines, so that all rungs are climbed."""
    explainer = Explainer(person_of=person_of)
    explainer.learn(FACTS)
    judge = Judge(
        ladder=ladder_of(lines, DURATIONS),  # type: ignore[arg-type]
        weigher=Weigher((calibration_of(2.0),)),
        accounts=explainer.accounts,
        contain=contain,
        week_from=WEEK,
    )
    made = River(explainer, judge)
    made.join(person_of)
    made.mark(np.frombuffer(reference("patient 39") + reference("patient 38"), "V17"))
    return made


def slices(events: pa.Table) -> list[tuple[int, pa.Table]]:
    """Events by day, in accepted order."""
    day = events["at"].cast(pa.int64()).to_numpy() // 86_400_000_000
    return [(int(d), accepted_order(events.filter(pa.array(day == d)))) for d in np.unique(day)]


def part(events: pa.Table, start: int, size: int) -> pa.Table:
    """Some rows, with dictionaries that name nobody else."""
    some = events.slice(start, size)
    plain = [field.type.value_type if pa.types.is_dictionary(field.type) else field.type for field in EVENT]
    return pa.table([some[i].cast(kind).cast(EVENT[i].type) for i, kind in enumerate(plain)], schema=EVENT)


def course(river: River, days: list[tuple[int, pa.Table]], *, size: int | None = None) -> dict[str, Any]:
    """All that came of some days, comparable."""
    told: dict[str, Any] = {"alerts": [], "events": [], "held": 0, "evidence": [], "sessions": []}
    for day, events in days:
        ended = river.open(day)
        river.meet(events)
        folded = Folded()
        for start in range(0, len(events), size or max(len(events), 1)):
            river.fold(part(events, start, size or len(events)), batch=1, into=folded)
        river.close(day)
        told["alerts"] += folded.alerts
        told["events"] += [row for table in folded.events for row in table.select(KEPT).to_pylist()]
        told["held"] += folded.held
        told["sessions"].append(
            sorted(zip(ended.id.tolist(), ended.events.tolist(), ended.weight.tolist(), strict=True))
        )
        for e in folded.evidence:
            noted = (e.event_hi, e.event_lo, e.gain, e.weight)
            told["evidence"] += zip(*(column.tolist() for column in noted), strict=True)
    told["evidence"].sort(key=lambda noted: noted[:2])
    return told


KEPT = ["event_id", "row", "explained_by", "session", "batch"]
