"""What a rung comes to: acts in order, and what cannot be cut or proven named."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tocsin.contain.ladder import ACTS_OF, NOT_ENFORCED
from tocsin.contain.plan import Means, Plan, plan
from tocsin.model.act import KINDS
from tocsin.model.alert import RUNGS

IDP = Means(name="idp", does=("suspend-account",), systems=("https://idp.test",))
TOKENS = Means(name="tokens", does=("delete-tokens",), systems=("https://idp.test",))
TELE = Means(name="tele", does=("prove-dead",))
PLACE = Means(name="place", does=("prove-dead",), systems=("https://idp.test",))
ALL = (TELE, TOKENS, IDP, PLACE)
ONE, TWO = "https://idp.test|8990001", "https://idp.test|8990002"
ELSEWHERE = "urn:other|x"


def planned(rung: str, *accounts: str, means: tuple[Means, ...] = ALL, **keys: object) -> Plan:
    return plan(incident="INC-1", rung=rung, accounts=accounts, means=means, asked_by="x", why="y", **keys)  # type: ignore[arg-type]


def told(made: Plan) -> list[tuple[str, str, str]]:
    return [(act.kind, act.by, act.target) for act in made.acts]


def test_a_suspension_cuts_all_accounts_then_tokens_then_asks() -> None:
    assert told(planned("suspend", ONE, TWO)) == [
        ("suspend-account", "idp", ONE),
        ("suspend-account", "idp", TWO),
        ("delete-tokens", "tokens", ONE),
        ("delete-tokens", "tokens", TWO),
        ("prove-dead", "tele", ONE),
        ("prove-dead", "place", ONE),
        ("prove-dead", "tele", TWO),
        ("prove-dead", "place", TWO),
    ]


def test_ending_sessions_leaves_the_account_active() -> None:
    assert [kind for kind, _, _ in told(planned("end-sessions", ONE))] == ["delete-tokens", "prove-dead", "prove-dead"]


@pytest.mark.parametrize("rung", ["ask", "own-patients-only"])
def test_what_needs_a_guard_is_not_enforced_and_says_so(rung: str) -> None:
    made = planned(rung, ONE)
    assert made.acts == ()
    assert "no guard" in made.not_enforced


def test_what_cannot_be_cut_or_proven_is_named() -> None:
    made = planned("suspend", ONE, ELSEWHERE)
    assert [(gap.account, gap.kind) for gap in made.gaps] == [
        (ELSEWHERE, "suspend-account"),
        (ELSEWHERE, "delete-tokens"),
    ]
    assert "cannot be cut here" in made.gaps[0].words
    bare = planned("suspend", ONE, means=())
    assert [gap.kind for gap in bare.gaps] == ["suspend-account", "delete-tokens", "prove-dead"]
    assert bare.acts == ()


def test_two_rungs_delete_tokens_twice() -> None:
    """What was deleted when sessions were ended must be deleted again when the account is suspended."""
    first, second = planned("end-sessions", ONE), planned("suspend", ONE)
    assert not {act.id for act in first.acts} & {act.id for act in second.acts}


def test_a_round_is_another_act() -> None:
    again = planned("suspend", ONE, round_of=lambda kind, by, account: 1 if kind == "suspend-account" else 0)
    same = {act.id for act in planned("suspend", ONE).acts} & {act.id for act in again.acts}
    assert len(same) == len(again.acts) - 1


def test_the_ladder_knows_every_rung_and_kind() -> None:
    assert tuple(ACTS_OF) == RUNGS
    assert {kind for kinds in ACTS_OF.values() for kind in kinds} <= set(KINDS)
    assert {rung for rung in RUNGS if not ACTS_OF[rung]} == set(NOT_ENFORCED)


_accounts = st.lists(st.text(max_size=5) | st.sampled_from((ONE, TWO, ELSEWHERE)), max_size=6)
_means = st.lists(
    st.builds(
        Means,
        name=st.sampled_from("abc"),
        does=st.lists(st.sampled_from(("suspend-account", "delete-tokens", "prove-dead")), max_size=3).map(tuple),
        systems=st.lists(st.sampled_from(("https://idp.test", "urn:other", "")), max_size=2).map(tuple),
    ),
    max_size=4,
    unique_by=lambda one: one.name,
)


@given(st.sampled_from(RUNGS), _accounts, _means)
def test_every_account_and_kind_is_an_act_or_a_gap_never_both(
    rung: str, accounts: list[str], means: list[Means]
) -> None:
    made = planned(rung, *accounts, means=tuple(means))
    assert made == planned(rung, *accounts, means=tuple(means))
    acts = {(act.kind, act.target) for act in made.acts}
    gaps = {(gap.kind, gap.account) for gap in made.gaps}
    assert not acts & gaps
    assert acts | gaps == {(kind, account) for kind in ACTS_OF[rung] for account in accounts}
    assert len({act.id for act in made.acts}) == len(made.acts)
    order = [ACTS_OF[rung].index(act.kind) for act in made.acts]
    assert order == sorted(order)


def test_an_account_that_is_not_suspended_is_not_asked_whether_it_is_dead() -> None:
    """Promise: what must be alive after a rung is not called a failure for being so."""
    provider = Means(name="provider", does=("prove-dead",), rungs=("suspend",))
    asked = {
        rung: [act.by for act in planned(rung, ONE, means=(TELE, provider)).acts]
        for rung in ("end-sessions", "suspend")
    }
    assert asked == {"end-sessions": ["tele"], "suspend": ["tele", "provider"]}
