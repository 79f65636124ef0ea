"""Decisions as lines and as a table: nothing is lost on the way, and a forged line accuses nobody."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from tocsin.main.decisions import decisions_in, decisions_of, decisions_table, line_of
from tocsin.model.decision import WHAT, Decision

words = st.text(st.characters(exclude_categories=("Cs",)), max_size=20)
decisions = st.builds(
    Decision,
    what=st.sampled_from(WHAT),
    account=words,
    about=words,
    sessions=st.lists(st.integers(0, 2**64 - 1), max_size=3).map(tuple),
    events=st.lists(st.text("0123456789abcdef", min_size=32, max_size=32), max_size=3).map(tuple),
    days=st.lists(st.integers(0, 30_000), max_size=3).map(tuple),
    at=st.integers(0, 2**52),
    who=words.filter(bool),
    why=words,
    until=st.integers(0, 2**52),
    caps=st.lists(st.tuples(words, st.integers(0, 2**31 - 1)), max_size=3).map(tuple),
)


@given(st.lists(decisions, max_size=5))
def test_lines_and_tables_say_the_same(told: list[Decision]) -> None:
    assert decisions_in(b"".join(map(line_of, told))) == told
    assert decisions_of(decisions_table(told)) == told


@given(st.binary(max_size=200))
def test_bytes_that_are_no_decision_are_passed_over(data: bytes) -> None:
    assert all(one.what in WHAT for one in decisions_in(data))


def test_a_torn_line_between_two_is_passed_over() -> None:
    one = Decision(what="true", account="a", at=1, who="w")
    assert decisions_in(line_of(one) + b'{"what": "tr\n[]\nnull\n{"what": 1}\n' + line_of(one)) == [one, one]
