"""Where the rungs begin: the first stratum with enough account-weeks decides, and a higher rung is never lower."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tocsin.detect.calibration import ALL, ANY, Calibration, Precedent, Trajectories, trajectories_of
from tocsin.detect.ladder import NEVER, Ladder
from tocsin.model.alert import RUNGS, Rung

BUDGETS = (0.005, 0.001, 0.0003, 0.00001)


def rungs(budgets: tuple[float, ...] = BUDGETS) -> tuple[Rung, ...]:
    """The four rungs."""
    return tuple(Rung(name=n, budget=b, duration_us=1) for n, b in zip(RUNGS, budgets, strict=True))


def made(weeks: dict[str, list[int]]) -> Calibration:
    """A calibration with these heaviest weeks by role."""
    return Calibration({}, {role: Trajectories(len(w), np.sort(np.array(w))[::-1]) for role, w in weeks.items()})


def spread(weeks: int, top: int) -> list[int]:
    """So many weeks, evenly from 0 to `top` nats."""
    return np.linspace(0, top * 1_000_000, weeks).astype(int).tolist()


FACTORY = made({ALL: spread(10_000, 30)})

by_role = st.dictionaries(
    st.sampled_from((ALL, "60", "21")), st.lists(st.integers(-(10**6), 5 * 10**7), min_size=1, max_size=400), max_size=3
)


@settings(max_examples=150, deadline=None, derandomize=True)
@given(by_role, by_role)
def test_lines_never_fall_from_a_rung_to_the_next(region: dict[str, list[int]], factory: dict[str, list[int]]) -> None:
    ladder = Ladder(rungs(), (made(region), made(factory)))
    for role in ("60", "21", "unheard of", ""):
        weights = [line.weight for line in ladder.lines(role)]
        assert weights == sorted(weights)


@pytest.mark.parametrize(
    ("region", "says", "measured"),
    [
        pytest.param({"60": spread(500, 10), ALL: spread(500, 20)}, ("60", 10), True, id="role"),
        pytest.param({"60": spread(399, 10), ALL: spread(500, 20)}, (ALL, 20), True, id="too few weeks of the role"),
        pytest.param({"60": spread(50, 10), ALL: spread(199, 20)}, (ALL, 30), True, id="too few weeks: the factory"),
        pytest.param({}, (ALL, 30), True, id="no region: the factory"),
    ],
)
def test_ask_backs_off_from_role_to_region_to_factory(
    region: dict[str, list[int]], says: tuple[str, int], measured: bool
) -> None:
    line = Ladder(rungs(), (made(region), FACTORY)).lines("60")[0]
    stratum, top = says
    assert (line.stratum, line.measured) == (stratum, measured)
    assert 0.95 * top * 1e6 < line.weight <= top * 1e6


@pytest.mark.parametrize(
    ("region", "says"),
    [
        pytest.param({"60@dpi": spread(400, 5), "60": spread(500, 10)}, ("60@dpi", 5), id="role at home in dpi"),
        pytest.param({"60@dpi": spread(399, 5), "60": spread(500, 10)}, ("60", 10), id="too few weeks at home"),
        pytest.param({"60@lab": spread(900, 5), "60": spread(500, 10)}, ("60", 10), id="at home elsewhere"),
        pytest.param({"21@dpi": spread(900, 5), "60": spread(500, 10)}, ("60", 10), id="another role"),
        pytest.param({"@dpi": spread(900, 5), "*@dpi": spread(900, 5)}, (ALL, 30), id="no role has a home"),
    ],
)
def test_ask_backs_off_from_home_to_role(region: dict[str, list[int]], says: tuple[str, int]) -> None:
    line = Ladder(rungs(), (made(region), FACTORY)).lines("60", "dpi")[0]
    stratum, top = says
    assert line.stratum == stratum
    assert 0.95 * top * 1e6 < line.weight <= top * 1e6


def test_a_home_that_is_not_known_is_none() -> None:
    ladder = Ladder(rungs(), (made({"60@dpi": spread(900, 5), "60": spread(500, 10)}), FACTORY))
    assert ladder.lines("60") == ladder.lines("60", "") == ladder.lines("60", "unheard of")
    for home in ("", "dpi"):
        assert ladder.lines("", home) == ladder.lines("")


def test_beside_a_precedent_a_home_needs_ten_weeks_beyond_its_line_as_a_role_does() -> None:
    people = [made({ANY: spread(10_000, top)}).trajectories for top in (10, 12)]
    factory = Calibration({}, FACTORY.trajectories, {}, (Precedent(7, *people),))
    for weeks, measured in ((1_999, False), (2_000, True)):
        region = made({"60@dpi": spread(weeks, 5), "60": spread(2_500, 10), ALL: spread(300, 20)})
        ask, own, *_ = Ladder(rungs(), (region, factory)).lines("60", "dpi")
        assert ask.stratum == ("60@dpi" if measured else "60")
        assert not own.measured


def test_rarity_is_said_by_the_weeks_of_the_home_first() -> None:
    ladder = Ladder(rungs(), (made({"60@dpi": spread(400, 10), "60": spread(900, 20)}), FACTORY))
    assert ladder.rarity(10_000_000, "60", "dpi") == (401.0, True, "60@dpi")
    assert ladder.rarity(20_000_000, "60", "lab") == (901.0, True, "60")


def test_a_line_that_nothing_can_measure_is_estimated_from_the_factory() -> None:
    ask, *_, suspend = Ladder(rungs(), (made({ALL: spread(300, 5)}), FACTORY)).lines("60")
    assert ask.measured
    assert not suspend.measured
    assert suspend.calibration == FACTORY.hash
    assert suspend.weight > 30_000_000


def precedent(days: int, past: int, later: int) -> Precedent:
    """So long a past: its weeks spread up to `past` nats, those that followed up to `later`."""
    return Precedent(
        days, made({ALL: spread(5_000, past)}).trajectories, made({ALL: spread(10_000, later)}).trajectories
    )


def lines_of(region: Calibration, *precedents: Precedent) -> list[tuple[float, bool]]:
    """Nats and whether measured, rung by rung, for an account without a role."""
    factory = Calibration({}, FACTORY.trajectories, {}, precedents)
    return [(line.weight / 1e6, line.measured) for line in Ladder(rungs(), (region, factory)).lines("")]


@pytest.mark.parametrize("top", [5, 10, 20])
def test_few_weeks_of_a_region_move_the_factorys_precedent(top: int) -> None:
    """Promise: where the region can be measured it decides; how its weeks grow beyond that is the factory's to say."""
    (ask, measured), *_ = lines_of(made({ALL: spread(300, top)}), precedent(7, 10, 12))
    at_region, at_factory = top * (1 - 10 / 300), 10 * (1 - 10 / 300)
    assert ask == pytest.approx(12 * 0.995 + at_region - at_factory, abs=0.1)
    assert not measured


