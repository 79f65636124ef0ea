"""The timeline tells what a reader waited for, and an end is an end only where it was proven."""

from __future__ import annotations

from typing import Any

import pytest

from tocsin.model.act import Act, Entry, Standing, State
from tocsin.triage.timeline import instants_of, timeline_of
from unit.pictures import picture
from unit.triage.drawn import DAY, trace

ACT = Act(
    id="ACT-1", incident="INC-1", kind="suspend-account", by="idp", target="a", asked_by="ladder", why="rung suspend"
)
SECOND = 1_000_000


def entry(at: int, state: State) -> Entry:
    return Entry(number=at, at=at, incident="INC-1", act="ACT-1", state=state, who="ladder", detail={}, hash="")


def standing(state: State, since: int) -> Standing:
    return Standing(act=ACT, state=state, attempts=1, since=since, next_at=0, before={}, proof={})


def told(*journal: Entry) -> list[str]:
    found = timeline_of(
        picture().incident, [], name_of=lambda _: "A-1", why=lambda _: {"en": "", "fr": ""},
        acts=[standing("proven", 0)], journal=journal, decisions=(), drafts=(),
    )  # fmt: skip
    return [one.what.rpartition(" ")[2] for one in found if one.kind == "act"]


def test_a_plan_that_waited_for_nobody_is_not_told_as_if_it_had() -> None:
    at_once = [entry(0, "planned"), entry(1, "approved"), entry(2, "begun"), entry(3, "applied"), entry(4, "proven")]
    assert told(*at_once) == ["proven"]


def test_a_plan_that_waited_is_told_with_the_time_it_took() -> None:
    late = [
        entry(0, "planned"),
        entry(9 * SECOND, "approved"),
        entry(9 * SECOND, "applied"),
        entry(11 * SECOND, "proven"),
    ]
    assert told(*late) == ["planned", "applied", "proven"]


@pytest.mark.parametrize(
    ("state", "since", "journal", "over"),
    [
        ("proven", 2 * DAY, ["proven"], True),
        ("applied", 2 * DAY, ["applied"], False),
        ("undone", 2 * DAY, ["proven", "undone"], True),  # cut, proven, given back
        ("undone", 2 * DAY, ["applied", "undone"], False),  # given back before it was proven
        ("undone", DAY // 2, ["proven", "undone"], False),  # the thief was seen after it was given back
        ("undoing", 2 * DAY, ["proven", "undoing"], False),  # nobody knows what is there
    ],
)
def test_it_is_over_only_where_the_cut_was_proven_and_nobody_came_again(
    state: State, since: int, journal: list[Any], over: bool
) -> None:
    found = instants_of(
        [trace("a", 0, lasts=1.0)],
        0,
        acts=[standing(state, since)],
        journal=[entry(0, one) for one in journal],
        aware=None,
    )
    assert (found.ended == DAY) is over
    assert found.last_seen == DAY
