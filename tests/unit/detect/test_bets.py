"""No bet pays on average while the owner is at work, and an owner's own past only makes it smaller."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tocsin import wiring
from tocsin.detect.calibration import COUNTRY_CODES, SIGN_IN_CODES, Calibration, with_countries
from tocsin.detect.days import AT_WORK
from tocsin.detect.nulls import AGES, CAP, THIEF, YOUNGER
from tocsin.detect.registry import CODE, COUNTED, NAMES, SHARES
from tocsin.detect.roles import Roles
from tocsin.detect.state import State
from tocsin.detect.weight import (
    BIN_FROM,
    CONTENT,
    ENROLMENT_AT,
    ENROLMENT_MOST,
    HONEY_AT,
    HONEY_BOUNDS,
    LEAST_SHOWED,
    MOST,
    MOST_OF_ALL,
    OWN_BINS,
    OWN_DAYS,
    SIGN_IN_AT,
    SIGN_IN_BOUNDS,
    TELLS,
    THIEF_SIGN_IN,
    Own,
    Weigher,
    bins,
    own_e_values,
)
from tocsin.model.evidence import MICRONATS

X = np.arange(CAP + 1)
FACTORY = wiring.factory()
MOST_OF = np.array([MOST.get(name, MOST_OF_ALL) for name in NAMES[: len(COUNTED)]])

SEEN = np.array([0.9, 0.015, 0.02, 0.01, 0.01, 0.005, 0.005, 0.0025, 0, 0.015, 0, 0.01, 0, 0.005, 0, 0.0025])
"""Sign-ins of owners."""

survivals = st.builds(
    lambda steps, tail: np.cumprod(np.r_[1.0, steps, np.full(CAP - len(steps), tail)]),
    st.lists(st.floats(0.05, 1.0), max_size=40),
    st.sampled_from((0.5, 0.9, 0.99, 0.999, 1.0)),
)
"""Any survival function."""


def weigher_on(null: np.ndarray) -> Weigher:
    """All counts of all strata go by one survival function."""
    tables = dict.fromkeys(NAMES, null) | {"sign-in": SEEN}
    weigher = Weigher((Calibration({"/": tables}, {}),))
    weigher.stratum("", 0)
    return weigher


def expectation(settled: np.ndarray, null: np.ndarray) -> float:
    """Of a bet on where a day ends, while days end as the null says."""
    ends = null - np.r_[null[1:], 0.0]
    return float((ends * settled).sum())


@settings(max_examples=150, deadline=None, derandomize=True)
@given(survivals)
def test_a_day_that_ended_pays_at_most_its_stake_on_average(null: np.ndarray) -> None:
    settled = weigher_on(null).settled[0]
    as_kept = np.asarray(null, "<f4").astype(float)
    for d in range(len(COUNTED)):
        assert expectation(settled[d], as_kept) <= 1 + 1e-6


@settings(max_examples=100, deadline=None, derandomize=True)
@given(survivals)
def test_a_day_is_settled_at_no_more_than_it_was_worth_while_it_lasted(null: np.ndarray) -> None:
    weigher = weigher_on(null)
    assert (weigher.settled[0] <= weigher.running[0]).all()
    assert (weigher.settled[0] >= 0).all()
    assert (weigher.running[0] <= MOST_OF[:, None]).all()


@settings(max_examples=100, deadline=None, derandomize=True)
@given(survivals)
def test_a_day_that_counted_nothing_is_neutral_while_it_lasts_and_speaks_for_the_owner_once_over(
    null: np.ndarray,
) -> None:
    """The first holds where the null is a survival function, so that all days reach nothing."""
    weigher = weigher_on(null)
    assert (weigher.running[0][:, 0] == 1).all()
    assert (weigher.settled[0][:, 0] <= 1).all()


@settings(max_examples=100, deadline=None, derandomize=True)
@given(survivals, st.integers(1, CAP))
def test_whoever_waits_for_a_count_is_paid_at_most_the_stake(null: np.ndarray, x: int) -> None:
    """Betting while the day lasts, and stopping at x or at the day's end: the mean is what a thief reaches."""
    running = weigher_on(null).running[0][0]
    share = float(np.float32(null[x]))
    assert share * running[x] <= THIEF[x] + 1e-9 <= 1


