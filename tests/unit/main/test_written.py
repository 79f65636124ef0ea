"""Answers written piece by piece are the text that `json.dumps` makes of them whole."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, date, datetime
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from tocsin.main.written import json_of

PLAIN = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8) | st.dates() | st.just(()),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
    max_leaves=12,
)


def whole(told: Any) -> str:
    return json.dumps(told, ensure_ascii=False, indent=1, default=str) + "\n"


class Rows:
    """Items that are made as they are read."""

    def __init__(self, items: list[Any]) -> None:
        self.items = items

    def __iter__(self) -> Iterator[Any]:
        return iter(self.items)


@given(PLAIN)
def test_as_a_whole(told: Any) -> None:
    assert "".join(json_of(told)) == whole(told)


@given(st.dictionaries(st.text(max_size=4), st.lists(PLAIN, max_size=3), max_size=3))
def test_items_made_one_by_one(told: dict[str, list[Any]]) -> None:
    assert "".join(json_of({key: Rows(items) for key, items in told.items()})) == whole(told)


def test_keys_that_are_no_texts_and_times() -> None:
    told = {"by": {1: "a", 2: [datetime(2025, 9, 1, tzinfo=UTC)]}, "é\n": date(2025, 9, 1), "set": {1}}
    assert "".join(json_of(told)) == whole(told)
