"""Survival functions are survival functions, and no bet against them pays on average."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tocsin.detect.nulls import (
    AGES,
    CAP,
    LIGHT_TAIL_INDEX,
    MAX_TAIL_INDEX,
    ONE_MORE,
    PRIOR_ACCOUNTS,
    THIEF,
    age_code,
    blend,
    blend_frequencies,
    carried,
    carried_frequencies,
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
    half = (PRIOR_ACCOUNTS * (0.2 + 0.6) + ONE_MORE) / (2 * PRIOR_ACCOUNTS + ONE_MORE)
    assert blend(share, np.array([PRIOR_ACCOUNTS, 1]), above).tolist() == pytest.approx([1.0, half])
    assert blend(share, np.array([0, 0]), above).tolist() == pytest.approx(above.tolist(), rel=0.01)
    assert blend_frequencies(share, int(PRIOR_ACCOUNTS), above).tolist() == pytest.approx([1.0, 0.4])


@settings(max_examples=150, deadline=None, derandomize=True)
@given(sessions, st.sampled_from((0.3, 1.5, 2.5)))
def test_what_was_never_seen_is_not_impossible(drawn: list[tuple[int, int]], index: float) -> None:
    """Promise: (k + 1) / (n + 1): a step is at least what one more account would have shown, one day in twenty."""
    account, values = (np.array(column) for column in zip(*drawn, strict=True))
    above = (1.0 + np.arange(CAP + 1)) ** -index
    share, accounts = reached(account, values)
    found = blend(share, accounts, above)
    assert is_survival(found)
    step = found[1:] / found[:-1]
    assert (step >= ONE_MORE / (accounts[:-1] + PRIOR_ACCOUNTS + ONE_MORE) - 1e-12).all()
    mean = accounts[:-1] * (share[1:] / np.maximum(share[:-1], 1e-9)) + PRIOR_ACCOUNTS * above[1:] / above[:-1]
    assert (step >= mean / (accounts[:-1] + PRIOR_ACCOUNTS) - 1e-9).all()


def test_a_level_borrows_the_tail_that_it_has_not_seen() -> None:
    """Promise: own share where accounts reached, the steps of the level above beyond; never a rise."""
    account, values = np.repeat(np.arange(200), 5), np.tile([0, 0, 0, 1, 2], 200)
    above = survival(np.arange(1000) % 90, np.arange(1000) % 50, tail_cap=1.5)[0]
    found = blend(*reached(account, values), above)
    assert found[1] == pytest.approx(0.4, abs=0.05)
    assert found[2] == pytest.approx(0.2, abs=0.05)
    beyond = np.arange(3, CAP)
    steps, wanted = found[beyond + 1] / found[beyond], above[beyond + 1] / above[beyond]
    assert steps.tolist() == pytest.approx(wanted.tolist(), abs=ONE_MORE / PRIOR_ACCOUNTS)
    assert (steps >= wanted - 1e-12).all()
    assert (np.diff(found) <= 0).all()


def test_what_comes_with_age_is_carried_on() -> None:
    young, settled = np.array([1.0, 0.4, 0.1]), np.array([1.0, 0.2, 0.01])
    mine = np.array([1.0, 0.8, 0.2])
    assert carried(mine, young, settled).tolist() == pytest.approx([1.0, 0.4, 0.02])
    codes = carried_frequencies(np.array([0.5, 0.5]), np.array([0.8, 0.2]), np.array([0.9, 0.1]))
    assert codes.sum() == pytest.approx(1.0)
    assert codes[1] < 0.5


def test_the_thief_is_a_distribution_too() -> None:
    """Promise: what a thief's days reach never rises, begins at one, and ends."""
    assert THIEF[0] == 1
    assert (np.diff(THIEF) < 0).all()
    assert THIEF[-1] == 0
    assert len(THIEF) == CAP + 2


@pytest.mark.parametrize(
    ("days", "newcomer", "age"),
    [
        (0, False, "new"),
        (1, False, "new"),
        (2, False, "young"),
        (6, False, "young"),
        (7, False, "settled"),
        (4000, False, "settled"),
        (0, True, "newcomer"),
        (1, True, "newcomer"),
        (2, True, "recent"),
        (6, True, "recent"),
        (7, True, "settled"),
        (4000, True, "settled"),
    ],
)
def test_an_age_tells_whether_tocsin_is_new_or_the_account(days: int, newcomer: bool, age: str) -> None:
    assert AGES[age_code(np.array([days]), np.array([newcomer]))[0]] == age
