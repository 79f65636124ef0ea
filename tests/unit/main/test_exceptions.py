"""What became of exceptions, and how long one may last."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from tocsin.errors import Usage
from tocsin.main.exceptions import ends_at, exceptions_of, in_force, named
from tocsin.model.decision import Decision, exception_id

NOW = datetime(2026, 11, 25, tzinfo=UTC)
DAY = 86_400_000_000
CAPS = (("strangers", 63),)


def said(what: str, at: int, account: str = "a", until: int = 0) -> Decision:
    caps = CAPS if what == "expected" else ()
    return Decision(what=what, account=account, at=at, who="officer", why="market day", until=until, caps=caps)


def states(*decisions: Decision, now: int) -> list[str]:
    return [one.ended for one in exceptions_of(decisions, now)]


def test_it_is_in_force_until_its_end() -> None:
    one = said("expected", 10, until=100)
    assert states(one, now=10) == states(one, now=99) == ["in-force"]
    assert states(one, now=100) == ["expired"]


@pytest.mark.parametrize(
    ("what", "state"), [("withdrawn", "withdrawn"), ("true", "stolen"), ("challenge-failed", "stolen")]
)
def test_what_ends_it_before(what: str, state: str) -> None:
    one, end = said("expected", 10, until=100), said(what, 50)
    assert states(one, end, now=60) == [state]
    assert exceptions_of([one, end], 60)[0].until == 50
    assert states(one, said(what, 50, account="b"), now=60) == ["in-force"]
    assert states(one, said(what, 150), now=200) == ["expired"]


def test_another_takes_its_place_and_a_false_alarm_leaves_it() -> None:
    assert states(said("expected", 10, until=100), said("expected", 50, until=90), now=60) == ["replaced", "in-force"]
    assert states(said("expected", 10, until=100), said("false", 50), now=60) == ["in-force"]


def test_what_was_in_force_at_a_time() -> None:
    told = [said("expected", 10, until=100), said("withdrawn", 50)]
    assert [len(in_force(told, "a", at)) for at in (9, 10, 49, 50, 99)] == [0, 1, 1, 0, 0]
    assert in_force(told, "b", 20) == []


def test_the_name_is_the_same_in_every_run_and_of_one_decision() -> None:
    one, other = said("expected", 10, until=100), said("expected", 11, until=100)
    assert exception_id(one) == exception_id(said("expected", 10, until=7))
    assert exception_id(one) != exception_id(other)
    assert named([one], exception_id(one), 20).account == "a"
    for names, now in ((exception_id(one), 100), ("EX-nothing", 20)):
        with pytest.raises(Usage):
            named([one], names, now)


def test_thirty_days_if_nothing_is_said_and_a_year_at_most() -> None:
    assert ends_at(None, NOW) == NOW + timedelta(days=30)
    assert ends_at(NOW + timedelta(days=365), NOW) == NOW + timedelta(days=365)
    for until in (NOW, NOW + timedelta(days=366)):
        with pytest.raises(Usage, match="within a year"):
            ends_at(until, NOW)
