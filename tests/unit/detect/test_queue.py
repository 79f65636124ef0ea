"""The analyst's queue: e-BH beside a slow referee, what a peak is worth, and which weeks it is compared with."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tocsin.detect.queue import e_bh, ln_cut, queue_of
from tocsin.detect.weekly import NOTHING, PEAK, Week, Weekly
from tocsin.model.evidence import MICRONATS

e_values = st.lists(st.floats(0, 1e6) | st.sampled_from((0.0, 1.0, 10.0, 20.0, 100.0)), max_size=40)
shares = st.sampled_from((0.01, 0.05, 0.1, 0.25, 0.5))


def slow_e_bh(e: list[float], fdr: float) -> set[int]:
    """As Wang and Ramdas write it: reject the k* largest, k* = max{k: k e_[k] / m >= 1 / fdr}."""
    best: set[int] = set()
    for k in range(1, len(e) + 1):
        large = sorted(range(len(e)), key=lambda i: (-e[i], i))[:k]
        if all(e[i] * k * fdr >= len(e) for i in large):
            best = set(large)
    return best


@given(e=e_values, fdr=shares)
def test_e_bh_agrees_with_the_referee(e: list[float], fdr: float) -> None:
    falling = sorted(e, reverse=True)
    assert e_bh(np.array(falling), fdr) == len(slow_e_bh(e, fdr))


@given(e=e_values, fdr=shares)
def test_who_is_on_the_queue_passes_its_line_and_who_is_not_does_not(e: list[float], fdr: float) -> None:
    falling = np.array(sorted(e, reverse=True))
    k = e_bh(falling, fdr)
    assert all(one * k * fdr >= len(e) for one in falling[:k])
    assert not any(one * (k + 1) * fdr >= len(e) for one in falling[k : k + 1])


@given(accounts=st.integers(1, 10**6), fdr=shares)
def test_the_cut_is_where_one_account_alone_stands_on_the_queue(accounts: int, fdr: float) -> None:
    ln_c = ln_cut(accounts, fdr)
    assert ln_c - math.log(1 + ln_c) == pytest.approx(math.log(accounts / fdr), abs=1e-9)


def week_of(peaks: list[float], calibration: str = "one") -> Week:
    """A week in which accounts 0, 1, ... reached these peaks (nats); None-like -inf means not active."""
    week = Week(calibration)
    week.accounts = np.full((len(peaks), 5), 0, np.int64)
    week.accounts[:, PEAK] = [NOTHING if math.isinf(peak) else round(peak * MICRONATS) for peak in peaks]
    return week


def test_an_account_alone_stands_on_the_queue_from_the_cut_on() -> None:
    ln_c = ln_cut(300, 0.1)
    for peak, length in ((ln_c + 0.001, 1), (ln_c - 0.001, 0), (ln_c + 9, 1)):
        found = queue_of(Weekly({7: week_of([peak, *([-2.0] * 299)])}), 7, fdr=0.1)
        assert (found.length, found.past) == (length, 0)
        assert found.line == pytest.approx(3_000)
    assert found.on_it() == {0}


def test_accounts_that_did_nothing_do_not_count() -> None:
    found = queue_of(Weekly({7: week_of([5.0, -math.inf, -1.0])}), 7, fdr=0.1)
    assert sorted(found.accounts.tolist()) == [0, 2]


def test_two_need_half_of_what_one_needs() -> None:
    alone = ln_cut(300, 0.1)
    peak = alone - math.log(2) + 0.001
    assert queue_of(Weekly({7: week_of([peak, *([-2.0] * 299)])}), 7, fdr=0.1).length == 0
    assert queue_of(Weekly({7: week_of([peak, peak, *([-2.0] * 298)])}), 7, fdr=0.1).length == 2


def weeks(heavy: float, *, answered: bool = True) -> Weekly:
    """A week in which a fiftieth of 300 accounts was heavy, then one with a single heavy account."""
    before = [heavy] * 6 if answered else [heavy]
    return Weekly({6: week_of([*before, *([-2.0] * (300 - len(before)))]), 7: week_of([20.0, *([-2.0] * 299)])})


def test_heavier_weeks_before_than_the_theory_allows_raise_what_is_needed() -> None:
    calm = queue_of(weeks(3.0), 7, fdr=0.1)
    assert (calm.length, calm.past, calm.set_aside) == (1, 300, 0)
    assert calm.mean < calm.allowed
    owners = {(account, 6) for account in range(6)}
    heavy = queue_of(weeks(9.5), 7, fdr=0.1, owners=owners)
    assert heavy.mean > heavy.allowed
    assert heavy.length == 0
    assert heavy.ln_e[0] == pytest.approx(calm.ln_e[0] - (math.log(heavy.mean / heavy.allowed)) * MICRONATS, abs=2)


def test_what_nobody_answered_and_what_was_stolen_is_no_honest_week() -> None:
    unanswered = queue_of(weeks(12.0, answered=False), 7, fdr=0.1)
    assert (unanswered.past, unanswered.set_aside) == (299, 1)
    owner = queue_of(weeks(12.0, answered=False), 7, fdr=0.1, owners={(0, 6)})
    assert (owner.past, owner.set_aside) == (300, 0)
    assert owner.mean > unanswered.mean
    stolen = queue_of(weeks(3.0), 7, fdr=0.1, stolen={(2, 6)})
    assert (stolen.past, stolen.set_aside) == (299, 1)


def test_only_weeks_of_the_same_calibration_are_compared() -> None:
    weekly = weeks(3.0)
    weekly.weeks[5] = week_of([1.0] * 300)
    assert queue_of(weekly, 7, fdr=0.1).past == 600
    weekly.weeks[6].calibration = ""
    assert queue_of(weekly, 7, fdr=0.1).past == 0
    weekly.weeks[7].calibration = ""
    assert queue_of(weekly, 7, fdr=0.1).past == 0