@pytest.mark.parametrize("index", [0.3, 0.9, 1.5, 3.0])
def test_a_bet_grows_with_the_count_where_the_owners_days_end_sooner_than_the_thiefs(index: float) -> None:
    """Promise: one more of anything never makes an account less suspect, where honest days have a lighter tail."""
    weigher = weigher_on((1.0 + X) ** -index)
    assert (np.diff(weigher.running[0], axis=1) >= -1e-6).all()
    by_bin = weigher.settled[0][:, BIN_FROM]
    assert (np.diff(by_bin, axis=1) >= -1e-6).all()


@pytest.mark.parametrize("role", ["", "60", "10", "unheard of"])
@pytest.mark.parametrize("age", range(len(AGES)), ids=AGES)
def test_no_bet_of_the_factory_pays_on_average(role: str, age: int) -> None:
    weigher = Weigher((FACTORY,))
    stratum = weigher.stratum(role, age)
    for d in range(len(COUNTED)):
        null = FACTORY.null(NAMES[d], role, AGES[age])
        assert null[0] == pytest.approx(1)
        assert expectation(weigher.settled[stratum, d], null) <= 1 + 1e-4, NAMES[d]


def test_a_whole_day_pays_at_most_its_stake_on_average() -> None:
    """Content times sign-in times enrolment, whatever the account counts, on days drawn from the null."""
    draw = np.random.default_rng(3)
    null = (1.0 + X) ** -1.2
    weigher = weigher_on(null)
    days = 200_000
    counts = np.zeros((len(NAMES), days), np.int64)
    reach = np.minimum(np.floor(draw.random(days) ** (-1 / 1.2) - 1), CAP).astype(np.int64)
    counts[:CONTENT] = reach  # all detectors see the same, as bad as can be
    counts[CONTENT : len(COUNTED)] = np.minimum(
        np.floor(draw.random((len(COUNTED) - CONTENT, days)) ** (-1 / 1.2) - 1), CAP
    )
    counts[SIGN_IN_AT] = draw.choice(SIGN_IN_CODES, days, p=SEEN)
    zeros = np.zeros(days, np.int64)
    content, others = weigher.weigh(zeros, counts, zeros, Own.none(), ended=True)
    for part in (content, others, content + others):
        e = np.exp(part / MICRONATS)
        assert e.mean() <= 1 + 4 * e.std() / np.sqrt(days)


def test_a_thief_who_is_at_work_on_some_days_only_is_bet_on_as_such() -> None:
    """Promise: a quiet day costs a bet that is held at most half."""
    assert 0 < AT_WORK < 1
    e = np.linspace(0, 100, 1000)
    mixed = (1 - AT_WORK) + AT_WORK * e
    assert mixed.min() == 1 - AT_WORK
    assert (np.minimum(e, 1) <= np.maximum(mixed, 1)).all()


def ratios(weigher: Weigher, stratum: int, own: Own | None = None) -> np.ndarray:
    """e-values of all codes of the sign-in, of an account with such a past."""
    codes = np.arange(COUNTRY_CODES)
    return weigher.sign_in(np.full_like(codes, stratum), codes, np.zeros_like(codes), own or Own.none())


# -- codes -------------------------------------------------------------------------------------------------------------


def test_shares_add_up_and_so_does_the_thief_of_sign_ins() -> None:
    assert sum(SHARES[:CONTENT]) == pytest.approx(1)
    assert sum(SHARES[CONTENT:]) + CODE == pytest.approx(1)
    assert THIEF_SIGN_IN.sum() == pytest.approx(1)


@settings(max_examples=100, deadline=None, derandomize=True)
@given(
    st.lists(st.floats(0, 1), min_size=SIGN_IN_CODES, max_size=SIGN_IN_CODES).filter(any),
    st.floats(0, 1),
    st.floats(0, 1),
    st.floats(0, 1),
)
def test_codes_are_worth_what_they_are_rare_within_their_bounds(
    seen: list[float], listed: float, one: float, two: float
) -> None:
    tables = {
        "sign-in": np.array(seen) / sum(seen),
        "honey": np.r_[1.0, np.full(CAP, listed)],
        "enrolment": np.r_[1.0, max(one, two), np.full(CAP - 1, min(one, two))],
    }
    weigher = Weigher((Calibration({"/": tables}, {}),))
    here = weigher.stratum("", 0)
    honey, came = (np.exp(table[here]) for table in (weigher.honey, weigher.enrolment))
    ratio = ratios(weigher, here)
    assert (ratio >= SIGN_IN_BOUNDS[0] - 1e-9).all()
    assert (ratio <= SIGN_IN_BOUNDS[1] + 1e-6).all()
    assert honey[0] == pytest.approx(1)
    assert HONEY_BOUNDS[0] - 1e-9 <= honey[1] <= HONEY_BOUNDS[1] + 1e-6
    assert honey[2] > honey[1]
    assert came[0] == pytest.approx(1)
    assert (came <= ENROLMENT_MOST + 1e-6).all()


