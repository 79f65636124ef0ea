"""Learning from a past: nobody is weighed on what it taught itself, and the first week teaches no trajectory."""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from datetime import timedelta
from functools import cache
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from parity.rivers import MONDAY
from parity.strategies import table_of, whole_row
from parity.trails import DURATIONS, START
from parity.wards import fact, facts_table, reference
from tocsin.detect.calibration import ALL, SIGN_IN_CODES, Calibration, nulls_of, trajectories_of
from tocsin.detect.judge import Judge
from tocsin.detect.ladder import Ladder
from tocsin.detect.nulls import CAP
from tocsin.detect.registry import NAMES
from tocsin.detect.weight import Weigher
from tocsin.explain.explainer import Explainer
from tocsin.main.learning import PARTS, WARM_UP, Learned, learn
from tocsin.main.river import River, accepted_order
from tocsin.model.alert import RUNGS, Rung
from tocsin.model.event import EVENT
from tocsin.model.rows import key_of
from tocsin.model.stratum import role_and_home

PEOPLE = tuple(f"account {n:02}" for n in range(12))
THIEF = "account 03"
"""Opens forty strangers on some days."""
BUDGETS = (0.03, 0.01, 0.003, 1e-5)
LADDER = tuple(Rung(name=n, budget=b, duration_us=d) for n, b, d in zip(RUNGS, BUDGETS, DURATIONS, strict=True))


def factory(*, weeks: int = 0) -> Calibration:
    """Everything the further the rarer; and so many weeks of up to three nats."""
    x = np.arange(CAP + 1)
    tables = dict.fromkeys(NAMES, (1.0 + x) ** -1.5)
    trajectories = trajectories_of(np.full(weeks, ALL), np.linspace(0, 3_000_000, weeks).astype(np.int64))
    seen = np.array([0.9, 0.015, 0.02, 0.01, 0.01, 0.005, 0.005, 0.0025, 0, 0.015, 0, 0.01, 0, 0.005, 0, 0.0025])
    assert len(seen) == SIGN_IN_CODES
    return Calibration({"/": tables | {"sign-in": seen}}, trajectories if weeks else {}, {"made": "for a test"})


def at_work(who: str, day: int) -> str:
    """In the lab every third; the last of them only from the second week on."""
    lab = PEOPLE.index(who) % 3 == 0 and (who != PEOPLE[9] or day >= MONDAY + 7)
    return "lab" if lab else "dpi"


@cache
def day_of(day: int, harvests: tuple[int, ...]) -> pa.Table:
    """A day on which each opens some patients of its own, and on `harvests` one of them many more."""
    rows: list[dict[str, Any]] = []
    for who in PEOPLE:
        draw = random.Random(f"{who} {day}")
        at = START + timedelta(days=day - MONDAY, hours=7)
        many = 40 if who == THIEF and day - MONDAY in harvests else 0
        for number in range(draw.randint(1, 5) + many):
            at += timedelta(seconds=draw.choice((20, 60, 600)) if number < 6 else 5)
            patient = reference(f"{who} {day if number > 2 else 0} {number}")
            told = {"line": len(rows) + 1000 * (day - MONDAY), "at": at, "account": who, "patient": patient}
            told |= {"action": "read", "outcome": "success", "client": "viewer", "network": "10.0.0.0/24", "device": 7}
            told |= {"service": at_work(who, day), "professional": who}
            rows.append(whole_row(told | {"query_hash": 0, "page": 0}))
    return accepted_order(table_of(rows).select(EVENT.names))


@dataclass
class Past:
    """A past that is learned, and what was seen on the way."""

    days: int
    harvests: tuple[int, ...] = ()
    factory: Calibration = field(default_factory=factory)
    role: str = ""
    """Of all but the last two."""
    met_before: tuple[str, ...] = ()
    """Accounts that have their numbers before the past begins."""
    rivers: list[River] = field(default_factory=list)
    told: list[int] = field(default_factory=list)
    weighers: list[Weigher] = field(default_factory=list)
    """Of each day of the second pass."""

    def river_on(self, calibrations: tuple[Calibration, ...]) -> River:
        """A river with nothing in it."""
        explainer = Explainer()
        if self.role:
            explainer.learn(facts_table([fact("role", actor=who, code=self.role, starts=-9) for who in PEOPLE[:-2]]))
        judge = Judge(Ladder(LADDER, calibrations), Weigher(calibrations[:1]), explainer.accounts, contain=False)
        for name in self.met_before:
            explainer.identify(explainer.accounts.number(name), name)
        judge.know([explainer.role(number) for number in range(len(self.met_before))])
        self.rivers.append(River(explainer, judge))
        return self.rivers[-1]

    def learn(self) -> Learned:
        """From all its days."""

        def kept(day: int, *_: object) -> None:
            self.told.append(day)
            self.weighers.append(self.rivers[-1].judge.weigher)

        days = list(range(MONDAY, MONDAY + self.days))
        return learn(days, lambda day: day_of(day, self.harvests), self.river_on, factory=self.factory, kept=kept)


