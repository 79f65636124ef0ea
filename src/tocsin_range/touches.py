"""Touches: which patients an account meets in which session, from the pools of the day and from nowhere."""

from dataclasses import dataclass

import numpy as np

from tocsin_range import habits
from tocsin_range.arrays import MINUTE_MS, Bools, Ints
from tocsin_range.pools import KEYED_BY, Pool
from tocsin_range.roles import ROLE, ROLES
from tocsin_range.sessions import Sessions, naming
from tocsin_range.world import World

RETURNS = 0.3
"""Chance that a patient met is opened again in another session of the day."""
BURST_INSIDE, BURST_HOUSE = 0.75, 0.15
"""In a burst, share of the unit's recent patients, and of the whole establishment's."""
WEIGHT_OF_FOREIGN = 0.63
"""Scales foreign sessions so that 10 % of first-time accesses stay unexplained.

Measured on regions of 2,000 accounts, against stays, appointments, requests and panels."""


@dataclass(frozen=True, slots=True)
class Meetings:
    """A patient met in a session, with the time from which that can be."""

    session: Ints
    patient: Ints
    since: Ints

    def among(self, which: Ints | Bools) -> "Meetings":
        """Some of them."""
        return Meetings(self.session[which], self.patient[which], self.since[which])


@dataclass(frozen=True, slots=True)
class Touches:
    """A patient met by an account: session, patient, time."""

    session: Ints
    patient: Ints
    at: Ints


def together(*parts: Meetings) -> Meetings:
    """All meetings of several kinds."""
    return Meetings(
        np.concatenate([part.session for part in parts]),
        np.concatenate([part.patient for part in parts]),
        np.concatenate([part.since for part in parts]),
    )


def usual(
    world: World,
    pools: dict[str, Pool],
    accounts: Ints,
    wanted: Ints,
    burst: Bools,
    counts: Ints,
    rng: np.random.Generator,
) -> Meetings:
    """Draw `wanted` patients for each account at work from the pools of its role."""
    staff, region = world.staff, world.region
    who = np.repeat(np.arange(len(accounts)), wanted)
    account = accounts[who]
    own = np.minimum((rng.random(len(who)) ** 2 * staff.units_count[account]).astype(np.int64), 7)
    unit = staff.units[account, own]
    keys = {"unit": unit, "house": region.unit_house[unit], "account": account}
    patient = np.full(len(who), -1)
    since = np.zeros(len(who), dtype=np.int64)
    for name, which in _sources(staff.role[account], burst[who], rng):
        patient[which], since[which] = pools[name].draw_familiar(keys[KEYED_BY[name]][which], account[which], rng)
    missing = np.flatnonzero(patient < 0)
    patient[missing], since[missing] = pools["present"].draw_familiar(unit[missing], account[missing], rng)
    first = np.cumsum(counts) - counts
    session = first[who] + (rng.random(len(who)) * counts[who]).astype(np.int64)
    return Meetings(session, patient, since).among(patient >= 0)


def _sources(role: Ints, burst: Bools, rng: np.random.Generator) -> list[tuple[str, Ints]]:
    """Which draws go to which pool: by role; in a burst mostly to the unit's recent patients.

    A burst is a register to fill in, a month of letters, a unit taken over.
    """
    source, inside = rng.random(len(role)), rng.random(len(role))
    recent = burst & (inside < BURST_INSIDE)
    house = burst & ~recent & (inside < BURST_INSIDE + BURST_HOUSE)
    draws = [("recent", np.flatnonzero(recent)), ("house", np.flatnonzero(house))]
    ordinary = ~recent & ~house
    for rank, item in enumerate(ROLES):
        floor = 0.0
        for name, weight in item.sources:
            mine = ordinary & (role == rank) & (source >= floor) & (source < floor + weight)
            draws.append((name, np.flatnonzero(mine)))
            floor += weight
    return draws


