"""By whom, rule by rule."""

from __future__ import annotations

from typing import Any

import pytest

from tocsin.scope import exposures_of, sessions_by
from unit.scope.drawn import alert, at_work, incident, row, sessions_of, stored

AWAY = {"network": "hotel", "device": 66}


def by_of(rows: list[dict[str, Any]], weights: dict[int, float | None] | None = None, *alerts: Any) -> dict[bytes, str]:
    told = exposures_of(incident(*(alerts or (alert("12 10:05", 1),))), stored(rows), sessions_of(rows, weights), {})
    return dict(zip(told["patient"].to_pylist(), told["by"].to_pylist(), strict=True))


def reasons_of(
    rows: list[dict[str, Any]], weights: dict[int, float | None] | None = None, *alerts: Any
) -> dict[int, str]:
    told = sessions_by(incident(*(alerts or (alert("12 10:05", 1),))), stored(rows), sessions_of(rows, weights))
    return dict(zip(told["session"].to_pylist(), told["reason"].to_pylist(), strict=True))


def theft(session: int = 1, **said: Any) -> list[dict[str, Any]]:
    said = {**AWAY, **said}
    return [row("12 10:00", session, "x", **said), row("12 10:05", session, "y", **said)]


def test_the_session_that_raised_the_alert_is_the_thiefs() -> None:
    assert reasons_of([*at_work(), *theft()])[1] == "alert"


@pytest.mark.parametrize(("shared", "reason"), [({"network": "hotel"}, "network"), ({"device": 66}, "device")])
def test_a_session_from_the_thiefs_new_network_or_device_is_his(shared: dict[str, Any], reason: str) -> None:
    assert reasons_of([*at_work(), *theft(), row("13 10:00", 2, "z", **shared)])[2] == reason


def test_what_the_thief_shares_with_him_is_the_thiefs_too_and_so_on() -> None:
    chain = [row("13 10:00", 2, "z", network="hotel", device=77), row("14 10:00", 3, "w", network="bar", device=77)]
    assert reasons_of([*at_work(), *theft(), *chain])[3] == "device"


def test_an_owners_network_links_nobody_to_the_thief() -> None:
    assert reasons_of([*at_work(), *theft(network="ward"), row("13 10:00", 2, "z")])[2] == "quiet"


@pytest.mark.parametrize(
    ("nats", "place", "reason"),
    [
        (3.1, AWAY, "network"), (3.1, {"network": "bar"}, "weight"), (2.9, {"network": "bar"}, "notable"),
        (3.1, {}, "notable"), (4.7, {}, "weight"), (0.6, {}, "quiet"), (0.8, {}, "notable"),
    ],
)  # fmt: skip
def test_a_session_speaks_by_its_own_weight(nats: float, place: dict[str, Any], reason: str) -> None:
    weights = {2: nats}
    found = reasons_of([*at_work(), *theft(), row("13 10:00", 2, "z", **place)], weights)[2]
    assert found == ("weight" if place == AWAY else reason)


def test_a_new_place_alone_does_not_make_a_thief_of_who_sees_expected_patients() -> None:
    journey = [row(f"13 1{n}:00", 2, f"c{n}", network="train", device=7, explained_by="stay") for n in (0, 1)]
    assert reasons_of([*at_work(), *theft(), *journey], {2: 3.4})[2] == "notable"
    assert reasons_of([*at_work(), *theft(), *journey], {2: 4.7})[2] == "weight"


@pytest.mark.parametrize(("nats", "passed_on"), [(3.4, "shared"), (4.7, "network")])
def test_a_session_that_is_his_by_little_weight_passes_on_a_doubt_only(nats: float, passed_on: str) -> None:
    """An owner on a journey: one session weighs, for its place is new; the others of that day are quiet."""
    journey = [row("13 10:00", 2, "u", network="train", device=7), row("13 12:00", 3, "v", network="train", device=1)]
    found = reasons_of([*at_work(), *theft(), *journey], {2: nats})
    assert (found[2], found[3]) == ("weight", passed_on)


def test_a_session_without_a_weight_is_doubtful() -> None:
    assert reasons_of([*at_work(), *theft(), row("13 10:00", 2, "z")], {2: None})[2] == "unweighed"


def test_a_new_network_and_device_after_the_theft_is_doubtful_and_before_it_the_owners() -> None:
    def strange(when: str, session: int) -> dict[str, Any]:
        return row(when, session, f"s{session}", network=f"n{session}", device=session)

    rows = [*at_work(), strange("5 10:00", 8), *theft(), strange("14 10:00", 9)]
    assert reasons_of(rows, {2004: 0.0})[9] == "strange"
    assert by_of(rows)[strange("14 10:00", 9)["patient"]] == "unsure"
    assert strange("5 10:00", 8)["patient"] not in by_of(rows)


def test_a_known_device_on_a_new_network_is_the_owner_on_the_way() -> None:
    assert reasons_of([*at_work(), *theft(), row("14 10:00", 9, "s", network="train")])[9] == "quiet"


