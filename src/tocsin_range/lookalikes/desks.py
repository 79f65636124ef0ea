"""Desks: posts whose ordinary day is a crowd of patients or a crowd of users at one machine."""

import numpy as np

from tocsin_range import places
from tocsin_range.arrays import Records
from tocsin_range.days import Day
from tocsin_range.lookalikes.part import Part, place_in_trail
from tocsin_range.scene import free_account, honest_hands, local
from tocsin_range.staff import UNITS

PLACEMENT = 3
"""Kind of a request for a place, see `care.Requests`."""


def prepare_busy_secretary(part: Part) -> None:
    """A secretary for whom two hundred patients are an ordinary day, all booked or present in the units."""
    world = part.world
    account = free_account(world, part.rng, "secretary")
    part.accounts = [account]
    world.staff.pace[account] = 8.0
    world.staff.worktime[account] = 1.0
    house = world.region.unit_house[world.staff.unit[account]]
    wards = np.flatnonzero((world.region.unit_house == house) & (world.region.unit_beds > 0))[: UNITS - 1]
    others = wards[wards != world.staff.unit[account]]
    world.staff.units[account, 1 : 1 + len(others)] = others
    world.staff.units_count[account] = 1 + len(others)


def prepare_shared_kiosk(part: Part) -> None:
    """Eight carers of one ward take turns at one machine for a week."""
    world = part.world
    carers = world.staff.of_role("nurse", "aide")
    free = carers[~world.staff.taken[carers] & world.staff.directory[carers]]
    units, counts = np.unique(world.staff.unit[free], return_counts=True)
    unit = units[np.argmax(counts)]
    part.accounts = free[world.staff.unit[free] == unit][:8].tolist()
    world.staff.taken[part.accounts] = True
    place_in_trail(part, 5)


def shared_kiosk(part: Part, day: Day) -> list[Records]:
    """Each in turn opens three patients of the ward, several times in the same hour; nobody signs out."""
    world = part.world
    unit = int(world.staff.unit[part.accounts[0]])
    pool = day.pools["present"]
    here = pool.patients[pool.first[unit] : pool.first[unit + 1]]
    kiosk = places.device(places.KIOSK, np.array([unit * 8]), world.recipe.seed)
    address = int(places.site(world.region.unit_house[[unit]], kiosk)[0])
    parts = []
    for turn, account in enumerate(part.accounts * 2):
        hands = honest_hands(world, day, account, 9.0 + 0.15 * turn, rng=part.rng)
        hands.device, hands.address = int(kiosk[0]), address
        hands.sign_in()
        for patient in part.rng.choice(here, min(3, len(here)), replace=False).tolist():
            hands.read(patient)
            hands.wait(40)
            hands.write(patient, create=True)
            hands.wait(25)
        parts.append(hands.done())
    return parts


def prepare_placement_desk(part: Part) -> None:
    """The admissions manager of a residence, who reads the files of everybody in search of a place."""
    part.accounts = [free_account(part.world, part.rng, "social")]
    place_in_trail(part, 5)


def placement_desk(part: Part, day: Day) -> list[Records]:
    """Sixty files a day from all hospitals of the region; only some are addressed to the manager's own residence."""
    asked = part.world.requests
    begin = local(part.world, day.number, 0.0)
    open_files = (asked.kind == PLACEMENT) & (asked.authored < begin) & (asked.authored > begin - 12 * 86_400_000)
    files = np.unique(asked.patient[open_files])
    hands = honest_hands(part.world, day, part.accounts[0], 9.0, service="placement", rng=part.rng)
    hands.sign_in()
    for patient in part.rng.permutation(files)[:60].tolist():
        hands.read(patient, "ServiceRequest")
        hands.wait(50)
        hands.read(patient, "Patient")
        hands.wait(120, 0.6)
    hands.sign_out()
    return [hands.done()]
