"""What a directory, a schedule or a ward says explains an access: to whom, when, and from when it was known."""

from __future__ import annotations

from functools import partial
from typing import Any

import pytest

from parity.wards import Ward, fact, facts_table, opens

WARD_3 = fact("role", actor="dr", unit="ward 3", code="60", starts=-100)
ON_CALL = fact("roster", actor="dr", unit="ward 3", starts=10, ends=11)
meets = partial(fact, "appointment")
HERE = fact("stay", patient="Ada", unit="ward 3", starts=5, ends=12)

TABLE = [
    # what is known                                                                        asked on day, reason
    ("nothing is known", [], 10, "unexplained"),
    ("an appointment with him", [meets(patient="Ada", actor="dr", starts=10, ends=10)], 10, "appointment"),
    ("... a week ahead", [meets(patient="Ada", actor="dr", starts=16, ends=16)], 10, "appointment"),
    ("... eight days ahead", [meets(patient="Ada", actor="dr", starts=18, ends=18)], 10, "unexplained"),
    ("... a month ago", [meets(patient="Ada", actor="dr", starts=-19, ends=-19)], 10, "appointment"),
    ("... longer ago", [meets(patient="Ada", actor="dr", starts=-21, ends=-21)], 10, "unexplained"),
    ("... with somebody else", [meets(patient="Ada", actor="other", starts=10)], 10, "unexplained"),
    ("... with a colleague", [WARD_3, meets(patient="Ada", actor="c", unit="ward 3", starts=10)], 10, "unexplained"),
    ("... with his unit", [WARD_3, meets(patient="Ada", unit="ward 3", starts=10, ends=10)], 10, "appointment"),
    ("... of somebody else", [meets(patient="Ben", actor="dr", starts=10)], 10, "unexplained"),
    ("... of unknown times", [meets(patient="Ada", actor="dr")], 10, "appointment"),
    ("a stay he takes part in", [fact("stay", patient="Ada", actor="dr", starts=5, ends=12)], 10, "stay"),
    ("a stay in his unit", [WARD_3, HERE], 10, "shared-unit"),
    ("... that goes on", [WARD_3, fact("stay", patient="Ada", unit="ward 3", starts=5)], 300, "shared-unit"),
    ("... ended a month ago", [WARD_3, HERE], 41, "shared-unit"),
    ("... ended longer ago", [WARD_3, HERE], 43, "unexplained"),
    ("... not begun, but prepared", [WARD_3, HERE], 4, "shared-unit"),
    ("... in another unit", [WARD_3, fact("stay", patient="Ada", unit="ward 4", starts=5, ends=12)], 10, "unexplained"),
    ("his role has ended", [fact("role", actor="dr", unit="ward 3", ends=9), HERE], 10, "unexplained"),
    ("his role has not begun", [fact("role", actor="dr", unit="ward 3", starts=11), HERE], 10, "unexplained"),
    ("a locum, in his contract", [fact("role", actor="dr", unit="ward 3", starts=9, ends=11), HERE], 10, "shared-unit"),
    ("a locum, after it", [fact("role", actor="dr", unit="ward 3", starts=6, ends=8), HERE], 10, "unexplained"),
    ("on call for the unit", [ON_CALL, HERE], 10, "roster"),
    ("on call yesterday", [ON_CALL, HERE], 12, "unexplained"),
    ("a referral to him", [fact("referral", patient="Ada", actor="dr", code="performer", starts=-60)], 10, "referral"),
    ("... longer ago", [fact("referral", patient="Ada", actor="dr", code="performer", starts=-81)], 10, "unexplained"),
    ("his care team", [fact("care-team", patient="Ada", actor="dr", starts=-500)], 10, "care-team"),
    ("a campaign", [fact("campaign", patient="Ada", actor="dr", starts=8, ends=10)], 10, "campaign"),
    ("... that is over", [fact("campaign", patient="Ada", actor="dr", starts=5, ends=8)], 10, "unexplained"),
    ("a task on all patients", [fact("task", actor="dr", code="migration", starts=8, ends=11)], 10, "task"),
    ("... on its last day's morrow", [fact("task", actor="dr", code="migration", starts=8, ends=10)], 10, "task"),
    ("... of somebody else", [fact("task", actor="other", code="migration", starts=8, ends=11)], 10, "unexplained"),
    ("... that is over", [fact("task", actor="dr", code="migration", starts=5, ends=8)], 10, "unexplained"),
    ("two reasons: the stronger", [WARD_3, HERE, meets(patient="Ada", actor="dr", starts=10)], 10, "appointment"),
    ("a death explains nothing", [fact("deceased", patient="Ada", starts=9)], 10, "unexplained"),
]  # fmt: skip


