"""From when an account's own past counts, and a colleague's: never at once, and never from under an alert."""

from __future__ import annotations

import numpy as np
import pytest

from parity.wards import Ward, fact, opens
from tocsin.model.explained import (
    HELD,
    NEW_COUNTRY,
    NEW_NETWORK,
    NEW_SERVICE,
    NOWHERE,
    PLACED,
    STRUCK_OFF,
    UNKNOWN,
)

PAST = [
    # touched   alerts stood    asked on   then
    (0, {}, 0, "unexplained"),
    (0, {}, 1, "unexplained"),
    (0, {}, 2, "own-past"),
    (0, {}, 365, "own-past"),
    (0, {}, 404, "unexplained"),
    (0, {0: "dr"}, 2, "unexplained"),
    (0, {1: "dr"}, 2, "unexplained"),
    (0, {2: "dr"}, 2, "own-past"),
    (0, {0: "other", 1: "other"}, 2, "own-past"),
    (0, {0: "dr"}, 360, "unexplained"),
]


@pytest.mark.parametrize(("touched", "alerts", "asked", "reason"), PAST)
def test_a_touch_counts_from_the_day_after_a_quiet_day(
    touched: int, alerts: dict[int, str], asked: int, reason: str
) -> None:
    ward = Ward()
    for day in range(touched, min(asked, 5)):
        ward.day(
            day,
            *([opens("dr", "Ada")] if day == touched else [opens("else", "Cid")]),
            alerts=(alerts[day],) if day in alerts else (),
        )
    assert ward.day(asked, opens("dr", "Ada", hour=10)) == [reason]


@pytest.mark.parametrize(("touched", "alerts", "asked", "reason"), PAST)
def test_a_way_of_signing_in_becomes_a_habit_by_the_same_rule(
    touched: int, alerts: dict[int, str], asked: int, reason: str
) -> None:
    ward = Ward()
    for day in range(touched, min(asked, 5)):
        touch = [opens("dr", None, network=7)] if day == touched else [opens("else", "Cid")]
        ward.day(day, *touch, alerts=(alerts[day],) if day in alerts else ())
    ward.day(asked, opens("dr", None, network=7, hour=10))
    settled = not ward.seen[-1].unsettled[0] & NEW_NETWORK
    assert settled is (reason == "own-past")


def test_who_is_seen_now_and_then_stays_known_and_who_is_not_is_forgotten_after_a_year() -> None:
    """Promise: what is forgotten is forgotten evenly: by when it was last used, whoever the account."""
    ward = Ward()
    ward.day(0, opens("dr", "Ada"), opens("dr", "Ben"), opens("else", "Ada"))
    for day in range(200, 1_001, 200):
        assert ward.day(day, opens("dr", "Ada")) == ["own-past"]
    assert ward.day(1_001, opens("dr", "Ben"), opens("else", "Ada"), opens("dr", "Ada")) == [
        "unexplained", "unexplained", "own-past",
    ]  # fmt: skip


@pytest.mark.parametrize(("days", "known_after", "forgotten_after"), [(1, 3, 5), (30, 30, 36), (730, 730, 800)])
def test_a_region_says_for_how_long(days: int, known_after: int, forgotten_after: int) -> None:
    for later, reason in ((max(known_after - 1, 2), "own-past"), (forgotten_after, "unexplained")):
        ward = Ward(told={"own-past": {"days": days}})
        ward.day(0, opens("dr", "Ada"))
        ward.day(2, opens("else", "Cid"))
        assert ward.day(later + 2 * (reason != "own-past"), opens("dr", "Ada")) == [reason], later


def test_days_without_any_event_are_quiet_days() -> None:
    ward = Ward()
    ward.day(0, opens("dr", "Ada"))
    assert ward.day(30, opens("dr", "Ada")) == ["own-past"]


@pytest.mark.parametrize("action", ["list", "search", "sign-in", "admin"])
def test_only_an_opening_becomes_own_past(action: str) -> None:
    ward = Ward()
    for day in range(5):
        ward.day(day, opens("dr", "Ada", action=action))
    assert ward.day(5, opens("dr", "Ada")) == ["unexplained"]


def test_a_failed_opening_becomes_no_past() -> None:
    ward = Ward()
    ward.day(0, opens("dr", "Ada", outcome="failed-request"))
    assert ward.day(2, opens("dr", "Ada")) == ["unexplained"]


def test_the_past_is_the_persons_not_the_records() -> None:
    ward = Ward(person_of=lambda patient: "Ada" if "Ada" in patient else patient)
    ward.day(0, opens("dr", "Ada's old record"))
    assert ward.day(2, opens("dr", "Ada"), opens("dr", "Ben")) == ["own-past", "unexplained"]


def test_an_opening_is_fresh_once_and_again_when_an_alert_barred_it() -> None:
    ward = Ward()
    ward.day(0, opens("dr", "Ada"), opens("dr", "Ada", hour=10), alerts=("dr",))
    ward.day(1, opens("dr", "Ada"))
    ward.day(2, opens("dr", "Ada"))
    assert [seen.fresh.tolist() for seen in ward.seen] == [[True, False], [False], [True]]