def test_an_alert_tipped_by_care_on_a_thiefs_weight_is_doubtful() -> None:
    care = [row(f"13 1{n}:00", 2, f"c{n}", network="new-ward", explained_by="stay") for n in (0, 1, 2)]
    rows, tipped = [*at_work(), *theft(), *care], alert("13 12:00", 2)
    assert reasons_of(rows, {1: 6.0, 2: 1.0}, tipped) == {1: "weight", 2: "tipped"}
    assert by_of(rows, {1: 6.0, 2: 1.0}, tipped)[care[0]["patient"]] == "unsure"


def test_an_alert_on_little_weight_is_the_thiefs_when_no_session_weighs_more() -> None:
    care = [row(f"13 1{n}:00", 2, f"c{n}", network="new-ward", explained_by="stay") for n in (0, 1, 2)]
    assert reasons_of([*at_work(), *care], {2: 1.0}, alert("13 12:00", 2))[2] == "alert"


def test_on_the_owners_own_place_what_is_explained_may_be_either_s() -> None:
    rows = [*at_work(), row("12 10:00", 1, "mine", explained_by="appointment"), row("12 10:05", 1, "strange")]
    assert list(by_of(rows).values()) == ["thief", "unsure"]


def test_away_from_it_everything_in_the_thiefs_session_is_his() -> None:
    assert set(by_of([*at_work(), *theft(explained_by="shared-unit")]).values()) == {"thief"}


def test_one_session_seen_from_two_networks_is_read_row_by_row() -> None:
    """The trail names no device: the owner on the ward and the thief in the hotel fall into one session."""
    rows = [
        *at_work(device=0),
        row("12 10:00", 1, "owners", device=0, explained_by="stay"),
        row("12 10:05", 1, "thiefs", device=0, network="hotel", explained_by="stay"),
    ]
    assert by_of(rows)[rows[-1]["patient"]] == "thief"
    assert by_of(rows)[rows[-2]["patient"]] == "unsure"


def test_a_doubtful_session_on_the_owners_own_place_keeps_its_explained_patients_the_owners() -> None:
    doubtful = [row("13 10:00", 2, "mine", explained_by="stay"), row("13 10:01", 2, "strange")]
    by = by_of([*at_work(), *theft(), *doubtful], {2: 1.0})
    assert [by[one["patient"]] for one in doubtful] == ["owner", "unsure"]


def test_the_window_begins_with_the_first_doubtful_session() -> None:
    rows = [*at_work(), row("8 10:00", 5, "before"), row("9 10:00", 6, "doubt"), row("10 10:00", 7, "after"), *theft()]
    by = by_of(rows, {6: 1.0})
    assert rows[9]["patient"] not in by
    assert by[rows[10]["patient"]] == "unsure"
    assert by[rows[11]["patient"]] == "owner"


def test_nothing_before_the_lookback_is_counted_however_heavy() -> None:
    rows = [row("1 10:00", 5, "old", **AWAY), *at_work(range(2, 6)), *[{**one} for one in theft()]]
    late = [row("16 10:00", 1, "x", **AWAY)]
    assert rows[0]["patient"] not in by_of([*rows[:-2], *late], {5: 9.0}, alert("16 10:00", 1))


def test_a_thief_who_came_softly_does_not_make_a_habit_of_his_network() -> None:
    softly = [row(f"{day} 11:00", 20 + day, f"v{day}", **AWAY) for day in (9, 10, 11)]
    by = by_of([*at_work(), *softly, *theft()])
    assert [by[one["patient"]] for one in softly] == ["thief"] * 3


def test_a_place_in_quiet_use_for_a_week_is_a_habit_though_nothing_explains_anybody() -> None:
    plain = [row(f"{day} 11:00", 20 + day, f"v{day}") for day in (2, 4, 10)]
    assert reasons_of([*plain, *theft(), row("13 09:00", 2, "z")])[2] == "quiet"


def test_a_place_that_was_loud_when_it_was_new_is_no_habit() -> None:
    lair = [row(f"{day} 11:00", 20 + day, f"v{day}", **AWAY) for day in (3, 5, 10)]
    reasons = reasons_of([*at_work((1, 2, 4)), *lair, *theft()], {23: 1.0})
    assert {reasons[23], reasons[25], reasons[30]} == {"network"}


def test_without_any_habit_a_shared_place_only_raises_a_doubt() -> None:
    young = [row("11 09:00", 7, "a"), *theft(network="ward", device=1)]
    assert reasons_of(young)[7] == "shared"


def test_an_account_that_was_not_at_work_before_is_the_thiefs_wherever_he_shares_a_place() -> None:
    assert reasons_of([*theft(), row("13 10:00", 2, "z", **AWAY)])[2] in ("network", "device")


def test_a_row_without_network_and_device_is_told_by_its_explanation() -> None:
    bare: dict[str, Any] = {"network": None, "device": 0}
    by = by_of([*at_work(network=None, device=0), *theft(**bare), row("12 10:02", 1, "z", **bare, explained_by="stay")])
    assert sorted(by.values()) == ["thief", "thief", "unsure"]


def test_no_rows_expose_nobody() -> None:
    assert by_of([]) == {}
