"""One person, one letter, however many records and episodes."""

from __future__ import annotations

import pyarrow as pa

from tocsin.model.event import bits_of
from tocsin.model.picture import PICTURED
from tocsin.notify.concerned import concerned_of

NAME, CARE = bits_of("name"), bits_of("clinical")


def ref(number: int) -> bytes:
    return b"\x01" + number.to_bytes(16, "big")


def table(*rows: tuple[int, int, str, str, int, int]) -> pa.Table:
    """(record, person, by, certainty, elements, at)."""
    told = [
        {
            "episode": f"EP-{at}",
            "account": "a",
            "patient": ref(record),
            "elements": elements,
            "certainty": certainty,
            "effect": "read",
            "by": by,
            "first_at": at,
            "last_at": at + 1,
            "acts": 1,
            "events": [],
            "person": ref(person),
        }
        for record, person, by, certainty, elements, at in rows
    ]
    columns = {field.name: pa.array([one[field.name] for one in told]).cast(field.type) for field in PICTURED}
    return pa.table(columns, schema=PICTURED)


def test_records_of_one_person_are_one_letter() -> None:
    (one,) = concerned_of(table((1, 9, "thief", "listed", NAME, 10), (2, 9, "thief", "opened", CARE, 20)))
    assert (one.person, one.records) == (ref(9), (ref(1), ref(2)))
    assert (one.certainty, one.elements, one.first_at, one.last_at) == ("opened", NAME | CARE, 10, 21)


def test_the_stronger_word_holds_and_only_its_acts_are_told() -> None:
    (one,) = concerned_of(table((1, 1, "unsure", "opened", CARE, 5), (1, 1, "thief", "listed", NAME, 10)))
    assert (one.by, one.certainty, one.elements, one.first_at) == ("thief", "listed", NAME, 10)


def test_nobody_is_told_of_the_owner_at_work() -> None:
    assert concerned_of(table((1, 1, "owner", "opened", CARE, 5))) == []
    assert concerned_of(PICTURED.empty_table()) == []
