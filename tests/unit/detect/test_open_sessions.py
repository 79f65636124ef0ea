"""Open sessions stay sorted by key, one of each, whatever is put in."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from tocsin.detect.state import Sessions
from tocsin.detect.view import Picked

KEYS = st.lists(st.integers(1, 20), unique=True, max_size=12)


def sessions_of(keys: list[int], at: int) -> Sessions:
    """Sessions of these keys; all else tells which and from when."""
    none = Sessions.none()
    count = np.arange(len(keys)) + at

    def filled(like: np.ndarray) -> np.ndarray:
        wide = np.broadcast_to(count.reshape(-1, *[1] * (like.ndim - 1)), (len(keys), *like.shape[1:]))
        return wide.astype(like.dtype)

    columns = {name: filled(getattr(none, name)) for name in Sessions.__slots__}
    return replace(none, **columns | {"key": np.array(keys, np.uint64)})


@given(KEYS, KEYS)
def test_a_session_takes_the_place_of_the_one_with_its_key(held: list[int], come: list[int]) -> None:
    now = sessions_of(sorted(held), 0).put(sessions_of(come, 100))
    wanted = {key: at for at, key in enumerate(sorted(held))} | {key: 100 + at for at, key in enumerate(come)}
    assert now.key.tolist() == sorted(wanted)
    for name in Sessions.__slots__[1:]:
        assert [set(np.ravel(row).tolist()) for row in getattr(now, name)] == [{wanted[key]} for key in sorted(wanted)]


@given(st.data())
def test_picked_rows_are_those_at_the_places(data: st.DataObject) -> None:
    """Picked again, too; and whichever columns were asked for before."""
    held = sessions_of([5, 3, 9, 7], 0)
    places = np.array(data.draw(st.lists(st.integers(0, 3))), np.int64)
    once = Picked(held, places)  # type: ignore[arg-type]
    assert once.key.tolist() == held.key[places].tolist()
    again = np.arange(len(places))[::-1]
    assert Picked(once, again).key.tolist() == once.key[::-1].tolist()
    assert Picked(once, again).weight.tolist() == held.weight[places][::-1].tolist()
    assert len(once) == len(places)
