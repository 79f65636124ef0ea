"""A calibration keeps its budget, says the same when read back, and is known by its hash."""

from __future__ import annotations

import json
import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tocsin.detect.calibration import (
    ALL,
    ANY,
    AT_HOME,
    COUNTRY_CODES,
    HONEST_ABROAD,
    SIGN_IN_CODES,
    Calibration,
    Precedent,
    Trajectories,
    abroad,
    line_strata,
    nulls_of,
    trajectories_of,
    without_countries,
)
from tocsin.detect.nulls import AGES, CAP, Sample
from tocsin.detect.registry import NAMES
from tocsin.detect.weight import Weigher
from tocsin.model.stratum import role_and_home

weeks = st.lists(st.integers(-1_400_000, 40_000_000), min_size=1, max_size=300)
budgets = st.sampled_from((0.3, 0.05, 0.01, 0.005, 0.001, 0.00001))


def stratum(heaviest: list[int]) -> Trajectories:
    """All account-weeks in one stratum."""
    return trajectories_of(np.full(len(heaviest), ""), np.array(heaviest))[ALL]


def sample(days: int = 60, seed: int = 1) -> Sample:
    """Days of a dozen accounts in two roles."""
    draw = np.random.default_rng(seed)
    values = np.minimum(draw.geometric(0.5, (days, len(NAMES))) - 1, 7)
    values[:, NAMES.index("honey")] = 0
    account = draw.integers(0, 12, days)
    return Sample(account, np.where(account % 3 == 0, "60", "21"), draw.integers(0, len(AGES), days), values)


def calibration() -> Calibration:
    """One that was made from a sample."""
    made = sample()
    return Calibration(nulls_of(made, None), {ALL: stratum([3, 2, 1])}, {"account_days": len(made.account)})


@settings(max_examples=200, deadline=None, derandomize=True)
@given(weeks, budgets)
def test_a_measured_line_keeps_its_budget_on_the_weeks_it_was_made_from(heaviest: list[int], budget: float) -> None:
    line = stratum(heaviest).line(budget)
    if line and line[1]:
        assert np.mean(np.array(heaviest) > line[0]) <= budget


@pytest.mark.parametrize("budget", [0.05, 0.01, 0.005])
def test_a_line_can_be_measured_for_a_large_region(budget: float) -> None:
    """A year of 20,000 accounts: more weeks go over the line of `ask` than were once kept."""
    heaviest = np.random.default_rng(5).exponential(1e6, 1_040_000).astype(np.int64)
    line = stratum(heaviest.tolist()).line(budget)
    assert line is not None
    assert line[1]
    assert np.mean(heaviest > line[0]) <= budget


def test_an_estimated_line_lies_above_all_that_was_measured() -> None:
    made = stratum(list(range(0, 3_000_000, 10_000)))
    measured, estimated = made.line(0.01), made.line(0.00001)
    assert measured is not None
    assert estimated is not None
    assert measured[1]
    assert not estimated[1]
    assert estimated[0] > measured[0]


def test_too_few_weeks_say_nothing_about_the_rare() -> None:
    assert stratum(list(range(99))).line(0.001) is None


@settings(max_examples=150, deadline=None, derandomize=True)
@given(weeks, st.lists(st.integers(-2_000_000, 10**10), min_size=2, max_size=20))
def test_rarity_never_falls_with_weight_and_is_a_number(heaviest: list[int], weights: list[int]) -> None:
    made = stratum(heaviest)
    rarities = [made.one_in(weight)[0] for weight in sorted(weights)]
    assert rarities == sorted(rarities)
    assert all(n >= 1 and math.isfinite(n) for n in rarities)
    assert json.loads(json.dumps(rarities, allow_nan=False)) == rarities


def test_calibration_comes_back_from_its_text() -> None:
    made = calibration()
    again = Calibration.from_text(made.to_text())
    assert again.hash == made.hash
    assert again.to_text() == made.to_text()
    assert again.made_from == made.made_from


def test_precedents_come_back_too_and_are_part_of_the_hash() -> None:
    plain = calibration()
    made = replace(plain, precedents=(Precedent(7, {ALL: stratum([3, 1])}, {ALL: stratum([4, 2, 1])}),))
    again = Calibration.from_text(made.to_text())
    assert again.hash == made.hash != plain.hash
    assert again.precedents[0].days == 7
    assert again.precedents[0].later[ALL].heaviest.tolist() == [4, 2, 1]