def foreign(world: World, pools: dict[str, Pool], sessions: Sessions, rng: np.random.Generator) -> Meetings:
    """Patients of units that nothing explains: mutual aid, curiosity, mistakes, facts that no directory holds."""
    present = pools["present"]
    human = world.staff.role[sessions.account] != ROLE["robot"]
    chance = habits.FOREIGN_SESSION * world.recipe.unexplained / 0.10 * WEIGHT_OF_FOREIGN
    which = np.flatnonzero(human & (rng.random(len(sessions)) < chance))
    units = np.minimum(rng.random(len(which)) ** (-1 / habits.FOREIGN_INDEX), 30).astype(np.int64)
    session = np.repeat(which, units)
    unit = _foreign_units(world, present, sessions.account[session], rng)
    each = habits.foreign_patients(len(session), rng)
    session, unit = np.repeat(session, each), np.repeat(unit, each)
    patient, _ = present.draw(unit, rng.random(len(session)))
    stranger = rng.random(len(session)) < 0.2
    patient = np.where(stranger, rng.integers(len(world.patients), size=len(session)), patient)
    met = Meetings(session, patient, np.zeros(len(session), dtype=np.int64))
    return met.among((patient >= 0) & ~world.patients.honey[patient])


def _foreign_units(world: World, present: Pool, account: Ints, rng: np.random.Generator) -> Ints:
    """For each account a unit with patients: of the same establishment in seven cases of ten, else anywhere."""
    region = world.region
    populated = np.flatnonzero(present.sizes(np.arange(region.units)) > 0)
    order = populated[np.argsort(region.unit_house[populated], kind="stable")]
    first = np.searchsorted(region.unit_house[order], np.arange(region.houses + 1))
    house = region.unit_house[world.staff.unit[account]]
    size = first[house + 1] - first[house]
    place = first[house] + (rng.random(len(account)) * size).astype(np.int64)
    near = (rng.random(len(account)) < 0.7) & (size > 0)
    return np.where(near, order[np.minimum(place, len(order) - 1)], rng.choice(populated, len(account)))


def distinct(world: World, sessions: Sessions, met: Meetings, rng: np.random.Generator) -> Meetings:
    """Each patient once for an account, then some again in another session of the day."""
    met = met.among(naming(sessions)[met.session])
    account = sessions.account[met.session]
    _, first = np.unique(account * (1 << 32) + met.patient, return_index=True)
    met = met.among(first)
    account = sessions.account[met.session]
    human = world.staff.role[account] != ROLE["robot"]
    again = np.flatnonzero(human & (rng.random(len(account)) < RETURNS))
    begin = np.searchsorted(sessions.account, account[again])
    count = np.searchsorted(sessions.account, account[again], side="right") - begin
    other = begin + (rng.random(len(again)) * count).astype(np.int64)
    returns = Meetings(other, met.patient[again], met.since[again])
    met = together(met, returns.among(naming(sessions)[other]))
    return met.among(np.lexsort((rng.random(len(met.session)), met.session)))


def timed(world: World, sessions: Sessions, met: Meetings, rng: np.random.Generator) -> Touches:
    """Lay the meetings of each session one after the other, a dwell of lognormal length apart."""
    count = len(met.session)
    robot = world.staff.role[sessions.account[met.session]] == ROLE["robot"]
    dwell = np.where(robot, rng.normal(2_500, 200, count), rng.lognormal(np.log(38_000), 1.0, count) + 9_000)
    total = np.cumsum(np.minimum(dwell, 25 * MINUTE_MS))
    begins = np.flatnonzero(np.diff(met.session, prepend=-1))
    before = np.concatenate([[0.0], total])[begins]
    base = np.repeat(before, np.diff(np.append(begins, count)))
    at = sessions.start[met.session] + 8_000 + (total - base).astype(np.int64)
    # Nobody opens a patient who has not come yet, save for the few seen before they are registered.
    keep = (at >= met.since) | (rng.random(count) < 0.04)
    return Touches(met.session[keep], met.patient[keep], at[keep])
