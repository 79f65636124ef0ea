"""Small pieces become few runs, in their order, and nothing is lost."""

from __future__ import annotations

import math
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from tocsin.model.runs import add_run


@given(st.lists(st.lists(st.integers(), max_size=5), max_size=80))
def test_pieces_stay_in_order_and_runs_are_few(pieces: list[list[int]]) -> None:
    runs: list[list[int]] = []
    for piece in pieces:
        add_run(runs, piece, lambda before, last: before + last)
    told = [entry for piece in pieces for entry in piece]
    assert [entry for run in runs for entry in run] == told
    assert len(runs) <= math.log2(max(len(told), 1)) + 1
    assert all(len(run) > 2 * len(following) for run, following in pairwise(runs))
