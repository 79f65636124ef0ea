"""Persons: the latest version known at a time, a stranger is their own person, and asking twice changes nothing."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tocsin.door import persons
from tocsin.door.persons import Persons
from tocsin.model.fact import PERSON


def ref(number: int) -> bytes:
    return b"\x01" + number.to_bytes(15, "big") + b"\0"  # ends in zero bytes on purpose


def table(*rows: tuple[int, int, int | None]) -> pa.Table:
    patient, person, known = zip(*rows, strict=True) if rows else ((), (), ())
    columns = [pa.array([ref(p) for p in patient], pa.binary(17)), pa.array([ref(p) for p in person], pa.binary(17))]
    times = pa.array(known, pa.int64()).cast(PERSON.field("known_at").type)
    return pa.Table.from_arrays([*columns, times], schema=PERSON)


def refs(*numbers: int) -> np.ndarray:
    return np.frombuffer(b"".join(map(ref, numbers)), "V17")


def numbers(found: np.ndarray) -> list[int]:
    assert found.dtype == "V17"
    return [int.from_bytes(bytes(one)[1:16], "big") for one in found]


def test_what_was_known_then_and_what_is_known_now() -> None:
    persons = Persons(table((7, 7, None), (7, 8, 100), (7, 9, 200), (8, 8, 50)))
    at = np.array([-5, 99, 100, 199, 200, 10**15])
    assert numbers(persons.person_of(refs(*[7] * 6), at=at)) == [7, 7, 8, 8, 9, 9]
    assert numbers(persons.person_of(refs(7, 8, 5))) == [9, 8, 5]


def test_before_it_was_known_a_reference_is_its_own_person() -> None:
    persons = Persons(table((3, 4, 100)))
    assert numbers(persons.person_of(refs(3, 3, 4), at=np.array([99, 100, 100]))) == [3, 4, 4]


def test_no_table_no_question() -> None:
    assert numbers(Persons(table()).person_of(refs(1, 2))) == [1, 2]
    assert numbers(Persons(table((1, 2, None))).person_of(refs())) == []


@given(
    st.lists(st.tuples(st.integers(0, 6), st.integers(0, 6), st.none() | st.integers(-3, 3)), max_size=20),
    st.lists(st.tuples(st.integers(0, 8), st.integers(-4, 4)), max_size=20),
    st.randoms(),
)
def test_agrees_with_the_obvious_way_in_any_order(rows, asked, random) -> None:
    rows = list({(a, known): (a, b, known) for a, b, known in rows}.values())  # one person at a time
    shuffled = random.sample(rows, len(rows))

    def obvious(reference: int, at: int) -> int:
        known = [(-9 if k is None else k, p) for a, p, k in rows if a == reference and (k is None or k <= at)]
        return max(known)[1] if known else reference

    found = Persons(table(*shuffled)).person_of(refs(*(a for a, _ in asked)), at=np.array([t for _, t in asked], int))
    assert numbers(found) == [obvious(a, t) for a, t in asked]


def test_references_with_one_key_are_told_apart(monkeypatch: pytest.MonkeyPatch) -> None:
    rows = table((1, 11, None), (2, 12, None), (300, 13, None))
    monkeypatch.setattr(persons, "keys_of", lambda references: np.zeros(len(references), np.uint64))
    assert numbers(Persons(rows).person_of(refs(300, 2, 1, 4))) == [13, 12, 11, 4]
