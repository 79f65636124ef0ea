"""One row per patient: who counts, what is counted once, what proves it."""

from __future__ import annotations

from datetime import UTC, datetime

import pyarrow as pa
from hypothesis import given, settings
from hypothesis import strategies as st

from tocsin.model.event import bits_of
from tocsin.model.exposure import BY, EXPOSURE
from tocsin.scope import exposures_of, unnamed_of
from unit.scope.drawn import SERVICES, alert, at_work, incident, patient, row, sessions_of, shuffled, stored, us

AWAY = {"network": "hotel", "device": 66}
INCIDENT = incident(alert("12 10:05", 1))


def scope(rows: list, **more) -> pa.Table:  # type: ignore[no-untyped-def,type-arg]
    return exposures_of(INCIDENT, stored(rows), sessions_of(rows, more.get("weights")), SERVICES)


def test_it_has_its_schema_and_its_order() -> None:
    rows = [*at_work(), *(row("12 10:05", 1, f"p{n}", **AWAY) for n in range(5)), row("13 10:00", 2, "mine")]
    found = scope(rows)
    assert found.schema == EXPOSURE
    keys = [(BY.index(one["by"]), one["patient"]) for one in found.to_pylist()]
    assert keys == sorted(keys)
    assert len(keys) == 6


def test_what_only_the_owner_saw_of_a_shared_patient_is_no_exposure() -> None:
    rows = [
        *at_work(),
        row("12 10:05", 1, "x", elements=bits_of("name"), **AWAY),
        row("13 10:00", 2, "x", elements=bits_of("clinical"), action="write", explained_by="stay"),
    ]
    [one] = scope(rows).to_pylist()
    assert (one["by"], one["elements"], one["effect"], one["acts"]) == ("thief", bits_of("name"), "read", 1)
    assert one["first_at"] == one["last_at"] == datetime(2025, 9, 12, 10, 5, tzinfo=UTC)
    assert one["events"] == [rows[-2]["event_id"].hex()]


def test_two_tellings_of_one_act_count_once() -> None:
    """The client tells its own act without network or device, the server with them: one act, and the thief's."""
    rows = [
        *at_work(),
        row("12 10:05", 1, "x", request=5, **AWAY),
        row("12 10:05:01", 2, "x", request=5, elements=bits_of("telephone")),
    ]
    [one] = scope(rows).to_pylist()
    assert (one["acts"], len(one["events"]), one["by"]) == (1, 1, "thief")
    assert one["elements"] == bits_of("name", "telephone")


def test_one_request_for_two_patients_is_an_act_on_each() -> None:
    rows = [*at_work(), *(row("12 10:05", 1, name, request=5, **AWAY) for name in "xy")]
    assert scope(rows)["acts"].to_pylist() == [1, 1]


def test_twenty_events_prove_it_the_surest_first() -> None:
    rows = [*at_work(), *(row("12 10:05", 1, "x", action="list", plus_us=n, **AWAY) for n in range(30))]
    rows.append(row("12 10:06", 1, "x", **AWAY))
    [one] = scope(rows).to_pylist()
    assert (one["acts"], len(one["events"])) == (31, 20)
    assert one["events"][0] == rows[-1]["event_id"].hex()
    assert one["events"][1:] == [one["event_id"].hex() for one in rows[9:28]]


def test_acts_without_a_named_patient_are_counted_beside() -> None:
    rows = [
        *at_work(),
        row("12 10:05", 1, "x", request=4, action="list", **AWAY),
        row("12 10:05", 1, None, request=4, action="search", **AWAY),  # its result is told above
        row("12 10:06", 1, None, request=5, action="search", query_hash=7, **AWAY),
        row("12 10:06", 1, None, request=5, action="search", **AWAY, service="x"),  # the same, told by the client
        row("12 10:07", 1, None, request=5, action="search", query_hash=8, **AWAY),  # a thief's constant request id
        row("12 10:08", 1, None, action="search", outcome="failed-request", **AWAY),
        row("12 10:09", 1, None, action="export", patients=150, **AWAY),
        row("12 10:09", 1, None, action="sign-in", **AWAY),
        row("13 10:09", 2, None, action="search"),
    ]
    found = unnamed_of(INCIDENT, stored(rows), sessions_of(rows)).to_pylist()
    assert [(one["by"], one["action"], one["acts"], one["patients"]) for one in found] == [
        ("thief", "search", 2, 0), ("thief", "export", 1, 150), ("owner", "search", 1, 0),
    ]  # fmt: skip