def travelling(share: float) -> Sample:
    """The same days, some of the new networks in a country new to the account."""
    made, at = sample(600), NAMES.index("sign-in")
    values = made.values.copy()
    new = (values[:, at] & 1) == 1
    values[:, at] += SIGN_IN_CODES * (new & (np.random.default_rng(2).random(len(new)) < share))
    return replace(made, values=values, countries=True)


def test_what_is_learned_without_a_table_of_countries_is_as_if_there_were_none() -> None:
    """Promise: no table, no change: not in a calibration's tables, and not in its hash."""
    for above in (None, calibration()):
        for tables in nulls_of(sample(), above).values():
            assert len(tables["sign-in"]) == SIGN_IN_CODES


@pytest.mark.parametrize("share", [0.0, 0.1, 0.5])
def test_countries_are_learned_apart_and_lean_on_a_factory_that_knows_none(share: float) -> None:
    plain = nulls_of(replace(travelling(0), countries=False), calibration())
    told = nulls_of(travelling(share), calibration())
    for name, tables in told.items():
        assert len(tables["sign-in"]) == COUNTRY_CODES
        assert tables["sign-in"].sum() == pytest.approx(1)
        assert without_countries(tables["sign-in"]) == pytest.approx(plain[name]["sign-in"], abs=1e-6)
        least, most = sorted((share, HONEST_ABROAD))
        assert least - 0.05 <= abroad(tables["sign-in"]) <= most + 0.1, name
    again = Calibration.from_text(Calibration(told, {}).to_text())
    assert again.null("sign-in", "60", "settled") == pytest.approx(told["60/settled"]["sign-in"])


def at_home(*pairs: tuple[str, str, int]) -> dict[str, Trajectories]:
    """So many account-weeks of a role at home in a service, each stratum heavier than the one before."""
    role, home = (np.repeat([pair[i] for pair in pairs], [pair[2] for pair in pairs]) for i in (0, 1))
    return trajectories_of(role, np.arange(len(role)) * 1_000, home)


def test_a_role_at_home_in_a_service_is_a_stratum_once_it_has_weeks_enough() -> None:
    enough = AT_HOME
    made = at_home(("60", "dpi", enough), ("60", "lab", enough - 1), ("60", "", enough), ("", "dpi", enough))
    assert {name: one.weeks for name, one in made.items()} == {
        "": 4 * enough - 1,
        "*": 3 * enough - 1,
        "60": 3 * enough - 1,
        "60@dpi": enough,
    }
    assert made["60@dpi"].heaviest.tolist() == list(range(enough * 1_000 - 1_000, -1_000, -1_000))


def test_names_of_roles_and_services_are_not_taken_for_one_another() -> None:
    made = at_home(("60@dpi", "lab", AT_HOME), ("60", "dpi@lab", AT_HOME), ("60", "dpi", AT_HOME + 1))
    assert {name: one.weeks for name, one in made.items() if name not in (ALL, ANY)} == {
        r"60\@dpi": AT_HOME,
        "60": 2 * AT_HOME + 1,
        r"60\@dpi@lab": AT_HOME,
        r"60@dpi\@lab": AT_HOME,
        "60@dpi": AT_HOME + 1,
    }
    for role, home in (("60@dpi", "lab"), ("60", "dpi@lab"), ("60", "dpi"), ("60", ""), ("21", "dpi")):
        strata = line_strata(role, home)
        assert set(strata[:-2]) >= {name for name in made if role_and_home(name) == (role, home)}
        assert strata[-2:] == (ANY, ALL)
    assert line_strata("", "dpi") == (ALL,)


def test_strata_of_homes_come_back_and_are_part_of_the_hash() -> None:
    plain = calibration()
    made = replace(plain, trajectories=plain.trajectories | at_home(("60", "dpi é@\\", AT_HOME)))
    again = Calibration.from_text(made.to_text())
    assert again.hash == made.hash != plain.hash
    assert again.to_text() == made.to_text()
    assert again.trajectories[r"60@dpi é\@\\"].weeks == AT_HOME


def test_without_homes_a_calibration_is_what_it_was_before_there_were_any() -> None:
    """Promise: one that was made by an earlier Tocsin loads, under its hash."""
    role, heaviest = np.repeat(["60", "21"], 500), np.arange(1_000)
    assert list(trajectories_of(role, heaviest)) == [ALL, ANY, "21", "60"]
    nowhere = np.full(1_000, "")
    for made in (trajectories_of(role, heaviest), trajectories_of(role, heaviest, nowhere)):
        assert Calibration({}, made).hash == "59ca5d8638f1d558d3155debfb30b844"


