"""The honest days of a region: a day is a pure function of the world and its number.

1. Who works, and how many patients each one opens.
2. Sessions, then the patients met in them, from the pools of the day.
3. A few more that nothing explains, by whole foreign units, with a heavy tail.
4. Every meeting becomes acts: a search, reads, a write; every session a sign-in and perhaps a sign-out.
"""

from dataclasses import dataclass, field

import numpy as np

from tocsin_range import habits, touches
from tocsin_range.acts import blank
from tocsin_range.arrays import Records
from tocsin_range.expand import acts_of_touches, enrolments, sign_ins, work_lists
from tocsin_range.pools import Pool, pools_of
from tocsin_range.roles import ROLE, ROLES
from tocsin_range.sessions import Sessions, sessions_of
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
    role = world.staff.role
    pools = pools_of(world, number)
    # (1)
    accounts = np.flatnonzero(habits.at_work(world, number, rng))
    medians = np.array([item.patients_a_day for item in ROLES])[role[accounts]] * world.recipe.volume
    wanted, burst = habits.patients_today(medians, world.staff.pace[accounts], rng)
    # (2)
    counts = 1 + rng.poisson(habits.SESSIONS_A_DAY - 1.0, len(accounts))
    counts = np.where(role[accounts] == ROLE["robot"], 1, np.minimum(counts, np.maximum(wanted, 1)))
    sessions = sessions_of(world, number, accounts, counts, rng)
    day = Day(number, world.recipe.day_ms(number), blank(0), [], sessions, pools)
    if not len(sessions):
        return day
    met = touches.usual(world, pools, accounts, wanted, burst, counts, rng)
    # (3)
    met = touches.together(met, touches.foreign(world, pools, sessions, rng))
    touched = touches.timed(world, sessions, touches.distinct(world, sessions, met, rng), rng)
    # (4)
    parts = [
        acts_of_touches(world, sessions, touched, rng),
        work_lists(world, sessions, pools["present"], day.texts, rng),
        sign_ins(world, sessions, touched, rng),
        enrolments(world, number, sessions),
    ]
    day.acts = np.concatenate(parts)
    return day
