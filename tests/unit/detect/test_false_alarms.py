"""What a budget promises, tried on accounts that nobody stole: alarms stay near or below it, week after week.

The past is learned as `main.learning` does it, but for the directory.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np
import pytest

from parity.rivers import DAY, HOUR, MINUTE, MONDAY, SECOND
from tocsin.detect.calibration import Calibration, nulls_of, trajectories_of
from tocsin.detect.judge import Judge
from tocsin.detect.ladder import Ladder
from tocsin.detect.weight import Weigher, part_of
from tocsin.main.learning import PARTS, put_in_force, sample_of
from tocsin.model.alert import RUNGS, Rung
from tocsin.model.explained import Explained
from tocsin.model.rows import Names, Rows

ACCOUNTS = 150
PAST, FUTURE = 5, 6
"""Weeks."""
BUDGETS = (0.03, 0.01, 0.003, 0.00001)
DURATIONS = (12 * HOUR, 24 * HOUR, 30 * MINUTE, 72 * HOUR)
LADDER = tuple(Rung(name=n, budget=b, duration_us=d) for n, b, d in zip(RUNGS, BUDGETS, DURATIONS, strict=True))


@dataclass(frozen=True)
class Region:
    """Accounts that differ, and weeks that do not: heavy-tailed sessions, some with strangers, few from a new place."""

    seed: int

    def day(self, day: int) -> tuple[Rows, Explained]:
        """All rows of a day in accepted order."""
        habit = np.random.default_rng(self.seed).gamma(0.5, 0.12, ACCOUNTS)  # how often each meets a stranger
        draw = np.random.default_rng([self.seed, day])
        busy = draw.poisson(1.2, ACCOUNTS)
        account = np.repeat(np.arange(ACCOUNTS), busy)
        size = np.minimum(draw.zipf(2.0, len(account)), 60)
        begins = day * DAY + draw.integers(6 * 3600, 20 * 3600, len(account)) * SECOND
        session = np.repeat(np.arange(len(account)), size)
        count = len(session)
        at = begins[session] + draw.integers(0, 25 * 60, count) * SECOND
        order = np.argsort(at, kind="stable")
        session, at = session[order], at[order]
        who = account[session]
        stranger = draw.random(count) < habit[who]
        fresh = stranger | (draw.random(count) < 0.4)
        first = np.zeros(count, bool)
        first[np.unique(session, return_index=True)[1]] = True
        novelty = np.where(first & (draw.random(count) < 0.03), draw.integers(1, 4, count), 0)
        numbers = np.arange(count).astype(np.uint64)
        none = np.zeros(count, np.uint64)
        rows = Rows(
            event_hi=(at.astype(np.uint64) + np.uint64(1 << 55)) << np.uint64(8),
            event_lo=numbers,
            at=at,
            account=who.astype(np.int32),
            service=np.zeros(count, np.int32),
            client=session.astype(np.uint64) % np.uint64(3),
            network=none,
            device=none,
            assurance=none.astype(np.uint8),
            action=np.full(count, 4, np.int8),
            outcome=np.zeros(count, np.int8),
            patient=numbers + np.uint64(1),
            query_kind=np.zeros(count, np.int8),
            query_hash=none,
            page=np.zeros(count, np.int32),
            id_low=np.full(count, -1, np.int16),
            country=np.zeros(count, np.uint16),
        )
        explained = Explained(
            reason=np.where(stranger, 0, 3).astype(np.int8),
            fresh=fresh,
            fresh_listed=np.zeros(count, bool),
            unit=np.where(stranger & fresh, 1 + draw.integers(0, 6, count), 0).astype(np.uint64),
            ward=np.zeros(count, np.uint64),
            novelty=novelty.astype(np.uint8),
            unsettled=np.zeros(count, np.uint8),
            age_days=np.full(count, 100, np.int32),
            declared=np.zeros(count, bool),
            newcomer=np.zeros(count, bool),
            unplaced=np.zeros(count, np.int8),
        )
        return rows, explained


def judge_on(*calibrations: Calibration, climbing: bool) -> Judge:
    """A judge of this region."""
    names = Names()
    for number in range(ACCOUNTS):
        names.number(f"a{number}")
    weigher = Weigher(calibrations[:1])
    judge = Judge(Ladder(LADDER, calibrations), weigher, names, contain=False, climbing=climbing, week_from=MONDAY)
    judge.know(["60"] * ACCOUNTS)
    return judge


def run(judge: Judge, region: Region, weeks: range) -> set[tuple[int, int, str]]:
    """Fold weeks: (account, week, rung) of alerts."""
    alarms: set[tuple[int, int, str]] = set()
    for day in range(MONDAY + 7 * weeks.start, MONDAY + 7 * weeks.stop):
        judge.open_slice(day)
        for alert in judge.judge(*region.day(day)).alerts:
            alarms.add((judge.accounts.numbers[alert.account], (day - MONDAY) // 7, alert.rung))
        judge.standing_days(day)
    return alarms


@cache
def realised(seed: int) -> dict[str, tuple[int, float]]:
    """Rung -> (account-weeks of the future with an alarm at it or above, how many its budget would allow)."""
    region = Region(seed)
    judge = judge_on(Calibration({}, {}), climbing=False)
    run(judge, region, range(PAST))
    sample = sample_of(judge, MONDAY)
    nulls = nulls_of(sample, None)
    part = part_of(judge.accounts.keys()[sample.account], PARTS)
    parts = [sample.take(np.flatnonzero(part != one)) for one in range(PARTS)]
    judge = judge_on(Calibration(nulls, {}), climbing=False)
    judge.weigher = Weigher(tuple(Calibration(nulls_of(one, None), {}) for one in parts))
    run(judge, region, range(1))
    judge.state.ln_r1[:] = 0
    judge.heaviest.clear()
    run(judge, region, range(1, PAST))
    heaviest = np.array(list(judge.heaviest.values()))
    put_in_force(judge, (Calibration(nulls, trajectories_of(np.full(len(heaviest), "60"), heaviest)),))
    alarms = run(judge, region, range(PAST, PAST + FUTURE))
    weeks = ACCOUNTS * FUTURE
    return {
        rung: (len({pair[:2] for pair in alarms if RUNGS.index(pair[2]) >= place}), budget * weeks)
        for place, (rung, budget) in enumerate(zip(RUNGS, BUDGETS, strict=True))
    }


SEEDS = (11, 12, 13)


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("rung", RUNGS)
def test_false_alarms_of_a_region_stay_near_their_budget(seed: int, rung: str) -> None:
    alarms, allowed = realised(seed)[rung]
    print(f"{rung}: {alarms} account-weeks of {ACCOUNTS * FUTURE}, budget {allowed:.2f}")  # noqa: T201
    # three standard deviations of a count, and as many of a line that is itself measured on 600 account-weeks
    assert alarms <= allowed + 3 * np.sqrt(allowed * (1 + FUTURE / (PAST - 1))) + 1


@pytest.mark.parametrize("rung", RUNGS)
def test_false_alarms_of_several_regions_together_are_nearer_still(rung: str) -> None:
    alarms, allowed = np.sum([realised(seed)[rung] for seed in SEEDS], axis=0)
    assert alarms <= 1.6 * allowed + 2


def test_the_lines_are_not_out_of_reach() -> None:
    """A budget that is never spent would prove nothing."""
    assert sum(realised(seed)["ask"][0] for seed in SEEDS) > 10
