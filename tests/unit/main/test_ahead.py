"""Made one ahead: the same results in the same order, one at a time, and errors where they belong."""

from __future__ import annotations

import threading

import pytest

from tocsin.main.ahead import one_ahead


@pytest.mark.parametrize("count", [0, 1, 2, 7])
def test_in_order_and_at_most_one_ahead(count: int) -> None:
    made: list[int] = []

    def make(item: int) -> int:
        made.append(item)
        return item * item

    for place, (item, square) in enumerate(one_ahead(range(count), make)):
        assert (item, square) == (place, place * place)
        assert len(made) <= place + 2
    assert made == list(range(count))


def test_an_error_comes_where_its_item_would() -> None:
    def make(item: int) -> int:
        if item == 2:
            raise ValueError("two")
        return item

    seen = []
    with pytest.raises(ValueError, match="two"):
        seen.extend(one_ahead(range(9), make))
    assert seen == [(0, 0), (1, 1)]


def test_whoever_stops_leaves_no_thread() -> None:
    before = threading.active_count()
    results = one_ahead(range(9), str)
    assert next(results) == (0, "0")
    results.close()
    assert threading.active_count() == before