@pytest.mark.parametrize("new", [0.0, 0.0005, 0.001, 0.002, 0.1])
def test_a_trail_that_tells_nothing_of_sign_ins_neither_clears_nor_accuses(new: float) -> None:
    """Promise: of a service without addresses and devices nothing is ever new, for a thief neither."""
    seen = np.r_[1 - new, np.full(SIGN_IN_CODES - 1, new / (SIGN_IN_CODES - 1))]
    weigher = Weigher((Calibration({"/": {"sign-in": seen}}, {}),))
    here = weigher.stratum("", 0)
    usual = float(ratios(weigher, here)[0])
    assert 0.5 <= usual <= 1.01
    assert usual > 0.99 if new == 0 else usual <= 1.01 - min(new, TELLS) / TELLS * 0.4


@settings(max_examples=100, deadline=None, derandomize=True)
@given(st.lists(st.integers(0, SIGN_IN_CODES - 1), max_size=60), st.integers(0, SIGN_IN_CODES - 1))
def test_what_an_account_often_shows_is_no_evidence_and_what_it_never_did_is_more(shown: list[int], code: int) -> None:
    """Promise: who is always on the move may be; of a robot that never was, a new network says more."""
    weigher = Weigher((Calibration({"/": {"sign-in": SEEN}}, {}),))
    here = weigher.stratum("", 0)
    codes = np.bincount(shown, minlength=SIGN_IN_CODES)[None]
    before, after = ratios(weigher, here), ratios(weigher, here, Own(Own.none().caps, codes))
    rarer = shown.count(code) / max(len(shown), 1) <= max(SEEN[code], LEAST_SHOWED)
    assert after[code] >= before[code] - 1e-9 if rarer else after[code] <= before[code] + 1e-9


@settings(max_examples=50, deadline=None, derandomize=True)
@given(st.integers(0, 2**32 - 1), st.integers(1, 40))
def test_a_bet_on_sign_ins_pays_at_most_its_stake_whatever_the_account_is_like(seed: int, days: int) -> None:
    """Law: a day is weighed on the days before it; over accounts that differ as the stratum says, the mean is one."""
    draw = np.random.default_rng(seed)
    told = np.maximum(SEEN, LEAST_SHOWED)
    weigher = Weigher((Calibration({"/": {"sign-in": SEEN}}, {}),))
    here = weigher.stratum("", 0)
    rates = draw.dirichlet(OWN_DAYS * told / told.sum(), 4_000)
    own = np.stack([draw.multinomial(days, rate) for rate in rates])
    usual = (own + OWN_DAYS * told) / (days + OWN_DAYS)
    paid = (rates * weigher.thief[here] / usual).sum(axis=1)
    assert paid.mean() <= 1 + 4 * paid.std() / np.sqrt(len(paid)) + 0.02


NEW_NETWORK = np.arange(SIGN_IN_CODES) % 2 == 1
seen_codes = st.lists(st.floats(0, 1), min_size=SIGN_IN_CODES, max_size=SIGN_IN_CODES).filter(lambda seen: seen[0] > 0)


def codes_on(seen: np.ndarray) -> np.ndarray:
    """E-values of the codes of `sign-in`, by how often honest days show each."""
    weigher = Weigher((Calibration({"/": {"sign-in": seen}}, {}),))
    here = weigher.stratum("", 0)
    return ratios(weigher, here)