def test_an_age_that_nobody_reached_is_carried_on_from_the_younger() -> None:
    """Promise: a week's past says of the settled what it says of the young, changed as the factory changes with age."""
    steep = {
        f"/{age}": {
            name: (1.0 + np.arange(CAP + 1)) ** -index
            if name != "sign-in"
            else np.r_[1 - new, np.full(SIGN_IN_CODES - 1, new / (SIGN_IN_CODES - 1))]
            for name in NAMES[:-1]
        }
        for age, index, new in (("new", 0.5, 0.4), ("young", 1.0, 0.2), ("settled", 2.0, 0.05))
    }
    made = sample()
    week = replace(made, age=np.minimum(made.age, 1))
    nulls = nulls_of(week, Calibration(steep | {"/": steep["/young"]}, {}))
    for stratum_name in ("/", "60/", "21/"):
        young, settled = nulls[f"{stratum_name}young"], nulls[f"{stratum_name}settled"]
        # "one more" of the settled, whom nobody has seen, once for each level above
        assert settled["strangers"][3] == pytest.approx(young["strangers"][3] / 4, rel=0.1)
        assert settled["strangers"][3] >= young["strangers"][3] / 4
        assert settled["sign-in"][0] > young["sign-in"][0]


def test_calibration_that_was_read_back_weighs_to_the_last_digit_as_before() -> None:
    made = calibration()
    again = Calibration.from_text(made.to_text())
    before, after = Weigher((made,)), Weigher((again,))
    for role in ("60", "21", "unheard of", ""):
        for age in range(len(AGES)):
            a, b = before.stratum(role, age), after.stratum(role, age)
            for name in ("running", "settled", "showed", "thief", "country", "enrolment", "honey"):
                assert np.array_equal(getattr(before, name)[a], getattr(after, name)[b])


@pytest.mark.parametrize(
    "change",
    [
        lambda made: replace(made, made_from={"account_days": 61}),
        lambda made: replace(made, trajectories={ALL: stratum([3, 2, 2])}),
        lambda made: replace(made, trajectories={"60": stratum([3, 2, 1])}),
        lambda made: replace(made, nulls=made.nulls | {"/": made.nulls["/"] | {"units": np.full(CAP + 1, 0.5)}}),
        lambda made: replace(made, nulls={k: v for k, v in made.nulls.items() if k != "60/new"}),
    ],
)
def test_another_content_has_another_hash(change: object) -> None:
    assert callable(change)
    assert change(calibration()).hash != calibration().hash


def test_a_content_under_a_wrong_hash_is_refused() -> None:
    told = json.loads(calibration().to_text())
    told["calibration"]["trajectories"][ALL]["heaviest"][0] += 1
    with pytest.raises(ValueError, match="hash"):
        Calibration.from_text(json.dumps(told))


@pytest.mark.parametrize(
    "text", ["", "{", "[]", "{}", '{"hash": "", "calibration": {}}', '{"calibration": [], "hash": 1}']
)
def test_what_is_no_calibration_is_refused_as_such(text: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - any sentence
        Calibration.from_text(text)


def test_a_small_role_leans_on_all_and_all_on_the_factory() -> None:
    made = sample()
    usual = {name: np.r_[1.0, np.full(CAP, 0.9)] for name in NAMES[:-2]} | {
        "sign-in": np.full(SIGN_IN_CODES, 1 / SIGN_IN_CODES)
    }
    factory = Calibration({"/": usual}, {})
    alone, leaning = nulls_of(made, None), nulls_of(made, factory)
    assert leaning["/"]["strangers"][5] > alone["/"]["strangers"][5]
    assert set(leaning) >= {"/", "60/", "21/", *(f"/{age}" for age in AGES)}


def test_an_unknown_stratum_backs_off_to_role_then_all() -> None:
    made = Calibration({"/": {"units": np.zeros(1)}, "60/": {"units": np.ones(1)}}, {})
    assert made.null("units", "60", "new")[0] == 1
    assert made.null("units", "21", "new")[0] == 0


def test_without_any_null_no_count_is_evidence() -> None:
    weigher = Weigher((Calibration({}, {}),))
    stratum = weigher.stratum("60", AGES.index("settled"))
    assert (weigher.running[stratum] < 2).all(), "no family has evidence: nothing doubles the stake"
