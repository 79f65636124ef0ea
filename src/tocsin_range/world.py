"""A whole region, ready to live its days: places, people, care, and what has been declared."""

from dataclasses import dataclass, field

from tocsin_range.arrays import Ints
from tocsin_range.care import Appointments, Requests, Stays, appointments_of, requests_of, stays_of
from tocsin_range.patients import Patients, patients_of
from tocsin_range.recipe import Recipe
from tocsin_range.region import Region, region_of
from tocsin_range.staff import Staff, staff_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Declared:
    """A declared reason to see many patients (`Task`), with the cohort it is for (`Group`) if it has one."""

    code: str
    """`campaign`, `migration`, `identity-vigilance` or `audit`."""
    title: str
    owners: tuple[int, ...]
    start: int
    end: int
    known: int
    cohort: Ints | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Duty:
    """Accounts on call (`Schedule`)."""

    title: str
    accounts: tuple[int, ...]
    unit: int
    start: int
    end: int
    known: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Contract:
    """A role with a beginning and perhaps an end (`PractitionerRole.period`)."""

    account: int
    units: tuple[int, ...]
    start: int
    end: int | None
    known: int


@dataclass(slots=True)
class World:
    """Everything that the days are drawn from."""

    recipe: Recipe
    region: Region
    staff: Staff
    patients: Patients
    stays: Stays
    appointments: Appointments
    requests: Requests
    declared: list[Declared] = field(default_factory=list)
    duties: list[Duty] = field(default_factory=list)
    contracts: dict[int, Contract] = field(default_factory=dict)


def world_of(recipe: Recipe) -> World:
    """Draw a region from its recipe."""
    region = region_of(recipe)
    staff = staff_of(recipe, region)
    patients = patients_of(recipe, region, staff.of_role("gp"))
    stays = stays_of(recipe, region, staff, patients)
    return World(
        recipe=recipe,
        region=region,
        staff=staff,
        patients=patients,
        stays=stays,
        appointments=appointments_of(recipe, region, staff, patients, stays),
        requests=requests_of(recipe, region, staff, patients, stays),
    )
