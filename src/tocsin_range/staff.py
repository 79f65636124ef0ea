"""The accounts of a region as columns: who holds them, how the trail names them, where and when they work."""

from dataclasses import dataclass

import numpy as np

from tocsin_range import places
from tocsin_range.arrays import Bools, Floats, Ints
from tocsin_range.identifiers import RPPS, rpps
from tocsin_range.names import MEN, SURNAMES, WOMEN
from tocsin_range.recipe import Recipe
from tocsin_range.region import KIND, WARDS, Region
from tocsin_range.roles import ROLE, ROLES
from tocsin_range.services import SERVICES
from tocsin_range.streams import stream

NATIONAL = "https://auth.bas.psc.esante.gouv.fr/auth/realms/esante-wallet"
"""The sandbox of Pro Santé Connect: the national provider's own place for identities that are nobody's."""
UNITS = 8
"""At most so many units for one account."""
HABITUAL = 6
"""At most so many services in habitual use by one account."""
OFFICE, ROTATING, NIGHT, SCHEDULED = range(4)
WHOLE_TIME = 1 << 30


@dataclass(slots=True)
class Staff:
    """One entry an account. Look-alikes and thieves may change columns before the days are drawn."""

    role: Ints
    units: Ints
    """Accounts x UNITS; -1 where none; the first is the home unit."""
    units_count: Ints
    issuer: list[str]
    login: list[str]
    rpps: list[str]
    """Empty for those who have none."""
    family: Ints
    given: Ints
    female: Bools
    directory: Bools
    """Stands in the directory (`Practitioner`)."""
    role_known: Bools
    """The directory knows the units."""
    national: Bools
    shift: Ints
    worktime: Floats
    """Part of whole time."""
    pace: Floats
    """The account's own factor on the role's daily volume."""
    first_day: Ints
    last_day: Ints
    holiday: Ints
    """First day of holidays; WHOLE_TIME if none."""
    holiday_days: Ints
    town: Ints
    services: Ints
    """Accounts x HABITUAL, most used first; -1 where none."""
    assurance: Ints
    machine: Ints
    shared_machine: Bools
    """Works on the kiosks of the unit."""
    taken: Bools
    """Already plays a part in a look-alike or a theft."""

    def __len__(self) -> int:
        return len(self.login)

    @property
    def unit(self) -> Ints:
        return self.units[:, 0]

    def of_role(self, *keys: str) -> Ints:
        """Accounts of the given roles, in order."""
        return np.flatnonzero(np.isin(self.role, [ROLE[key] for key in keys]))

    def name_in_trail(self, account: int, service: int) -> str:
        """`system|value` of an account, as the trail of a service names it."""
        if SERVICES[service].bare_rpps and self.national[account] and self.rpps[account]:
            return f"{RPPS}|{self.rpps[account]}"
        return f"{self.issuer[account]}|{self.login[account]}"