@settings(max_examples=100, deadline=None, derandomize=True)
@given(seen_codes)
def test_a_calibration_that_knows_no_country_weighs_as_if_there_were_none(seen: list[float]) -> None:
    """Promise: a table of countries changes nothing until a past was learned with it."""
    e = codes_on(np.array(seen) / sum(seen))
    assert len(e) == COUNTRY_CODES
    assert (e[:SIGN_IN_CODES] == e[SIGN_IN_CODES:]).all()


@settings(max_examples=200, deadline=None, derandomize=True)
@given(seen_codes, st.floats(0, 1))
def test_a_country_is_one_more_factor_at_fair_odds(seen: list[float], share: float) -> None:
    """Promise: whatever the code, whether the country is new is worth at most its stake on average."""
    plain = np.float32(np.array(seen) / sum(seen)).astype(float)
    without, told = codes_on(plain)[:SIGN_IN_CODES], codes_on(with_countries(plain, share))
    here, there = told[:SIGN_IN_CODES], told[SIGN_IN_CODES:]
    fair = share * there + (1 - share) * here <= np.maximum(without, SIGN_IN_BOUNDS[0]) * (1 + 1e-3) + 1e-6
    cut = np.minimum(here, there) <= SIGN_IN_BOUNDS[0] + 1e-9
    assert (fair | cut)[NEW_NETWORK].all()
    assert here[~NEW_NETWORK] == pytest.approx(without[~NEW_NETWORK], rel=1e-3)
    assert (told >= SIGN_IN_BOUNDS[0] - 1e-9).all()
    assert (told <= SIGN_IN_BOUNDS[1] + 1e-6).all()


@pytest.mark.parametrize(
    ("share", "least", "most"), [(0.0, 1, 1.01), (0.002, 1, 5), (0.01, 10, 15.1), (0.05, 5.9, 6.1), (0.6, 0.4, 0.6)]
)
def test_a_new_country_weighs_the_more_the_fewer_honest_ones_there_are(share: float, least: float, most: float) -> None:
    """A network that is new to all; but a table by which there are next to none does not tell."""
    plain = np.r_[0.9, 0.02, 0.02, 0.01, np.zeros(5), 0.03, 0, 0.02, np.zeros(4)]
    without, told = codes_on(plain), codes_on(with_countries(plain, share))
    assert least <= told[SIGN_IN_CODES + 9] / without[9] <= most
    assert told[9] <= without[9] * 1.001 if share < 0.3 else told[9] > without[9]


def test_a_honey_patient_is_worth_less_where_everybody_lists_them() -> None:
    def worth(listed: float) -> float:
        weigher = Weigher((Calibration({"/": {"honey": np.r_[1.0, np.full(CAP, listed)]}}, {}),))
        here = weigher.stratum("", 0)
        return float(weigher.honey[here, 1])

    assert worth(0.5) == 0 < worth(0.1) < worth(0.001)


# -- the owner's own past ----------------------------------------------------------------------------------------------


def test_bins_are_powers_of_two() -> None:
    assert bins(np.array([0, 1, 2, 3, 4, 7, 8, 1023, 1024, 99_999])).tolist() == [0, 1, 2, 2, 3, 3, 4, 10, 11, 11]
    assert bins(BIN_FROM).tolist() == list(range(OWN_BINS))


@settings(max_examples=150, deadline=None, derandomize=True)
@given(st.lists(st.integers(0, 40), min_size=OWN_BINS, max_size=OWN_BINS), st.integers(0, 40))
def test_own_days_cap_what_they_reached_and_say_nothing_beyond(reached: list[int], days: int) -> None:
    counts = np.minimum(np.sort(np.array(reached))[::-1], days)
    caps = own_e_values(counts, np.array(days))
    assert (np.isinf(caps) == ((counts == 0) | (days < 5))).all()
    told = np.isfinite(caps)
    assert (caps[told] <= THIEF[BIN_FROM[told]] * (days + 1) / counts[told] + 1e-9).all()
    if told.any():
        assert caps[0] < 1.3, "what the owner does every day is no evidence"


def test_an_owner_who_always_goes_as_far_is_no_suspect() -> None:
    weigher = weigher_on((1.0 + X) ** -2.0)
    counts = np.zeros((len(NAMES), 1), np.int64)
    counts[:CONTENT] = 50
    free = Own.none()
    caps = own_e_values(np.full((1, len(COUNTED), OWN_BINS), 30), np.full((1, len(COUNTED)), 30)).astype(np.float32)
    usual, zero = Own(caps, free.codes), np.zeros(1, np.int64)
    for ended in (False, True):
        assert weigher.weigh(zero, counts, zero, free, ended=ended)[0] > 2 * MICRONATS
        assert weigher.weigh(zero, counts, zero, usual, ended=ended)[0] < 0


