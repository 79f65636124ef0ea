"""Survival functions are survival functions, and no bet against them pays on average."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tocsin.detect.nulls import (
    CAP,
    FLOOR,
    LIGHT_TAIL_INDEX,
    MAX_TAIL_INDEX,
    PRIOR_ACCOUNTS,
    age_code,
    blend,
    blend_frequencies,
    carried,
    carried_frequencies,
    e_value,
    reached,
    survival,
)

sessions = st.lists(
    st.tuples(st.integers(0, 6), st.sampled_from((0, 0, 0, 1, 1, 2, 3, 7, 40, 1000, 1024, 5000))),
    min_size=1,
    max_size=60,
)


def is_survival(table: np.ndarray) -> bool:
    """1 at nothing, never rising, never zero beyond."""
    return bool(
        len(table) == CAP + 1
        and abs(table[0] - 1) < 1e-9
        and (np.diff(table) <= 1e-12).all()
        and (table > 0).all()
        and (table <= 1 + 1e-9).all()
    )


@settings(max_examples=150, deadline=None, derandomize=True)
@given(sessions, st.sampled_from((LIGHT_TAIL_INDEX, MAX_TAIL_INDEX)))
def test_survival_of_any_sample_is_a_survival_function(drawn: list[tuple[int, int]], tail_cap: float) -> None:
    account, values = (np.array(column) for column in zip(*drawn, strict=True))
    table, accounts = survival(account, values, tail_cap=tail_cap)
    assert is_survival(table)
    assert accounts == len(set(account.tolist()))


@settings(max_examples=100, deadline=None, derandomize=True)
@given(sessions, st.sampled_from((LIGHT_TAIL_INDEX, MAX_TAIL_INDEX)))
def test_survival_is_never_below_what_was_seen_where_five_accounts_reach(
    drawn: list[tuple[int, int]], tail_cap: float
) -> None:
    account, values = (np.array(column) for column in zip(*drawn, strict=True))
    table, accounts = survival(account, values, tail_cap=tail_cap)
    for x in (1, 2, 3, 7, 40):
        reached = {number for number in account.tolist() if values[account == number].max() >= x}
        if len(reached) >= min(5, accounts):
            seen = np.mean([np.mean(values[account == number] >= x) for number in set(account.tolist())])
            assert table[x] >= seen - 1e-9


def test_each_account_counts_once_however_many_sessions_it_has() -> None:
    busy = np.r_[np.zeros(1000, int), 1]
    values = np.r_[np.full(1000, 5), 0]
    table, _ = survival(busy, values, tail_cap=MAX_TAIL_INDEX)
    assert table[1] == pytest.approx(0.5)


def test_a_sample_of_nothing_says_nothing() -> None:
    table, accounts = survival(np.zeros(0, int), np.zeros(0, int), tail_cap=MAX_TAIL_INDEX)
    assert accounts == 0
    assert table[0] == 1


def test_blend_leans_on_the_level_above_by_accounts() -> None:
    share, above = np.array([1.0, 0.2]), np.array([1.0, 0.6])
    assert blend(share, np.array([PRIOR_ACCOUNTS, 1]), above).tolist() == pytest.approx([1.0, 0.4])
    assert blend(share, np.array([0, 0]), above).tolist() == pytest.approx(above.tolist())
    assert blend_frequencies(share, int(PRIOR_ACCOUNTS), above).tolist() == pytest.approx([1.0, 0.4])


def test_a_level_borrows_the_tail_that_it_has_not_seen() -> None:
    """Promise: own share where accounts reached, the steps of the level above beyond; never a rise."""
    account, values = np.repeat(np.arange(200), 5), np.tile([0, 0, 0, 1, 2], 200)
    above = survival(np.arange(1000) % 90, np.arange(1000) % 50, tail_cap=1.5)[0]
    found = blend(*reached(account, values), above)
    assert found[1] == pytest.approx(0.4, abs=0.05)
    assert found[2] == pytest.approx(0.2, abs=0.05)
    beyond = np.arange(3, CAP)
    assert (found[beyond + 1] / found[beyond]).tolist() == pytest.approx((above[beyond + 1] / above[beyond]).tolist())
    assert (np.diff(found) <= 0).all()


def test_what_comes_with_age_is_carried_on() -> None:
    young, settled = np.array([1.0, 0.4, 0.1]), np.array([1.0, 0.2, 0.01])
    mine = np.array([1.0, 0.8, 0.2])
    assert carried(mine, young, settled).tolist() == pytest.approx([1.0, 0.4, 0.02])
    codes = carried_frequencies(np.array([0.5, 0.5]), np.array([0.8, 0.2]), np.array([0.9, 0.1]))
    assert codes.sum() == pytest.approx(1.0)
    assert codes[1] < 0.5


def test_a_bet_pays_at_most_its_stake_on_average() -> None:
    """Integral of e(p) over a uniform p, on a grid that is fine where e is steep."""
    edges = np.r_[0.0, np.geomspace(FLOOR / 1e3, 1.0, 400_001)]
    upper = e_value(edges[:-1])  # e falls, so its left value bounds the cell from above
    assert 0.95 < float((upper * np.diff(edges)).sum()) <= 1.001


@pytest.mark.parametrize("index", [0.3, 0.9, 1.5, 3.0])
def test_a_bet_on_a_count_pays_at_most_its_stake(index: float) -> None:
    table = (1.0 + np.arange(CAP + 1)) ** -index
    chance = table - np.r_[table[1:], 0.0]
    assert float((chance * e_value(table)).sum()) <= 1.0


def test_e_falls_as_p_rises() -> None:
    p = np.r_[np.geomspace(1e-12, 0.9, 5000), 1 - np.geomspace(0.1, 1e-9, 5000), 1.0]
    assert (np.diff(e_value(p)) <= 0).all()
    assert e_value(np.array([1.0]))[0] == 0.5
    assert np.isfinite(e_value(np.array([0.0]))).all()


@pytest.mark.parametrize(("days", "age"), [(0, 0), (1, 0), (2, 1), (6, 1), (7, 2), (4000, 2)])
def test_an_account_is_new_then_young_then_settled(days: int, age: int) -> None:
    assert age_code(np.array([days]))[0] == age
