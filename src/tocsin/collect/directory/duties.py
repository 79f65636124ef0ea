"""Schedule -> rosters; Task -> campaigns and declared jobs; Group -> nothing of its own, it leads to its members."""

from __future__ import annotations

from typing import Final

from tocsin.collect.directory.catalogue import Catalogue, Version
from tocsin.collect.directory.decode import Refused
from tocsin.collect.directory.draft import KIND, NOBODY, Draft, ended
from tocsin.collect.directory.resources import Group, Schedule, Task, code_of
from tocsin.collect.directory.symbols import GROUP, NOTHING, OTHER

JOBS: Final = ("migration", "identity-vigilance", "audit")
NOT_DONE: Final = frozenset({"cancelled", "rejected", "entered-in-error", "draft"})
DONE: Final = frozenset({"completed", "failed"})

_ROSTER = KIND["roster"]
_CAMPAIGN = KIND["campaign"]
_TASK = KIND["task"]


def schedule(resource: Schedule, draft: Draft, catalogue: Catalogue, version: Version) -> None:
    """One row for each pair of a professional and a place or service; a role is on call for its own organization."""
    actors: dict[int, None] = {}
    places: dict[tuple[int, int], None] = {}
    for reference in resource.actor:
        actor, place, service = draft.who(reference, OTHER)
        if actor != NOTHING:
            actors[actor] = None
        elif (place, service) != (NOTHING, NOTHING):
            places[place, service] = None
    if not actors:
        return
    starts, ends = draft.period(resource.planningHorizon)
    known = draft.known()
    ends = ended(ends, known, over=resource.active is False)
    code = draft.code(code_of(resource.serviceType))
    for actor in actors:
        for place, service in places or {(NOTHING, NOTHING): None}:
            draft.row(_ROSTER, known, who=(actor, place, service), code=code, starts=starts, ends=ends)


def task(resource: Task, draft: Draft, catalogue: Catalogue, version: Version) -> None:
    """One row for the Patient or for each member of the Group. Only a job, never a campaign, may concern everybody:
    and only if the task names nobody, not if it names somebody who cannot be found."""
    job = _job(resource)
    if job is None or resource.status in NOT_DONE:
        return
    owner = draft.who(resource.owner)
    patient = draft.patients(resource.patients)
    if owner == NOBODY or (patient == NOTHING and (resource.patients is not None or job == "campaign")):
        raise Refused("nobody")
    starts, ends = draft.period(resource.executionPeriod)
    known = draft.known(resource.authoredOn)
    ends = ended(ends, known, over=resource.status in DONE)
    kind, code = (_CAMPAIGN, NOTHING) if job == "campaign" else (_TASK, draft.code(job))
    draft.row(kind, known, patient=patient, who=owner, code=code, starts=starts, ends=ends)


def _job(resource: Task) -> str | None:
    if resource.code is None:
        return None
    codes = {coding.code for coding in resource.code.coding} | {resource.code.text}
    return next((job for job in ("campaign", *JOBS) if job in codes), None)


def group(resource: Group, draft: Draft, catalogue: Catalogue, version: Version) -> None:
    """Kept to lead a task to its patients. Who was a member in any version stays one, from the first that says so."""
    own = draft.symbols.thing("Group", resource.id)
    if own == NOTHING or draft.symbols.sorts[own] != GROUP:
        return
    members = catalogue.members.setdefault(own, {})
    for member in resource.member:
        patient = draft.patients(member.entity)
        if patient != NOTHING and not member.inactive:
            members[patient] = min(version[0], members.get(patient, version[0]))