@pytest.mark.parametrize(("facts", "day", "reason"), [pytest.param(*row[1:], id=row[0]) for row in TABLE])
def test_reason_of_an_access(facts: list[dict[str, Any]], day: int, reason: str) -> None:
    assert Ward(*facts).day(day, opens("dr", "Ada")) == [reason]


@pytest.mark.parametrize(("facts", "day", "reason"), [pytest.param(*row[1:], id=row[0]) for row in TABLE])
def test_order_of_facts_changes_nothing(facts: list[dict[str, Any]], day: int, reason: str) -> None:
    assert Ward(*facts[::-1]).day(day, opens("dr", "Ada")) == [reason]


KINDS = {
    "appointment": meets(patient="Ada", actor="dr", starts=0, known_at=10.5),
    "stay": fact("stay", patient="Ada", actor="dr", starts=0, known_at=10.5),
    "referral": fact("referral", patient="Ada", actor="dr", starts=0, known_at=10.5),
    "care-team": fact("care-team", patient="Ada", actor="dr", starts=0, known_at=10.5),
    "campaign": fact("campaign", patient="Ada", actor="dr", starts=0, known_at=10.5),
    "task": fact("task", actor="dr", code="audit", starts=0, known_at=10.5),
}


@pytest.mark.parametrize("kind", KINDS)
def test_what_was_known_after_the_access_explains_nothing(kind: str) -> None:
    ward = Ward(KINDS[kind])
    assert ward.day(10, opens("dr", "Ada", hour=11.9), opens("dr", "Ada", hour=12)) == ["unexplained", kind]


def test_a_role_known_after_the_access_explains_nothing() -> None:
    ward = Ward(HERE, fact("role", actor="dr", unit="ward 3", starts=-100, known_at=10.5))
    assert ward.day(10, opens("dr", "Ada", hour=11), opens("dr", "Ada", hour=13)) == ["unexplained", "shared-unit"]


def test_facts_that_are_learned_late_explain_nothing_earlier_and_all_later() -> None:
    ward = Ward()
    assert ward.day(10, opens("dr", "Ada")) == ["unexplained"]
    ward.explainer.learn(facts_table([fact("care-team", patient="Ada", actor="dr", starts=0, known_at=10.5)]))
    assert ward.day(11, opens("dr", "Ada")) == ["care-team"]


def test_a_region_may_move_margins() -> None:
    facts = meets(patient="Ada", actor="dr", starts=20, ends=20)
    assert Ward(facts).day(10, opens("dr", "Ada")) == ["unexplained"]
    assert Ward(facts, margins={"appointment": (10, 0)}).day(10, opens("dr", "Ada")) == ["appointment"]


def test_a_region_may_move_the_margin_of_a_duty() -> None:
    assert Ward(ON_CALL, HERE).day(9, opens("dr", "Ada")) == ["unexplained"]
    assert Ward(ON_CALL, HERE, margins={"roster": (1, 1)}).day(9, opens("dr", "Ada")) == ["roster"]


@pytest.mark.parametrize(
    ("facts", "reason"),
    [
        ([WARD_3, HERE], "shared-unit"),
        ([ON_CALL, HERE], "roster"),
        ([fact("task", actor="dr", code="audit", starts=0)], "task"),
        ([fact("care-team", patient="Ada", actor="dr", starts=0)], "care-team"),
    ],
)
def test_a_region_may_switch_a_reason_off(facts: list[dict[str, Any]], reason: str) -> None:
    assert Ward(*facts).day(10, opens("dr", "Ada")) == [reason]
    assert Ward(*facts, switched_off=(reason,)).day(10, opens("dr", "Ada")) == ["unexplained"]


SECOND = {"second-opinion": {"kind": "referral", "code": "performer", "after": 365, "fr": "un avis", "en": "advice"}}
asks = partial(fact, "referral", patient="Ada", actor="dr")
ASKED = asks(code="performer", starts=-200)


def test_a_region_may_add_a_reason() -> None:
    assert Ward(ASKED).day(10, opens("dr", "Ada")) == ["unexplained"]
    assert Ward(ASKED, told=SECOND).day(10, opens("dr", "Ada")) == ["second-opinion"]
    assert Ward(asks(code="requester", starts=-200), told=SECOND).day(10, opens("dr", "Ada")) == ["unexplained"]
    assert Ward(ASKED, told=SECOND, switched_off=("second-opinion",)).day(10, opens("dr", "Ada")) == ["unexplained"]


def test_a_reason_that_ships_is_told_before_one_of_the_regions_own() -> None:
    recent = asks(code="performer", starts=-20)
    assert Ward(recent, told=SECOND).day(10, opens("dr", "Ada")) == ["referral"]
    assert Ward(recent, told=SECOND, switched_off=("referral",)).day(10, opens("dr", "Ada")) == ["second-opinion"]


