"""Pools: the patients that a working day has ready for a unit, an establishment or an account."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from tocsin_range.arrays import DAY_MS, HOUR_MS, Floats, Ints
from tocsin_range.streams import mix
from tocsin_range.world import World


@dataclass(frozen=True, slots=True)
class Pool:
    """Patients by key (unit, establishment or account), with the time from which they can be met."""

    first: Ints
    patients: Ints
    since: Ints

    def sizes(self, keys: Ints) -> Ints:
        """How many patients each key has."""
        return self.first[keys + 1] - self.first[keys]

    def draw(self, keys: Ints, chance: Floats) -> tuple[Ints, Ints]:
        """One patient for each key, with its time; -1 where the key has none."""
        size = self.sizes(keys)
        place = self.first[keys] + (chance * size).astype(np.int64)
        if not len(self.patients):
            return np.full(len(keys), -1), np.zeros(len(keys), dtype=np.int64)
        place = np.minimum(place, len(self.patients) - 1)
        return np.where(size > 0, self.patients[place], -1), self.since[place]

    def draw_familiar(self, keys: Ints, accounts: Ints, rng: np.random.Generator) -> tuple[Ints, Ints]:
        """Like `draw`, but each account comes back to the same patients: the best of some candidates.

        The order of preference is the account's own and never changes, as with a nurse's share of a ward.
        """
        patient, since = self.draw(keys, rng.random(len(keys)))
        liking = _liking(accounts, patient)
        for _ in range(CANDIDATES - 1):
            other, other_since = self.draw(keys, rng.random(len(keys)))
            other_liking = _liking(accounts, other)
            better = other_liking < liking
            patient, since = np.where(better, other, patient), np.where(better, other_since, since)
            liking = np.minimum(liking, other_liking)
        return patient, since


CANDIDATES = 3
"""The more candidates, the more an account keeps to the same patients."""


def _liking(accounts: Ints, patients: Ints) -> npt.NDArray[np.uint64]:
    return mix((accounts << 32) + patients, 17)


def pool_of(keys: Ints, patients: Ints, since: Ints, count: int) -> Pool:
    """Sort patients by key."""
    order = np.argsort(keys, kind="stable")
    return Pool(np.searchsorted(keys[order], np.arange(count + 1)), patients[order], since[order])


def pools_of(world: World, day: int) -> dict[str, Pool]:
    """The pools of one day, by the names that `roles` uses."""
    begin = world.recipe.day_ms(day)
    finish = begin + DAY_MS
    stays, region, staff = world.stays, world.region, world.staff
    present = (stays.start < finish) & (stays.end > begin - 6 * HOUR_MS)
    recent = (stays.start < begin) & (stays.end <= begin) & (stays.end > begin - 30 * DAY_MS)
    arriving = (stays.start > begin - 12 * HOUR_MS) & (stays.start < finish + 6 * HOUR_MS)
    booked = (world.appointments.start >= begin) & (world.appointments.start < finish + DAY_MS)
    asked = (world.requests.authored > begin - 2 * DAY_MS) & (world.requests.authored < finish)
    panel = np.flatnonzero(world.patients.doctor >= 0)
    house = region.unit_house

    def of_stays(which: np.ndarray, keys: Ints, count: int) -> Pool:
        return pool_of(keys[which], stays.patient[which], stays.start[which], count)

    def of_bookings(keys: Ints, count: int) -> Pool:
        return pool_of(keys[booked], world.appointments.patient[booked], world.appointments.known[booked], count)

    return {
        "present": of_stays(present, stays.unit, region.units),
        "recent": of_stays(recent, stays.unit, region.units),
        "arrivals": of_stays(arriving, house[stays.unit], region.houses),
        "house": of_stays(present | recent, house[stays.unit], region.houses),
        "own-appointments": of_bookings(world.appointments.account, len(staff)),
        "unit-appointments": of_bookings(world.appointments.unit, region.units),
        "requests": pool_of(
            world.requests.unit[asked], world.requests.patient[asked], world.requests.authored[asked], region.units
        ),
        "panel": pool_of(world.patients.doctor[panel], panel, np.zeros(len(panel), dtype=np.int64), len(staff)),
    }


KEYED_BY = {
    "present": "unit",
    "recent": "unit",
    "arrivals": "house",
    "house": "house",
    "own-appointments": "account",
    "unit-appointments": "unit",
    "requests": "unit",
    "panel": "account",
}
"""What a pool is sorted by."""
