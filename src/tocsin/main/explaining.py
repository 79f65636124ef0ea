"""Explaining: one alert told whole, in both languages: why, which line, what was missing, what speaks against it.

(1) the alert: its sentence, its weight in parts, the line it crossed and what that line promises
(2) the events that weigh most, each with what would have explained it
(3) the strangers of the sessions that carried it: what would have made how many of them normal
(4) counter-evidence: what speaks for the owner
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from tocsin import wiring
from tocsin.config import Settings
from tocsin.door.persons import Persons
from tocsin.explain.missing import Access, Counted, Missing, counted, missing_of
from tocsin.explain.reasons import Reason
from tocsin.explain.staff import Staff
from tocsin.main.exceptions import in_force
from tocsin.main.hits import beside, matched, switched_on
from tocsin.main.inspect import Reading
from tocsin.main.tables import alert_data, alert_id, instant
from tocsin.main.words import Said, say, short_of, stratum_of, why
from tocsin.model import french
from tocsin.model.alert import Alert
from tocsin.model.decision import THE_OWNER
from tocsin.model.event import OUTCOMES
from tocsin.model.evidence import MICRONATS
from tocsin.model.ground import OTHERS

_WEEK: Final = timedelta(days=7)
_CHANGES: Final = 5
"""Changes told, those that would have explained most."""
_NOTABLE: Final = MICRONATS // 20
"""Less is not worth a sentence."""
_SUCCESS: Final = OUTCOMES[0]


@dataclass(frozen=True, slots=True)
class _Case:
    """What the steps share."""

    reading: Reading
    alert: Alert
    rows: list[dict[str, Any]]
    """What the account did from the first of its heaviest events to the alert, oldest first (schema STORED_EVENT)."""
    persons: Persons
    facts: pa.Table
    staff: Staff
    reasons: dict[str, Reason]
    off: dict[str, Reason]

    def missing(self, row: dict[str, Any]) -> list[Missing]:
        """What would have explained this row."""
        access = Access(_records(row["patient"], self.persons), _us(row["at"]))
        actor = self.staff.actor(self.alert.account, row["professional"])
        return missing_of(access, actor, facts=self.facts, staff=self.staff, reasons=self.reasons, off=self.off)

    def person(self, row: dict[str, Any]) -> bytes:
        """The person of a row's patient."""
        found: bytes = self.persons.person_of(np.frombuffer(row["patient"], "V17"))[0].tobytes()
        return found


def explain(settings: Settings, name: str) -> dict[str, Any]:
    """One alert, whole; see the module."""
    reading = Reading(settings)
    alert = reading.alert(name)
    counts, known = wiring.reasons_of(settings), wiring.reasons_of(settings.with_all())
    events = [row for event in alert.events for row in reading.questions.event(bytes.fromhex(event)).to_pylist()]
    case = _Case(
        reading=reading,
        alert=alert,
        rows=_rows(reading, alert, events),
        persons=Persons(reading.parts.read("persons")),
        facts=reading.parts.read("facts"),
        staff=reading.staff(),
        reasons=counts,
        off={key: reason for key, reason in known.items() if key not in counts},
    )
    return {
        "alert": alert_id(alert),
        **alert_data(alert),
        "sentence": _sentence(alert),
        "measured": alert.measured,
        "stratum": alert.stratum,
        "calibration": alert.calibration,
        "line": _line(alert),
        "missing": _missing(case),
        "exceptions": _excepted(case),
        "counter_evidence": list(_counter_evidence(case)),
        **_rules(reading, alert),
        "events": [_event(case, row) for row in events],
    }


def _rules(reading: Reading, alert: Alert) -> dict[str, Any]:
    """The rules that are on and that the account matched on the alert's days: notes, no part of the weight."""
    on = switched_on(reading.settings)
    (found,) = beside(reading, [alert], on)
    return {
        "rules": [{**one, **matched(one)} for one in found],
        "rules_unread": list(on.unread),
    }


# -- (1) ---------------------------------------------------------------------------------------------------------------


def _sentence(alert: Alert) -> Said:
    return say(
        "explain.sentence",
        account=alert.account.rpartition("|")[2],
        rung=_rung(alert),
        weight=alert.weight / MICRONATS,
        one_in=round(max(alert.one_in, 1.0)),
        stratum=stratum_of(alert.stratum),
        how=say("how.measured" if alert.measured else "how.estimated"),
        why=why(alert),
    )


