"""What a thief adds to an account's stream: A1 to A7."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from .load import DAY, HOUR, Log
from .stream import Events

OPENINGS = 2_000
"""A thief stops here."""
ACTIVE_SHARE = 0.02
"""An hour of the day is active when it holds this share of the account's past events."""


@dataclass(frozen=True)
class Victim:
    log: Log
    account: int
    eligible: np.ndarray

    @property
    def own(self) -> Events:
        return Events.own(self.log, self.account)

    def active_hours(self) -> np.ndarray:
        """Hours of the day (UTC) in which the owner is usually there, from the days before the test week."""
        t = self.own.between(end=self.log.train).t
        return np.flatnonzero(np.bincount(t % DAY // HOUR, minlength=24) >= ACTIVE_SHARE * len(t))

    def start(self, rng: np.random.Generator) -> float:
        """Some time in the first three days of the test week, at an hour in which the owner is usually there."""
        drawn = self.log.train + rng.uniform(0.2, 3) * DAY
        start = drawn // DAY * DAY + rng.choice(self.active_hours()) * HOUR + rng.uniform(0, HOUR)
        return start if start >= self.log.train else start + DAY


Attack = Callable[[Victim, np.random.Generator], tuple[float, Events]]
"""Gives the start and the whole stream, the victim's events included."""


def openings(victim: Victim, start: float, paths: np.ndarray, gaps: np.ndarray, *, awake: bool = False) -> Events:
    """The victim's stream with `paths` opened from `start` on, one after each gap, until the data ends."""
    at = _in_hours(start, gaps, victim.active_hours()) if awake else start + np.cumsum(gaps)
    kept = at <= victim.log.end
    at, paths = at[kept].astype(np.int64), paths[kept]
    return victim.own.joined(Events(at, paths, np.full(len(at), True), np.full(len(at), True)))


def _in_hours(start: float, gaps: np.ndarray, hours: np.ndarray) -> np.ndarray:
    """Instants one gap apart; one that falls outside `hours` waits for the next of them to begin."""
    wait = [int(((hours - hour) % 24).min()) for hour in range(24)]
    at, now = np.empty(len(gaps)), start
    for i, gap in enumerate(gaps.tolist()):
        now += gap
        hour = int(now // HOUR)
        if wait[hour % 24]:
            now = (hour + wait[hour % 24]) * HOUR
        at[i] = now
    return at


def anywhere(mean_gap: float, *, awake: bool = False) -> Attack:
    """Uniform over all paths, without repetition."""

    def attack(victim: Victim, rng: np.random.Generator) -> tuple[float, Events]:
        start = victim.start(rng)
        paths = rng.permutation(len(victim.log.folder_of))[:OPENINGS]
        gaps = rng.exponential(mean_gap, len(paths))
        return start, openings(victim, start, paths, gaps, awake=awake)

    return attack


def twenty_a_day(victim: Victim, rng: np.random.Generator) -> tuple[float, Events]:
    """As many a day as a patient thief dares, spread over the hours in which the owner is there."""
    return anywhere(len(victim.active_hours()) * HOUR / 20, awake=True)(victim, rng)


def folder_by_folder(victim: Victim, rng: np.random.Generator) -> tuple[float, Events]:
    """Sorted order from a random place."""
    start = victim.start(rng)
    order = np.lexsort((np.arange(len(victim.log.folder_of)), victim.log.folder_of))
    paths = np.roll(order, -rng.integers(len(order)))[:OPENINGS]
    return start, openings(victim, start, paths, rng.exponential(5, len(paths)))


def inside_own_folders(victim: Victim, rng: np.random.Generator) -> tuple[float, Events]:
    """Files the victim never touched, in folders the victim uses."""
    start = victim.start(rng)
    touched = victim.own.between(end=start).path
    near = np.isin(victim.log.folder_of, victim.log.folder_of[touched])
    near[touched] = False
    paths = rng.permutation(np.flatnonzero(near))[:OPENINGS]
    return start, openings(victim, start, paths, rng.exponential(60, len(paths)), awake=True)


def switched(victim: Victim, rng: np.random.Generator) -> tuple[float, Events]:
    """Somebody else works under the victim's name."""
    start = victim.start(rng)
    other = rng.choice(victim.eligible[victim.eligible != victim.account])
    theirs = Events.own(victim.log, int(other), injected=True).between(start=start)
    return start, victim.own.between(end=start).joined(theirs)


ATTACKS: dict[str, Attack] = {
    "A1": anywhere(1),
    "A2": folder_by_folder,
    "A3": anywhere(30),
    "A4": anywhere(300, awake=True),
    "A5": twenty_a_day,
    "A6": inside_own_folders,
    "A7": switched,
}
