"""Whom people say was there: their word beats the evidence, and shrinks what is unsure."""

from __future__ import annotations

from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tocsin.model.decision import Decision
from tocsin.scope import exposures_of, sessions_by
from unit.scope.drawn import (
    ACCOUNT,
    SERVICES,
    alert,
    at_work,
    incident,
    patient,
    row,
    sessions_of,
    shuffled,
    stored,
    us,
)

ROWS = [
    *at_work(),
    row("12 10:00", 7, "taken", network="hotel", device=9),
    row("12 10:01", 7, "taken too", network="hotel", device=9),
    row("13 09:00", 8, "strange", network="train", device=4),  # after the theft, from a place all of which is new
]
EPISODE = incident(alert("12 10:01", 7))


def said(
    what: str, who: str = "owner", *, sessions: tuple[int, ...] = (), events: tuple[str, ...] = (), at: str = "14 08:00"
) -> Decision:
    """One decision."""
    return Decision(what=what, account=ACCOUNT, about="EP-1", sessions=sessions, events=events, at=us(at), who=who)


def by(*decisions: Decision, rows: list[dict[str, Any]] = ROWS) -> dict[str, str]:
    """Patient -> by whom they were exposed."""
    names = {patient(name): name for name in ("taken", "taken too", "strange")}
    table = exposures_of(EPISODE, stored(rows), sessions_of(rows, {7: 9.0}), SERVICES, decisions=decisions)
    pairs = zip(table["patient"].to_pylist(), table["by"].cast(pa.string()).to_pylist(), strict=True)
    return {names[one]: word for one, word in pairs if one in names}


def reasons(*decisions: Decision) -> dict[int, str]:
    """Session -> why it is whose it is."""
    table = sessions_by(EPISODE, stored(ROWS), sessions_of(ROWS, {7: 9.0}), decisions=decisions)
    return dict(zip(table["session"].to_pylist(), table["reason"].cast(pa.string()).to_pylist(), strict=True))


def event_of(name: str) -> str:
    """The id of the event that touched a patient."""
    return next(one["event_id"].hex() for one in ROWS if one["patient"] == patient(name))


def test_without_a_word_the_evidence_decides() -> None:
    assert by() == {"taken": "thief", "taken too": "thief", "strange": "unsure"}
    assert reasons() == {7: "alert", 8: "strange"}


@pytest.mark.parametrize(
    ("decision", "expected"),
    [
        (said("mine", sessions=(8,)), {"taken": "thief", "taken too": "thief", "strange": "owner"}),
        (said("not-mine", sessions=(8,)), {"taken": "thief", "taken too": "thief", "strange": "thief"}),
        (said("false"), {"taken too": "owner", "strange": "owner"}),
        (said("challenge-passed"), {"taken too": "owner", "strange": "unsure"}),
        (said("challenge-failed"), {"taken": "thief", "taken too": "thief", "strange": "unsure"}),
        (said("mine", events=(event_of("taken"),)), {"taken": "owner", "taken too": "thief", "strange": "unsure"}),
        (said("not-mine", events=(event_of("strange"),)), {"taken": "thief", "taken too": "thief", "strange": "thief"}),
    ],
)
def test_a_word_decides(decision: Decision, expected: dict[str, str]) -> None:
    """Promise: what the owner recognises is hers, what she does not is the thief's; the unsure become fewer."""
    assert by(decision) == expected


def test_two_people_who_differ_are_not_believed() -> None:
    """Promise: two operators who decide opposite things at once make nobody an owner or a thief."""
    differ = (said("mine", "owner", sessions=(8,)), said("not-mine", "officer", sessions=(8,)))
    assert by(*differ)["strange"] == "unsure"
    assert reasons(*differ)[8] == "disputed"
    assert by(*differ, said("mine", "officer", sessions=(8,)))["strange"] == "owner"


def test_a_later_word_of_the_same_person_replaces_the_first() -> None:
    assert by(said("mine", sessions=(8,)), said("not-mine", sessions=(8,)))["strange"] == "thief"


def test_a_word_of_another_account_means_nothing_here() -> None:
    other = Decision(what="true", account="somebody|else", at=us("14 08:00"), who="x", sessions=(8,))
    assert by(other) == by()


@given(st.integers(0, 50), st.sampled_from(["mine", "not-mine", "false", "true"]))
def test_the_order_of_rows_means_nothing(seed: int, what: str) -> None:
    assert by(said(what, sessions=(8,)), rows=shuffled(ROWS, seed)) == by(said(what, sessions=(8,)))