# -- colleagues --------------------------------------------------------------------------------------------------------

NURSE = fact("role", actor="nurse", unit="ward 3", starts=-100)
DOCTOR = fact("role", actor="dr", unit="ward 3", starts=-100)
ELSEWHERE = fact("role", actor="far", unit="ward 9", starts=-100)
REFERRED = fact("referral", patient="Ada", actor="dr", starts=0)
TEAM = (NURSE, DOCTOR, ELSEWHERE, REFERRED)


def test_a_colleagues_touch_counts_from_the_next_slice_for_a_week() -> None:
    asked = {day: Ward(*TEAM) for day in (0, 1, 7, 8)}
    for day, ward in asked.items():
        first = ward.day(0, opens("dr", "Ada", hour=8), *([opens("nurse", "Ada")] if day == 0 else []))
        told = first[1:] if day == 0 else ward.day(day, opens("nurse", "Ada"))
        assert told == ["unexplained" if day in (0, 8) else "colleague"]


def test_a_colleague_of_another_unit_vouches_for_nobody_here() -> None:
    ward = Ward(*TEAM)
    ward.day(0, opens("dr", "Ada"))
    assert ward.day(1, opens("far", "Ada")) == ["unexplained"]


def test_only_a_colleague_whom_a_directory_fact_explains_vouches() -> None:
    ward = Ward(NURSE, DOCTOR)
    ward.day(0, opens("dr", "Ada"))
    assert ward.day(1, opens("nurse", "Ada")) == ["unexplained"]


def test_a_colleagues_own_past_vouches_for_nobody() -> None:
    ward = Ward(NURSE, DOCTOR)
    ward.day(0, opens("dr", "Ada"))
    assert ward.day(2, opens("dr", "Ada")) == ["own-past"]
    assert ward.day(3, opens("nurse", "Ada")) == ["unexplained"]


def test_a_colleague_who_was_vouched_for_vouches_for_nobody() -> None:
    third = fact("role", actor="third", unit="ward 9", starts=-100)
    both = fact("role", actor="nurse", unit="ward 9", starts=-100)
    ward = Ward(*TEAM, both, third)
    ward.day(0, opens("dr", "Ada"))
    assert ward.day(1, opens("nurse", "Ada")) == ["colleague"]
    assert ward.day(2, opens("third", "Ada")) == ["unexplained"]


def test_a_colleague_under_alert_vouches_for_nobody() -> None:
    ward = Ward(*TEAM)
    ward.day(0, opens("dr", "Ada"), alerts=("dr",))
    assert ward.day(1, opens("nurse", "Ada")) == ["unexplained"]


def test_stolen_accounts_do_not_vouch_for_one_another() -> None:
    """Two thieves in one unit open the same patients for a week: none of it ever explains the other's."""
    ward = Ward(NURSE, DOCTOR)
    told = [
        reason
        for day in range(7)
        for reason in ward.day(day, opens("dr", "Ada"), opens("nurse", "Ada"), alerts=("dr", "nurse"))
    ]
    assert set(told) == {"unexplained"}


@pytest.mark.parametrize("size", [1, 2, 3, None])
def test_size_of_batches_changes_no_reason(size: int | None) -> None:
    def course(size: int | None) -> list[object]:
        ward = Ward(*TEAM, fact("stay", patient="Ben", unit="ward 3", starts=1))
        told: list[object] = []
        for day in range(6):
            accesses = [
                opens(who, patient, hour=hour / 4, action=action, network=hour % 3)
                for hour, (who, patient, action) in enumerate(
                    (who, patient, action)
                    for action in ("list", "read")
                    for who in ("dr", "nurse", "far", "")
                    for patient in ("Ada", "Ben", "Cid", None, "Ada")
                    if (len(who) + len(patient or "") + day) % 3
                )
            ]
            told.append(ward.day(day, *accesses, size=size, alerts=("far",) if day == 2 else ()))
        for name in (
            "reason",
            "fresh",
            "fresh_listed",
            "unit",
            "novelty",
            "unsettled",
            "age_days",
            "newcomer",
            "unplaced",
        ):
            told.append(np.concatenate([getattr(seen, name) for seen in ward.seen]).tolist())
        return told

    assert course(size) == course(None)


@pytest.mark.parametrize("size", [1, 2, None])
def test_whoever_comes_in_the_first_week_of_a_trail_is_no_newcomer(size: int | None) -> None:
    """Promise: on the first day of a trail everybody is new to Tocsin, and nobody is a newcomer for that."""
    ward = Ward(*TEAM)
    for day, who in ((0, ("dr", "nurse")), (6, ("dr", "late")), (7, ("later", "late")), (9, ("later", "dr"))):
        ward.day(day, *(opens(one, "Ada") for one in who), size=size)
    seen = np.concatenate([explained.newcomer for explained in ward.seen])
    assert seen.tolist() == [False, False, False, False, True, False, True, False]


