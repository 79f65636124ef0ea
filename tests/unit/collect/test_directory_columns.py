"""Values of bytes are sorted and numbered as numpy sorts and numbers their texts."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tocsin.collect.directory.columns import numbered, order_of

OCTET = st.sampled_from([0, 1, 127, 128, 255])


def of(values: list[bytes], width: int) -> np.ndarray:
    return np.frombuffer(b"".join(values), f"S{width}")


@pytest.mark.parametrize("width", [16, 17, 18])
@given(st.data())
def test_they_are_in_the_order_of_their_bytes(width: int, data: st.DataObject) -> None:
    few = data.draw(st.lists(st.lists(OCTET, min_size=width, max_size=width).map(bytes), max_size=6))
    values = of(data.draw(st.lists(st.sampled_from(few), max_size=30)) if few else [], width)
    assert order_of(values).tolist() == np.argsort(values, kind="stable").tolist()
    assert order_of(values.view(f"V{width}")).tolist() == order_of(values).tolist()
    distinct, first, number = np.unique(values, return_index=True, return_inverse=True)
    assert [found.tolist() for found in numbered(values)] == [first.tolist(), number.tolist()]
    assert values[first].tolist() == distinct.tolist()
