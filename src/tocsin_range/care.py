"""Care as it happens: stays, appointments and requests, the facts that explain most accesses."""

from dataclasses import dataclass

import numpy as np

from tocsin_range.arrays import DAY_MS, HOUR_MS, MINUTE_MS, Bools, Ints
from tocsin_range.patients import Patients
from tocsin_range.recipe import Recipe
from tocsin_range.region import KIND, UNIT_KINDS, WARDS, Region
from tocsin_range.roles import ROLE
from tocsin_range.staff import Staff
from tocsin_range.streams import stream

BEFORE_DAYS = 45
"""Care starts so long before the trail, so that its first day already has wards full of patients."""


@dataclass(slots=True)
class Stays:
    """Time spent by a patient in a unit (`Encounter`)."""

    patient: Ints
    unit: Ints
    start: Ints
    end: Ints
    attending: Ints
    """Account of the physician in charge, or -1."""
    known: Ints
    """When the directory learnt of it."""
    emergency: Bools


@dataclass(slots=True)
class Appointments:
    """A patient expected by a practitioner (`Appointment`)."""

    patient: Ints
    account: Ints
    unit: Ints
    start: Ints
    known: Ints
    remote: Bools
    """By teleconsultation."""


@dataclass(slots=True)
class Requests:
    """Somebody asks a unit to do something for a patient (`ServiceRequest`)."""

    patient: Ints
    requester: Ints
    unit: Ints
    authored: Ints
    kind: Ints
    """0 laboratory, 1 imaging, 2 pharmacy, 3 placement, 4 advice."""


def stays_of(recipe: Recipe, region: Region, staff: Staff, patients: Patients) -> Stays:
    """Admissions: Poisson arrivals by weekday, one to six units a stay, lognormal times, residents for good.

    From: BPI 2011 hospital log: 5.6 units a patient on average, 18 at most; sepsis log: arrivals around the clock.
    """
    rng = stream(recipe.seed, recipe.region, "stays")
    parts = [
        _hospital_stays(house, recipe, region, patients, rng)
        for house in np.flatnonzero(region.hospital_share).tolist()
    ]
    parts.append(_residents(recipe, region, patients, rng))
    patient, unit, start, end, emergency = (np.concatenate([part[column] for part in parts]) for column in range(5))
    alive = ~patients.honey[patient] & ~patients.deceased[patient]
    patient, unit, start, end, emergency = (column[alive] for column in (patient, unit, start, end, emergency))
    late = np.where(
        rng.random(len(start)) < recipe.known_late,
        rng.lognormal(np.log(6 * HOUR_MS), 1.0, len(start)),
        rng.exponential(4 * MINUTE_MS, len(start)),
    )
    early = np.where(~emergency.astype(np.bool_) & (rng.random(len(start)) < 0.3), rng.integers(1, 9, len(start)), 0)
    order = np.argsort(start, kind="stable")
    return Stays(
        patient=patient[order],
        unit=unit[order],
        start=start[order],
        end=end[order],
        attending=_someone_of(unit, staff, ("physician",), region, rng)[order],
        known=(start + late.astype(np.int64) - early * DAY_MS)[order],
        emergency=emergency.astype(np.bool_)[order],
    )


_Columns = tuple[Ints, Ints, Ints, Ints, Ints]