def part_in(learned: Learned, number: int) -> int:
    """Which part an account is in: its name says so."""
    return key_of(learned.river.explainer.accounts.names[number]) % PARTS


def weigher_of(past: Past) -> Weigher:
    """The one weigher of the second pass."""
    assert all(weigher is past.weighers[0] for weigher in past.weighers)
    return past.weighers[0]


@pytest.mark.parametrize("days", [5, 9, 15])
def test_each_account_is_weighed_on_what_the_other_parts_taught(days: int) -> None:
    past = Past(days)
    learned = past.learn()
    weigher = weigher_of(past)
    assert len(weigher.calibrations) == PARTS
    sample = learned.sample
    for part in range(PARTS):
        others = sample.take(np.flatnonzero([part_in(learned, number) != part for number in sample.account]))
        assert weigher.calibrations[part].hash == Calibration(nulls_of(others, factory()), {}).hash


def test_what_an_account_does_changes_what_others_are_weighed_on_and_not_its_own() -> None:
    """Promise: a thief in the past does not teach the judge to take himself for usual."""
    honest, robbed = Past(9), Past(9, harvests=(2, 4, 6))
    honest.learn()
    robbed.learn()
    before, after = weigher_of(honest), weigher_of(robbed)
    for part in range(PARTS):
        same = before.calibrations[part].hash == after.calibrations[part].hash
        assert same == (part == key_of(THIEF) % PARTS)


def test_a_harvest_weighs_more_than_on_what_it_taught_itself() -> None:
    past = Past(9, harvests=(2,))
    learned = past.learn()
    account = learned.river.explainer.accounts.numbers[THIEF]
    crossed = learned.river.judge.heaviest[account, 0]
    alone = past.river_on((learned.calibration,))
    alone.judge.climbing, alone.judge.week_from = False, MONDAY
    for day in range(MONDAY, MONDAY + 9):
        alone.slice(day_of(day, past.harvests), day=day, batch=1)
    assert crossed > alone.judge.heaviest[account, 0]


@pytest.mark.parametrize("days", [9, 15])
def test_the_order_in_which_accounts_were_met_changes_nothing(days: int) -> None:
    """Promise: what is learned hangs on the past alone. A batch may number accounts of which it has no row yet."""
    plain, other = Past(days, harvests=(2, 8)), Past(days, harvests=(2, 8), met_before=(*PEOPLE[::-1], "nobody"))
    learned, again = plain.learn(), other.learn()
    assert again.river.explainer.accounts.names[:3] != learned.river.explainer.accounts.names[:3]
    assert again.calibration.hash == learned.calibration.hash

    def weights(of: Learned) -> dict[str, int]:
        names, ln_r1 = of.river.explainer.accounts.names, of.river.judge.state.ln_r1
        return {name: int(ln_r1[number]) for number, name in enumerate(names) if name != "nobody"}

    assert weights(again) == weights(learned)


# -- homes -------------------------------------------------------------------------------------------------------------


def homes_in(learned: Learned) -> dict[str, int]:
    """Strata of a role at home in a service -> account-weeks."""
    return {name: one.weeks for name, one in learned.calibration.trajectories.items() if role_and_home(name)[1]}


