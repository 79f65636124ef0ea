"""The past of accounts against a list of all that was touched."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from tocsin.explain.past import Past

touches = st.lists(st.tuples(st.integers(0, 6), st.integers(0, 2), st.integers(1, 4)), max_size=20)
alerts = st.dictionaries(st.integers(0, 6), st.sets(st.integers(0, 2)), max_size=4)


@settings(max_examples=200, deadline=None, derandomize=True)
@given(touches, alerts, st.integers(1, 3))
def test_a_touch_settles_two_days_later_if_both_days_were_quiet(
    touched: list[tuple[int, int, int]], alerted: dict[int, set[int]], size: int
) -> None:
    past = Past()
    everything = np.array([(account * 10 + thing) << 4 for account in range(3) for thing in range(1, 5)], np.uint64)
    for today in range(9):
        past.settle(today, alerted)
        quiet = {
            (account * 10 + thing) << 4
            for day, account, thing in touched
            if day <= today - 2 and account not in alerted.get(day, set()) | alerted.get(day + 1, set())
        }
        waiting = {(account * 10 + thing) << 4 for day, account, thing in touched if today - 2 < day < today}
        assert set(everything[past.known(everything)].tolist()) == quiet
        assert set(everything[past.met(everything)].tolist()) == waiting
        mine = [((account * 10 + thing) << 4, account) for day, account, thing in touched if day == today]
        for start in range(0, len(mine), size):
            keys, accounts = zip(*mine[start : start + size], strict=True)
            past.add(today, np.array(keys, np.uint64), np.array(accounts))
