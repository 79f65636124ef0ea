"""Persons are counted once, under the strongest of what was done to them."""

from __future__ import annotations

from tocsin.triage.tally import counts_of, seal_of, sums_of
from unit.scope.test_claims import exposures


def test_a_person_seen_twice_counts_once_under_the_strongest() -> None:
    table = exposures(("unsure", "opened", "name"), ("thief", "listed", "name"), ("owner", "opened", "name"))
    person = table["person"].combine_chunks().take([0, 0, 2])
    table = table.set_column(table.schema.get_field_index("person"), table.schema.field("person"), person)
    sums = sums_of(table)
    assert sums.persons == {"thief": 1, "unsure": 0, "owner": 1}
    assert sums.records == {"thief": 1, "unsure": 1, "owner": 1}
    assert sums.certainties["thief"] == {"exported": 0, "opened": 0, "listed": 1, "possible": 0}
    assert [(one.element, one.by, one.certainty, one.persons) for one in counts_of(table)] == [
        ("name", "thief", "listed", 1),
        ("name", "owner", "opened", 1),
    ]


def test_nobody() -> None:
    sums = sums_of(exposures())
    assert sums.persons == {"thief": 0, "unsure": 0, "owner": 0}
    assert counts_of(exposures()) == ()


def test_the_seal_names_the_list_whatever_its_order() -> None:
    table = exposures(("unsure", "opened", "name"), ("thief", "listed", "name"))
    assert seal_of(table) == seal_of(table.take([1, 0]))
    assert seal_of(table) != seal_of(table.take([0]))
    assert seal_of(table) != seal_of(exposures(("unsure", "opened", "name"), ("thief", "opened", "name")))
