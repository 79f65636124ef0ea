"""The people of the region as columns: identity, contact, their doctor and their hospital."""

from dataclasses import dataclass

import numpy as np

from tocsin_range.arrays import Bools, Ints
from tocsin_range.identifiers import ins
from tocsin_range.names import MEN, SURNAMES, WOMEN
from tocsin_range.recipe import Recipe
from tocsin_range.region import Region
from tocsin_range.streams import stream

FIRST_ID = 7_000_000
"""Logical ids of patients are numbers from here on, as many servers give them out."""
PATIENTS_AN_ACCOUNT = 30


@dataclass(frozen=True, slots=True)
class Patients:
    """One entry a patient in each column."""

    female: Bools
    birth_days: Ints
    """Days since 1970-01-01, mostly negative."""
    family: Ints
    given: Ints
    town: Ints
    house: Ints
    """The hospital they usually go to."""
    doctor: Ints
    """Account of their general practitioner, or -1."""
    resident: Bools
    """Lives in an EHPAD."""
    phone: Ints
    ins: Ints
    deceased: Bools
    honey: Bools
    replaces: Ints
    """The older record of the same person, for the few that identity vigilance found; else -1."""
    by_name: Ints
    """Patients in the order of surname, first name, birth."""
    name_rank: Ints
    """Place of each patient in `by_name`."""

    def __len__(self) -> int:
        return len(self.family)


def patient_id(patient: int) -> str:
    """Logical id of a patient in the trail."""
    return str(FIRST_ID + patient)


def patients_of(recipe: Recipe, region: Region, doctors: Ints) -> Patients:
    """Draw the people; `doctors` are the accounts of general practitioners."""
    rng = stream(recipe.seed, recipe.region, "patients")
    count = max(1_500, PATIENTS_AN_ACCOUNT * recipe.accounts)
    female = rng.random(count) < 0.52
    family = (rng.beta(1.0, 1.6, count) * len(SURNAMES)).astype(np.int64)
    family = rng.permutation(len(SURNAMES))[family]
    given = np.where(female, rng.integers(len(WOMEN), size=count), rng.integers(len(MEN), size=count))
    age_days = np.clip(rng.triangular(0, 52, 98, count) * 365.25, 0, None).astype(np.int64)
    resident = rng.random(count) < 0.02
    age_days = np.where(resident, rng.integers(80 * 365, 100 * 365, count), age_days)
    birth = recipe.start_ms // 86_400_000 - age_days
    honey = rng.random(count) < recipe.honey
    by_name = np.lexsort((birth, given, family)).astype(np.int64)
    name_rank = np.empty(count, dtype=np.int64)
    name_rank[by_name] = np.arange(count)
    hospitals = np.flatnonzero(region.hospital_share > 0)
    doctor = rng.choice(doctors, count) if len(doctors) else np.full(count, -1)
    return Patients(
        female=female,
        birth_days=birth,
        family=family,
        given=given,
        town=rng.integers(len(region.towns), size=count),
        house=rng.choice(hospitals, count, p=region.hospital_share[hospitals]),
        doctor=np.where((rng.random(count) < 0.5) & ~honey, doctor, -1),
        resident=resident & ~honey,
        phone=rng.integers(20_000, size=count),
        ins=_ins(female, birth, rng),
        deceased=(rng.random(count) < 0.015) & ~resident & ~honey,
        honey=honey,
        replaces=_duplicates(by_name, honey, rng),
        by_name=by_name,
        name_rank=name_rank,
    )


def _ins(female: Bools, birth_days: Ints, rng: np.random.Generator) -> Ints:
    birth = birth_days.astype("datetime64[D]")
    years = birth.astype("datetime64[Y]").astype(np.int64) + 1970
    months = birth.astype("datetime64[M]").astype(np.int64) % 12 + 1
    count = len(female)
    places, orders = rng.integers(100, 999, count), rng.integers(1, 999, count)
    return ins(np.where(female, 2, 1), years, months, places, orders)


def _duplicates(by_name: Ints, honey: Bools, rng: np.random.Generator) -> Ints:
    """A few records whose neighbour by name is the same person, registered twice."""
    replaces = np.full(len(by_name), -1, dtype=np.int64)
    ranks = np.sort(rng.choice(len(by_name) // 2 - 1, max(4, len(by_name) // 400), replace=False)) * 2
    newer, older = by_name[ranks], by_name[ranks + 1]
    fine = ~honey[newer] & ~honey[older]
    replaces[newer[fine]] = older[fine]
    return replaces