def _hospital_stays(
    house: int, recipe: Recipe, region: Region, patients: Patients, rng: np.random.Generator
) -> _Columns:
    wards = np.flatnonzero((region.unit_house == house) & np.isin(region.unit_kind, WARDS))
    days_each = np.array([max(kind.stay_days * 1.35, 0.3) for kind in UNIT_KINDS])[region.unit_kind[wards]]
    per_day = region.unit_beds[wards] * 0.8 / days_each
    entry = per_day / (1.0 + 0.45 * (region.unit_kind[wards] != KIND["emergency"]))
    first_day, last_day = -BEFORE_DAYS, recipe.days + 2
    weekday = (recipe.start.weekday() + np.arange(first_day, last_day)) % 7
    rate = entry[:, None] * np.where(weekday >= 5, 0.6, 1.15)[None, :]
    counts = rng.poisson(rate)
    unit = np.repeat(wards, counts.sum(axis=1))
    day = np.concatenate([np.repeat(np.arange(first_day, last_day), row) for row in counts])
    catchment = np.flatnonzero(patients.house == house)
    known_here = rng.choice(catchment, max(1, len(catchment) // 6))
    count = len(unit)
    where = rng.random(count)
    patient = np.where(
        where < 0.35,
        rng.choice(known_here, count),
        np.where(where < 0.95, rng.choice(catchment, count), rng.integers(len(patients), size=count)),
    )
    emergency = region.unit_kind[unit] == KIND["emergency"]
    hour = np.where(emergency, rng.choice(24, count, p=_emergency_hours()), rng.integers(8, 17, count))
    start = recipe.day_ms(0) + day * DAY_MS + hour * HOUR_MS + rng.integers(HOUR_MS, size=count)
    return _moves(wards, patient, unit, start, emergency, region, rng)


def _emergency_hours() -> list[float]:
    weights = [1.5] * 6 + [2, 6, 9, 8, 7, 6, 5, 5, 5, 5, 5, 5, 5, 5, 4, 4, 3, 2]
    return [weight / sum(weights) for weight in weights]


def _moves(
    wards: Ints, patient: Ints, unit: Ints, start: Ints, emergency: Bools, region: Region, rng: np.random.Generator
) -> _Columns:
    """Follow each admission through at most six units."""
    median = np.array([max(kind.stay_days, 0.1) for kind in UNIT_KINDS])
    beds = wards[region.unit_kind[wards] != KIND["emergency"]]
    parts: list[_Columns] = []
    for _ in range(6):
        length = rng.lognormal(np.log(median[region.unit_kind[unit]]), 0.75)
        end = start + (length * DAY_MS).astype(np.int64) + 20 * MINUTE_MS
        parts.append((patient, unit, start, end, emergency.astype(np.int64)))
        onward = rng.random(len(unit)) < np.where(emergency, 0.4, 0.25)
        if not onward.any() or not len(beds):
            break
        patient, start, emergency = patient[onward], end[onward], np.zeros(int(onward.sum()), dtype=np.bool_)
        unit = rng.choice(beds, len(patient))
    return tuple(np.concatenate([part[column] for part in parts]) for column in range(5))  # type: ignore[return-value]


def _residents(recipe: Recipe, region: Region, patients: Patients, rng: np.random.Generator) -> _Columns:
    residences = region.units_of_kind("residence")
    who = np.flatnonzero(patients.resident)
    unit = rng.choice(residences, len(who))
    start = recipe.start_ms - rng.integers(1, 900, len(who)) * DAY_MS
    return who, unit, start, np.full(len(who), recipe.day_ms(recipe.days + 400)), np.zeros(len(who), dtype=np.int64)


def _someone_of(unit: Ints, staff: Staff, roles: tuple[str, ...], region: Region, rng: np.random.Generator) -> Ints:
    """For each unit asked, an account of the given roles that works there; -1 if none does."""
    who = staff.of_role(*roles)
    home = staff.unit[who]
    order = np.argsort(home, kind="stable")
    first = np.searchsorted(home[order], np.arange(region.units + 1))
    size = first[unit + 1] - first[unit]
    pick = first[unit] + (rng.random(len(unit)) * size).astype(np.int64)
    return np.where(size > 0, who[order][np.minimum(pick, max(len(who) - 1, 0))], -1)


def appointments_of(recipe: Recipe, region: Region, staff: Staff, patients: Patients, stays: Stays) -> Appointments:
    """Consultations: general practitioners with their own patients, hospital physicians after stays or referral."""
    rng = stream(recipe.seed, recipe.region, "appointments")
    parts = []
    gps, physicians = staff.of_role("gp"), staff.of_role("physician")
    panel, panel_first = _panels(patients, len(staff))
    for day in range(-3, recipe.days + 3):
        if (recipe.start.weekday() + day) % 7 >= 5:
            continue
        busy = rng.poisson(np.where(rng.random(len(gps)) < 0.85, 20, 0))
        clinic = rng.poisson(np.where(rng.random(len(physicians)) < 0.4, 11, 0))
        account = np.concatenate([np.repeat(gps, busy), np.repeat(physicians, clinic)])
        parts.append((account, np.full(len(account), day)))
    account, on_day = (np.concatenate([part[column] for part in parts]) for column in range(2))
    count = len(account)
    anyone = rng.integers(len(patients), size=count)
    size = panel_first[account + 1] - panel_first[account]
    own = panel[np.minimum(panel_first[account] + (rng.random(count) * size).astype(np.int64), len(panel) - 1)]
    seen = stays.patient[rng.integers(len(stays.patient), size=count)]
    is_gp = staff.role[account] == ROLE["gp"]
    chance = rng.random(count)
    patient = np.where(is_gp & (size > 0) & (chance < 0.85), own, np.where(~is_gp & (chance < 0.5), seen, anyone))
    start = recipe.day_ms(0) + on_day * DAY_MS + rng.integers(8 * 4, 18 * 4, count) * 15 * MINUTE_MS
    ahead = np.maximum(rng.lognormal(np.log(6), 1.2, count) * DAY_MS, 30 * MINUTE_MS).astype(np.int64)
    fine = ~patients.honey[patient] & ~patients.deceased[patient]
    remote = rng.random(count) < 0.06
    return Appointments(
        patient=patient[fine],
        account=account[fine],
        unit=staff.unit[account[fine]],
        start=start[fine],
        known=(start - ahead)[fine],
        remote=remote[fine],
    )


def _panels(patients: Patients, accounts: int) -> tuple[Ints, Ints]:
    """Patients ordered by their doctor, and where each account's begin."""
    order = np.argsort(patients.doctor, kind="stable")
    order = order[patients.doctor[order] >= 0]
    return order, np.searchsorted(patients.doctor[order], np.arange(accounts + 1))


def requests_of(recipe: Recipe, region: Region, staff: Staff, patients: Patients, stays: Stays) -> Requests:
    """Orders to technical units during stays, placements after geriatrics and rehabilitation, advice for doctors."""
    rng = stream(recipe.seed, recipe.region, "requests")
    recent = np.flatnonzero((stays.end > recipe.day_ms(-10)) & ~np.isin(stays.unit, region.units_of_kind("residence")))
    parts = [
        _orders(recent, kind, chance, unit_kind, region, stays, rng)
        for kind, chance, unit_kind in ((0, 1.1, "laboratory"), (1, 0.5, "imaging"), (2, 0.3, "pharmacy"))
    ]
    parts.append(_placements(recent, region, stays, rng))
    parts.append(_advice(recipe, region, staff, patients, rng))
    patient, requester, unit, authored, kind = (np.concatenate([part[c] for part in parts]) for c in range(5))
    order = np.argsort(authored, kind="stable")
    fine = order[~patients.honey[patient[order]]]
    return Requests(patient[fine], requester[fine], unit[fine], authored[fine], kind[fine])


def _orders(
    recent: Ints, kind: int, mean: float, unit_kind: str, region: Region, stays: Stays, rng: np.random.Generator
) -> _Columns:
    which = np.repeat(recent, rng.poisson(mean, len(recent)))
    units = region.units_of_kind(unit_kind)
    by_house = np.full(region.houses, -1, dtype=np.int64)
    by_house[region.unit_house[units]] = units
    unit = by_house[region.unit_house[stays.unit[which]]]
    unit = np.where(unit < 0, rng.choice(units, len(which)), unit)
    into = rng.random(len(which)) * np.minimum(stays.end[which] - stays.start[which], 3 * DAY_MS)
    authored = stays.start[which] + into.astype(np.int64)
    return stays.patient[which], stays.attending[which], unit, authored, np.full(len(which), kind)


def _placements(recent: Ints, region: Region, stays: Stays, rng: np.random.Generator) -> _Columns:
    """A patient who cannot go home: one to six residences or rehabilitation units are asked."""
    kinds = [KIND["geriatrics"], KIND["rehabilitation"], KIND["medicine"]]
    leaving = recent[np.isin(region.unit_kind[stays.unit[recent]], kinds) & (rng.random(len(recent)) < 0.35)]
    which = np.repeat(leaving, rng.integers(1, 7, len(leaving)))
    unit = rng.choice(region.units_of_kind("residence", "rehabilitation"), len(which))
    authored = stays.end[which] - rng.integers(HOUR_MS, 4 * DAY_MS, len(which))
    return stays.patient[which], stays.attending[which], unit, authored, np.full(len(which), 3)


def _advice(recipe: Recipe, region: Region, staff: Staff, patients: Patients, rng: np.random.Generator) -> _Columns:
    gps = staff.of_role("gp")
    count = max(5, 2 * len(gps) * (recipe.days + 10))
    who = rng.integers(len(patients), size=count)
    wards = np.flatnonzero(np.isin(region.unit_kind, WARDS[1:]))
    authored = recipe.day_ms(-10) + rng.integers((recipe.days + 10) * DAY_MS, size=count)
    return who, rng.choice(gps, count), rng.choice(wards, count), authored, np.full(count, 4)