acts = st.builds(
    lambda day, hour, session, name, away, action, outcome, why, request: row(
        f"{day} {hour:02}:00", session, name, action=action, outcome=outcome, explained_by=why, request=request,
        **(AWAY if away else {}),
    ),
    st.integers(8, 15), st.integers(0, 23), st.integers(1, 6), st.sampled_from("abcdef"), st.booleans(),
    st.sampled_from(["read", "list", "write", "export", "sign-in"]),
    st.sampled_from(["success", "success", "failed-request", "failed-system"]),
    st.sampled_from(["unexplained", "stay", "own-past"]), st.integers(0, 3),
)  # fmt: skip
weights = st.dictionaries(st.integers(1, 6), st.sampled_from([-1.0, 0.5, 1.0, 3.5, 5.0, None]))


@given(st.lists(acts, max_size=25), weights, st.integers(0, 5))
@settings(max_examples=60, deadline=None)
def test_the_order_of_rows_and_sessions_means_nothing(rows: list, weighed: dict, seed: int) -> None:  # type: ignore[type-arg]
    rows = [*at_work(), row("12 10:05", 1, "a", **AWAY), *rows]
    other = shuffled(rows, seed)
    sessions = sessions_of(rows, weighed)
    turned = sessions.take(list(range(len(sessions)))[::-1])
    for ask in (lambda r, s: exposures_of(INCIDENT, r, s, SERVICES), lambda r, s: unnamed_of(INCIDENT, r, s)):
        assert ask(stored(rows), sessions).to_pylist() == ask(stored(other), turned).to_pylist()


@given(
    st.lists(acts, max_size=20),
    weights,
    st.lists(st.tuples(st.integers(13, 20), st.sampled_from("abcxyz")), max_size=6),
)
@settings(max_examples=60, deadline=None)
def test_what_the_owner_does_afterwards_hides_nobody_whom_the_thief_exposed(
    rows: list, weighed: dict, more: list
) -> None:  # type: ignore[type-arg]
    rows = [*at_work(), row("12 10:05", 1, "a", **AWAY), *rows]
    later = [row(f"{day} 12:00", 50 + day, name, explained_by="stay") for day, name in more]

    def thiefs(told: list) -> dict:  # type: ignore[type-arg]
        found = exposures_of(INCIDENT, stored(told), sessions_of(told, weighed), SERVICES).to_pylist()
        return {one["patient"]: one for one in found if one["by"] == "thief"}

    assert thiefs([*rows, *later]) == thiefs(rows)


@given(st.lists(acts, max_size=20), weights)
@settings(max_examples=60, deadline=None)
def test_each_patient_is_one_row_and_every_event_is_among_the_rows(rows: list, weighed: dict) -> None:  # type: ignore[type-arg]
    rows = [*at_work(), row("12 10:05", 1, "a", **AWAY), *rows]
    found = scope(rows, weights=weighed).to_pylist()
    assert len({one["patient"] for one in found}) == len(found)
    events = {one["event_id"].hex(): one for one in rows}
    for one in found:
        assert all(events[event]["patient"] == one["patient"] for event in one["events"])
        assert all(events[event]["outcome"] != "failed-request" for event in one["events"])
        assert one["first_at"] <= one["last_at"]


@given(st.lists(acts, min_size=1, max_size=20), weights)
@settings(max_examples=60, deadline=None)
def test_a_telling_told_again_exposes_nobody_more(rows: list, weighed: dict) -> None:  # type: ignore[type-arg]
    rows = [*at_work(), row("12 10:05", 1, "a", **AWAY), *rows]
    again = [
        {**one, "event_id": one["event_id"][:-1] + bytes([one["event_id"][-1] ^ 1])} for one in rows if one["request"]
    ]
    one, two = (scope(told, weights=weighed).drop_columns(["events"]) for told in (rows, [*rows, *again]))
    assert one.to_pylist() == two.to_pylist()


def test_held_rows_are_absent_because_nobody_hands_them_over() -> None:
    rows = [*at_work(), row("12 10:05", 1, "x", **AWAY), row("12 10:06", 1, "held", **AWAY)]
    found = exposures_of(INCIDENT, stored(rows[:-1]), sessions_of(rows), SERVICES)
    assert found["patient"].to_pylist() == [patient("x")]
    assert us("12 10:05") == int(found["last_at"][0].as_py().timestamp()) * 1_000_000
