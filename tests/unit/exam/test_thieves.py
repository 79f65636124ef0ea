"""Thieves for the twin: rows like the account's own, but from elsewhere and of other patients."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from tocsin.exam.thieves import BEHAVIOURS, DAY_US, PAGE, lists, moved, opens, theft
from tocsin.main.river import accepted_order
from tocsin.model.event import EVENT

DAY = 20_000
LOOT = np.frombuffer(b"".join(b"\x01" + i.to_bytes(16, "big") for i in range(1, 601)), "V17")


def row(at: int, patient: int, **told: Any) -> dict[str, Any]:
    """An event of an account at work."""
    plain: dict[str, Any] = dict.fromkeys(EVENT.names, 0)
    plain |= {
        "event_id": (at + (1 << 55)).to_bytes(7, "big") + patient.to_bytes(9, "big"),
        "source": "trail", "at": at, "received_at": at, "service": "identity", "account": "idp|a", "client": "web",
        "professional": None, "address": "192.0.2.7", "network": "192.0.2.0/24", "action": "read",
        "outcome": "success", "purpose": "TREAT", "patient": b"\x01" + (10_000 + patient).to_bytes(16, "big"),
        "patients": None, "query_kind": "none", "query_head": None, "id_low": -1, "segment": -1,
    }  # fmt: skip
    return {**plain, **told}


def events(*rows: dict[str, Any]) -> pa.Table:
    columns = []
    for field in EVENT:
        values = [one[field.name] for one in rows]
        kind = field.type
        if pa.types.is_dictionary(kind):
            columns.append(pa.array(values, kind.value_type).dictionary_encode().cast(kind))
        elif pa.types.is_timestamp(kind):
            columns.append(pa.array(values, pa.int64()).cast(pa.timestamp("us")).cast(kind))
        else:
            columns.append(pa.array(values, kind))
    return pa.table(columns, schema=EVENT)


OWN = events(row(DAY * DAY_US + 9 * 3_600_000_000, 1), row(DAY * DAY_US + 17 * 3_600_000_000, 2))


def stolen(name: str, *, token: bytes = b"t", seed: int = 1) -> pa.Table:
    behaviour = next(one for one in BEHAVIOURS if one.name == name)
    loot = LOOT[: behaviour.patients]
    return theft(behaviour, OWN, loot, day=DAY, token=token, rng=np.random.default_rng(seed)).rows


@pytest.mark.parametrize("name", [one.name for one in BEHAVIOURS])
def test_a_thief_stays_within_the_day_and_in_the_order_of_time(name: str) -> None:
    rows = stolen(name)
    at = rows["at"].cast(pa.int64()).to_numpy()
    assert rows.schema == EVENT
    assert (np.diff(at) >= 0).all()
    assert set((at // DAY_US).tolist()) == {DAY}
    assert set(rows["account"].to_pylist()) == {"idp|a"}
    assert not set(rows["network"].to_pylist()) & set(OWN["network"].to_pylist())
    assert len(set(rows["device"].to_pylist()) - {0}) == 1


@pytest.mark.parametrize("name", [one.name for one in BEHAVIOURS])
def test_no_row_of_a_thief_is_taken_for_another(name: str) -> None:
    rows = stolen(name)
    assert len(accepted_order(rows)) == len(rows)
    both = accepted_order(pa.concat_tables([rows, stolen(name, token=b"another")]).unify_dictionaries())
    assert len(both) == 2 * len(rows)


def test_a_bulk_thief_opens_each_patient_once() -> None:
    rows = stolen("bulk")
    assert opens(rows).all()
    assert len(set(rows["patient"].to_pylist())) == len(rows) == 300


def test_a_sweep_lists_pages_in_the_order_of_the_alphabet_and_opens_some() -> None:
    rows = stolen("prefix-sweep")
    listed, opened = rows.filter(pa.array(lists(rows))), rows.filter(pa.array(opens(rows)))
    heads = list(dict.fromkeys(listed["query_head"].to_pylist()))
    assert heads == sorted(heads)
    assert len(heads) == len(set(listed["event_id"].to_pylist())) == 600 // PAGE
    assert listed["row"].to_pylist() == [*range(PAGE)] * len(heads)
    assert set(opened["patient"].to_pylist()) < set(listed["patient"].to_pylist())
    assert len(opened) == 3 * len(heads)


def test_the_same_seed_gives_the_same_thief() -> None:
    assert stolen("medium").equals(stolen("medium"))
    assert not stolen("medium").equals(stolen("medium", seed=2))


def test_a_night_moved_keeps_its_order_and_its_ids_go_with_it() -> None:
    later = moved(OWN, 3)
    at = later["at"].cast(pa.int64()).to_pylist()
    assert [one - 3 * DAY_US for one in at] == OWN["at"].cast(pa.int64()).to_pylist()
    for one, moment in zip(later["event_id"].to_pylist(), at, strict=True):
        assert int.from_bytes(one[:7], "big") == moment + (1 << 55)
    assert moved(moved(OWN, 3), -3).equals(OWN)
