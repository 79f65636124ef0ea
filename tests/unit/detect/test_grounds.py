"""An alert's weight in parts: they add up to it, whatever was counted."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from tocsin import wiring
from tocsin.detect.grounds import grounds_of
from tocsin.detect.nulls import AGES
from tocsin.detect.registry import NAMES
from tocsin.detect.weight import COUNTED, ENROLMENT_AT, HONEY_AT, OWN_BINS, SIGN_IN_AT, Own, Weigher
from tocsin.model.ground import EARLIER, OTHERS

FACTORY = wiring.factory()
CODES = {SIGN_IN_AT: 7, HONEY_AT: 2, ENROLMENT_AT: 2}

counts = st.tuples(*(st.integers(0, CODES.get(d, 300)) for d in range(len(NAMES))))
caps = st.lists(st.one_of(st.just(np.inf), st.floats(0.5, 50)), min_size=COUNTED, max_size=COUNTED)


def own_of(caps: np.ndarray) -> Own:
    """The past of one account, of its caps."""
    return Own(caps[None], Own.none().codes)


@settings(max_examples=200, deadline=None, derandomize=True)
@given(
    counts, caps, st.sampled_from(["", "60", "unheard of"]), st.integers(0, len(AGES) - 1), st.integers(-(10**7), 10**8)
)
def test_the_grounds_add_up_to_the_weight(
    counted: tuple[int, ...], capped: list[float], role: str, age: int, weight: int
) -> None:
    weigher = Weigher((FACTORY,))
    stratum = weigher.stratum(role, age)
    column, own = np.array(counted), own_of(np.repeat(np.array(capped)[:, None], OWN_BINS, axis=1))
    found = grounds_of(weight, stratum, column, weigher, own)
    assert sum(ground.nats for ground in found) == weight
    assert [ground.nats for ground in found] == sorted((ground.nats for ground in found), reverse=True)
    content, others = weigher.weigh(np.array([stratum]), column[:, None], np.zeros(1, np.int64), own)
    elsewhere = sum(ground.nats for ground in found if ground.of == EARLIER)
    assert elsewhere == weight - int(content[0]) - int(others[0])
    for ground in found:
        if ground.of not in (OTHERS, EARLIER):
            assert ground.n == counted[NAMES.index(ground.of)]
            assert ground.spared >= 0


@settings(max_examples=50, deadline=None, derandomize=True)
@given(st.integers(1, 60))
def test_the_owners_own_past_is_told_as_what_it_spares(n: int) -> None:
    """What the owner's own days reached before weighs nothing any more, and the ground says how much that is."""
    weigher = Weigher((FACTORY,))
    stratum = weigher.stratum("60", len(AGES) - 1)
    column = np.zeros(len(NAMES), np.int64)
    for name in ("strangers", "strangers-today", "excess", "refusals"):
        column[NAMES.index(name)] = n
    free, usual = Own.none(), own_of(np.full((COUNTED, OWN_BINS), 1.0))
    before = {g.of: g for g in grounds_of(0, stratum, column, weigher, free)}
    after = {g.of: g for g in grounds_of(0, stratum, column, weigher, usual)}
    for name, ground in before.items():
        if ground.told:
            assert ground.spared == 0
            assert after[name].nats == 0
            assert after[name].spared > 0


@settings(max_examples=100, deadline=None, derandomize=True)
@given(counts, st.sampled_from(["", "60"]), st.integers(0, len(AGES) - 1))
def test_a_ground_has_the_sign_of_what_it_says(counted: tuple[int, ...], role: str, age: int) -> None:
    """Promise: what is told as a reason against the owner adds to the weight, unless the sign-in says otherwise."""
    weigher = Weigher((FACTORY,))
    stratum = weigher.stratum(role, age)
    found = {g.of: g for g in grounds_of(0, stratum, np.array(counted), weigher, Own.none())}
    code, here = np.array([counted[SIGN_IN_AT]]), np.array([stratum])
    worth = {
        SIGN_IN_AT: np.log(weigher.sign_in(here, code, np.zeros(1, np.int64), Own.none())[0]),
        HONEY_AT: weigher.honey[stratum, counted[HONEY_AT]],
        ENROLMENT_AT: weigher.enrolment[stratum, counted[ENROLMENT_AT]],
    }
    for name, ground in found.items():
        if name in NAMES[:COUNTED]:
            assert ground.nats >= 0
            assert ground.spared == 0
            assert ground.one_in >= 1
            assert (ground.role, ground.age) == (role, AGES[age])
    for place in CODES:
        if counted[place]:
            told = found[NAMES[place]].nats
            assert told * worth[place] >= 0
