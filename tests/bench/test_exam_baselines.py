"""The exam's baselines count what they say, look only backwards, and keep their budget on the past that drew them."""

from __future__ import annotations

import subprocess
from pathlib import Path

import numpy as np
import pytest
from benchmarks.detection.clue.detectors import FLOOR, Null, e_value
from benchmarks.detection.exam import baselines, rivals
from benchmarks.detection.exam.watch import Acts, Watched, joined
from hypothesis import given, settings
from hypothesis import strategies as st

from tocsin.model.event import ACTIONS
from tocsin.model.rows import MICROSECONDS_A_DAY, Names

MINUTE = 60_000_000
ACTS = st.lists(
    st.tuples(
        st.integers(0, 2),  # account
        st.integers(0, 400),  # minutes
        st.sampled_from(["read", "list", "search", "export", "sign-in"]),
        st.integers(0, 6),  # patient
        st.integers(0, 3),  # unit of a stranger
    ),
    min_size=1,
    max_size=80,
)
NULL = Null(survival=(1.0, 0.2, 0.05), tail_index=1.0)


def acts_of(rows: list[tuple[int, int, str, int, int]]) -> Acts:
    account, minute, action, patient, unit = zip(*rows, strict=True)
    return Acts(
        np.array(account, np.int32),
        np.array(minute, np.int64) * MINUTE,
        np.array([ACTIONS.index(word) for word in action], np.int8),
        np.array(patient, np.uint64),
        np.array(unit, np.uint64),
        np.zeros(len(rows), bool),
    ).in_order()


def statistics(acts: Acts) -> list[np.ndarray]:
    usual = np.full((3, 24), 0.05)
    return [
        rivals.new_per_hour(acts),
        rivals.unexplained_units(acts, NULL, start=0),
        rivals.vectors(acts, usual).astype(float),
    ]


@given(ACTS)
@settings(max_examples=80, deadline=None)
def test_new_per_hour_counts_first_openings_of_the_last_hour(rows):
    acts = acts_of(rows)
    expected, opened = [], []
    for i in range(len(acts)):
        key = (acts.account[i], acts.patient[i])
        first = acts.action[i] == ACTIONS.index("read") and acts.patient[i] and key not in {k for k, _ in opened}
        opened += [(key, acts.at[i])] if first else []
        expected.append(sum(k[0] == key[0] and at > acts.at[i] - rivals.HOUR_US for k, at in opened))
    assert rivals.new_per_hour(acts).tolist() == expected


@given(ACTS)
@settings(max_examples=80, deadline=None)
def test_unexplained_units_add_up_as_d12_does(rows):
    acts = acts_of(rows)
    expected = []
    for account in np.unique(acts.account):
        mine = acts.take(acts.account == account)
        r, met, units, last = 0.0, set(), 0, None
        for at, unit in zip(mine.at.tolist(), mine.unit.tolist(), strict=True):
            if last is not None and at - last > 30 * MINUTE:
                r, units = (r + 1) * float(e_value(NULL.p(np.array([units])))[0]), 0
            if unit and unit not in met:
                met.add(unit)
                units += 1
            expected.append((r + 1) * float(e_value(NULL.p(np.array([units])))[0]))
            last = at
    assert np.exp(rivals.unexplained_units(acts, NULL, start=0)) == pytest.approx(expected)


@given(ACTS, st.integers(0, 400))
@settings(max_examples=80, deadline=None)
def test_a_statistic_looks_only_backwards_and_at_its_own_account(rows, until):
    acts = acts_of(rows)
    earlier = acts.at <= until * MINUTE
    for whole, cut in zip(statistics(acts), statistics(acts.take(earlier)), strict=True):
        assert whole[earlier].tolist() == cut.tolist()
    own = acts.account == acts.account[0]
    for whole, alone in zip(statistics(acts), statistics(acts.take(own)), strict=True):
        assert whole[own].tolist() == alone.tolist()


