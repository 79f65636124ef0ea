"""Facts as FHIR lines: catalogue, establishments and people, each with the time at which it was known."""

import json
from collections.abc import Iterator

import numpy as np

from tocsin_range.arrays import DAY_MS, Ints
from tocsin_range.identifiers import FINESS, RPPS
from tocsin_range.names import MEN, SURNAMES, WOMEN
from tocsin_range.roles import ROLES
from tocsin_range.services import SERVICES
from tocsin_range.world import Contract, World

NATIONAL_ID = "urn:oid:1.2.250.1.71.4.2.1"
LONG_BEFORE = 400 * DAY_MS


def instants(at: Ints) -> list[str]:
    """Times in UTC, to the millisecond."""
    text: list[str] = np.char.add(np.datetime_as_string(np.asarray(at).astype("datetime64[ms]")), "Z").tolist()
    return text


def instant(at: int) -> str:
    return instants(np.array([at]))[0]


def resource(kind: str, ident: str, known: str, **rest: object) -> str:
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
        yield resource(
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
        yield resource(
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
        yield resource(
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
        yield resource(
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
            yield resource(
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


def postcode(town: int) -> str:
    """No French postcode begins with 00."""
    return f"00{town % 1000:03d}"
