"""What has been met: the answers of a set of texts, at the price of sorting numbers."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tocsin.door import seen as module
from tocsin.door.seen import Seen

REFERENCES = st.lists(st.integers(0, 40), max_size=60)


def refs(numbers: list[int]) -> np.ndarray:
    """Some differ in the last byte only, some in the first; many end in zero bytes."""
    texts = [bytes([n % 2]) + (n // 4).to_bytes(8, "little") + bytes([n % 4]) + bytes(7) for n in numbers]
    return np.frombuffer(b"".join(texts), "S17")


@given(REFERENCES, st.lists(REFERENCES, max_size=6))
def test_each_is_new_once(begun: list[int], batches: list[list[int]]) -> None:
    seen, known = Seen(refs(begun)), {bytes(one) for one in refs(begun)}
    for batch in batches:
        texts = refs(batch)
        wanted = []
        for place, text in enumerate(map(bytes, texts)):
            if text not in known:
                wanted.append(place)
                known.add(text)
        assert seen.new(texts).tolist() == wanted


def test_many_are_merged(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_RECENT", 4)
    seen = Seen(refs([]))
    for start in range(0, 30, 3):
        assert len(seen.new(refs(list(range(start, start + 5))))) == (5 if start == 0 else 3)


def test_one_key_for_two_loses_neither(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "keys_of", lambda references: np.zeros(len(references), np.uint64))
    seen = Seen(refs([]))
    assert seen.new(refs([1, 2])).tolist() == [0, 1]
    met = seen.new(refs([1, 2, 3]))
    assert 2 in met.tolist()
