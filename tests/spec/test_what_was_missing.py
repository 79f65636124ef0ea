"""What would have made an access expected: how a little otherwise the directory would have had to be."""

from __future__ import annotations

import math
from functools import partial
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from parity.wards import DAY, MONDAY, Ward, fact, facts_table, opens, reference
from tocsin.explain.missing import WHAT, Access, Missing, counted, missing_of
from tocsin.explain.reasons import in_force
from tocsin.explain.staff import Staff

WARD_3 = fact("role", actor="dr", unit="ward 3", code="60", starts=-100)
meets = partial(fact, "appointment", patient="Ada")
lies = partial(fact, "stay", patient="Ada")

TABLE = [
    # what is known                                                        nearest: what, name, about so many days
    ("nothing is known", [], ("nothing", "", 0)),
    ("an appointment, told a day late", [meets(actor="dr", starts=10, ends=10, known_at=11.5)], ("late", "", 1)),
    ("an appointment nine days ahead", [meets(actor="dr", starts=19.5, ends=19.5)], ("margin", "", 2)),
    ("with somebody else", [meets(actor="other", starts=10, ends=10)], ("person", "other", 0)),
    ("with another unit", [WARD_3, meets(unit="ward 4", starts=10, ends=10)], ("place", "ward 4", 0)),
    ("a stay in another ward", [WARD_3, lies(unit="ward 4", starts=5, ends=12)], ("place", "ward 4", 0)),
    ("a stay in his ward, his role over", [
        fact("role", actor="dr", unit="ward 3", starts=-100, ends=7.5), lies(unit="ward 3", starts=5, ends=12),
    ], ("post", "ward 3", 3)),
    ("a stay in his ward, long ago", [WARD_3, lies(unit="ward 3", starts=-40, ends=-24)], ("margin", "", 4)),
    ("the nearest of two", [WARD_3, meets(actor="other", starts=10), lies(unit="ward 3", starts=-40, ends=-24)],
     ("margin", "", 4)),
    ("somebody else's, long ago", [meets(actor="other", starts=-300, ends=-300)], ("nothing", "", 0)),
]  # fmt: skip


def found(facts: list[dict[str, Any]], off: tuple[str, ...] = (), told: Any = None) -> list[Missing]:
    known = in_force((), told or {})
    table, staff = facts_table(facts), Staff()
    staff.learn(table)
    return missing_of(
        Access((reference("Ada"),), MONDAY * DAY + 10 * DAY + DAY // 2),
        "dr",
        facts=table,
        staff=staff,
        reasons={name: one for name, one in known.items() if name not in off},
        off={name: known[name] for name in off},
    )


@pytest.mark.parametrize(("facts", "nearest"), [pytest.param(*row[1:], id=row[0]) for row in TABLE])
def test_what_was_nearest(facts: list[dict[str, Any]], nearest: tuple[str, str, int]) -> None:
    assert Ward(*facts).day(10, opens("dr", "Ada")) == ["unexplained"]
    first = found(facts)[0]
    assert (first.what, first.name.rpartition("/")[2], round(first.days)) == nearest


@pytest.mark.parametrize("facts", [pytest.param(row[1], id=row[0]) for row in TABLE if row[1]])
def test_with_that_change_it_would_have_been_expected(facts: list[dict[str, Any]]) -> None:
    """Promise: what is said to have been missing is what was missing: with it, explain would have given a reason."""
    for one in found(facts):
        told, changed, who = {}, list(facts), "dr"
        if one.what in ("place", "post"):
            changed.append(fact("role", actor="dr", unit=one.name, code="60", starts=-300))
        elif one.what == "person":
            who = one.name
        elif one.what == "late":
            changed = [{**row, "known_at": row["starts"]} for row in facts]
        elif one.what == "margin":
            margins = {"before": 7 + math.ceil(one.days), "after": 30 + math.ceil(one.days)}
            told = {"stay": margins, "shared-unit": margins, "appointment": margins}
        expected = Ward(*changed, told=told).day(10, opens(who, "Ada", hour=12)) != ["unexplained"]
        assert expected == (one.what != "nothing")


def test_an_explanation_that_is_off_is_told() -> None:
    facts = [WARD_3, lies(unit="ward 3", starts=5, ends=12)]
    assert found(facts, off=("shared-unit",))[0] == Missing("off", "stay", 0.0, "shared-unit")


def test_an_explanation_of_the_regions_own_may_be_what_was_missed() -> None:
    told = {"mine": {"kind": "referral", "after": 365, "fr": "un", "en": "one"}}
    facts = [fact("referral", patient="Ada", actor="dr", code="performer", starts=-400)]
    assert found(facts, told=told)[0].what == "margin"
    assert round(found(facts, told=told)[0].days) == 46  # 410.5 days ago, of 365


missings = st.builds(
    Missing,
    st.sampled_from(WHAT[:-1]),
    st.sampled_from(("stay", "appointment")),
    st.floats(0, 30),
    st.sampled_from(("", "ward 3", "ward 4")),
)


@given(st.lists(st.lists(missings, min_size=1, max_size=6), max_size=12))
def test_an_access_counts_once_for_each_change(accesses: list[list[Missing]]) -> None:
    changes = counted(accesses)
    assert [one.patients for one in changes] == sorted((one.patients for one in changes), reverse=True)
    for one in changes:
        assert 1 <= one.patients <= len(accesses)
    named = {(one.what, one.name) for of_one in accesses for one in of_one}
    assert {(one.missing.what, one.missing.name) for one in changes} == named
