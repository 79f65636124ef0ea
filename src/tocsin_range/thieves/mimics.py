"""Mimics: thieves who take care to look like the owner, a colleague, a neighbour, or who are at home.

Source: in CLUE-LDS, measured, streams inside the owner's own units and switched users are caught by their content in
3 to 14 % of cases; what betrays them is the sign-in, the marks, or the missing care.
"""

import numpy as np

from tocsin_range import places
from tocsin_range.arrays import Ints, Records
from tocsin_range.days import Day
from tocsin_range.scene import free_account, usual_machine
from tocsin_range.staff import UNITS
from tocsin_range.thieves.heist import Heist, find_and_read


def take_on_ward(heist: Heist) -> list[int]:
    """Somebody of a unit where patients stay."""
    world = heist.world
    staffed = np.flatnonzero(world.region.unit_beds > 0)
    away = ~np.isin(world.staff.unit, staffed) & ~world.staff.taken
    world.staff.taken |= away
    account = free_account(world, heist.rng, "nurse", "aide", "physician")
    world.staff.taken &= ~away
    return [account]


def own_units(heist: Heist, day: Day) -> list[Records]:
    """Opens the identity of patients of the owner's own units, and never writes a line of care."""
    if heist.rests(day):
        return []
    account = heist.accounts[0]
    pool = day.pools["present"]
    units = [unit for unit in heist.world.staff.units[account].tolist()[:UNITS] if unit >= 0]
    mine = [pool.patients[pool.first[unit] : pool.first[unit + 1]] for unit in units]
    here = np.unique(np.concatenate(mine)) if mine else np.zeros(0, dtype=np.int64)
    hands = heist.hands(day, account, 10.2)
    hands.sign_in()
    for patient in heist.rng.permutation(here)[:40].tolist():
        find_and_read(hands, patient, pause=60, spread=0.6)
    return [hands.done()]


def colleague(heist: Heist, day: Day) -> list[Records]:
    """Does, on the stolen account, what another honest professional of the same role does that day: a user switch."""
    world, account = heist.world, heist.accounts[0]
    honest = day.acts[(day.acts["theft"] < 0) & (day.acts["patient"] >= 0)]
    peers = np.flatnonzero(world.staff.role == world.staff.role[account])
    busy = np.intersect1d(peers[peers != account], honest["account"])
    if not len(busy):
        return []
    rows = honest[honest["account"] == heist.rng.choice(busy)].copy()
    hands = heist.hands(day, account, 9.0)
    hands.clock = int(rows["at"].min()) - 9_000
    hands.opened = hands.clock
    hands.sign_in()
    rows["account"], rows["theft"] = account, heist.number
    rows["session"], rows["opened"] = hands.session, hands.opened
    rows["device"], rows["address"], rows["assurance"] = hands.device, hands.address, hands.assurance
    rows["request"] ^= 0x3C3C3C3C
    return [hands.done(), rows]


def residential(heist: Heist, day: Day) -> list[Records]:
    """A relay in somebody's home in the owner's own town; a hundred and twenty patients, one every forty seconds."""
    account = heist.accounts[0]
    key = np.array([heist.number + 1_000_000_007])
    address = int(places.home(heist.world.staff.town[[account]], key)[0])
    hands = heist.hands(day, account, 10.4, address=address)
    hands.sign_in()
    for patient in heist.next_loot(120).tolist():
        find_and_read(hands, patient, pause=40, spread=0.5)
    return [hands.done()]


def boiling_frog(heist: Heist, day: Day) -> list[Records]:
    """Three strangers on the first day, then a third more each day, always from the same quiet relay."""
    if heist.rests(day):
        return []
    account = heist.accounts[0]
    since = day.number - heist.first_day
    address = int(places.home(heist.world.staff.town[[account]], np.array([heist.number + 2_000_000_011]))[0])
    hands = heist.hands(day, account, 11.5 + since % 4, address=address)
    hands.sign_in()
    for patient in heist.next_loot(round(3 * 1.33**since)).tolist():
        find_and_read(hands, patient, pause=120, spread=0.7)
    return [hands.done()]


def insider(heist: Heist, day: Day) -> list[Records]:
    """The owner, at the usual machine, looks up three people a day who share a name or a town with somebody known."""
    if heist.rests(day):
        return []
    world, account = heist.world, heist.accounts[0]
    service, device, address = usual_machine(world, account, -1)
    hands = heist.hands(day, account, 12.5, service=service, device=device, address=address)
    for patient in _acquaintances(heist, account).tolist():
        find_and_read(hands, patient, pause=200, spread=0.8)
    return [hands.done()]


def _acquaintances(heist: Heist, account: int) -> Ints:
    people, staff = heist.world.patients, heist.world.staff
    close = (people.town == staff.town[account]) | (people.family == staff.family[account])
    found = np.flatnonzero(close & ~people.deceased)
    return heist.rng.choice(found, min(3, len(found)), replace=False)