@settings(max_examples=100, deadline=None, derandomize=True)
@given(st.data())
def test_a_row_weighs_the_same_whatever_stands_beside_it(data: st.DataObject) -> None:
    """Rows that show what the row before them did are not weighed anew."""
    weigher = Weigher((FACTORY,))
    strata = [weigher.stratum("", age) for age in range(len(AGES))]
    caps = np.ones((3, len(COUNTED), OWN_BINS), np.float32)
    caps[0], caps[1, :, 4:], caps[2, :, 1:] = np.inf, 0.5, 0.25
    own = Own(caps, np.arange(3 * SIGN_IN_CODES, dtype=np.int32).reshape(3, -1))
    rows = data.draw(st.integers(0, 8))
    counts = np.zeros((len(NAMES), rows), np.int64)
    for d in range(CONTENT + 2):
        counts[d] = data.draw(st.lists(st.sampled_from((0, 0, 1, 9, CAP, 5_000)), min_size=rows, max_size=rows))
    stratum = np.array(data.draw(st.lists(st.sampled_from(strata[:2]), min_size=rows, max_size=rows)), np.int64)
    account = np.array(data.draw(st.lists(st.integers(0, 2), min_size=rows, max_size=rows)), np.int32)
    for ended in (False, True):
        together = weigher.weigh(stratum, counts, account, own, ended=ended)
        for i in range(rows):
            alone = weigher.weigh(stratum[[i]], counts[:, [i]], account[[i]], own, ended=ended)
            assert [int(part[i]) for part in together] == [int(part[0]) for part in alone]


def test_nothing_counted_is_worth_at_most_its_stake_whatever_the_past() -> None:
    """Which is why `weigh` does not look up what the past allows a count of 0 to be."""
    weigher = Weigher((FACTORY,))
    for age in range(len(AGES)):
        weigher.stratum("", age)
    assert (weigher.running[:, :, 0] == 1).all()
    assert (weigher.settled[:, :, 0] <= 1).all()
    state = State()
    state.grow(2)
    state.expect(1, np.full(CONTENT, 3), 1)
    for _ in range(9):
        state.learn_own(np.array([0, 1]), np.zeros((2, len(NAMES)), np.int64), np.zeros(2, np.int64))
    assert (state.own_e[:, :, 0] >= 1).all()


def test_counts_of_codes_have_no_mixture_of_their_own() -> None:
    assert {ENROLMENT_AT, SIGN_IN_AT, HONEY_AT} == set(range(len(COUNTED), len(NAMES)))


def test_each_account_has_its_own_calibration_of_several() -> None:
    nulls = [Calibration({"/": {"units": (1.0 + X) ** -index}}, {}) for index in (0.5, 1.0, 2.0)]
    weigher = Weigher(tuple(nulls))
    keys = np.array([9, 1, 2, 3, 2**64 - 1, 8, 4], np.uint64)
    strata = weigher.strata_of(np.arange(7), np.zeros(7, np.int64), Roles.of(["60"] * 7, keys))
    at = NAMES.index("units")
    worth = weigher.running[strata, at, 3]
    assert worth.tolist() == [worth[key % 3] for key in keys.tolist()]
    assert len(set(worth.tolist())) == 3
    assert [weigher.share(at, int(strata[n]), 3) for n in range(3)] == [
        float(null.null("units", "60", "new")[3]) for null in nulls
    ]


def test_ages_lead_back_to_one_that_is_known() -> None:
    """A past of a week knows no settled account; one of some days no newcomer: then it is weighed as all are."""
    young = Calibration({"/young": {"units": (1.0 + X) ** -1.0}, "/": {"units": (1.0 + X) ** -2.0}}, {})
    assert young.null("units", "60", "settled")[1] == pytest.approx(0.5)
    assert young.null("units", "60", "newcomer")[1] == pytest.approx(0.25)
    assert young.null("units", "60", "recent")[1] == pytest.approx(0.25)
    assert set(YOUNGER) == {"young", "recent", "settled"}
