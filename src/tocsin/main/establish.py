"""Establish: from alerts to incidents, and the picture of one: what happened, to whom, what was done, what is open."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.compute as pc

from tocsin.main.harvest import Harvest, harvest, harvest_data
from tocsin.main.hits import moments
from tocsin.main.recorded import recorded
from tocsin.main.study import Study, pictured, study
from tocsin.main.tables import alert_id
from tocsin.main.words import why
from tocsin.model.alert import RUNGS
from tocsin.model.coverage import Coverage
from tocsin.model.decision import Decision
from tocsin.model.exposure import SCOPED_SESSION, UNNAMED
from tocsin.model.incident import Incident
from tocsin.model.picture import AccountPicture, Moment, Picture
from tocsin.scope.claims import claims_of, coverage_of
from tocsin.scope.silence import HOUR_US
from tocsin.triage import Trace
from tocsin.triage.tally import counts_of, sums_of
from tocsin.triage.timeline import decision_name, instants_of, timeline_of

if TYPE_CHECKING:
    from tocsin.main.inspect import Reading

__all__ = ["Harvest", "aware_of", "harvest", "harvest_data", "incidents", "picture", "picture_of", "study"]

_USUAL = timedelta(days=60)
"""How far before the window hours are read, to know when a service usually speaks."""
_SHORTEST = len("INC-") + 1
"""Less than that of an incident's name names nothing."""


def incidents(reading: Reading, cases: Any, now: datetime) -> list[Incident]:
    """Every incident, oldest first. Those that are new get their id in the cases, for good."""
    return list(study(reading, cases, now).incidents)


def picture(reading: Reading, cases: Any, name: str, now: datetime) -> Picture:
    """The picture of one incident, by its id or the beginning of it. Raises `Usage` if there is none such."""
    known = study(reading, cases, now)
    return picture_of(known, known.incident(name), reading, cases, now)


def picture_of(known: Study, incident: Incident, reading: Reading, cases: Any, now: datetime) -> Picture:
    """The picture of one incident of a study."""
    ids = [episode.id for episode in incident.episodes]
    traces = [known.traces[name] for name in ids]
    names = (incident.id, *incident.absorbed)
    acts = [standing for name in names for standing in cases.acts(incident=name)]
    journal = sorted((line for name in names for line in cases.journal(incident=name)), key=lambda line: line.number)
    decisions = [one for one in reading.decisions() if _concerns(one, incident)]
    drafts = [(name, at) for name, at, told in cases.kept("declaration") if told.get("incident") in names]
    instants = instants_of(traces, incident.opened_at, acts=acts, journal=journal, aware=aware_of(names, decisions))
    exposures = pictured([known.harvests[name].exposures for name in ids], known.persons)
    unnamed = _joined([known.harvests[name].unnamed for name in ids], UNNAMED)
    coverage = coverage_over(reading, instants.possible_from, instants.ended, now)
    return Picture(
        incident=incident,
        region=reading.settings.region,
        made_at=_us(now),
        accounts=tuple(_account(account, traces) for account in incident.accounts),
        exposures=exposures,
        counts=sums_of(exposures),
        elements=counts_of(exposures),
        unnamed=unnamed,
        sessions=_joined([known.verdicts[name] for name in ids], SCOPED_SESSION),
        acts=tuple(acts),
        journal=tuple(journal),
        decisions=tuple(decisions),
        coverage=coverage,
        claims=claims_of(exposures, unnamed, coverage),
        instants=instants,
        timeline=timeline_of(
            incident,
            traces,
            name_of=alert_id,
            why=why,
            acts=acts,
            journal=journal,
            decisions=decisions,
            drafts=drafts,
            hits=moments(reading, incident.accounts, instants.possible_from, instants.possible_until),
        ),
        declarations=tuple(drafts),
    )


def aware_of(names: Iterable[str], decisions: Iterable[Decision]) -> Moment | None:
    """When the controller became aware of an incident: the earliest that anybody said, for the clock is strict."""
    said = [
        Moment(at=one.at, kind="decision", what="aware", words=one.who, evidence=(decision_name(one),))
        for one in decisions
        if one.what == "aware" and _names(one.about, names)
    ]
    return min(said, key=lambda one: (one.at, one.evidence), default=None)


