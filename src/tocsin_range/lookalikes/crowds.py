"""Crowds: many patients opened for a reason that real life would declare: campaigns, catastrophes, migrations."""

import numpy as np

from tocsin_range.acts import PURPOSE
from tocsin_range.arrays import HOUR_MS, MINUTE_MS, Ints, Records
from tocsin_range.care import Stays
from tocsin_range.days import Day
from tocsin_range.lookalikes.part import Part, place_in_trail
from tocsin_range.names import SURNAMES
from tocsin_range.scene import free_account, honest_hands, local
from tocsin_range.world import Declared, Duty


def prepare_vaccination(part: Part) -> None:
    """A campaign: three carers, a cohort of older people, a task that says so a week before."""
    world = part.world
    part.accounts = [free_account(world, part.rng, "nurse", "gp") for _ in range(3)]
    place_in_trail(part, 3)
    fine = ~world.patients.honey & ~world.patients.deceased
    old = np.flatnonzero(fine & (world.patients.birth_days < world.recipe.start_ms // 86_400_000 - 65 * 365))
    part.patients = part.rng.choice(old, min(360, len(old) // 2), replace=False)
    declare(part, "campaign", "Campagne de vaccination", known_days_before=7, cohort=part.patients)


def vaccination(part: Part, day: Day) -> list[Records]:
    """Forty people a day for each carer: read, vaccinate, next."""
    parts = []
    since = day.number - part.first_day
    for rank, account in enumerate(part.accounts):
        mine = part.patients[since * len(part.accounts) + rank :: 3 * len(part.accounts)]
        hands = honest_hands(part.world, day, account, 9.0 + 0.2 * rank, service="vaccination", rng=part.rng)
        hands.sign_in()
        for patient in mine.tolist():
            hands.read(patient, "Patient")
            hands.wait(70)
            hands.write(patient, "Immunization", create=True)
            hands.wait(160)
        hands.sign_out()
        parts.append(hands.done())
    return parts


def prepare_surge(part: Part) -> None:
    """A mass-casualty plan: a hundred arrivals in one evening, staff called in; the roster knows it an hour late."""
    world = part.world
    place_in_trail(part, 1)
    house = int(np.argmax(world.region.hospital_share))
    emergency = world.region.units_of_kind("emergency")
    unit = int(emergency[world.region.unit_house[emergency] == house][0])
    near = world.region.unit_house[world.staff.unit] == house
    carers = np.isin(np.arange(len(near)), world.staff.of_role("nurse", "aide", "physician", "secretary", "admissions"))
    pool = np.flatnonzero(near & carers & ~world.staff.taken & world.staff.directory)
    part.accounts = np.sort(part.rng.choice(pool, min(25, len(pool) // 3), replace=False)).tolist()
    world.staff.taken[part.accounts] = True
    begin = local(world, part.first_day, 18.0)
    fine = np.flatnonzero(~world.patients.honey & ~world.patients.deceased)
    part.patients = part.rng.choice(fine, min(110, len(fine) // 20), replace=False)
    world.stays = _admit(part, unit, begin)
    world.duties.append(
        Duty(
            title="Plan blanc",
            accounts=tuple(part.accounts),
            unit=unit,
            start=begin,
            end=begin + 14 * HOUR_MS,
            known=begin + HOUR_MS,
        )
    )


def _admit(part: Part, unit: int, begin: int) -> Stays:
    """Add the arrivals to the stays; half are registered half an hour late or more."""
    stays, count = part.world.stays, len(part.patients)
    start = begin + (part.rng.random(count) ** 1.5 * 4 * HOUR_MS).astype(np.int64)
    late = part.rng.exponential(35 * MINUTE_MS, count).astype(np.int64)
    new = Stays(
        patient=part.patients,
        unit=np.full(count, unit),
        start=start,
        end=start + part.rng.integers(3 * HOUR_MS, 40 * HOUR_MS, count),
        attending=np.full(count, -1),
        known=start + late,
        emergency=np.ones(count, dtype=np.bool_),
    )
    return Stays(*(np.concatenate([getattr(stays, name), getattr(new, name)]) for name in Stays.__slots__))


def surge(part: Part, day: Day) -> list[Records]:
    """Each of those called in opens some fifteen of the victims, found by identity search or on the unit's list."""
    parts = []
    for account in part.accounts:
        hands = honest_hands(
            part.world, day, account, 18.2 + 3 * part.rng.random(), service="emergency-record", rng=part.rng
        )
        hands.purpose = PURPOSE["ETREAT"]
        hands.sign_in()
        for patient in part.rng.choice(part.patients, min(16, len(part.patients)), replace=False).tolist():
            hands.read(patient, "Encounter")
            hands.wait(25)
            if part.rng.random() < 0.5:
                hands.write(patient, "Observation", create=True)
            hands.wait(90)
        parts.append(hands.done())
    return parts


def prepare_migration(part: Part) -> None:
    """A declared job: a service account copies records for two nights."""
    world = part.world
    robots = world.staff.of_role("robot")
    robots = robots[~world.staff.taken[robots]]
    part.accounts = [int(robots[0])]
    world.staff.taken[part.accounts] = True
    place_in_trail(part, 2)
    fine = np.flatnonzero(~world.patients.honey)
    part.patients = part.rng.choice(fine, min(900, len(fine) // 4), replace=False)
    declare(part, "migration", "Reprise de données", known_days_before=10, cohort=part.patients)


def migration(part: Part, day: Day) -> list[Records]:
    """A record read and written every second and a half, half of the cohort each night."""
    account = part.accounts[0]
    hands = honest_hands(part.world, day, account, 1.0, service="identity-server", rng=part.rng)
    hands.purpose = PURPOSE["HOPERAT"]
    hands.sign_in()
    for patient in part.patients[day.number - part.first_day :: 2].tolist():
        hands.read(patient, "Patient")
        hands.wait(0.5, 0.05)
        hands.write(patient, "Patient")
        hands.wait(1.0, 0.05)
    return [hands.done()]


def prepare_identity_vigilance(part: Part) -> None:
    """Duplicates to merge: pairs of neighbours by name, a ticket open for a fortnight."""
    world = part.world
    part.accounts = [free_account(world, part.rng, "identity") for _ in range(2)]
    place_in_trail(part, 4)
    newer = np.flatnonzero(world.patients.replaces >= 0)
    ranks = part.rng.integers(len(world.patients) - 2, size=120)
    ranks = ranks[~world.patients.honey[world.patients.by_name[ranks]]]
    part.patients = np.concatenate([newer, world.patients.by_name[ranks]])[:160]
    declare(part, "identity-vigilance", "Traitement des doublons", known_days_before=3, extra_days=10)


def identity_vigilance(part: Part, day: Day) -> list[Records]:
    """Search by name, open both records of a pair, write, next: adjacent names and writes."""
    people = part.world.patients
    parts = []
    for rank, account in enumerate(part.accounts):
        hands = honest_hands(part.world, day, account, 8.8, service="identity-server", rng=part.rng)
        hands.purpose = PURPOSE["PATADMIN"]
        hands.sign_in()
        mine = part.patients[(day.number - part.first_day) * 2 + rank :: 8]
        for patient in mine.tolist():
            pair = _pair(part, patient)
            hands.search(f"Patient?family={SURNAMES[int(people.family[patient])]}&_count=20", pair)
            for each in pair.tolist():
                hands.wait(20)
                hands.read(each, "Patient")
            hands.wait(60)
            hands.write(int(pair[0]), "Patient")
            hands.wait(45)
        hands.sign_out()
        parts.append(hands.done())
    return parts


def _pair(part: Part, patient: int) -> Ints:
    people = part.world.patients
    other = int(people.replaces[patient])
    if other < 0:
        other = int(people.by_name[min(int(people.name_rank[patient]) + 1, len(people) - 1)])
    pair = np.array([patient, other])
    return pair[~people.honey[pair]]


def prepare_quality(part: Part) -> None:
    """The monthly quality extraction of an establishment, by a manager, announced as an audit."""
    part.accounts = [free_account(part.world, part.rng, "manager")]
    place_in_trail(part, 1)
    declare(part, "audit", "Extraction qualité mensuelle", known_days_before=5)


def quality(part: Part, day: Day) -> list[Records]:
    """Opens a sample of last month's stays of the establishment, then exports the list."""
    world, account = part.world, part.accounts[0]
    house = int(world.region.unit_house[world.staff.unit[account]])
    pool = day.pools["house"]
    stays = np.unique(pool.patients[pool.first[house] : pool.first[house + 1]])
    sample = part.rng.permutation(stays)[:250]
    hands = honest_hands(world, day, account, 9.5, service="dashboards", rng=part.rng)
    hands.purpose = PURPOSE["HOPERAT"]
    hands.sign_in()
    for patient in sample[:80].tolist():
        hands.read(patient, "Encounter")
        hands.wait(35)
    hands.export(sample)
    hands.wait(60)
    hands.sign_out()
    return [hands.done()]


def declare(
    part: Part, code: str, title: str, *, known_days_before: int, cohort: Ints | None = None, extra_days: int = 0
) -> None:
    """Write a task for the accounts of a part over its days."""
    recipe = part.world.recipe
    part.world.declared.append(
        Declared(
            code=code,
            title=title,
            owners=tuple(part.accounts),
            start=recipe.day_ms(part.first_day),
            end=recipe.day_ms(part.last_day + 1 + extra_days),
            known=recipe.day_ms(part.first_day - known_days_before) + 10 * HOUR_MS,
            cohort=cohort,
        )
    )
