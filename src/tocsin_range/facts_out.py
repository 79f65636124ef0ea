"""Facts as FHIR lines: catalogue, establishments, people, care, declared context, each with the time it was known."""

import json
from collections.abc import Iterator

import numpy as np

from tocsin_range.arrays import DAY_MS, Ints
from tocsin_range.identifiers import FINESS, RPPS
from tocsin_range.names import MEN, SURNAMES, WOMEN
from tocsin_range.patients import FIRST_ID
from tocsin_range.roles import ROLE, ROLES
from tocsin_range.services import SERVICES
from tocsin_range.world import Contract, World

NATIONAL_ID = "urn:oid:1.2.250.1.71.4.2.1"
LONG_BEFORE = 400 * DAY_MS
REQUESTS = ("laboratory", "imaging", "pharmacy", "placement", "advice")


def instants(at: Ints) -> list[str]:
    """Times in UTC, to the millisecond."""
    text: list[str] = np.char.add(np.datetime_as_string(np.asarray(at).astype("datetime64[ms]")), "Z").tolist()
    return text


def instant(at: int) -> str:
    return instants(np.array([at]))[0]


def _line(kind: str, ident: str, known: str, **rest: object) -> str:
    return json.dumps(
        {"resourceType": kind, "id": ident, "meta": {"lastUpdated": known}, **rest},
        ensure_ascii=False,
        separators=(",", ":"),
    )


def catalogue(world: World) -> Iterator[str]:
    """`HealthcareService`: what each service is called in its trail, what it holds, who answers for it."""
    known = instant(world.recipe.start_ms - LONG_BEFORE)
    platform = world.region.houses - 1
    hospitals = np.flatnonzero(world.region.hospital_share)
    for rank, service in enumerate(SERVICES):
        house = platform if rank % 3 else int(hospitals[rank % len(hospitals)])
        yield _line(
            "HealthcareService",
            f"s{rank}",
            known,
            active=True,
            identifier=[{"value": service.key}],
            name=service.title,
            providedBy={"reference": f"Organization/h{house}"},
            characteristic=[{"coding": [{"code": code}]} for code in service.holds.split()],
        )


def organizations(world: World) -> Iterator[str]:
    """`Organization`: establishments with FINESS, and their units."""
    region = world.region
    known = instant(world.recipe.start_ms - LONG_BEFORE)
    for house, name in enumerate(region.house_name):
        town = region.towns[int(region.house_town[house])]
        yield _line(
            "Organization",
            f"h{house}",
            known,
            active=True,
            identifier=[{"system": FINESS, "value": region.house_finess[house]}],
            type=[{"coding": [{"code": region.house_kind[house]}]}],
            name=name,
            telecom=[{"system": "phone", "value": f"01 99 00 {house // 100 % 100:02d} {house % 100:02d}"}],
            address=[{"city": town, "postalCode": postcode(int(region.house_town[house])), "country": "FR"}],
        )
    for unit in range(region.units):
        yield _line(
            "Organization",
            f"u{unit}",
            known,
            active=True,
            name=region.unit_title(unit),
            partOf={"reference": f"Organization/h{int(region.unit_house[unit])}"},
        )


def practitioners(world: World) -> Iterator[str]:
    """`Practitioner`: everybody in the directory, with every number by which a trail may name them."""
    staff = world.staff
    for account in np.flatnonzero(staff.directory).tolist():
        identifiers = []
        if staff.rpps[account]:
            identifiers.append({"system": RPPS, "value": staff.rpps[account]})
            identifiers.append({"system": NATIONAL_ID, "value": f"8{staff.rpps[account]}"})
        if not staff.national[account]:
            identifiers.append({"system": staff.issuer[account], "value": staff.login[account]})
        given = (WOMEN if staff.female[account] else MEN)[int(staff.given[account])]
        yield _line(
            "Practitioner",
            f"pr{account}",
            instant(_hired(world, account)),
            active=True,
            identifier=identifiers,
            name=[{"family": SURNAMES[int(staff.family[account])].upper(), "given": [given]}],
        )