def _rung(alert: Alert) -> Said:
    return {"fr": french.RUNG[alert.rung], "en": alert.rung}


def _line(alert: Alert) -> dict[str, Any] | None:
    """The line that was crossed, and its promise; None if a person decided."""
    if not alert.budget:
        return None
    weeks = round(1 / alert.budget)
    promise = "explain.promise-measured" if alert.line_measured else "explain.promise-estimated"
    said = say(
        "explain.line",
        rung=_rung(alert),
        line=alert.line / MICRONATS,
        above=(alert.weight - alert.line) / MICRONATS,
        promise=say(promise, weeks=weeks, stratum=stratum_of(alert.line_stratum)),
        calibration=alert.calibration[:8],
    )
    return {
        "weight": round(alert.line / MICRONATS, 6),
        "measured": alert.line_measured,
        "stratum": alert.line_stratum,
        "budget": alert.budget,
        "calibration": alert.calibration,
        **said,
    }


# -- (2) ---------------------------------------------------------------------------------------------------------------


def _rows(reading: Reading, alert: Alert, events: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """What the account did in the days of the events that weigh most, up to the alert, in their sessions."""
    sessions = {row["session"] for row in events if row["session"]} | {alert.session}
    begins = min((row["at"] for row in events), default=_time(alert.at))
    until = _time(alert.at) + timedelta(microseconds=1)
    table = reading.questions.accesses_of([alert.account], since=begins - timedelta(days=1), until=until)
    mine = pc.is_in(table["session"], pa.array(sorted(sessions), pa.uint64()))
    found: list[dict[str, Any]] = table.filter(mine).to_pylist()
    return found


def _event(case: _Case, row: dict[str, Any]) -> dict[str, Any]:
    entry = {
        "event": row["event_id"].hex(),
        "at": row["at"].isoformat().replace("+00:00", "Z"),
        "service": row["service"],
        "action": row["action"],
        "outcome": row["outcome"],
        "patient": row["patient"].hex() if row["patient"] else None,
        "explained_by": row["explained_by"],
        "nats": _gain(case.reading, row),
        "original": {"segment": row["segment"], "offset": row["offset"], "length": row["length"]},
    }
    if row["explained_by"] == "unexplained" and row["patient"]:
        nearest = case.missing(row)[0]
        entry["nearest"] = {"what": nearest.what, **_said_of(nearest)}
    return entry


def _gain(reading: Reading, row: dict[str, Any]) -> float | None:
    """What an event added to the weight; None if it is too little to be kept, or not written yet."""
    day = row["at"].date()
    if day not in reading.parts.days("evidence"):
        return None
    evidence = reading.parts.read("evidence", day=day, columns=["event_id", "gain"])
    mine = evidence.filter(pc.equal(evidence["event_id"], pa.scalar(row["event_id"], evidence["event_id"].type)))
    return round(pc.sum(mine["gain"]).as_py() / MICRONATS, 6) if len(mine) else None


def _said_of(missing: Missing) -> Said:
    """What was missing of one access."""
    kind: Said | str = say(f"fact.{missing.kind}") if missing.kind else ""
    return say(f"missing.{missing.what}", fact=kind, days=missing.days, name=missing.name)


# -- (3) ---------------------------------------------------------------------------------------------------------------


def _missing(case: _Case) -> dict[str, Any]:
    """What would have made the strangers normal, counted; each person once, at the first time nothing explained it."""
    strangers: dict[bytes, list[Missing]] = {}
    for row in case.rows:
        if row["patient"] and row["explained_by"] == "unexplained" and row["outcome"] == _SUCCESS:
            person = case.person(row)
            if person not in strangers:
                strangers[person] = case.missing(row)
    changes = [one for one in counted(strangers.values()) if one.missing.what != "nothing"]
    nothing = sum(found[0].what == "nothing" for found in strangers.values())
    told = [_change(one, len(strangers)) for one in changes[:_CHANGES]]
    if nothing:
        told.append({"what": "nothing", "patients": nothing, **say("if.nothing", n=nothing, of=len(strangers))})
    return {"strangers": len(strangers), "changes": told}


def _change(one: Counted, strangers: int) -> dict[str, Any]:
    missing = one.missing
    kind: Said | str = say(f"facts.{missing.kind}") if missing.kind else ""
    said = say(f"if.{missing.what}", n=one.patients, of=strangers, name=missing.name, fact=kind, days=missing.days)
    return {
        "what": missing.what,
        "kind": missing.kind,
        "name": missing.name,
        "days": round(missing.days, 1),
        "patients": one.patients,
        **said,
    }


# -- (4) ---------------------------------------------------------------------------------------------------------------


def _counter_evidence(case: _Case) -> Iterator[dict[str, Any]]:
    """What speaks for the owner."""
    alert = case.alert
    expected: dict[str, int] = {name: count for one in _excepted(case) for name, count in one["up_to"].items()}
    yield from _decided(case)
    yield from _same_place(case)
    yield from _explained_here(case)
    yield from _explained_before(case)
    for ground in alert.grounds:
        if ground.spared > 0 and ground.n <= expected.get(ground.of, -1):
            yield _told("excepted", what=short_of(ground.of), n=expected[ground.of], nats=ground.spared / MICRONATS)
        elif ground.spared > 0:
            yield _told("own-past", what=short_of(ground.of), n=ground.n, nats=ground.spared / MICRONATS)
        elif ground.of == OTHERS and ground.nats < -_NOTABLE:
            yield _told("others", nats=-ground.nats / MICRONATS)
    if len(alert.families) == 1:
        yield _told("one-family", family=say(f"family.{alert.families[0]}"))


def _excepted(case: _Case) -> list[dict[str, Any]]:
    """Exceptions of the account that were in force when the alert was raised."""
    return in_force(case.reading.decisions(), case.alert.account, case.alert.at)


def _decided(case: _Case) -> Iterator[dict[str, Any]]:
    for one in case.reading.decisions():
        if one.account == case.alert.account and one.what in THE_OWNER:
            what = {"fr": french.DECISION[one.what], "en": say(f"decided.{one.what}")["en"]}
            yield _told("decided", at=instant(one.at)[:16].replace("T", " "), what=what, who=one.who)


def _same_place(case: _Case) -> Iterator[dict[str, Any]]:
    """Whether the account was there before: the device and the network of the session, on earlier days."""
    last = next((row for row in reversed(case.rows) if row["session"] == case.alert.session), None)
    if last is None:
        return
    before = _time(case.alert.at).replace(hour=0, minute=0, second=0, microsecond=0)
    origins = case.reading.questions.origins_of([case.alert.account], until=before).to_pylist()
    for what in ("device", "network"):
        if last[what] and (seen := [one for one in origins if one[what] == last[what]]):
            events, since = sum(one["events"] for one in seen), min(one["first_at"] for one in seen)
            yield _told(f"same-{what}", n=events, since=since.date().isoformat())


def _explained_here(case: _Case) -> Iterator[dict[str, Any]]:
    """Patients of the same sessions whom something explains."""
    by: dict[str, set[bytes]] = {}
    for row in case.rows:
        if row["patient"] and row["explained_by"] not in ("unexplained", "no-patient"):
            by.setdefault(row["explained_by"], set()).add(case.person(row))
    if by:
        most = max(sorted(by), key=lambda name: len(by[name]))
        yield _told("explained-here", n=len(set().union(*by.values())), most=_words(case, most), k=len(by[most]))


def _explained_before(case: _Case) -> Iterator[dict[str, Any]]:
    """Patients of the week before whom something explained, of all."""
    begins = min((row["at"] for row in case.rows), default=_time(case.alert.at))
    told = case.reading.questions.explanations_of([case.alert.account], since=begins - _WEEK, until=begins).to_pylist()
    counts = {one["explained_by"]: one["patients_named"] for one in told if one["explained_by"] != "no-patient"}
    explained = sum(count for name, count in counts.items() if name != "unexplained")
    if explained:
        yield _told("explained-before", n=explained, of=sum(counts.values()))


def _told(what: str, /, **words: Any) -> dict[str, Any]:
    return {"what": what, **say(f"owner.{what}", **words)}


def _words(case: _Case, name: str) -> Said:
    reason = case.reasons.get(name) or case.off.get(name)
    return {"fr": reason.fr, "en": reason.en} if reason else {"fr": name, "en": name}


def _records(reference: bytes, persons: Persons) -> tuple[bytes, ...]:
    wanted = np.frombuffer(reference, "V17")
    person: Callable[..., np.ndarray] = persons.person_of
    return tuple({reference, person(wanted)[0].tobytes()})


def _time(at_us: int) -> datetime:
    return datetime.fromtimestamp(at_us // 1_000_000, UTC) + timedelta(microseconds=at_us % 1_000_000)


def _us(at: datetime) -> int:
    return round(at.timestamp() * 1_000_000)