def test_a_region_with_ten_weeks_beyond_a_line_measures_it_itself() -> None:
    ask, own, *_ = lines_of(made({ALL: spread(2_000, 20)}), precedent(7, 10, 12))
    assert ask == (pytest.approx(20 * 0.995, abs=0.1), True)
    assert not own[1]


def test_a_region_too_small_to_compare_takes_the_precedent_as_it_is() -> None:
    ask, *_ = lines_of(made({ALL: spread(99, 50)}), precedent(7, 10, 12))
    assert ask == (pytest.approx(12 * 0.995, abs=0.1), False)


@pytest.mark.parametrize(("days", "later"), [(3, 12), (7, 12), (20, 12), (21, 9), (300, 9)])
def test_the_precedent_is_the_longest_that_the_regions_past_covers(days: int, later: int) -> None:
    region = Calibration({}, made({ALL: spread(300, 10)}).trajectories, {"days": days})
    (ask, _), *_ = lines_of(region, precedent(7, 10, 12), precedent(21, 10, 9))
    assert ask == pytest.approx(later * 0.995, abs=0.1)


def test_an_estimated_line_is_as_rare_as_its_budget() -> None:
    factory = Calibration({}, FACTORY.trajectories, {}, (precedent(7, 10, 12),))
    ladder = Ladder(rungs(), (made({ALL: spread(300, 15)}), factory))
    one_in, measured, _ = ladder.rarity(ladder.lines("")[0].weight, "")
    assert one_in == pytest.approx(200, rel=0.05)
    assert not measured


def test_without_any_calibration_no_rung_is_ever_reached() -> None:
    assert {line.weight for line in Ladder(rungs(), ()).lines("60")} == {NEVER}
    assert Ladder(rungs(), ()).rarity(10**9, "60") == (1.0, False, ALL)


def test_rarity_is_said_by_the_first_stratum_with_a_hundred_weeks() -> None:
    ladder = Ladder(rungs(), (made({"60": spread(99, 10), ALL: spread(100, 20)}), FACTORY))
    assert ladder.rarity(20_000_000, "60") == (101.0, True, ALL)


def test_a_line_names_the_calibration_it_is_read_from() -> None:
    region = made({ALL: spread(300, 5)})
    assert Ladder(rungs(), (region, FACTORY)).lines("60")[0].calibration == region.hash


@pytest.mark.parametrize("seed", range(5))
def test_realised_share_of_fresh_weeks_is_near_the_budget(seed: int) -> None:
    """Weeks of the same kind as those that were measured: over many draws the share above the line is the budget."""
    draw = np.random.default_rng(seed)
    budget, above = 0.01, []
    for _ in range(60):
        past, future = draw.exponential(1e6, (2, 600)).astype(int)
        line = trajectories_of(np.full(600, ""), past)[ALL].line(budget)
        assert line is not None
        above.append(np.mean(future > line[0]))
    assert np.mean(above) <= budget * 1.25


@pytest.mark.parametrize("seed", range(3))
def test_each_home_keeps_the_budget_that_the_role_keeps_only_on_average(seed: int) -> None:
    """Promise: weeks of a restless service do not spend the budget of a calm one, whose accounts are asked as often."""
    draw, budget, above = np.random.default_rng(seed), 0.02, {"dpi": [0.0], "lab": [0.0], "of the role, dpi": [0.0]}
    role, home = np.full(2_000, "60"), np.repeat(["dpi", "lab"], 1_000)
    for _ in range(30):
        past, future = draw.exponential(1e6, (2, 2_000)) * np.where(home == "dpi", 1, 3)
        region = Calibration({}, trajectories_of(role, past.astype(int), home))
        ladder = Ladder(rungs((budget, *BUDGETS[1:])), (region,))
        for name in ("dpi", "lab"):
            above[name].append(float(np.mean(future[home == name] > ladder.lines("60", name)[0].weight)))
        above["of the role, dpi"].append(float(np.mean(future[home == "dpi"] > ladder.lines("60")[0].weight)))
    realised = {name: sum(shares) / 30 for name, shares in above.items()}
    assert 0.75 * budget <= realised["dpi"] <= 1.25 * budget
    assert 0.75 * budget <= realised["lab"] <= 1.25 * budget
    assert realised["of the role, dpi"] < budget / 20
