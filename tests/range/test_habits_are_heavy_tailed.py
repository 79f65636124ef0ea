"""Ordinary days look like measured ones: unequal, with a part that nothing explains, with new machines now and then."""

from __future__ import annotations

from collections import defaultdict

import numpy as np
import pytest

from tocsin_range import acts
from tocsin_range.acts import SEARCH, SIGN_IN, SIGN_IN_FAILED, SIGN_OUT
from tocsin_range.days import Day, honest_day
from tocsin_range.recipe import Recipe, offset_hours
from tocsin_range.roles import ROLE
from tocsin_range.world import World, world_of

DAYS = 12


@pytest.fixture(scope="module")
def world() -> World:
    return world_of(Recipe(accounts=400, days=DAYS))


@pytest.fixture(scope="module")
def days(world: World) -> list[Day]:
    return [honest_day(world, number) for number in range(DAYS)]


def opened(day: Day) -> np.ndarray:
    return day.acts[~np.isin(day.acts["kind"], (SIGN_IN, SIGN_IN_FAILED, SIGN_OUT, SEARCH))]


def test_patients_a_day_are_not_poisson(world: World, days: list[Day]) -> None:
    """From: CLUE-LDS, measured: variance 168 times the mean for files; patients of one ward are fewer."""
    counts = []
    for day in days:
        pairs = np.unique(opened(day)[["account", "patient"]])
        counts += np.unique(pairs["account"], return_counts=True)[1].tolist()
    spread = np.array(counts)
    assert spread.var() / spread.mean() > 8
    assert spread.max() > 8 * np.median(spread)


def test_a_day_depends_on_world_and_number_alone(world: World, days: list[Day]) -> None:
    assert np.array_equal(honest_day(world, 3).acts, days[3].acts)


def test_weekends_and_nights_are_quieter(days: list[Day]) -> None:
    weekday, weekend = len(days[2].acts), len(days[5].acts)
    assert weekend < 0.6 * weekday
    hours = (days[2].acts["at"] // 3_600_000 + offset_hours(int(days[2].begin))) % 24
    assert (hours < 6).mean() < 0.15
    assert ((hours >= 8) & (hours < 13)).mean() > 0.35


def test_about_a_tenth_of_first_accesses_are_explained_by_nothing(world: World, days: list[Day]) -> None:
    """From: CLUE-LDS, measured: 9.8 %; here wards, appointments, requests and panels of one's own units explain."""
    stays, staff = world.stays, world.staff
    units: dict[int, set[int]] = defaultdict(set)
    for patient, unit in zip(stays.patient.tolist(), stays.unit.tolist(), strict=True):
        units[patient].add(unit)
    for facts in (world.appointments, world.requests):
        for patient, unit in zip(facts.patient.tolist(), facts.unit.tolist(), strict=True):
            units[patient].add(unit)
    houses = {patient: {int(world.region.unit_house[unit]) for unit in own} for patient, own in units.items()}
    wide = {ROLE[key] for key in ("admissions", "identity", "manager", "pharmacist")}
    seen: set[tuple[int, int]] = set()
    strange = 0
    for day in days:
        for account, patient in np.unique(opened(day)[["account", "patient"]]).tolist():
            if staff.role[account] == ROLE["robot"] or (account, patient) in seen:
                continue
            seen.add((account, patient))
            own = set(staff.units[account].tolist())
            near = int(world.region.unit_house[staff.unit[account]]) in houses.get(patient, ())
            explained = bool(own & units.get(patient, set())) or (staff.role[account] in wide and near)
            strange += not explained and world.patients.doctor[patient] != account
    assert 0.05 < strange / len(seen) < 0.16


def test_new_machines_and_networks_are_ordinary(days: list[Day]) -> None:
    """Some accounts of the second week show a machine that the first did not, and nothing is wrong."""
    before: dict[int, set[int]] = defaultdict(set)
    after: dict[int, set[int]] = defaultdict(set)
    for day in days:
        for account, device in zip(day.sessions.account.tolist(), day.sessions.device.tolist(), strict=True):
            (before if day.number < 7 else after)[account].add(device)
    both = [account for account in after if account in before]
    fresh = [account for account in both if after[account] - before[account]]
    assert 0.02 < len(fresh) / len(both) < 0.35


def test_honest_people_never_open_a_mark(world: World, days: list[Day]) -> None:
    for day in days:
        assert not world.patients.honey[opened(day)["patient"]].any()
        assert (day.acts["theft"] == -1).all()
        assert set(np.unique(day.acts["resource"])) <= set(range(len(acts.RESOURCES)))
