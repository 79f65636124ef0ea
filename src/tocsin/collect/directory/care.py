"""Encounter -> stays; Appointment -> appointments; ServiceRequest -> referrals; CareTeam -> care teams."""

from __future__ import annotations

from typing import Final

from tocsin.collect.directory.catalogue import Catalogue, Version
from tocsin.collect.directory.decode import Refused
from tocsin.collect.directory.draft import KIND, NOBODY, Draft, Who, ended
from tocsin.collect.directory.resources import Appointment, CareTeam, Encounter, Period, ServiceRequest
from tocsin.collect.directory.symbols import GROUP, NOTHING, OTHER, PATIENT, PRACTITIONER
from tocsin.collect.directory.times import NO_TIME

NEVER_WAS: Final = frozenset({"cancelled", "entered-in-error", "noshow"})
"""States of an encounter or appointment that brought nobody together."""

_MINUTE: Final = 60_000_000
_LONGEST_MINUTES: Final = 60 * 24 * 366

_STAY = KIND["stay"]
_APPOINTMENT = KIND["appointment"]
_REFERRAL = KIND["referral"]
_CARE_TEAM = KIND["care-team"]


def encounter(resource: Encounter, draft: Draft, catalogue: Catalogue, version: Version) -> None:
    """One row for each professional who takes part, during their own period if they have one; else one for the unit."""
    if resource.status in NEVER_WAS:
        return
    patient = _patient(draft, draft.patients(resource.subject))
    starts, ends = draft.period(resource.period)
    known = draft.known()
    ends = ended(ends, known, over=resource.status == "finished")
    place = draft.place(resource.serviceProvider)
    alone = True
    for participant in resource.participant:
        actor = draft.who(participant.individual)[0]
        if actor != NOTHING:
            alone = False
            since, until = _within(draft, participant.period, starts, ends)
            who = (actor, place, NOTHING)
            draft.row(_STAY, known if known != NO_TIME else starts, patient=patient, who=who, starts=since, ends=until)
    if alone:
        draft.row(_STAY, known, patient=patient, who=(NOTHING, place, NOTHING), starts=starts, ends=ends)


def appointment(resource: Appointment, draft: Draft, catalogue: Catalogue, version: Version) -> None:
    """One row for each pair of a patient and a professional; if no professional is named, for the unit or service."""
    if resource.status in NEVER_WAS:
        return
    patients, actors, place, service = _meeting(resource, draft)
    if not patients:
        raise Refused("nobody")
    starts, ends = _slot(resource, draft)
    known = draft.known(resource.created)
    for patient in patients:
        for actor in actors or [NOTHING]:
            who = (actor, place, service)
            draft.row(_APPOINTMENT, known, patient=patient, who=who, starts=starts, ends=ends)


def _meeting(resource: Appointment, draft: Draft) -> tuple[list[int], list[int], int, int]:
    """Patients, professionals, the first place and the first service; who declined does not come."""
    patients: dict[int, None] = {}
    actors: dict[int, None] = {}
    place = service = NOTHING
    for participant in resource.participant:
        found = draft.symbols.of(participant.actor, OTHER)
        if found == NOTHING or participant.status == "declined":
            continue
        if draft.symbols.sorts[found] in (PATIENT, GROUP):
            patients[found] = None
            continue
        one, there, by = draft.slot(found)
        if one != NOTHING:
            actors[one] = None
        place = there if place == NOTHING else place
        service = by if service == NOTHING else service
    return list(patients), list(actors), place, service


def _slot(resource: Appointment, draft: Draft) -> tuple[int, int]:
    """When they meet. An appointment has an end, or it would explain for ever: its minutes, else its start."""
    starts, ends = draft.times.first(resource.start), draft.times.last(resource.end)
    if starts == NO_TIME and ends == NO_TIME and resource.requestedPeriod:
        starts, ends = draft.period(resource.requestedPeriod[0])
    if starts == NO_TIME:
        starts = ends
    if starts == NO_TIME:
        raise Refused("no-time")
    if ends == NO_TIME:
        ends = starts + min(max(resource.minutesDuration or 0, 0), _LONGEST_MINUTES) * _MINUTE
    return starts, ends


def service_request(resource: ServiceRequest, draft: Draft, catalogue: Catalogue, version: Version) -> None:
    """One row for who asks and one for each who is asked, from the day it was written, without an end."""
    if resource.status == "entered-in-error":
        return
    patient = _patient(draft, draft.patients(resource.subject))
    starts = draft.times.first(resource.authoredOn)
    known = draft.known(resource.authoredOn)
    ends = ended(NO_TIME, known, over=resource.status == "revoked")
    asked: dict[tuple[Who, str], None] = {(draft.who(resource.requester), "requester"): None}
    asked |= {(draft.who(performer), "performer"): None for performer in resource.performer}
    for who, part in asked:
        if who != NOBODY:
            draft.row(_REFERRAL, known, patient=patient, who=who, code=draft.code(part), starts=starts, ends=ends)


def care_team(resource: CareTeam, draft: Draft, catalogue: Catalogue, version: Version) -> None:
    """One row for each member who is a professional or an organization, during their own period if they have one."""
    if resource.status == "entered-in-error":
        return
    patient = _patient(draft, draft.patients(resource.subject))
    starts, ends = draft.period(resource.period)
    known = draft.known()
    ends = ended(ends, known, over=resource.status == "inactive")
    for participant in resource.participant:
        actor, place, service = draft.who(participant.member, PRACTITIONER)
        if (actor, place, service) != NOBODY:
            place = draft.place(participant.onBehalfOf) if place == NOTHING else place
            since, until = _within(draft, participant.period, starts, ends)
            draft.row(
                _CARE_TEAM,
                known if known != NO_TIME else starts,
                patient=patient,
                who=(actor, place, service),
                starts=since,
                ends=until,
            )


def _patient(draft: Draft, patient: int) -> int:
    if patient == NOTHING:
        raise Refused("nobody")
    return patient


def _within(draft: Draft, period: Period | None, starts: int, ends: int) -> tuple[int, int]:
    """A participant's own period where it says one, else that of the whole."""
    if period is None:
        return starts, ends
    since, until = draft.period(period)
    return (starts if since == NO_TIME else since), (ends if until == NO_TIME else until)
