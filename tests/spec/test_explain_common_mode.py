"""A whole place that changes at once is one event; a thief makes none."""

from __future__ import annotations

from collections import defaultdict

import pytest
from hypothesis import given
from hypothesis import strategies as st

from parity.wards import Access, Ward, fact, opens

STAFF = [f"nurse-{number}" for number in range(8)]
POSTS = [fact("role", actor=name, establishment="hospital", code="60", known_at=-9) for name in STAFF]
VICTIMS = [f"victim-{number}" for number in range(6)]


def calm(ward: Ward, *, days: int = 6) -> None:
    """Days on which everybody works where they always do, among strangers that nobody shares."""
    for day in range(days):
        ward.day(day, *(opens(name, f"{name} {day}", network=7) for name in STAFF))


def rush(staff: list[str] = STAFF, victims: list[str] = VICTIMS, *, network: int = 7) -> list[Access]:
    """Everybody opens every victim."""
    return [opens(name, victim, network=network) for victim in victims for name in staff]


def test_what_the_whole_place_opens_is_expected_once_five_strangers_are_shared() -> None:
    ward = Ward(*POSTS)
    calm(ward)
    told = ward.day(6, *rush(), opens(STAFF[0], "another"), opens("elsewhere", "another"))
    fifth = 4 * len(STAFF) + 2  # the third of the staff at the fifth victim
    assert told[:fifth] == ["unexplained"] * fifth
    assert set(told[fifth : 5 * len(STAFF)]) == {"common-mode"}
    assert told[-2:] == ["common-mode", "unexplained"]  # who came for them; and who is of no place at all
    assert ward.seen[-1].declared[fifth:-1].all()


def test_one_patient_whom_everybody_looks_up_makes_no_common_mode() -> None:
    ward = Ward(*POSTS)
    calm(ward)
    assert set(ward.day(6, *rush(victims=["celebrity"]))) == {"unexplained"}


@pytest.mark.parametrize("network", [0, 9])
def test_who_comes_in_another_way_makes_no_crowd_and_is_no_part_of_one(network: int) -> None:
    ward = Ward(*POSTS)
    calm(ward)
    thieves = ward.day(6, *rush(network=9))
    assert set(thieves) == {"unexplained"}
    ward.day(7, *rush(victims=[f"later {victim}" for victim in VICTIMS]))
    told = ward.day(7, opens(STAFF[0], "loot", network=network, hour=12))
    assert told == ["common-mode" if network == 0 else "unexplained"]  # of a row without a network nothing is new


def test_two_accounts_are_no_crowd() -> None:
    ward = Ward(*POSTS)
    calm(ward)
    assert set(ward.day(6, *rush(STAFF[:2], [f"victim-{n}" for n in range(40)]))) == {"unexplained"}


def test_it_must_be_twice_what_the_worst_of_the_last_days_saw() -> None:
    ward = Ward(*POSTS)
    calm(ward)
    ward.day(6, *rush())
    assert set(ward.day(7, *rush(victims=[f"other-{n}" for n in range(11)]))) == {"unexplained"}
    assert "common-mode" in ward.day(8, *rush(victims=[f"more-{n}" for n in range(23)]))


def test_the_first_days_of_a_trail_are_compared_with_nothing() -> None:
    ward = Ward(*POSTS)
    calm(ward, days=3)
    assert set(ward.day(3, *rush())) == {"unexplained"}


def test_it_vouches_for_no_colleague_and_can_be_switched_off() -> None:
    ward = Ward(*POSTS)
    calm(ward)
    ward.day(6, *rush(STAFF[:4]))
    assert ward.day(7, opens(STAFF[7], VICTIMS[5], network=7)) == ["unexplained"]
    off = Ward(*POSTS, switched_off=("common-mode",))
    calm(off)
    assert set(off.day(6, *rush())) == {"unexplained"}


ACCESSES = st.lists(
    st.tuples(
        st.sampled_from(STAFF), st.sampled_from([*VICTIMS, "own", "else", "third"]), st.sampled_from([7, 7, 7, 9])
    ),
    max_size=60,
    unique_by=lambda access: access[:2],
)


@given(days=st.lists(ACCESSES, min_size=1, max_size=3), size=st.integers(1, 9))
def test_it_is_what_counting_by_hand_gives_whatever_the_batches(
    days: list[list[tuple[str, str, int]]], size: int
) -> None:
    """Law: the same as one row at a time with sets, in any size of batches."""
    ward, worst = Ward(*POSTS), 0
    calm(ward)
    for number, told in enumerate(days):
        shared: dict[str, set[str]] = defaultdict(set)
        crowds, wanted = 0, []
        accesses = [opens(who, f"{number} {whom}", network=network) for who, whom, network in told]
        for who, whom, network in told:
            if network == 9:
                wanted.append("unexplained")
                continue
            shared[whom].add(who)
            crowds = sum(len(met) >= 3 for met in shared.values())
            part_of = sum(who in met and len(met) >= 3 for met in shared.values())
            expected = crowds >= max(5, 2 * worst) and (len(shared[whom]) >= 3 or part_of >= 2)
            wanted.append("common-mode" if expected else "unexplained")
        worst = max(worst, crowds)
        assert ward.day(6 + number, *accesses, size=size) == wanted