def roles(world: World) -> Iterator[str]:
    """`PractitionerRole`: who works where; a locum's contract has an end, a few roles are missing."""
    staff = world.staff
    for account in np.flatnonzero(staff.directory & staff.role_known).tolist():
        contract = world.contracts.get(account) or _standing(world, account)
        period = {"start": instant(contract.start)}
        if contract.end is not None:
            period["end"] = instant(contract.end)
        role = ROLES[int(staff.role[account])]
        places = [f"Organization/u{unit}" for unit in contract.units]
        if role.whole_house and contract.units:
            places.append(f"Organization/h{int(world.region.unit_house[contract.units[0]])}")
        for rank, place in enumerate(places):
            more = {"specialty": [{"text": role.specialty}]} if role.specialty else {}
            yield _line(
                "PractitionerRole",
                f"ro{account}-{rank}",
                instant(contract.known),
                active=True,
                period=period,
                practitioner={"reference": f"Practitioner/pr{account}"},
                organization={"reference": place},
                code=[{"coding": [{"code": role.key}], "text": role.title}],
                **more,
            )


def _hired(world: World, account: int) -> int:
    contract = world.contracts.get(account)
    return contract.known if contract else world.recipe.start_ms - LONG_BEFORE + account * 60_000


def _standing(world: World, account: int) -> Contract:
    units = tuple(unit for unit in world.staff.units[account].tolist() if unit >= 0)
    start = world.recipe.start_ms - LONG_BEFORE
    return Contract(account=account, units=units, start=start, end=None, known=_hired(world, account))


def encounters(world: World) -> Iterator[str]:
    """`Encounter`: stays that began before the end of the trail; an end stands only where the trail saw it."""
    stays = world.stays
    finish = world.recipe.day_ms(world.recipe.days)
    told = np.flatnonzero((stays.start < finish) & (stays.end > world.recipe.day_ms(-35)))
    start, end, known = instants(stays.start[told]), instants(stays.end[told]), instants(stays.known[told])
    for place, stay in enumerate(told.tolist()):
        over = stays.end[stay] < finish
        doctor = int(stays.attending[stay])
        who = f',"participant":[{{"individual":{{"reference":"Practitioner/pr{doctor}"}}}}]' if doctor >= 0 else ""
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
    agenda, remote = "s11", "s0"
    for place in range(len(booked.patient)):
        service = remote if booked.remote[place] else agenda
        actors = (
            f"Patient/{FIRST_ID + booked.patient[place]}",
            f"Practitioner/pr{booked.account[place]}",
            f"HealthcareService/{service}",
        )
        people = ",".join(f'{{"actor":{{"reference":"{actor}"}},"status":"accepted"}}' for actor in actors)
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
        requester = int(asked.requester[place])
        who = f'"requester":{{"reference":"Practitioner/pr{requester}"}},' if requester >= 0 else ""
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
    for patient in np.flatnonzero(doctor >= 0).tolist():
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


def schedules(world: World) -> Iterator[str]:
    """`Schedule`: who is on call, where and when."""
    for rank, duty in enumerate(world.duties):
        actors = [f"Practitioner/pr{account}" for account in duty.accounts]
        yield _line(
            "Schedule",
            f"sc{rank}",
            instant(duty.known),
            active=True,
            serviceType=[{"text": duty.title}],
            actor=[{"reference": actor} for actor in (*actors, f"Organization/u{duty.unit}")],
            planningHorizon={"start": instant(duty.start), "end": instant(duty.end)},
        )


def tasks(world: World) -> Iterator[str]:
    """`Task`: declared context; its owners are people, or an account when the directory does not know it."""
    for rank, declared in enumerate(world.declared):
        for part, owner in enumerate(declared.owners):
            rest: dict[str, object] = {}
            if declared.cohort is not None:
                rest["for"] = {"reference": f"Group/gr{rank}"}
            yield _line(
                "Task",
                f"ta{rank}-{part}",
                instant(declared.known),
                status="in-progress",
                intent="order",
                code={"coding": [{"code": declared.code}], "text": declared.title},
                owner=_owner(world, owner),
                executionPeriod={"start": instant(declared.start), "end": instant(declared.end)},
                **rest,
            )


def _owner(world: World, account: int) -> dict[str, object]:
    if world.staff.directory[account]:
        return {"reference": f"Practitioner/pr{account}"}
    return {"identifier": {"system": world.staff.issuer[account], "value": world.staff.login[account]}}


def groups(world: World) -> Iterator[str]:
    """`Group`: the cohorts of declared tasks."""
    for rank, declared in enumerate(world.declared):
        if declared.cohort is not None:
            members = [
                {"entity": {"reference": f"Patient/{FIRST_ID + patient}"}} for patient in declared.cohort.tolist()
            ]
            yield _line(
                "Group",
                f"gr{rank}",
                instant(declared.known),
                type="person",
                actual=True,
                name=declared.title,
                quantity=len(members),
                member=members,
            )


def postcode(town: int) -> str:
    """No French postcode begins with 00."""
    return f"00{town % 1000:03d}"
