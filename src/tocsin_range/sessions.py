"""Sessions of a day: who signs in when, to which service, on which machine, from which network."""

from dataclasses import dataclass

import numpy as np

from tocsin_range import habits, places
from tocsin_range.arrays import HOUR_MS, Bools, Floats, Ints
from tocsin_range.roles import ROLE
from tocsin_range.services import SERVICES
from tocsin_range.streams import mix, stream
from tocsin_range.world import World

_SERVICE_RANKS = np.cumsum([0.62, 0.18, 0.1, 0.05, 0.03, 0.02])
_SHOWS = np.array([bool(service.shows) for service in SERVICES])
_MOVES_ABOUT = ("physician", "gp", "manager", "social")


@dataclass(frozen=True, slots=True)
class Sessions:
    """One entry a session."""

    account: Ints
    start: Ints
    service: Ints
    device: Ints
    address: Ints
    ident: Ints
    """Number that no other session has; tokens are made from it."""

    def __len__(self) -> int:
        return len(self.account)


def sessions_of(world: World, day: int, accounts: Ints, counts: Ints, rng: np.random.Generator) -> Sessions:
    """Draw `counts` sessions for each account at work; sessions of one account stand together."""
    staff = world.staff
    who = np.repeat(accounts, counts)
    start = world.recipe.day_ms(day) + (habits.start_hours(staff, who, rng) * HOUR_MS).astype(np.int64)
    ident = (mix(np.arange(len(who)) + (day << 32), world.recipe.seed) >> np.uint64(1)).astype(np.int64)
    device, address = _usual(world, who, ident, rng)
    device, address = _novel(world, day, who, device, address)
    return Sessions(who, start, _services(world, who, rng), device, address, ident)


def _services(world: World, who: Ints, rng: np.random.Generator) -> Ints:
    habitual = world.staff.services[who]
    rank = np.minimum(np.searchsorted(_SERVICE_RANKS, rng.random(len(who))), 5)
    chosen = habitual[np.arange(len(who)), rank]
    return np.where(chosen >= 0, chosen, habitual[:, 0])


def _usual(world: World, who: Ints, ident: Ints, rng: np.random.Generator) -> tuple[Ints, Ints]:
    """Kiosk or own workstation on site; for those who move about, sometimes the home computer or the mobile."""
    staff, region = world.staff, world.region
    unit = staff.unit[who]
    chance = rng.random(len(who))
    moves = np.isin(staff.role[who], [ROLE[key] for key in _MOVES_ABOUT])
    at_home = moves & (chance < 0.09)
    on_mobile = moves & (chance >= 0.09) & (chance < 0.2)
    kiosk = places.device(places.KIOSK, unit * 8 + rng.integers(3, size=len(who)), world.recipe.seed)
    device = np.where(staff.shared_machine[who], kiosk, staff.machine[who])
    device = np.where(at_home, places.device(places.COMPUTER, who, world.recipe.seed), device)
    device = np.where(on_mobile, places.device(places.MOBILE, who, world.recipe.seed), device)
    address = places.site(region.unit_house[unit], device)
    address = np.where(at_home, places.home(staff.town[who], who), address)
    return device, np.where(on_mobile, places.mobile(ident, who), address)


def _novel(world: World, day: int, who: Ints, device: Ints, address: Ints) -> tuple[Ints, Ints]:
    """One account-week in nine shows a new network, a new machine or both, and nothing is wrong."""
    rng, chosen, kind, weekday = _novelties(world, day)
    count = len(world.staff)
    where = rng.random(count)
    key = np.arange(count) + (1 + day // 7) * 1_000_003
    network = np.where(
        where < 0.7,
        places.visited(key),
        np.where(where < 0.9, places.home((world.staff.town + 3) % 900, key), places.hosting(key)),
    )
    machine = np.where(
        rng.random(count) < 0.5,
        places.device(places.COMPUTER, key, world.recipe.seed),
        places.device(places.MOBILE, key, world.recipe.seed),
    )
    new_network = (chosen & (kind < 0.75) & (weekday == day % 7))[who]
    new_machine = (chosen & (kind > 0.55) & (weekday <= day % 7))[who]
    return np.where(new_machine, machine[who], device), np.where(new_network, network[who], address)


def _novelties(world: World, day: int) -> tuple[np.random.Generator, Bools, Floats, Ints]:
    """Of a week: (its randomness, whose week shows something new, what, from which day on)."""
    rng = stream(world.recipe.seed, world.recipe.region, "novelty", day // 7)
    count = len(world.staff)
    chosen = (rng.random(count) < habits.NOVELTY_WEEK * 1.25) & (world.staff.role != ROLE["robot"])
    return rng, chosen, rng.random(count), rng.integers(6, size=count)


def with_new_machine(world: World, day: int) -> Bools:
    """Which accounts have a new machine from this day on."""
    _, chosen, kind, weekday = _novelties(world, day)
    return np.asarray(chosen & (kind > 0.55) & (weekday == day % 7), dtype=np.bool_)


def naming(sessions: Sessions) -> Bools:
    """Sessions in services whose trail names patients."""
    return np.asarray(_SHOWS[sessions.service], dtype=np.bool_)
