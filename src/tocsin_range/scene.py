"""The scene on which look-alikes and thieves act: the world, its days, and hands that leave acts behind them."""

from dataclasses import dataclass, field

import numpy as np

from tocsin_range import acts, places
from tocsin_range.acts import ACT, PURPOSE, RESOURCE
from tocsin_range.arrays import HOUR_MS, Ints, Records
from tocsin_range.days import Day
from tocsin_range.services import SERVICE, SERVICES
from tocsin_range.staff import SCHEDULED
from tocsin_range.streams import mix_one, stream
from tocsin_range.world import World


@dataclass(slots=True)
class Hands:
    """Somebody at a keyboard: one session, its machine and network, and a clock that each act moves on."""

    world: World
    day: Day
    rng: np.random.Generator
    account: int
    service: int
    device: int
    address: int
    clock: int
    theft: int = -1
    session: int = 0
    opened: int = 0
    assurance: int = 0
    purpose: int = PURPOSE["TREAT"]
    rows: list[tuple[int, ...]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.session = self.session or int(self.rng.integers(1 << 62))
        self.opened = self.opened or self.clock
        self.assurance = self.assurance or int(self.world.staff.assurance[self.account])

    def wait(self, seconds: float, spread: float = 0.35) -> None:
        """Let time pass, about so many seconds."""
        self.clock += max(120, int(seconds * 1000 * self.rng.lognormal(0.0, spread)))

    def sign_in(self) -> None:
        """Sign in; acts need a moment after."""
        self._add(acts.SIGN_IN)
        self.wait(7)

    def fail(self, outcome: int = 4) -> None:
        """A sign-in that does not succeed: wrong password, refused second factor."""
        self._add(acts.SIGN_IN_FAILED, outcome=outcome)

    def enrol(self) -> None:
        """Add a second factor to the account."""
        self._add(acts.ENROL)

    def sign_out(self) -> None:
        self._add(acts.SIGN_OUT)

    def search(self, text: str, listed: Ints, resource: str = "Patient") -> None:
        """One search, whose answer lists some patients: an event each, under one request."""
        place = len(self.day.texts)
        self.day.texts.append(text)
        request = int(self.rng.integers(1 << 62))
        for patient in listed.tolist() or [-1]:
            self._add(acts.SEARCH, patient, RESOURCE[resource], request, place)

    def read(self, patient: int, resource: str | None = None) -> None:
        """Open a patient."""
        shown = SERVICES[self.service].shows.split()
        self._add(acts.READ, patient, RESOURCE[resource or shown[0]])

    def export(self, patients: Ints) -> None:
        """One export that names its patients."""
        request = int(self.rng.integers(1 << 62))
        shown = SERVICES[self.service].shows.split()
        for patient in patients.tolist():
            self._add(acts.EXPORT, patient, RESOURCE[shown[0]], request)

    def write(self, patient: int, resource: str | None = None, *, create: bool = False) -> None:
        """Change a patient's data."""
        shown = SERVICES[self.service].shows.split()
        self._add(acts.CREATE if create else acts.UPDATE, patient, RESOURCE[resource or shown[-1]])

    def _add(
        self, kind: int, patient: int = -1, resource: int = 0, request: int = -1, text: int = -1, outcome: int = 0
    ) -> None:
        request = int(self.rng.integers(1 << 62)) if request < 0 else request
        row = (self.clock, self.account, self.service, kind, resource, patient, request, self.session, self.opened)
        who = (self.device, self.address, self.assurance, self.purpose, text, outcome, self.theft)
        self.rows.append((*row, *who))

    def done(self) -> Records:
        """All acts so far."""
        return np.array(self.rows, dtype=ACT)


def local(world: World, day: int, hour: float) -> int:
    """A local hour of a day, as UTC milliseconds."""
    return world.recipe.day_ms(day) + int(hour * HOUR_MS)


def usual_machine(world: World, account: int, service: int) -> tuple[int, int, int]:
    """Service, machine and address that an account would use on site; it falls back on its first service."""
    staff = world.staff
    if service < 0:
        service = int(staff.services[account, 0])
    device = int(staff.machine[account])
    if staff.shared_machine[account]:
        device = int(places.device(places.KIOSK, staff.unit[[account]] * 8, world.recipe.seed)[0])
    house = world.region.unit_house[staff.unit[account]]
    return service, device, int(places.site(np.array([house]), np.array([device]))[0])


def honest_hands(
    world: World, day: Day, account: int, hour: float, *, service: str | None = None, rng: np.random.Generator
) -> Hands:
    """The owner of an account at their usual machine."""
    rank, device, address = usual_machine(world, account, SERVICE[service] if service else -1)
    clock = local(world, day.number, hour) + int(rng.integers(60_000))
    return Hands(world, day, rng, account, rank, device, address, clock)


def free_account(world: World, rng: np.random.Generator, *roles: str, known: bool = True) -> int:
    """An account of the given roles that plays no part yet, at work often enough; it is taken from now on.

    A small region may run out of a role: then any carer will do, and at last anybody.
    """
    staff = world.staff
    for wanted in (roles, ("nurse", "physician", "gp", "aide", "secretary"), ("robot",)):
        pool = staff.of_role(*wanted)
        fine = ~staff.taken[pool] & (staff.directory[pool] | (not known))
        steady = fine & (staff.worktime[pool] >= 0.8) & (staff.holiday[pool] > world.recipe.days)
        pool = pool[steady] if steady.any() else pool[fine]
        if len(pool):
            account = int(rng.choice(pool))
            staff.taken[account] = True
            return account
    raise TooSmall("The region is too small for all its look-alikes and thieves: ask for more accounts.")


class TooSmall(Exception):
    """The region has no account left for another part."""


def part_rng(world: World, name: str, *more: str | int) -> np.random.Generator:
    """The generator of one look-alike or thief."""
    return stream(world.recipe.seed, world.recipe.region, "part", name, *more)


def key_of(world: World, name: str) -> int:
    """A number for a machine or network that only this part uses."""
    return mix_one(sum(ord(letter) * 131**place for place, letter in enumerate(name)) % (1 << 61), world.recipe.seed)


def is_scheduled(world: World, account: int) -> bool:
    """Whether an account is a robot that runs by the clock."""
    return bool(world.staff.shift[account] == SCHEDULED)
