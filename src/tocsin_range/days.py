"""The honest days of a region: a day is a pure function of the world and its number.

1. Who works, and how many patients each one opens.
2. Sessions, then the touches: a patient met by an account in a session, from the pools of the day.
3. A few touches that nothing explains, by whole foreign units, with a heavy tail.
4. Every touch becomes acts: a search, reads, a write; every session a sign-in and perhaps a sign-out.
"""

from dataclasses import dataclass, field

import numpy as np

from tocsin_range import habits
from tocsin_range.acts import blank
from tocsin_range.arrays import MINUTE_MS, Bools, Ints, Records
from tocsin_range.expand import Touches, acts_of_touches, sign_ins, work_lists
from tocsin_range.pools import KEYED_BY, Pool, pools_of
from tocsin_range.roles import ROLE, ROLES
from tocsin_range.sessions import Sessions, naming, sessions_of
from tocsin_range.streams import stream
from tocsin_range.world import World


@dataclass(slots=True)
class Day:
    """What happens on one day, as acts; look-alikes and thieves add theirs."""

    number: int
    begin: int
    acts: Records
    texts: list[str]
    sessions: Sessions
    pools: dict[str, Pool]
    silences: list[tuple[int, int, int]] = field(default_factory=list)
    """Services whose trail is silent, from when to when."""


def honest_day(world: World, number: int) -> Day:
    """Draw a day (0 is the first) of everybody's ordinary work."""
    rng = stream(world.recipe.seed, world.recipe.region, "day", number)
    staff = world.staff
    pools = pools_of(world, number)
    # (1)
    accounts = np.flatnonzero(habits.at_work(world, number, rng))
    medians = np.array([role.patients_a_day for role in ROLES])[staff.role[accounts]] * world.recipe.volume
    wanted, burst = habits.patients_today(medians, staff.pace[accounts], rng)
    # (2)
    counts = 1 + rng.poisson(habits.SESSIONS_A_DAY - 1.0, len(accounts))
    counts = np.where(staff.role[accounts] == ROLE["robot"], 1, np.minimum(counts, np.maximum(wanted, 1)))
    sessions = sessions_of(world, number, accounts, counts, rng)
    if not len(sessions):
        return Day(number, world.recipe.day_ms(number), blank(0), [], sessions, pools)
    session, patient, since = _usual_touches(world, pools, accounts, wanted, burst, counts, rng)
    # (3)
    foreign_session, foreign = _foreign_touches(world, pools, sessions, rng)
    session = np.concatenate([session, foreign_session])
    patient = np.concatenate([patient, foreign])
    since = np.concatenate([since, np.zeros(len(foreign), dtype=np.int64)])
    touches = _timed(world, sessions, session, patient, since, rng)
    # (4)
    texts: list[str] = []
    parts = [
        acts_of_touches(world, sessions, touches, rng),
        work_lists(world, sessions, pools["present"], texts, rng),
        sign_ins(world, sessions, touches, rng),
    ]
    return Day(number, world.recipe.day_ms(number), np.concatenate(parts), texts, sessions, pools)


def _usual_touches(
    world: World,
    pools: dict[str, Pool],
    accounts: Ints,
    wanted: Ints,
    burst: Bools,
    counts: Ints,
    rng: np.random.Generator,
) -> tuple[Ints, Ints, Ints]:
    """Draw `wanted` patients for each account from the pools of its role; give session, patient, since."""
    staff, region = world.staff, world.region
    who = np.repeat(np.arange(len(accounts)), wanted)
    account = accounts[who]
    own = np.minimum((rng.random(len(who)) ** 2 * staff.units_count[account]).astype(np.int64), 7)
    unit = staff.units[account, own]
    keys = {"unit": unit, "house": region.unit_house[unit], "account": account}
    source = rng.random(len(who))
    chance = rng.random(len(who))
    patient = np.full(len(who), -1)
    since = np.zeros(len(who), dtype=np.int64)
    # A burst goes through the unit's recent patients as well: letters to write, a register to fill in.
    after = np.where(burst[who], rng.random(len(who)) < 0.7, False)
    for rank, role in enumerate(ROLES):
        mine = staff.role[account] == rank
        floor = 0.0
        for name, weight in role.sources:
            which = np.flatnonzero(mine & ~after & (source >= floor) & (source < floor + weight + 1e-9))
            patient[which], since[which] = pools[name].draw(keys[KEYED_BY[name]][which], chance[which])
            floor += weight
    which = np.flatnonzero(after)
    patient[which], since[which] = pools["recent"].draw(unit[which], chance[which])
    missing = np.flatnonzero(patient < 0)
    patient[missing], since[missing] = pools["present"].draw(unit[missing], chance[missing])
    first = np.cumsum(counts) - counts
    session = first[who] + (rng.random(len(who)) * counts[who]).astype(np.int64)
    met = patient >= 0
    return session[met], patient[met], since[met]