def _names(about: str, names: Iterable[str]) -> bool:
    """Whether a person who wrote this means one of these incidents: its id or the beginning of it."""
    return about.startswith("INC-") and len(about) > _SHORTEST and any(name.startswith(about) for name in names)


def coverage_over(reading: Reading, since: int, ended: int | None, now: datetime) -> Coverage:
    """What each service's trail answers for from `since` to the end; while there is none, to where the trail ends."""
    hours = reading.questions.services_by_hour(since=datetime.fromtimestamp(since / 1e6, UTC) - _USUAL)
    last = pc.max(hours["hour"].cast(pa.int64())).as_py() or since
    until = ended + 1 if ended is not None else max(min(last + HOUR_US, _us(now)), since + 1)
    days = [day for day in reading.parts.days("events") if _day(since) <= day.isoformat() <= _day(until)]
    batches = {batch for day in days for batch in reading.parts.batches("events", day)}
    rejected = reading.parts.read("rejected", columns=["batch"])
    refused = pc.sum(pc.is_in(rejected["batch"], pa.array(sorted(batches), pa.int32()))).as_py() if len(rejected) else 0
    return coverage_of(
        hours,
        since=since,
        until=until,
        services=reading.staff().categories_of_service,
        watch=[(one.service, one.subject, one.verdict, one.reason) for one in recorded(reading, days)],
        rejected=int(refused or 0),
    )


def _account(account: str, traces: list[Trace]) -> AccountPicture:
    mine = [trace for trace in traces if trace.episode.account == account]
    alerts = [alert for trace in mine for alert in trace.episode.alerts]
    heaviest = max(alerts, key=lambda alert: (alert.weight, -alert.at))
    return AccountPicture(
        account=account,
        professionals=tuple(sorted({one for trace in mine for one in trace.professionals})),
        episodes=tuple(trace.episode.id for trace in mine),
        rung=max((alert.rung for alert in alerts), key=RUNGS.index),
        weight=heaviest.weight,
        one_in=max(heaviest.one_in, 1.0),
        measured=heaviest.measured,
        stratum=heaviest.stratum,
        calibration=heaviest.calibration,
        alert=alert_id(heaviest),
        began=min(trace.sure_began for trace in mine),
        ended=max(trace.sure_ended for trace in mine),
        possible_from=min(trace.began for trace in mine),
        possible_until=max(trace.ended for trace in mine),
        networks=_surest([trace.networks for trace in mine]),
        addresses=_surest([trace.addresses for trace in mine]),
        devices=_surest([trace.devices for trace in mine]),
        services=_surest([trace.services for trace in mine]),
        sessions=(sum(trace.sessions[0] for trace in mine), sum(trace.sessions[1] for trace in mine)),
    )


def _surest(places: list[Mapping[Any, str]]) -> tuple[Any, ...]:
    """The places of the thief's sessions; where there are none, of the doubtful ones."""
    told = [(place, by) for one in places for place, by in one.items()]
    return tuple(sorted({place for place, by in told if by == "thief"} or {place for place, _ in told}))


def _concerns(decision: Decision, incident: Incident) -> bool:
    names = {incident.id, *incident.absorbed, *(episode.id for episode in incident.episodes)}
    alerts = {alert_id(alert) for episode in incident.episodes for alert in episode.alerts}
    if decision.what == "aware":
        return _names(decision.about, (incident.id, *incident.absorbed))
    return decision.about in names | alerts or (bool(decision.account) and decision.account in incident.accounts)


def _joined(tables: list[pa.Table], schema: pa.Schema) -> pa.Table:
    return pa.concat_tables(tables).unify_dictionaries() if tables else schema.empty_table()


def _day(at_us: int) -> str:
    return datetime.fromtimestamp(at_us / 1e6, UTC).date().isoformat()


def _us(at: datetime) -> int:
    return int(at.timestamp() * 1_000_000)