@pytest.mark.parametrize(
    ("days", "homes"),
    [
        pytest.param(13, {}, id="a past in which nobody was at home when its week began"),
        pytest.param(14, {"60@dpi": 7, "60@lab": 3}, id="as they were when the second week began"),
        pytest.param(27, {"60@dpi": 14, "60@lab": 6}, id="a week has one home"),
        pytest.param(35, {"60@dpi": 26, "60@lab": 14}, id="who has moved counts at home there from then on"),
    ],
)
def test_account_weeks_teach_a_role_what_is_usual_at_home(
    days: int, homes: dict[str, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tocsin.detect.calibration.AT_HOME", 3)
    assert homes_in(Past(days, role="60").learn()) == homes


def test_few_account_weeks_teach_no_home() -> None:
    assert not homes_in(Past(35, role="60").learn())


def test_what_was_learned_at_home_is_in_force_at_home(monkeypatch: pytest.MonkeyPatch) -> None:
    """Promise: each is held to the lines of its role at home, at once after the past and when a week begins."""
    monkeypatch.setattr("tocsin.detect.calibration.AT_HOME", 3)
    river = Past(15, role="60").learn().river
    judge = river.judge

    def homes() -> dict[str, str]:
        return dict(zip(river.explainer.accounts.names, judge.homes, strict=True))

    first = homes()
    assert (first[PEOPLE[0]], first[PEOPLE[1]]) == ("lab", "dpi")
    for day in range(MONDAY + 15, MONDAY + 36):
        river.slice(day_of(day, ()), day=day, batch=2)
    assert (first[PEOPLE[9]], homes()[PEOPLE[9]]) == ("dpi", "lab")
    for number, (role, home) in enumerate(zip(judge.roles, judge.homes, strict=True)):
        assert [judge.line_of(number, rung) for rung in (1, 2, 3, 4)] == judge.ladder.lines(role, home)


# -- the first week ----------------------------------------------------------------------------------------------------


def heaviest(learned: Learned) -> int:
    """Of all weeks that teach a trajectory."""
    return int(learned.weeks.heaviest.max())


@pytest.mark.parametrize("day", [0, 3, WARM_UP - 1])
def test_the_first_week_of_two_teaches_nulls_and_no_trajectory(day: int) -> None:
    quiet, early = Past(14).learn(), Past(14, harvests=(day,)).learn()
    number = early.river.explainer.accounts.numbers[THIEF]
    carried_over = early.river.judge.heaviest[number, 0] - quiet.river.judge.heaviest[number, 0]
    assert carried_over < 50_000
    assert heaviest(early) < heaviest(quiet) + 50_000
    strangers = NAMES.index("strangers")
    assert early.sample.values[:, strangers].max() >= 40
    assert len(early.sample.account) == len(quiet.sample.account) == 14 * len(PEOPLE)


def test_the_weeks_after_teach_trajectories() -> None:
    quiet, late = Past(14).learn(), Past(14, harvests=(WARM_UP,)).learn()
    assert heaviest(late) > heaviest(quiet) + 2_000_000
    assert len(late.weeks.heaviest) + late.weeks.set_aside == len(PEOPLE)
    assert late.river.judge.week_from == MONDAY + WARM_UP


def test_a_past_of_less_than_two_weeks_has_no_week_to_spare() -> None:
    quiet, early = Past(13).learn(), Past(13, harvests=(3,)).learn()
    assert heaviest(early) > heaviest(quiet) + 2_000_000
    assert early.river.judge.week_from == MONDAY


@pytest.mark.parametrize(("days", "weeks"), [(1, 1), (6, 1), (7, 1), (13, 1), (14, 1), (20, 1), (21, 2), (28, 3)])
def test_whole_weeks_count_and_the_calibration_says_what_it_was_made_from(days: int, weeks: int) -> None:
    learned = Past(days).learn()
    assert len(learned.weeks.heaviest) == weeks * len(PEOPLE)
    made_from = learned.calibration.made_from
    assert made_from["days"] == days
    assert made_from["accounts"] == len(PEOPLE)
    assert made_from["account_days"] == days * len(PEOPLE)
    assert made_from["account_weeks"] == weeks * len(PEOPLE)
    assert made_from["factory"] == factory().hash


# -- what is left ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("days", [5, 15])
def test_every_day_is_handed_over_once_in_its_order(days: int) -> None:
    past = Past(days)
    past.learn()
    assert past.told == list(range(MONDAY, MONDAY + days))
    assert len(past.rivers) == 2


def test_what_was_learned_is_in_force_and_the_judge_climbs() -> None:
    known = factory(weeks=10_000)
    learned = Past(15, factory=known).learn()
    judge = learned.river.judge
    assert judge.climbing
    assert [one.hash for one in judge.weigher.calibrations] == [learned.calibration.hash]
    assert [one.hash for one in judge.ladder.calibrations] == [learned.calibration.hash, known.hash]
    assert not judge.days
    assert not judge.doubtful
    assert judge.line_of(0, 1).weight > 0
    assert judge.state.own_days.tolist() == [14] * len(PEOPLE), "the last day goes on"
    folded, _ = learned.river.slice(day_of(MONDAY + 15, (15,)), day=MONDAY + 15, batch=2)
    assert {alert.account for alert in folded.alerts} == {THIEF}
