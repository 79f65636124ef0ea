"""Where an account is at home: where it had most rows before the week began, those of days under alert aside."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from parity.rivers import MONDAY, Told, rows_of
from parity.trails import river
from tocsin.detect.homes import NOWHERE, Homes
from tocsin.main import saved
from tocsin.model.rows import Names

SERVICES = ("radiology", "dpi", "lab", "portal")
"""In the order in which they were met, which is not that of their names."""
DAY = 86_400_000_000

Drawn = list[tuple[int, list[tuple[int, int]], set[int]]]
"""(day, (account, service) of its rows, accounts under alert on it)."""

days = st.lists(
    st.tuples(
        st.sampled_from((1, 1, 1, 0, -1, 2, 7, -9, 5_000)),
        st.lists(st.tuples(st.integers(-1, 5), st.integers(-1, len(SERVICES) - 1)), max_size=12),
        st.sets(st.integers(0, 7), max_size=3),
    ),
    max_size=25,
)


def services() -> Names:
    """Numbered as they were met."""
    names = Names()
    for name in SERVICES:
        names.number(name)
    return names


def told(day: int, pairs: list[tuple[int, int]]) -> list[Told]:
    """Rows of a day."""
    return [Told(event=n, at=day * DAY + n, account=a, service=s) for n, (a, s) in enumerate(pairs)]


def dated(drawn: Drawn) -> Drawn:
    """With days instead of steps between them."""
    day, found = MONDAY, []
    for step, pairs, alerted in drawn:
        day += step
        found.append((day, pairs, alerted))
    return found


def plainly(drawn: Drawn) -> list[list[str]]:
    """What the homes are on each day: in plain Python, a row at a time."""
    rows: Counter[tuple[int, str]] = Counter()
    homes: dict[int, str] = {}
    week: int | None = None
    today: Counter[tuple[int, str]] = Counter()
    open_day = 0
    alerted = {day: barred for day, _, barred in drawn}
    found = []
    for day, pairs, _ in drawn:
        if week is not None and open_day - 1 <= day <= open_day:  # rows of yesterday that come late are today's
            found.append([homes.get(account, "") for account in range(8)])
            today += Counter((a, SERVICES[s]) for a, s in pairs if a >= 0 and s >= 0)
            continue
        rows += Counter({pair: n for pair, n in today.items() if pair[0] not in alerted.get(open_day, ())})
        open_day = day
        begins = day - (day - MONDAY) % 7
        if week is None or not week - 7 <= begins <= week:
            week, homes = begins, {}
            for account in {account for account, _ in rows}:
                theirs = {service: n for (one, service), n in rows.items() if one == account}
                homes[account] = min(theirs, key=lambda service: (-theirs[service], service))
        found.append([homes.get(account, "") for account in range(8)])
        today = Counter((a, SERVICES[s]) for a, s in pairs if a >= 0 and s >= 0)
    return found


def fold(drawn: Drawn, *, size: int = 100, resume: bool = False) -> list[list[str]]:
    """The same by `Homes`, in batches, and saved and taken up again after each if `resume`."""
    homes, names = Homes(), services()
    alerted = {day: barred for day, _, barred in drawn}
    found = []
    for day, pairs, _ in drawn:
        homes.open_slice(day, week_from=MONDAY, alerted=alerted, services=names)
        found.append(homes.names(names, 8))
        rows = told(day, pairs)
        for start in range(0, len(rows), size):
            homes.count(rows_of(rows[start : start + size]))
            assert homes.names(names, 8) == found[-1], "what a day brings does not count on it"
            if resume:
                before, homes = homes, Homes(day=homes.day, week=homes.week, of=homes.of)
                homes.take_up(before.told(before.counts), before.told(before.today))
    return found


@settings(max_examples=200, deadline=None, derandomize=True)
@given(days, st.sampled_from((1, 2, 5, 100)), st.booleans())
def test_homes_are_those_of_a_plain_count_whatever_the_size_of_batches(drawn: Drawn, size: int, resume: bool) -> None:
    drawn = dated(drawn)
    assert fold(drawn, size=size, resume=resume) == plainly(drawn)


def at_home(*drawn: tuple[int, list[tuple[int, int]], set[int]]) -> list[str]:
    """Of account 0, on each day."""
    return [homes[0] for homes in fold([(MONDAY + day, pairs, alerted) for day, pairs, alerted in drawn])]


def test_nobody_is_at_home_before_its_second_week() -> None:
    """Promise: an account-week is in one stratum from its first day to its last."""
    each_day = [(day, [(0, 1)], set[int]()) for day in range(9)]
    assert at_home(*each_day) == [""] * 7 + ["dpi"] * 2


def test_who_moves_is_at_home_elsewhere_when_most_of_its_rows_are() -> None:
    weeks = [(7 * week, [(0, 1 if week < 3 else 2)] * 5, set[int]()) for week in range(8)]
    assert at_home(*weeks) == ["", "dpi", "dpi", "dpi", "dpi", "dpi", "dpi", "lab"]


def test_a_tie_goes_to_the_first_name() -> None:
    assert at_home((0, [(0, 0), (0, 2), (0, 3)], set()), (7, [], set())) == ["", "lab"]


def test_a_thief_who_is_noticed_moves_no_home() -> None:
    week = (0, [(0, 1)] * 3, set[int]())
    assert at_home(week, (1, [(0, 2)] * 50, {0}), (7, [], set())) == ["", "", "dpi"]
    assert at_home(week, (1, [(0, 2)] * 50, set()), (7, [], set())) == ["", "", "lab"]


@pytest.mark.parametrize("stray", [5_000, -5_000, 3, -3])
def test_rows_of_a_wrong_clock_do_not_keep_homes_from_being_read(stray: int) -> None:
    days = [(0, [(0, 1)], set[int]()), (stray, [(1, 1)], set[int]()), (1, [], set[int]()), (7, [], set[int]())]
    assert at_home(*days)[-1] == "dpi"


def test_an_account_of_a_million_is_counted_without_a_copy_each_time() -> None:
    homes = Homes()
    homes.count(rows_of(told(MONDAY, [(999, 0)])))
    homes.count(rows_of(told(MONDAY, [(1_000, 0)])))
    assert len(homes.counts) == 2_000
    assert homes.told(homes.today).tolist() == [[999, 0, 1], [1_000, 0, 1]]
    assert len(homes.of) == 0
    assert homes.names(services(), 3) == [""] * 3


def test_a_saved_river_knows_its_homes(tmp_path: Path) -> None:
    begun = river()
    begun.homes = Homes(day=MONDAY, week=MONDAY, of=np.array([1, NOWHERE], np.int32))
    begun.homes.count(rows_of(told(MONDAY, [(4, 2), (4, 2), (0, 1)])))
    saved.save(tmp_path / "state", begun, folded=1, told={})
    again = river()
    assert saved.load(tmp_path / "state", again)
    assert again.homes.told(again.homes.today).tolist() == [[0, 1, 1], [4, 2, 2]]
    assert (again.homes.day, again.homes.week, again.homes.of.tolist()) == (MONDAY, MONDAY, [1, NOWHERE])