def test_whom_a_directory_places_nowhere_is_unplaced() -> None:
    ward = Ward(
        *TEAM,
        fact("role", actor="agency", code="60", starts=-100),
        fact("role", actor="late", code="60", establishment="hospital", known_at=9.5),
        fact("role", actor="gone", code="60", establishment="hospital", starts=-100, ends=-1),
        fact("role", actor="struck", code="60", establishment="hospital", starts=-100),
        fact("alias", actor="struck", code="Practitioner/9", known_at=-3),
        fact("struck-off", actor="struck", known_at=-3),
        fact("alias", actor="struck", code="Practitioner/9", known_at=200),
        fact("struck-off", actor="struck", known_at=200),
        fact("role", actor="back", code="60", establishment="hospital", starts=-100),
        fact("struck-off", actor="back", known_at=-90),
        fact("alias", actor="back", code="Practitioner/8", known_at=-3),
        fact("task", actor="robot", code="migration", starts=-100, ends=100),
        fact("alias", actor="dr", code="second"),
    )
    who = ("agency", "nobody", "late", "gone", "struck", "back", "robot", "second")
    ward.day(0, opens("dr", "Ada"))
    ward.day(9, opens("dr", "Ada"), *(opens(one, "Ada") for one in who), opens("late", "Ada", hour=13))
    found = dict(zip(("dr", *who, "late, in the afternoon"), ward.seen[1].unplaced.tolist(), strict=True))
    assert found == {
        "dr": PLACED, "agency": NOWHERE, "nobody": UNKNOWN, "late": UNKNOWN, "gone": NOWHERE, "struck": STRUCK_OFF,
        "back": PLACED, "robot": PLACED, "second": HELD, "late, in the afternoon": PLACED,
    }  # fmt: skip
    assert set(ward.day(10, *(opens(one, "Ada") for one in who))), "asked on an account's first day only"
    assert not ward.seen[2].unplaced.any()


def test_every_service_is_new_once_whatever_else_the_account_has_shown() -> None:
    """Promise: what is new hangs on no number: the nineteenth service was taken for an assurance of two."""
    ward = Ward(*TEAM)
    ward.day(0, *(opens("dr", "Ada", service="first", assurance=level) for level in (1, 2, 3, 4)))
    names = [f"service {number}" for number in range(40)]
    ward.day(1, *(opens("dr", "Ada", service=name, assurance=2) for name in (*names, *names)))
    new = (ward.seen[1].novelty & NEW_SERVICE) != 0
    assert new.tolist() == [True] * 40 + [False] * 40


FRANCE, SPAIN, CHILE = 1, 2, 3
COUNTRIES = [
    # who       from      is it new?
    ("dr", FRANCE, False),
    ("dr", SPAIN, True),
    ("dr", 0, False),
    ("traveller", SPAIN, False),
    ("traveller", CHILE, True),
    ("ward", FRANCE, False),
    ("ward", SPAIN, False),
    ("ward", CHILE, True),
    ("newcomer", SPAIN, False),
    ("newcomer", CHILE, True),
]
"""The ward is known from inside only, so that the region is asked: a traveller works from Spain."""


@pytest.mark.parametrize(("who", "country", "new"), COUNTRIES)
def test_a_country_is_new_to_an_account_or_if_it_has_none_to_the_region(who: str, country: int, new: bool) -> None:
    ward = Ward()
    past = [opens("dr", None, network=1, country=FRANCE), opens("ward", None, network=9)]
    past += [opens("traveller", None, network=land, country=land) for land in (FRANCE, SPAIN)]
    ward.day(0, *past)
    ward.day(2, opens(who, None, network=70 + country, country=country), opens("dr", None, network=1, country=FRANCE))
    assert bool(ward.seen[-1].unsettled[0] & NEW_COUNTRY) is new
    assert not ward.seen[-1].unsettled[1] & NEW_COUNTRY


@pytest.mark.parametrize(("alerts", "new"), [((), False), (("dr",), True)])
def test_a_country_becomes_a_habit_by_the_same_rule(alerts: tuple[str, ...], new: bool) -> None:
    ward = Ward()
    ward.day(0, opens("dr", None, network=1, country=FRANCE))
    ward.day(3, opens("dr", None, network=2, country=SPAIN), alerts=alerts)
    ward.day(5, opens("dr", None, network=3, country=SPAIN))
    assert bool(ward.seen[-1].unsettled[0] & NEW_COUNTRY) is new


def test_where_no_table_told_of_countries_before_none_is_new_at_first() -> None:
    """Promise: a table that is given today accuses nobody of yesterday's places."""
    ward = Ward()
    ward.day(0, opens("dr", None, network=1), opens("else", None, network=2))
    told = [opens("dr", None, network=1, country=FRANCE), opens("else", None, network=3, country=SPAIN)]
    ward.day(2, *told)
    assert not (ward.seen[-1].unsettled & NEW_COUNTRY).any()
    ward.day(4, opens("dr", None, network=3, country=SPAIN))
    assert ward.seen[-1].unsettled[0] & NEW_COUNTRY