@given(ACTS)
def test_a_vector_comes_out_as_it_went_in(rows):
    acts = acts_of(rows)
    told = rivals.unpacked(rivals.vectors(acts, np.full((3, 24), 0.05)))
    assert told.shape == (len(acts), len(rivals.FEATURES))
    assert (told[:, 0] >= told[:, 1:6].max(axis=1)).all()
    ends = told[rivals.hour_ends(acts)]
    assert len(ends) == len(set(zip(acts.account.tolist(), (acts.at // rivals.HOUR_US).tolist(), strict=True)))


@given(
    st.lists(st.tuples(st.integers(0, 30), st.floats(0, 9, width=32)), min_size=1, max_size=60), st.floats(0.01, 0.5)
)
def test_a_line_keeps_its_budget_on_the_weeks_that_drew_it(pairs, budget):
    account, value = (np.array(column) for column in zip(*pairs, strict=True))
    many = len(pairs)
    none = np.zeros(many, np.uint64)
    acts = Acts(account.astype(np.int32), np.zeros(many, np.int64), none.astype(np.int8), none, none, none > 0)
    line = baselines.line_of(acts, value, start=0, end=MICROSECONDS_A_DAY, budget=budget)
    weeks = len(set(account.tolist()))
    assert len(set(account[value > line].tolist())) <= budget * (weeks + 1)


def test_units_of_the_null_weigh_each_account_the_same():
    busy = [(0, 40 * i, "read", 1, int(i == 0)) for i in range(4)]
    quiet = [(1, 0, "read", 1, 1), (1, 1, "read", 2, 2)]
    null = rivals.null_of_units(acts_of([*busy, *quiet]), start=0)
    assert null.survival == (1.0, (1 / 4 + 1) / 2, 1 / 2)
    assert null.p(np.array([1])) >= FLOOR


def test_acts_keep_their_accounts_under_other_numbers():
    here, there = Names(), Names()
    for name in ("b", "a", "c"):
        here.number(name)
    there.number("a")
    acts = acts_of([(0, 1, "read", 1, 0), (1, 2, "read", 2, 0)]).renumbered(here, there)
    assert [there.names[number] for number in acts.account.tolist()] == ["b", "a"]
    assert len(joined([acts, acts]).of([there.number("b")])) == 2


def test_a_watched_explainer_says_the_same_and_keeps_what_it_saw():
    from benchmarks.detection.clue.load import log_of
    from benchmarks.detection.clue.stream import Events, Stream
    from benchmarks.detection.clue.touches import Touches
    from benchmarks.detection.clue.trail import stays, trail_of

    from tocsin import wiring
    from tocsin.config import Settings

    start = 1_500_000_000 // 86_400 * 86_400
    seconds = start + np.array([0, 60, 90_000, 90_060, 180_000])
    log = log_of(seconds, ["ann"] * 5, ["/u/f/1", "/v/f/2", "/u/f/1", "/w/f/3", "/u/f/1"], np.full(5, True))
    stream = Stream(log, Touches(log), 0, Events.own(log, 0))
    plain, watched = (wiring.river(Settings(), (wiring.factory(),)) for _ in range(2))
    watched.explainer = Watched.of(watched.explainer)
    trail = trail_of([stream], start=start, end=log.end + 1)
    told = []
    for river in (plain, watched):
        river.learn(stays(log))
        slices = [river.slice(events, day=day, batch=1)[0] for day, events in trail.days()]
        told.append([part["explained_by"].to_pylist() for one in slices for part in one.events])
    assert told[0] == told[1]
    acts = watched.explainer.taken()
    assert acts.at.tolist() == (seconds * 1_000_000).tolist()
    assert (acts.unit != 0).tolist() == stream.new.tolist()
    assert not watched.explainer.seen


def test_the_forests_find_what_the_past_never_showed(tmp_path: Path):
    if not baselines.PYTHON.exists():
        pytest.skip("the baselines' virtual environment is not there: make baselines")
    rng = np.random.default_rng(0)
    usual, odd = rng.integers(0, 4, (400, 8)), np.full((1, 8), 20)
    np.savez(tmp_path / "in.npz", vectors=np.concatenate([usual, odd]), taught=np.r_[np.ones(400), 0])
    subprocess.run([baselines.PYTHON, baselines.SCRIPT, tmp_path / "in.npz", tmp_path / "out.npz"], check=True)
    with np.load(tmp_path / "out.npz") as told:
        assert {name: int(told[name].argmax()) for name in told} == {"isolation": 400, "half_spaces": 400}
