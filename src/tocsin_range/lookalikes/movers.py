"""Movers: people who are new, away, standing in, or on call; their habits change and their right does not."""

import numpy as np

from tocsin_range import places
from tocsin_range.acts import PURPOSE
from tocsin_range.arrays import DAY_MS, HOUR_MS, Ints, Records
from tocsin_range.days import Day
from tocsin_range.lookalikes.part import Part, place_in_trail
from tocsin_range.scene import Hands, free_account, honest_hands, local
from tocsin_range.services import SERVICE
from tocsin_range.staff import WHOLE_TIME
from tocsin_range.world import Contract, Duty


def prepare_on_call(part: Part) -> None:
    """Two physicians on call for three nights in the emergency unit of their hospital, as the roster says."""
    world = part.world
    part.accounts = [free_account(world, part.rng, "physician") for _ in range(2)]
    place_in_trail(part, 3)
    for account in part.accounts:
        for day in range(part.first_day, part.last_day + 1):
            begin = local(world, day, 20.0)
            world.duties.append(
                Duty(
                    title="Garde des urgences",
                    accounts=(account,),
                    unit=_emergency_of(part, account),
                    start=begin,
                    end=begin + 12 * HOUR_MS,
                    known=begin - 20 * DAY_MS,
                )
            )


def _emergency_of(part: Part, account: int) -> int:
    region = part.world.region
    units = region.units_of_kind("emergency")
    house = region.unit_house[part.world.staff.unit[account]]
    here = units[region.unit_house[units] == house]
    return int(here[0]) if len(here) else int(units[0])


def on_call(part: Part, day: Day) -> list[Records]:
    """Through the night, those who arrived less than an hour before, and a few from the wards by break of glass."""
    world = part.world
    parts = []
    for account in part.accounts:
        unit = _emergency_of(part, account)
        begin = local(world, day.number, 20.0)
        tonight = (world.stays.unit == unit) & (world.stays.start > begin) & (world.stays.start < begin + 11 * HOUR_MS)
        arrivals = np.flatnonzero(tonight)
        arrivals = arrivals[np.argsort(world.stays.start[arrivals], kind="stable")][:35]
        hands = honest_hands(world, day, account, 20.1, service="emergency-record", rng=part.rng)
        hands.purpose = PURPOSE["ETREAT"]
        hands.sign_in()
        for stay in arrivals.tolist():
            hands.clock = max(hands.clock, int(world.stays.start[stay]))
            hands.wait(900, 0.6)
            hands.read(int(world.stays.patient[stay]), "Encounter")
            hands.wait(60)
            hands.write(int(world.stays.patient[stay]), "Observation", create=True)
        hands.purpose = PURPOSE["BTG"]
        for patient in _from_wards(part, day, account, 4).tolist():
            hands.wait(400)
            hands.read(patient, "Patient")
        parts.append(hands.done())
    return parts


def _from_wards(part: Part, day: Day, account: int, count: int) -> Ints:
    pool = day.pools["house"]
    house = int(part.world.region.unit_house[part.world.staff.unit[account]])
    inside = pool.patients[pool.first[house] : pool.first[house + 1]]
    return part.rng.choice(inside, min(count, len(inside)), replace=False)


def prepare_new_hire(part: Part) -> None:
    """Three people who start in the middle of the trail; the directory learns of one of them three days late."""
    world = part.world
    part.accounts = [free_account(world, part.rng, role) for role in ("nurse", "secretary", "physician")]
    part.first_day = max(0, world.recipe.days // 2)
    for rank, account in enumerate(part.accounts):
        start = world.recipe.day_ms(part.first_day)
        known = start + 3 * DAY_MS if rank == 1 else start - 2 * DAY_MS
        units = tuple(unit for unit in world.staff.units[account].tolist() if unit >= 0)
        world.staff.first_day[account] = part.first_day
        world.staff.role_known[account] = True
        world.contracts[account] = Contract(account=account, units=units, start=start, end=None, known=known)


def prepare_locum(part: Part) -> None:
    """A general practitioner goes on holiday; a locum, never seen before, sees the same patients under contract."""
    world = part.world
    replaced = free_account(world, part.rng, "gp")
    locum = free_account(world, part.rng, "gp", "physician")
    place_in_trail(part, min(5, world.recipe.days))
    part.accounts = [locum]
    part.replaced = replaced
    world.staff.holiday[replaced], world.staff.holiday_days[replaced] = part.first_day, 7
    world.staff.first_day[locum] = WHOLE_TIME
    world.staff.role_known[locum] = True
    start = world.recipe.day_ms(part.first_day)
    world.contracts[locum] = Contract(
        account=locum,
        units=(int(world.staff.unit[replaced]),),
        start=start,
        end=world.recipe.day_ms(part.last_day + 3),
        known=start - 5 * DAY_MS,
    )


def locum(part: Part, day: Day) -> list[Records]:
    """Opens everybody who has an appointment with the doctor replaced, at that doctor's practice."""
    locum = part.accounts[0]
    hands = honest_hands(part.world, day, locum, 8.6, service="booking", rng=part.rng)
    _, hands.device, hands.address = _machine_of(part, part.replaced)
    hands.sign_in()
    _see(hands, _booked(day, part.replaced), 600)
    hands.sign_out()
    return [hands.done()]


def _machine_of(part: Part, account: int) -> tuple[int, int, int]:
    world = part.world
    device = places.device(places.WORKSTATION, np.array([account + 5_000_000]), world.recipe.seed)
    house = world.region.unit_house[world.staff.unit[[account]]]
    return 0, int(device[0]), int(places.site(house, device)[0])


def prepare_travelling(part: Part) -> None:
    """A doctor far from home for four days keeps the teleconsultations: new network, same mobile, own patients."""
    world = part.world
    part.accounts = [free_account(world, part.rng, "gp", "physician")]
    place_in_trail(part, 4)
    world.staff.holiday[part.accounts[0]], world.staff.holiday_days[part.accounts[0]] = part.first_day, 4


def travelling(part: Part, day: Day) -> list[Records]:
    """The patients booked with the doctor that day, from a place visited."""
    account = part.accounts[0]
    device = int(places.device(places.MOBILE, np.array([account]), part.world.recipe.seed)[0])
    address = int(places.visited(np.array([account + 7_000_000 + part.first_day]))[0])
    clock = local(part.world, day.number, 9.2)
    hands = Hands(part.world, day, part.rng, account, SERVICE["teleconsultation"], device, address, clock)
    hands.sign_in()
    _see(hands, _booked(day, account)[:14], 800)
    hands.sign_out()
    return [hands.done()]


def _booked(day: Day, account: int) -> Ints:
    pool = day.pools["own-appointments"]
    return np.unique(pool.patients[pool.first[account] : pool.first[account + 1]])


def _see(hands: Hands, patients: Ints, seconds: float) -> None:
    for patient in patients.tolist():
        hands.read(patient, "Patient")
        hands.wait(30)
        hands.read(patient)
        hands.wait(seconds)
        hands.write(patient)
