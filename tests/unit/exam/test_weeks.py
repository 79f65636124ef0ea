"""Which account-weeks teach: what people said goes before doubt."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from tocsin.exam.weeks import MOST_DOUBTFUL, honest_weeks

pairs = st.sets(st.tuples(st.integers(0, 20), st.integers(0, 3)), max_size=30)


@given(seen=pairs, doubtful=pairs, stolen=pairs, owners=pairs)
def test_stolen_weeks_teach_nothing_and_the_owners_always_do(
    seen: set[tuple[int, int]],
    doubtful: set[tuple[int, int]],
    stolen: set[tuple[int, int]],
    owners: set[tuple[int, int]],
) -> None:
    heaviest = {pair: 100 * pair[0] + pair[1] for pair in seen}
    weeks = honest_weeks(heaviest, doubtful, days=21, stolen=stolen, owners=owners - stolen)
    kept = set(zip(weeks.account.tolist(), weeks.week.tolist(), strict=True))
    whole = {pair for pair in seen if pair[1] < 3}
    assert not kept & stolen
    assert (owners - stolen) & whole <= kept
    assert weeks.stolen == len(whole & stolen)
    assert weeks.answered == len((owners - stolen) & whole)
    assert len(kept) + weeks.stolen + weeks.set_aside == len(whole)
    assert weeks.set_aside <= MOST_DOUBTFUL * len(whole) + 1


def test_without_verdicts_doubt_alone_decides() -> None:
    heaviest = {(account, 0): account for account in range(100)}
    weeks = honest_weeks(heaviest, {(5, 0), (80, 0), (90, 0)}, days=7)
    assert (weeks.set_aside, weeks.stolen, weeks.answered) == (2, 0, 0)
    assert sorted(set(range(100)) - set(weeks.account.tolist())) == [80, 90]