def _foreign_touches(
    world: World, pools: dict[str, Pool], sessions: Sessions, rng: np.random.Generator
) -> tuple[Ints, Ints]:
    """Patients of units that nothing explains: mutual aid, curiosity, mistakes, facts that no directory holds."""
    region, staff = world.region, world.staff
    human = staff.role[sessions.account] != ROLE["robot"]
    chance = habits.FOREIGN_SESSION * world.recipe.unexplained / UNEXPLAINED_AT_MEASURED
    which = np.flatnonzero(human & (rng.random(len(sessions)) < chance))
    units = np.minimum(rng.random(len(which)) ** (-1 / habits.FOREIGN_INDEX), 30).astype(np.int64)
    session = np.repeat(which, units)
    house = region.unit_house[staff.unit[sessions.account[session]]]
    populated = np.flatnonzero(pools["present"].sizes(np.arange(region.units)) > 0)
    if not len(populated):
        return np.zeros(0, dtype=np.int64), np.zeros(0, dtype=np.int64)
    anywhere = rng.choice(populated, len(session))
    order = populated[np.argsort(region.unit_house[populated], kind="stable")]
    first = np.searchsorted(region.unit_house[order], np.arange(region.houses + 1))
    near = first[house] + (rng.random(len(session)) * (first[house + 1] - first[house])).astype(np.int64)
    nearby = (rng.random(len(session)) < 0.7) & (first[house + 1] > first[house])
    unit = np.where(nearby, order[np.minimum(near, len(order) - 1)], anywhere)
    each = np.minimum(rng.pareto(1.2, len(session)) + 1, 60).astype(np.int64)
    session, unit = np.repeat(session, each), np.repeat(unit, each)
    patient, _ = pools["present"].draw(unit, rng.random(len(session)))
    stranger = rng.random(len(session)) < 0.2
    patient = np.where(stranger, rng.integers(len(world.patients), size=len(session)), patient)
    fine = (patient >= 0) & ~world.patients.honey[patient]
    return session[fine], patient[fine]


UNEXPLAINED_AT_MEASURED = 0.10
"""Share of first-time accesses left unexplained when foreign sessions come at their measured rate."""


def _timed(
    world: World, sessions: Sessions, session: Ints, patient: Ints, since: Ints, rng: np.random.Generator
) -> Touches:
    """Once a patient and account, in random order in a session, a dwell of lognormal length between patients."""
    fine = naming(sessions)[session]
    session, patient, since = session[fine], patient[fine], since[fine]
    pair = sessions.account[session] * (1 << 32) + patient
    _, first = np.unique(pair, return_index=True)
    first = first[np.lexsort((rng.random(len(first)), session[first]))]
    session, patient, since = session[first], patient[first], since[first]
    robot = world.staff.role[sessions.account[session]] == ROLE["robot"]
    dwell = np.where(robot, rng.normal(2_500, 200, len(first)), rng.lognormal(np.log(38_000), 1.0, len(first)) + 9_000)
    dwell = np.minimum(dwell, 25 * MINUTE_MS)
    total = np.cumsum(dwell)
    begins = np.flatnonzero(np.diff(session, prepend=-1))
    base = np.repeat(total[begins] - dwell[begins], np.diff(np.append(begins, len(session))))
    at = sessions.start[session] + 8_000 + (total - base).astype(np.int64)
    # Nobody opens a patient who has not come yet, save for the few seen before they are registered.
    keep = (at >= since) | (rng.random(len(at)) < 0.04)
    return Touches(session[keep], patient[keep], at[keep])
