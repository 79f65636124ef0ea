"""The quick sum does not depend on how bytes are cut, and tells them from others."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from tocsin.ledger.check import QuickSum


def summed(*parts: bytes) -> int:
    check = QuickSum()
    for part in parts:
        check.update(part)
    return check.total


@given(st.lists(st.binary(max_size=40), max_size=8))
def test_it_is_the_sum_of_the_words_however_they_come(parts: list[bytes]) -> None:
    whole = b"".join(parts)
    padded = whole + bytes(-len(whole) % 8)
    words = [int.from_bytes(padded[i : i + 8], "little") for i in range(0, len(padded), 8)]
    assert summed(*parts) == summed(whole) == sum(words) % 2**64


@given(st.binary(min_size=1, max_size=64), st.data())
def test_one_changed_bit_changes_it(octets: bytes, data: st.DataObject) -> None:
    bit = data.draw(st.integers(0, 8 * len(octets) - 1))
    changed = bytearray(octets)
    changed[bit // 8] ^= 1 << bit % 8
    assert summed(bytes(changed)) != summed(octets)


def test_a_copy_goes_its_own_way() -> None:
    one = QuickSum()
    one.update(b"abc")
    other = one.copy()
    one.update(b"defghijkl")
    other.update(b"defghijkl")
    assert one.total == other.total == summed(b"abcdefghijkl")