def staff_of(recipe: Recipe, region: Region) -> Staff:
    """Draw the accounts of a region."""
    rng = stream(recipe.seed, recipe.region, "staff")
    role = _roles(recipe.accounts, rng)
    count = len(role)
    units, units_count = _units(role, region, rng)
    house = region.unit_house[units[:, 0]]
    female = rng.random(count) < np.where(role == ROLE["physician"], 0.48, 0.8)
    family = rng.integers(len(SURNAMES), size=count)
    given = np.where(female, rng.integers(len(WOMEN), size=count), rng.integers(len(MEN), size=count))
    chance = np.array([item.national for item in ROLES])[role]
    national = rng.random(count) < chance
    own_local = ~national & (rng.random(count) < 0.06) & (role != ROLE["robot"])
    has_rpps = np.isin(role, [ROLE[key] for key in ("nurse", "physician", "gp", "pharmacist", "technician")])
    has_rpps |= national
    services = _services(role, rng)
    names = _Names(recipe.region, region)
    issuer, login = names.of(role, national, own_local, services[:, 0], house, family, given)
    number = rng.permutation(90_000_000)[:count] if count > 200_000 else rng.choice(90_000_000, count, replace=False)
    registered = [rpps(int(rank)) if known else "" for rank, known in zip(number, has_rpps, strict=True)]
    login = [f"8{registered[rank]}" if national[rank] else name for rank, name in enumerate(login)]
    shift = _shifts(role, rng)
    shared = np.isin(role, (ROLE["nurse"], ROLE["aide"])) & (rng.random(count) < 0.8)
    machine = places.device(places.WORKSTATION, np.arange(count, dtype=np.int64), recipe.seed)
    return Staff(
        role=role,
        units=units,
        units_count=units_count,
        issuer=issuer,
        login=login,
        rpps=registered,
        family=family,
        given=given,
        female=female,
        directory=~own_local & (role != ROLE["robot"]),
        role_known=rng.random(count) < 0.97,
        national=national,
        shift=shift,
        worktime=rng.choice([1.0, 0.8, 0.6, 0.5], count, p=[0.68, 0.2, 0.07, 0.05]),
        pace=rng.lognormal(0.0, 0.35, count),
        first_day=np.full(count, -WHOLE_TIME),
        last_day=np.full(count, WHOLE_TIME),
        holiday=np.where(rng.random(count) < 0.3, rng.integers(-10, max(2, recipe.days), count), WHOLE_TIME),
        holiday_days=rng.choice([4, 7, 14, 21], count, p=[0.3, 0.35, 0.25, 0.1]),
        town=np.where(rng.random(count) < 0.7, region.house_town[house], rng.integers(len(region.towns), size=count)),
        services=services,
        assurance=np.where(national, 3, np.where(rng.random(count) < 0.6, 2, 1)),
        machine=np.where(role == ROLE["robot"], places.device(places.SERVER, np.arange(count)), machine),
        shared_machine=shared,
        taken=np.zeros(count, dtype=np.bool_),
    )


