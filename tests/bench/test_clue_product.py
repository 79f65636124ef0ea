"""Tocsin's judge on the CLUE log: it is told what the protocol says, and accounts tried together do not meet."""

from __future__ import annotations

import numpy as np
import pytest
from benchmarks.detection.clue import bars, protocol
from benchmarks.detection.clue.attacks import ATTACKS, Victim
from benchmarks.detection.clue.load import DAY, Log, log_of
from benchmarks.detection.clue.stream import Events, Stream, first_of_its_kind
from benchmarks.detection.clue.touches import Touches
from benchmarks.detection.clue.trail import stays, trail_of
from hypothesis import given, settings
from hypothesis import strategies as st

from tocsin import wiring
from tocsin.config import Settings

MIDNIGHT = 1_500_000_000 // DAY * DAY


def streams_of(log: Log) -> list[Stream]:
    touches = Touches(log)
    return [Stream(log, touches, account, Events.own(log, account)) for account in range(log.accounts)]


accesses = st.lists(
    st.tuples(st.integers(0, 4 * 24), st.integers(0, 2), st.booleans(), st.integers(0, 3), st.integers(0, 2)),
    min_size=1,
    max_size=60,
)
"""(hours, account, opening, unit, file)."""


@given(accesses)
@settings(max_examples=60, deadline=None)
def test_tocsin_finds_unexplained_what_the_protocol_holds_unexplained(rows: list[tuple[int, int, bool, int, int]]):
    """Of first touches; what X1 explains is left to Tocsin's own memory."""
    rows = sorted(rows, key=lambda row: row[0])
    log = log_of(
        MIDNIGHT + np.array([hour * 3600 for hour, *_ in rows]),
        [f"account{account}" for _, account, *_ in rows],
        [f"/unit{unit}/folder/{file}" for *_, unit, file in rows],
        np.array([opening for _, _, opening, *_ in rows]),
    )
    streams = streams_of(log)
    river = wiring.river(Settings(switched_off=("colleague",)), (wiring.factory(),))
    trail = trail_of(streams, start=int(log.t[0]), end=log.end + 1)
    for facts in (stays(log), trail.facts):
        river.learn(facts)
    reason = [np.full(len(stream.t), "", "U16") for stream in streams]
    for day, events in trail.days():
        folded, _ = river.slice(events, day=day, batch=1)
        for part in folded.events:
            columns = (part[column].to_pylist() for column in ("account", "event_id", "explained_by"))
            for name, event, why in zip(*columns, strict=True):
                reason[int(name.rpartition(" ")[2])][int.from_bytes(event[8:], "big")] = why
    for stream, why in zip(streams, reason, strict=True):
        first = first_of_its_kind(stream.events.path)
        assert ((why == "unexplained") & first).tolist() == stream.unexplained.tolist()


def busy_log() -> Log:
    """Six accounts for two weeks, mostly in their own units."""
    rng, rows = np.random.default_rng(0), []
    for account in range(6):
        for day in range(14):
            for second in np.sort(rng.integers(8 * 3600, 10 * 3600, 30)).tolist():
                unit = account if rng.random() < 0.97 else rng.integers(60)
                rows.append(
                    (day * DAY + second, f"account{account}", f"/u{unit}/f{rng.integers(3)}/{rng.integers(40)}")
                )
    seconds, accounts, paths = zip(*sorted(rows), strict=True)
    return log_of(MIDNIGHT + np.array(seconds), list(accounts), list(paths), np.full(len(rows), True))


@pytest.fixture(scope="module")
def prepared() -> protocol.Prepared:
    return protocol.prepare(busy_log())


def attacked(prepared: protocol.Prepared, name: str) -> list[Stream]:
    log, rng = prepared.log, np.random.default_rng(1)
    made = [ATTACKS[name](Victim(log, int(one), prepared.eligible), rng) for one in prepared.eligible]
    return [
        Stream(log, prepared.touches, int(account), events)
        for account, (_, events) in zip(prepared.eligible, made, strict=True)
    ]


def test_a_thief_among_thieves_weighs_what_he_weighs_alone(prepared: protocol.Prepared):
    judge, together = prepared.products[protocol.TOCSIN], attacked(prepared, "A3")
    all_robbed = judge.statistic(together)
    for place in (0, 3):
        alone = list(prepared.clean)
        alone[place] = together[place]
        assert judge.statistic(alone)[place].tolist() == all_robbed[place].tolist()


def test_what_comes_later_changes_no_weight(prepared: protocol.Prepared):
    judge = prepared.products[protocol.TOCSIN]
    clean, robbed = judge.statistic(prepared.clean), judge.statistic(attacked(prepared, "A3"))
    for before, after, stream in zip(clean, robbed, attacked(prepared, "A3"), strict=True):
        first = int(np.flatnonzero(stream.events.injected)[0])
        assert before[:first].tolist() == after[:first].tolist()


def test_a_second_look_gives_the_same(prepared: protocol.Prepared):
    judge = prepared.products[protocol.TOCSIN_FACTORY]
    once, again = judge.statistic(prepared.clean), judge.statistic(prepared.clean)
    assert [one.tolist() for one in once] == [one.tolist() for one in again]
    assert all(np.isfinite(one).any() for one in once)


@pytest.mark.parametrize(("caught", "met", "worse"), [(30, True, []), (800, False, ["A1", "A2", "A3", "A4", "A5"])])
def test_the_bar_compares_with_d12_account_by_account(prepared, caught: int, met: bool, worse: list[str]):
    runs = [
        protocol.Run(attack, int(account), 0, 2_000, {("Tocsin", 1): float(caught), ("D12", 1): 100.0})
        for attack in ATTACKS
        for account in prepared.eligible
    ]
    bar = bars.bar_of(prepared, runs, "Tocsin")
    assert (bar.passed, [column.attack for column in bar.columns if column.worse]) == (met, worse)
    assert bar.means == pytest.approx((caught, 100.0))
    assert bar.aims == {"A1": False, "A2": caught <= 100, "A3": False, "A4": False, "A5": True}
