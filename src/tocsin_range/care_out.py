"""Care as FHIR lines: stays, appointments, requests and care teams, with the time at which each was known."""

from collections.abc import Iterator

import numpy as np

from tocsin_range.arrays import DAY_MS
from tocsin_range.facts_out import instant, instants
from tocsin_range.patients import FIRST_ID
from tocsin_range.roles import ROLE
from tocsin_range.services import SERVICE
from tocsin_range.world import World

REQUESTS = ("laboratory", "imaging", "pharmacy", "placement", "advice")
"""Codes of the kinds of `care.Requests`."""


def reference(world: World, account: int) -> str:
    """The practitioner who holds an account; empty if nobody does or the directory does not know them."""
    return f"Practitioner/pr{account}" if account >= 0 and world.staff.directory[account] else ""


def encounters(world: World) -> Iterator[str]:
    """`Encounter`: stays that began before the end of the trail; an end stands only where the trail saw it."""
    stays = world.stays
    finish = world.recipe.day_ms(world.recipe.days)
    told = np.flatnonzero((stays.start < finish) & (stays.end > world.recipe.day_ms(-35)))
    start, end, known = instants(stays.start[told]), instants(stays.end[told]), instants(stays.known[told])
    for place, stay in enumerate(told.tolist()):
        over = stays.end[stay] < finish
        doctor = reference(world, int(stays.attending[stay]))
        who = f',"participant":[{{"individual":{{"reference":"{doctor}"}}}}]' if doctor else ""
        until = f',"end":"{end[place]}"' if over else ""
        kind = "EMER" if stays.emergency[stay] else "IMP"
        yield (
            f'{{"resourceType":"Encounter","id":"en{stay}","meta":{{"lastUpdated":"{known[place]}"}},'
            f'"status":"{"finished" if over else "in-progress"}","class":{{"code":"{kind}"}},'
            f'"subject":{{"reference":"Patient/{FIRST_ID + stays.patient[stay]}"}}{who},'
            f'"period":{{"start":"{start[place]}"{until}}},'
            f'"serviceProvider":{{"reference":"Organization/u{stays.unit[stay]}"}}}}'
        )


def appointments(world: World) -> Iterator[str]:
    """`Appointment`: patient, practitioner and the service that holds the agenda."""
    booked = world.appointments
    start, end, known = instants(booked.start), instants(booked.start + 900_000), instants(booked.known)
    agenda, remote = f"s{SERVICE['booking']}", f"s{SERVICE['teleconsultation']}"
    for place in range(len(booked.patient)):
        service = remote if booked.remote[place] else agenda
        actors = (
            f"Patient/{FIRST_ID + booked.patient[place]}",
            reference(world, int(booked.account[place])),
            f"HealthcareService/{service}",
        )
        people = ",".join(f'{{"actor":{{"reference":"{actor}"}},"status":"accepted"}}' for actor in actors if actor)
        yield (
            f'{{"resourceType":"Appointment","id":"ap{place}","meta":{{"lastUpdated":"{known[place]}"}},'
            f'"status":"booked","created":"{known[place]}","start":"{start[place]}","end":"{end[place]}",'
            f'"participant":[{people}]}}'
        )


def service_requests(world: World) -> Iterator[str]:
    """`ServiceRequest`: orders, placements and requests for advice."""
    asked = world.requests
    authored = instants(asked.authored)
    known = instants(asked.authored + (np.arange(len(authored)) * 7919) % 90_000)
    for place in range(len(authored)):
        requester = reference(world, int(asked.requester[place]))
        who = f'"requester":{{"reference":"{requester}"}},' if requester else ""
        yield (
            f'{{"resourceType":"ServiceRequest","id":"sr{place}","meta":{{"lastUpdated":"{known[place]}"}},'
            f'"status":"active","intent":"order","code":{{"coding":[{{"code":"{REQUESTS[int(asked.kind[place])]}"}}]}},'
            f'"subject":{{"reference":"Patient/{FIRST_ID + asked.patient[place]}"}},{who}'
            f'"performer":[{{"reference":"Organization/u{asked.unit[place]}"}}],"authoredOn":"{authored[place]}"}}'
        )


def care_teams(world: World) -> Iterator[str]:
    """`CareTeam`: the general practitioner's patients for two years, and the team of one long stay in three."""
    doctor = world.patients.doctor
    begin = world.recipe.start_ms
    listed = (doctor >= 0) & world.staff.directory[doctor]
    for patient in np.flatnonzero(listed).tolist():
        start = begin - (patient * 37 % 700 + 1) * DAY_MS
        yield _team(f"ct{patient}", patient, (int(doctor[patient]),), start, start + 730 * DAY_MS)
    stays = world.stays
    finish = world.recipe.day_ms(world.recipe.days)
    long = (stays.end - stays.start > 5 * DAY_MS) & (stays.end > begin) & (stays.start < finish)
    members = _ward_members(world)
    for stay in np.flatnonzero(long)[::3].tolist():
        here = members.get(int(stays.unit[stay]), [])
        team = tuple(here[(stay + step * 5) % len(here)] for step in range(min(3, len(here))))
        if team:
            until = min(int(stays.end[stay]), finish + 30 * DAY_MS)
            yield _team(
                f"cs{stay}", int(stays.patient[stay]), tuple(dict.fromkeys(team)), int(stays.start[stay]), until
            )


def _ward_members(world: World) -> dict[int, list[int]]:
    members: dict[int, list[int]] = {}
    for account in np.flatnonzero(world.staff.directory & (world.staff.role <= ROLE["physician"])).tolist():
        members.setdefault(int(world.staff.unit[account]), []).append(account)
    return members


def _team(ident: str, patient: int, members: tuple[int, ...], start: int, end: int) -> str:
    people = ",".join(f'{{"member":{{"reference":"Practitioner/pr{account}"}}}}' for account in members)
    since = instant(start)
    return (
        f'{{"resourceType":"CareTeam","id":"{ident}","meta":{{"lastUpdated":"{since}"}},"status":"active",'
        f'"subject":{{"reference":"Patient/{FIRST_ID + patient}"}},"participant":[{people}],'
        f'"period":{{"start":"{since}","end":"{instant(end)}"}}}}'
    )