def _roles(accounts: int, rng: np.random.Generator) -> Ints:
    """Roles by share, at least two of each where the look-alikes need them; nurses make up the number."""
    counts = {role.key: max(2, round(role.share * accounts)) for role in ROLES if role.key not in ("nurse", "robot")}
    counts["nurse"] = max(2, accounts - sum(counts.values()))
    roles = np.repeat([ROLE[key] for key in counts], list(counts.values())).astype(np.int64)
    roles = rng.permutation(roles)
    return np.concatenate([roles, np.full(max(2, accounts // 100), ROLE["robot"], dtype=np.int64)])


_HOME_UNITS: dict[str, tuple[tuple[float, tuple[str, ...]], ...]] = {
    "nurse": ((0.8, ("ward",)), (0.16, ("residence",)), (0.04, ("practice",))),
    "aide": ((0.7, ("ward",)), (0.3, ("residence",))),
    "physician": ((1.0, ("ward",)),),
    "gp": ((1.0, ("practice",)),),
    "secretary": ((0.75, ("ward",)), (0.25, ("practice",))),
    "admissions": ((1.0, ("admissions",)),),
    "identity": ((1.0, ("admissions",)),),
    "manager": ((0.5, ("quality",)), (0.5, ("ward",))),
    "pharmacist": ((1.0, ("pharmacy",)),),
    "technician": ((1.0, ("laboratory", "imaging")),),
    "social": ((0.6, ("residence",)), (0.4, ("ward",))),
    "robot": ((0.7, ("quality",)), (0.3, ("platform",))),
}
_BORROWED = (0.62, 0.2, 0.09, 0.04, 0.02, 0.01, 0.01, 0.01)
"""Chances of 0, 1, ... further units. From: BPI 2011 hospital log: staff degree has a heavy tail."""


def _units(role: Ints, region: Region, rng: np.random.Generator) -> tuple[Ints, Ints]:
    """Home and further units, the further ones in the same establishment."""
    wards = np.flatnonzero(np.isin(region.unit_kind, WARDS))
    units = np.full((len(role), UNITS), -1, dtype=np.int64)
    for key, mixture in _HOME_UNITS.items():
        who = np.flatnonzero(role == ROLE[key])
        part = rng.choice(len(mixture), len(who), p=[weight for weight, _ in mixture])
        for rank, (_, kinds) in enumerate(mixture):
            pool = wards if kinds == ("ward",) else np.flatnonzero(np.isin(region.unit_kind, [KIND[k] for k in kinds]))
            members = who[part == rank]
            units[members, 0] = rng.permutation(np.resize(rng.permutation(pool), len(members)))
    count = 1 + rng.choice(len(_BORROWED), len(role), p=_BORROWED)
    count[np.isin(role, [ROLE[key] for key in ("gp", "admissions", "identity", "robot")])] = 1
    for account in np.flatnonzero(count > 1):
        first = int(units[account, 0])
        near = np.flatnonzero((region.unit_house == region.unit_house[first]) & np.isin(region.unit_kind, WARDS))
        near = rng.permutation(near[near != first])[: count[account] - 1]
        units[account, 1 : 1 + len(near)] = near
    return units, (units >= 0).sum(axis=1).astype(np.int64)


def _services(role: Ints, rng: np.random.Generator) -> Ints:
    """Services in habitual use: a weighted draw without replacement among those of the role, patients' ones first."""
    chosen = np.full((len(role), HABITUAL), -1, dtype=np.int64)
    for key, rank in ROLE.items():
        pool = [place for place, service in enumerate(SERVICES) if key in service.users.split()]
        who = np.flatnonzero(role == rank)
        weights = np.array([SERVICES[place].weight * (1.0 if SERVICES[place].shows else 0.2) for place in pool])
        # Efraimidis, Spirakis: weighted random sampling with a reservoir, 2006.
        keys = rng.random((len(who), len(pool))) ** (1.0 / weights)
        order = np.argsort(-keys, axis=1)[:, :HABITUAL]
        chosen[who[:, None], np.arange(order.shape[1])] = np.array(pool)[order]
    # The first service must name patients, or the account would never be seen at work.
    shows = np.array([bool(service.shows) for service in SERVICES])
    for account in np.flatnonzero(~shows[chosen[:, 0]]):
        place = int(np.argmax(shows[chosen[account]] & (chosen[account] >= 0)))
        chosen[account, [0, place]] = chosen[account, [place, 0]]
    return chosen


def _shifts(role: Ints, rng: np.random.Generator) -> Ints:
    chances = np.cumsum(np.array([item.shifts for item in ROLES])[role], axis=1)
    shift = (rng.random(len(role))[:, None] > chances).sum(axis=1)
    return np.where(role == ROLE["robot"], SCHEDULED, np.minimum(shift, NIGHT)).astype(np.int64)


class _Names:
    """Issuers and logins: hospital, service-local and technical accounts."""

    def __init__(self, region_name: str, region: Region) -> None:
        self.region_name = region_name
        self.region = region
        self.seen: dict[tuple[str, str], int] = {}

    def of(
        self, role: Ints, national: Bools, own_local: Bools, service: Ints, house: Ints, family: Ints, given: Ints
    ) -> tuple[list[str], list[str]]:
        issuers, logins = [], []
        for rank in range(len(role)):
            if national[rank]:
                issuers.append(NATIONAL)
                logins.append("")
                continue
            if own_local[rank]:
                issuer = f"https://{SERVICES[int(service[rank])].key}.{self.region_name}.example/comptes"
                login = f"u{10_000 + rank * 7}"
            elif role[rank] == ROLE["robot"]:
                issuer, login = f"https://acces.{self.region_name}.example/realms/technique", f"svc-{rank:05d}"
            else:
                issuer = f"https://sso.h{int(house[rank]):03d}.{self.region_name}.example/realms/personnel"
                login = self._unique(issuer, WOMEN[int(given[rank]) % len(WOMEN)][0], SURNAMES[int(family[rank])])
            issuers.append(issuer)
            logins.append(login)
        return issuers, logins

    def _unique(self, issuer: str, initial: str, family: str) -> str:
        base = (initial + family).lower().replace("é", "e")
        seen = self.seen[issuer, base] = self.seen.get((issuer, base), 0) + 1
        return base if seen == 1 else f"{base}{seen}"
