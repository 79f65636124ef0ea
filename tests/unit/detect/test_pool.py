"""What the pool counts is what others did, lately, with what one shares with them."""

from __future__ import annotations

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from parity.rivers import DAY, HOUR, MINUTE, MONDAY, SECOND, Told, explained_of, rows_of
from tocsin.detect.pool import DAYS, MOST_OF_ONE, PLACE, TARGET, TEMPO, Pool, Tally

CREW = tuple(range(6))
EACH = 12


def harvest(account: int, *, unit: int, every_s: float, day: int = MONDAY, jitter: float = 0.0) -> list[Told]:
    """One account opens strangers of a unit, from a network of its own that is new to it."""
    draw = random.Random(account)
    at, told = day * DAY + 9 * HOUR, []
    for number in range(EACH):
        at += int(every_s * SECOND * (1 + draw.uniform(-jitter, jitter)))
        told.append(
            Told(
                event=account * 100 + number,
                at=at,
                account=account,
                network=700 + account,
                device=800 + account,
                patient=10_000 * account + number + 1,
                fresh=True,
                unit=unit,
                ward=unit,
                unsettled=3,
                age_days=30,
            )
        )
    return told


def pooled(told: list[Told], pool: Pool | None = None) -> dict[int, list[int]]:
    """The most that each account's rows were told of place, target and tempo."""
    told = sorted(told, key=lambda row: row.at)
    found = (pool or Pool()).count(rows_of(told), explained_of(told))
    return {
        account: found[[row.account == account for row in told]].max(axis=0).tolist()
        for account in sorted({row.account for row in told})
    }


def test_a_crew_in_different_places_shares_a_target() -> None:
    told = [row for account in CREW for row in harvest(account, unit=5, every_s=97 + 31 * account)]
    most = pooled(told)
    assert all(one[PLACE] == 0 for one in most.values())
    assert max(one[TARGET] for one in most.values()) == (len(CREW) - 1) * MOST_OF_ONE


def test_a_crew_in_different_places_shares_a_tempo() -> None:
    told = [row for account in CREW for row in harvest(account, unit=account + 1, every_s=60, jitter=0.03)]
    most = pooled(told)
    assert all(one[PLACE] == one[TARGET] == 0 for one in most.values())
    assert max(one[TEMPO] for one in most.values()) == (len(CREW) - 1) * MOST_OF_ONE


@pytest.mark.parametrize(("every_s", "jitter"), [((60, 95), 0.03), ((60, 60), 1.0), ((0.4, 0.4), 0.0)])
def test_another_tempo_or_none_or_that_of_a_list_that_is_loaded_is_not_shared(
    every_s: tuple[float, float], jitter: float
) -> None:
    told = [row for account in CREW[:2] for row in harvest(account, unit=9, every_s=every_s[account], jitter=jitter)]
    assert max(one[TEMPO] for one in pooled(told).values()) <= 1


def test_who_works_from_settled_places_or_has_none_yet_shares_nothing() -> None:
    from dataclasses import replace

    told = [row for account in CREW for row in harvest(account, unit=5, every_s=60)]
    for changed in ({"unsettled": 0}, {"age_days": 1}, {"fresh": False}, {"account": -1}):
        assert not any(sum(one) for one in pooled([replace(row, **changed) for row in told]).values())  # type: ignore[arg-type]


def test_what_was_counted_a_week_ago_is_forgotten() -> None:
    for later, left in ((DAYS - 1, MOST_OF_ONE), (DAYS, 0)):
        pool = Pool()
        pool.open_slice(MONDAY)
        pooled(harvest(0, unit=5, every_s=60), pool)
        pool.open_slice(MONDAY + later)
        most = pooled(harvest(1, unit=5, every_s=60, day=MONDAY + later), pool)
        assert most[1] == [0, left, left]
        assert len(pool.paces) == 1


_ADDED = st.tuples(st.integers(0, 9), st.integers(1, 3), st.integers(0, 3), st.integers(1, 4))


@settings(max_examples=200, deadline=None, derandomize=True)
@given(st.lists(_ADDED, max_size=40), st.integers(-1, 9), st.sampled_from((None, 1, 3)))
def test_a_tally_says_what_a_count_of_all_that_is_left_says(
    added: list[tuple[int, int, int, int]], forgotten: int, most: int | None
) -> None:
    tally = Tally(most)
    for one in added:
        tally.add(*one)
    tally.forget_until(forgotten)
    again = Tally(most)
    again.put(tally.days)
    left = [(key, account, n) for day, key, account, n in added if day > forgotten]
    for key in range(1, 4):
        for account in range(5):
            each = [sum(n for k, a, n in left if (k, a) == (key, other)) for other in range(4) if other != account]
            wanted = sum(each if most is None else [min(n, most) for n in each])
            assert tally.of_others(key, account) == again.of_others(key, account) == wanted


def test_minutes_are_minutes() -> None:
    """A break is longer than half an hour."""
    told = harvest(0, unit=5, every_s=31 * 60) + harvest(1, unit=5, every_s=31 * 60)
    assert max(one[TEMPO] for one in pooled(told).values()) == 0
    told = harvest(0, unit=5, every_s=29 * 60) + harvest(1, unit=5, every_s=29 * 60)
    assert max(one[TEMPO] for one in pooled(told).values()) > 0
    assert MINUTE == 60 * SECOND
