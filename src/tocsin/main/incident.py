"""Incident: what `tocsin incident` tells, and the picture of an incident as plain data for `--json`."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from tocsin import wiring
from tocsin.config import Settings
from tocsin.declare import Due, Facts, due
from tocsin.main.establish import picture_of, study
from tocsin.main.inspect import Reading
from tocsin.main.study import pictured
from tocsin.main.tables import alert_id, instant
from tocsin.model.coverage import Coverage, nothing_opened
from tocsin.model.evidence import MICRONATS
from tocsin.model.incident import Incident
from tocsin.model.picture import AccountPicture, Instants, Picture
from tocsin.scope.silence import HOUR_US
from tocsin.triage.tally import sums_of


def listed(settings: Settings, *, now: datetime) -> dict[str, Any]:
    """Every incident, oldest first: its accounts, links, rungs and how many persons."""
    reading, cases = Reading(settings), wiring.cases(settings)
    known = study(reading, cases, now)
    told = []
    for incident in known.incidents:
        exposures = pictured((known.harvests[one.id].exposures for one in incident.episodes), known.persons)
        states = [standing.state for standing in cases.acts(incident=incident.id)]
        told.append(
            {
                **_incident(incident),
                "persons": sums_of(exposures).persons,
                "acts": {state: states.count(state) for state in dict.fromkeys(states)},
            }
        )
    return {"incidents": told}


def one(settings: Settings, name: str, *, now: datetime) -> dict[str, Any]:
    """One incident, whole."""
    reading, cases = Reading(settings), wiring.cases(settings)
    known = study(reading, cases, now)
    return picture_data(picture_of(known, known.incident(name), reading, cases, now))


def picture_data(picture: Picture) -> dict[str, Any]:
    """A picture as plain data; patients are counted, never named."""
    return {
        **_incident(picture.incident),
        "region": picture.region,
        "made_at": instant(picture.made_at),
        "instants": _instants(picture.instants),
        "of_accounts": [_account(account) for account in picture.accounts],
        "exposure": exposure_data(picture),
        "acts": [
            {
                "act": standing.act.id,
                "kind": standing.act.kind,
                "by": standing.act.by,
                "target": standing.act.target,
                "state": standing.state,
                "since": instant(standing.since),
                "why": standing.act.why,
                "proof": dict(standing.proof),
            }
            for standing in picture.acts
        ],
        "timeline": [
            {
                "at": instant(moment.at),
                "kind": moment.kind,
                "what": moment.what,
                "account": moment.account,
                "words": moment.words,
                "fr": moment.fr,
                "evidence": list(moment.evidence),
            }
            for moment in picture.timeline
        ],
        "claims": [
            {
                "category": claim.subject,
                "seen": claim.seen,
                "possible": claim.possible,
                "unnamed": claim.unnamed,
                "vouched": claim.vouched,
                "unvouched": list(claim.unvouched),
                "evidence": list(claim.evidence),
            }
            for claim in picture.claims
        ],
        "no_clinical_data_opened": nothing_opened(picture.claims),
        "coverage": coverage_data(picture.coverage),
        "due": [due_data(one) for one in due(picture.instants, Facts(), picture.made_at)],
        "declarations": [{"declaration": name, "at": instant(at)} for name, at in picture.declarations],
    }


def exposure_data(picture: Picture) -> dict[str, Any]:
    """Persons by element, certainty and by whom, and the name of the list they were counted on."""
    sums = picture.counts
    return {
        "evidence": sums.seal,
        "persons": sums.persons,
        "records": sums.records,
        "certainties": sums.certainties,
        "altered": sums.altered,
        "elements": [
            {"element": one.element, "by": one.by, "certainty": one.certainty, "persons": one.persons}
            for one in picture.elements
        ],
        "unnamed": picture.unnamed.select(["by", "action", "acts", "patients"]).to_pylist(),
    }


def coverage_data(coverage: Coverage) -> dict[str, Any]:
    """What each service's trail answers for; hours as ISO spans."""
    return {
        "since": instant(coverage.since * HOUR_US),
        "until": instant(coverage.until * HOUR_US),
        "vouched": coverage.vouched,
        "rejected": coverage.rejected,
        "services": [
            {
                "service": one.service,
                "categories": list(one.categories),
                "clinical": one.clinical,
                "lines": one.lines,
                "doubts": [
                    {
                        "why": doubt.why,
                        "words": doubt.words,
                        "hours": [[instant(first * HOUR_US), instant(after * HOUR_US)] for first, after in doubt.hours],
                    }
                    for doubt in one.doubts
                ],
            }
            for one in coverage.services
        ],
    }


def due_data(one: Due) -> dict[str, Any]:
    """Where one obligation stands."""
    return {
        "obligation": one.obligation.key,
        "title": one.obligation.title,
        "article": one.obligation.article,
        "recipient": one.obligation.recipient,
        "words": one.obligation.words,
        "state": one.state,
        "triggered_at": _instant(one.triggered_at),
        "deadline": _instant(one.deadline),
        "margin": _instant(one.margin),
        "elapsed_hours": round(one.elapsed / HOUR_US, 2),
        "elapsed_since": one.elapsed_since,
        "asked": list(one.asked),
        "source": one.obligation.source,
        "read": one.obligation.read.isoformat(),
    }


def _incident(incident: Incident) -> dict[str, Any]:
    return {
        "incident": incident.id,
        "absorbed": list(incident.absorbed),
        "opened_at": instant(incident.opened_at),
        "accounts": list(incident.accounts),
        "episodes": [
            {
                "episode": episode.id,
                "account": episode.account,
                "opened_at": instant(episode.opened_at),
                "alerts": [{"alert": alert_id(alert), "rung": alert.rung} for alert in episode.alerts],
            }
            for episode in incident.episodes
        ],
        "links": [
            {"first": link.first, "second": link.second, "kind": link.kind, "words": link.words, "fr": link.fr}
            for link in incident.links
        ],
    }


def _account(account: AccountPicture) -> dict[str, Any]:
    return {
        "account": account.account,
        "professionals": list(account.professionals),
        "rung": account.rung,
        "weight": round(account.weight / MICRONATS, 6),
        "rarity": round(account.one_in, 1),
        "measured": account.measured,
        "stratum": account.stratum,
        "calibration": account.calibration,
        "alert": account.alert,
        "began": instant(account.began),
        "ended": instant(account.ended),
        "possible_from": instant(account.possible_from),
        "possible_until": instant(account.possible_until),
        "networks": list(account.networks),
        "addresses": list(account.addresses),
        "services": list(account.services),
        "sessions": {"thief": account.sessions[0], "unsure": account.sessions[1]},
    }


def _instants(instants: Instants) -> dict[str, Any]:
    return {
        "started": instant(instants.started),
        "ended": _instant(instants.ended),
        "last_seen": instant(instants.last_seen),
        "possible_from": instant(instants.possible_from),
        "possible_until": instant(instants.possible_until),
        "detected": instant(instants.detected),
        "processor_told": _instant(instants.processor_told),
        "aware": _instant(instants.aware),
        "aware_who": instants.aware_who,
        "aware_evidence": instants.aware_evidence,
    }


def _instant(at: int | None) -> str | None:
    return None if at is None else instant(at)
