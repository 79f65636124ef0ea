"""A heist: one thief (or crew) at work on stolen accounts, and the means that every family of thieves shares."""

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

from tocsin_range import places
from tocsin_range.arrays import Ints, Records
from tocsin_range.days import Day
from tocsin_range.scene import Hands, free_account, key_of, local
from tocsin_range.services import SERVICE, SERVICES
from tocsin_range.world import World

TARGETS = ("teleconsultation", "placement", "identity-server", "care-pathway", "consent")
"""Services that show identity and contact, as the thieves of 2025 looked for. From: ARS communiqués, September 2025."""


@dataclass(frozen=True, slots=True)
class Attack:
    """One behaviour of a thief, as data."""

    name: str
    title: str
    days: int
    """For how many days it goes on."""
    act: Callable[["Heist", Day], list[Records]]
    """What it does on each of its days."""
    accounts: int = 1
    roles: tuple[str, ...] = ("physician", "gp", "nurse", "social", "secretary")
    """Whose accounts it takes."""
    take: Callable[["Heist"], list[int]] | None = None
    """How it comes by its accounts, if not by stealing those of people at work."""
    works_weekends: bool = False
    """Whether it may begin on a Saturday or Sunday."""


@dataclass(slots=True)
class Heist:
    """An attack under way in a world."""

    attack: Attack
    number: int
    """Written in the acts' `theft` column, never in the trail."""
    world: World
    rng: np.random.Generator
    first_day: int
    accounts: list[int] = field(default_factory=list)
    loot: Ints = field(default_factory=lambda: np.zeros(0, dtype=np.int64))
    """Patients in the order in which they would be taken."""
    taken: int = 0
    done: bool = False
    """Set by those who wait for the owner and then strike once."""
    shift: float = 0.0
    """Hours by which this thief is earlier or later than others of the kind."""
    unrecorded: list[tuple[int, int]] = field(default_factory=list)
    """Patients opened (with the time) of which the trail keeps no line."""

    @property
    def last_day(self) -> int:
        return self.first_day + self.attack.days - 1

    def rests(self, day: Day) -> bool:
        """Whether thieves who keep the owner's hours stay away: weekends."""
        return (self.world.recipe.start.weekday() + day.number) % 7 >= 5

    def next_loot(self, count: int) -> Ints:
        """The next patients to take, never twice the same; a region never loses more than a sixth to one thief."""
        count = min(count, len(self.loot) - self.taken)
        self.taken += count
        return self.loot[self.taken - count : self.taken]

    def hands(
        self,
        day: Day,
        account: int,
        hour: float,
        *,
        service: int | None = None,
        device: int | None = None,
        address: int | None = None,
        tool: str = "",
    ) -> Hands:
        """The thief's hands: by default on a machine and a network that the account has never used."""
        key = np.array([key_of(self.world, f"{self.attack.name}{self.number}{tool}")])
        if device is None:
            device = int(places.device(places.COMPUTER, key)[0])
        if address is None:
            address = int(places.hosting(key)[0])
        service = target_of(self.world, account) if service is None else service
        clock = local(self.world, day.number, max(0.1, hour + self.shift)) + int(self.rng.integers(60_000))
        return Hands(self.world, day, self.rng, account, service, device, address, clock, theft=self.number)


def heist_of(attack: Attack, number: int, world: World, rng: np.random.Generator, first_day: int) -> Heist:
    """Choose accounts and the patients to take: anybody of the region, marks included, for no thief knows them."""
    heist = Heist(attack, number, world, rng, first_day, shift=float(rng.uniform(-1.5, 1.5)))
    if attack.take is None:
        # A crew never holds more than one account in twenty, however small the region.
        crew = min(attack.accounts, max(2, len(world.staff) // 20))
        heist.accounts = [free_account(world, rng, *attack.roles) for _ in range(crew)]
    else:
        heist.accounts = attack.take(heist)
    everybody = np.flatnonzero(~world.patients.deceased)
    heist.loot = rng.permutation(everybody)[: max(60, len(everybody) // 6)]
    return heist


def target_of(world: World, account: int) -> int:
    """The service with the most contact data among those that the account uses, else one open to its role."""
    habitual = [rank for rank in world.staff.services[account].tolist() if rank >= 0]
    for key in TARGETS:
        if SERVICE[key] in habitual:
            return SERVICE[key]
    showing = [rank for rank in habitual if "Patient" in SERVICES[rank].shows.split()]
    return showing[0] if showing else SERVICE["teleconsultation"]


def find_and_read(hands: Hands, patient: int, *, pause: float, spread: float = 0.35) -> None:
    """Open one patient's identity, then wait."""
    shown = SERVICES[hands.service].shows.split()
    hands.read(patient, "Patient" if "Patient" in shown else shown[0])
    hands.wait(pause, spread)


def owner_rows(heist: Heist, day: Day, account: int) -> Records:
    """What the owner does on the day, in order."""
    mine = day.acts[(day.acts["account"] == account) & (day.acts["theft"] < 0)]
    return mine[np.argsort(mine["at"], kind="stable")]
