"""Habits: when people work, how often they sign in, how unequal their days are. Numbers with their source."""

import numpy as np

from tocsin_range.arrays import Bools, Floats, Ints
from tocsin_range.staff import NIGHT, OFFICE, ROTATING, SCHEDULED, Staff
from tocsin_range.world import World

SESSIONS_A_DAY = 5.0
"""Sessions (gaps of 30 minutes) of an account on a working day. From: CLUE-LDS, measured: 37 an account-week."""
DAY_SIGMA = 0.45
"""Lognormal spread of an account's volume from day to day."""
BURST = 0.01
"""Chance that a working day is a burst."""
BURST_INDEX = 0.9
"""Tail index of bursts. From: CLUE-LDS, measured: Hill index about 0.9 (unstable), variance 168 times the mean."""
BUSIEST = 545
"""No account opens more new records a day. From: CLUE-LDS, measured."""
FOREIGN_SESSION = 0.106
"""Chance that a session opens a unit that nothing explains. From: CLUE-LDS, measured: .106/.028/.0075/.0036/.0008
for at least 1/2/3/5/12 units."""
FOREIGN_INDEX = 1.9
"""Tail index that reproduces those chances."""
NOVELTY_WEEK = 0.11
"""Chance that an honest account-week shows a new address or machine. From: measured on an independent generator."""

_HOURS: dict[int, list[float]] = {
    OFFICE: [0, 0, 0, 0, 0, 0.2, 0.5, 3, 10, 13, 12, 10, 6, 6, 11, 10, 8, 5, 2.5, 1, 0.6, 0.5, 0.3, 0.1],
    ROTATING: [0.2, 0.1, 0.1, 0.1, 0.2, 0.6, 5, 14, 9, 8, 8, 6, 5, 6, 7, 6, 6, 6, 5, 4, 2, 0.8, 0.4, 0.2],
    NIGHT: [0.0] * 20 + [7, 10, 9, 7, 6, 6, 5, 5, 6, 8, 9, 3],
    SCHEDULED: [0, 2, 2, 1],
}
"""Local hours at which sessions start; those after 23 are the next morning.

From: CLUE-LDS: 56 % between 06 and 11 h UTC, weekends 5 %; sepsis log: peak at 07-08 h, 9 % between 00 and 06 h."""


def at_work(world: World, day: int, rng: np.random.Generator) -> Bools:
    """Which accounts would work on a day: shifts, part time, holidays; who has left or not yet come goes out later."""
    staff = world.staff
    chance = rng.random(len(staff))
    weekend = (world.recipe.start.weekday() + day) % 7 >= 5
    office = 0.04 if weekend else 0.93
    base = np.array([office, 0.5, 0.45, 1.0])[staff.shift] * staff.worktime
    away = (day >= staff.holiday) & (day < staff.holiday + staff.holiday_days)
    return (chance < base) & ~away


def start_hours(staff: Staff, accounts: Ints, rng: np.random.Generator) -> Floats:
    """A local hour at which a session of each account starts, with fraction."""
    chance = rng.random(len(accounts))
    hour = np.zeros(len(accounts))
    for shift, weights in _HOURS.items():
        which = staff.shift[accounts] == shift
        cumulated = np.cumsum(weights) / np.sum(weights)
        hour[which] = np.searchsorted(cumulated, chance[which], side="right")
    return hour + rng.random(len(accounts))


def patients_today(medians: Floats, pace: Floats, rng: np.random.Generator) -> tuple[Ints, Bools]:
    """How many patients each account opens today, and whether the day is a burst."""
    volume = medians * pace * rng.lognormal(0.0, DAY_SIGMA, len(medians))
    burst = rng.random(len(medians)) < BURST
    tail = 6.0 * (1.0 + rng.pareto(BURST_INDEX, len(medians)))
    volume = np.where(burst, volume * tail, volume)
    return np.clip(np.round(volume), 0, BUSIEST).astype(np.int64), burst


def foreign_patients(count: int, rng: np.random.Generator) -> Ints:
    """How many patients are opened in a unit that nothing explains: one or two, at times very many.

    From: CLUE-LDS, measured: unexplained records of an account-day: p90 8, p95 15, p99 56.
    """
    few = 1 + (rng.random(count) < 0.25)
    many = np.minimum(3.0 * (1.0 + rng.pareto(1.0, count)), 150)
    return np.where(rng.random(count) < 0.07, many, few).astype(np.int64)
