"""A cohort is counted of accounts that nobody vouches for, on a network that is nobody's habit, within a week."""

from __future__ import annotations

from dataclasses import replace

import pytest

from parity.rivers import DAY, HOUR, MONDAY, Told, explained_of, rows_of
from tocsin.detect.cohort import Cohort
from tocsin.model.explained import NEW_NETWORK, NEW_TO_ALL, PLACED, UNKNOWN

FOREIGN = NEW_NETWORK | NEW_TO_ALL


def sign_ups(count: int, **changed: object) -> list[Told]:
    """First rows of so many accounts, an hour apart."""
    rows = [
        Told(event=n, at=MONDAY * DAY + n * HOUR, account=n, network=7, unplaced=UNKNOWN, unsettled=FOREIGN)
        for n in range(count)
    ]
    return [replace(row, **changed) for row in rows]  # type: ignore[arg-type]


def counted(told: list[Told], cohort: Cohort | None = None) -> list[int]:
    """What each row is told."""
    cohort = cohort or Cohort()
    return [int(cohort.count(rows_of([row]), explained_of([row]))[0]) for row in told]


def test_each_sign_up_is_told_how_many_others_came_before() -> None:
    told = sign_ups(5)
    assert counted(told) == [0, 1, 2, 3, 4]
    assert Cohort().count(rows_of(told), explained_of(told)).tolist() == [0, 1, 2, 3, 4]


@pytest.mark.parametrize(
    "changed", [{"unplaced": PLACED}, {"network": 0}, {"unsettled": NEW_NETWORK}, {"account": -1}], ids=str
)
def test_interns_whom_a_directory_places_or_who_sign_up_where_others_work_are_no_cohort(
    changed: dict[str, int],
) -> None:
    assert counted(sign_ups(6, **changed)) == [0] * 6


def test_it_does_not_hang_on_how_rows_are_cut() -> None:
    """Promise: the same live and in bulk: a second network of an account's first day counts too."""
    told = [
        replace(row, account=account, network=network)
        for row, account, network in zip(sign_ups(7), (0, 0, 1, 1, 2, 2, 3), (7, 9, 8, 9, 6, 9, 9), strict=True)
    ]
    assert counted(told) == Cohort().count(rows_of(told), explained_of(told)).tolist() == [0, 0, 0, 1, 0, 2, 3]


def test_an_account_that_comes_again_is_one_and_after_a_week_all_is_forgotten() -> None:
    cohort = Cohort()
    assert counted(sign_ups(3) + sign_ups(3), cohort) == [0, 1, 2, 2, 2, 2]
    cohort.open_slice(MONDAY + 6)
    assert counted(sign_ups(4, at=(MONDAY + 6) * DAY)[3:], cohort) == [3]
    cohort.open_slice(MONDAY + 7)
    assert counted(sign_ups(5, at=(MONDAY + 7) * DAY)[4:], cohort) == [1]
    assert list(cohort.begun) == [7]