def test_a_reason_of_the_regions_own_vouches_for_colleagues() -> None:
    ward_3 = [fact("role", actor=name, unit="ward 3", code="60", starts=-100) for name in ("dr", "c")]
    ward = Ward(*ward_3, ASKED, told=SECOND)
    assert ward.day(10, opens("dr", "Ada")) == ["second-opinion"]
    assert ward.day(11, opens("c", "Ada")) == ["colleague"]


def test_of_what_the_directory_tells_late_nothing_is_known_earlier_whoever_asks() -> None:
    ward = Ward(asks(code="performer", starts=-200, known_at=10.5), told=SECOND)
    assert ward.day(10, opens("dr", "Ada", hour=11), opens("dr", "Ada", hour=13)) == ["unexplained", "second-opinion"]


@pytest.mark.parametrize("kind", KINDS)
def test_a_reason_of_the_regions_own_rests_on_any_kind_of_care(kind: str) -> None:
    care = fact(kind, patient="Ada", actor="dr", starts=9, ends=11)
    told = {"mine": {"kind": kind, "before": 1, "after": 1, "fr": "un", "en": "one"}}
    off = ("appointment", "stay", "referral", "care-team", "campaign", "task")
    ward = Ward(care, told=told, switched_off=off)
    assert ward.day(10, opens("dr", "Ada")) == ["mine"]
    assert ward.seen[-1].declared.tolist() == [kind in ("campaign", "task")]


def test_an_account_is_found_by_any_of_its_names() -> None:
    alias = fact("alias", actor="10101", code="dr@hospital")
    care = fact("care-team", patient="Ada", actor="10101", starts=0)
    assert Ward(alias, care).day(10, opens("https://idp|dr@hospital", "Ada")) == ["care-team"]


def test_records_of_one_person_share_their_facts() -> None:
    """A stay is written on the old record; the access goes to the one into which it was merged, and the reverse."""
    merged = {"Ada's old record": "Ada"}
    for named, opened in (("Ada's old record", "Ada"), ("Ada", "Ada's old record"), ("Ada's old record",) * 2):
        ward = Ward(
            fact("stay", patient=named, actor="dr", starts=5, ends=12),
            person_of=lambda patient: merged.get(patient, patient),
        )
        assert ward.day(10, opens("dr", opened)) == ["stay"]


def test_a_merge_that_comes_later_counts_from_then_on() -> None:
    ward = Ward(fact("stay", patient="Ada's old record", actor="dr", starts=5))
    assert ward.day(10, opens("dr", "Ada")) == ["unexplained"]
    merged = Ward(person_of=lambda patient: "Ada")
    ward.explainer.person_of = merged.explainer.person_of
    assert ward.day(11, opens("dr", "Ada")) == ["stay"]


def test_a_row_without_patient_or_without_account_says_so() -> None:
    assert Ward().day(0, opens("dr", None), opens("", "Ada"), opens("", None)) == [
        "no-patient",
        "unexplained",
        "no-patient",
    ]


def test_a_stranger_is_of_the_unit_of_the_latest_stay_known_whatever_the_order_of_facts() -> None:
    stays = [
        fact("stay", patient="Ada", unit="ward 3", starts=1, ends=2),
        fact("stay", patient="Ada", unit="ward 4", starts=1, ends=3, known_at=2),
        fact("stay", patient="Ada", unit="ward 5", starts=20),
        fact("stay", patient="Ada", unit="ward 6", starts=9, known_at=30),
        fact("stay", patient="Ada", unit="ward 3", starts=1, ends=2, known_at=40),
    ]
    wards = [Ward(*stays), Ward(*stays[::-1]), Ward(*stays[2:], *stays[:2])]
    for ward in wards:
        ward.day(10, opens("dr", "Ada"))
    units = {int(ward.seen[0].unit[0]) for ward in wards}
    assert len(units) == 1
    assert 0 not in units


def test_a_declared_job_speaks_of_all_rows_of_its_account_whatever_else_explains_them() -> None:
    """Promise: pace leaves out what was announced, even where a stay would have explained the access."""
    audit = fact("task", actor="dr", code="audit", starts=8, ends=11)
    ward = Ward(WARD_3, HERE, audit, fact("campaign", patient="Ben", actor="c", starts=8, ends=10))
    said = ward.day(10, opens("dr", "Ada"), opens("dr", "Ben"), opens("c", "Ben"), opens("c", "Ada"))
    assert said == ["shared-unit", "task", "campaign", "unexplained"]
    assert ward.seen[-1].declared.tolist() == [True, True, True, False]
