"""Hypothesis strategies for stores: few accounts and hours, so that what should meet does meet."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pyarrow as pa
from hypothesis import strategies as st

from tocsin.model.event import ACTIONS, OUTCOMES, PATIENT_BYTES, QUERY_KINDS, REASONS, STORED_EVENT

FIRST_DAY = date(2025, 9, 29)
"""The third and fourth day lie in another month."""

ACCOUNTS = ("dr.ferrand", "Zoé", "' OR 1=1 --")
PROFESSIONALS = ("99000000001", "Practitioner/é")
SERVICES = ("Résultats d'examens", "放射線科")
NETWORKS = ("203.0.113.0/24", "2001:db8:1::/48")
DEVICES = (0, 7, 2**64 - 1)
REQUESTS = (0, 11, 2**64 - 1)
PATIENTS = tuple(bytes([1]) + bytes([n]) * (PATIENT_BYTES - 1) for n in (127, 128))
DAYS = tuple(FIRST_DAY + timedelta(days=n) for n in range(4))

MOMENTS = tuple(
    datetime(day.year, day.month, day.day, tzinfo=UTC) + offset
    for day in DAYS
    for offset in (timedelta(), timedelta(hours=9, minutes=59, microseconds=1), timedelta(days=1, microseconds=-1))
)
"""The first and last microsecond of each day, and one between: times often coincide."""

_ROW = st.fixed_dictionaries(
    {
        "line": st.integers(0, 2),
        "row": st.integers(0, 2),
        "source": st.sampled_from(("replay", "therap-e")),
        "at": st.sampled_from(MOMENTS[:2]) | st.sampled_from(MOMENTS),
        "service": st.none() | st.sampled_from(SERVICES),
        "account": st.none() | st.sampled_from(ACCOUNTS),
        "professional": st.none() | st.sampled_from(PROFESSIONALS),
        "client": st.sampled_from((None, "viewer", "viewer")),
        "network": st.none() | st.sampled_from(NETWORKS),
        "device": st.sampled_from(DEVICES),
        "assurance": st.sampled_from((1, 1, 4)),
        "action": st.sampled_from(ACTIONS),
        "outcome": st.sampled_from(OUTCOMES),
        "request": st.sampled_from(REQUESTS),
        "patient": st.none() | st.sampled_from(PATIENTS),
        "patients": st.none() | st.integers(0, 2**31 - 1),
        "elements": st.sampled_from((0, 1, 6, 2**15 - 1)),
        "query_kind": st.sampled_from(QUERY_KINDS),
        "query_head": st.none() | st.just("fer"),
        "explained_by": st.sampled_from(REASONS),
        "batch": st.integers(1, 4),
    }
)

_FILLED = {
    "token": 2**64 - 1,
    "address": "203.0.113.9",
    "purpose": "TREAT",
    "query_length": 65_535,
    "id_low": -1,
    "segment": 3,
    "length": 900,
}


def event_id_of(at: datetime, line: int) -> bytes:
    """An id as `model.event` makes them: the time, then (here) a number in place of a hash."""
    microseconds = (at - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(microseconds=1)
    return (microseconds + (1 << 55)).to_bytes(7, "big") + line.to_bytes(9, "little")


def whole_row(told: dict[str, Any]) -> dict[str, Any]:
    """A row of STORED_EVENT from what matters in it (at least `at` and `line`); what it lacks is null, or 0."""
    row = {"row": 0, "source": "replay", "service": None, "account": None, "client": None, "network": None}
    row |= {"device": 0, "assurance": 0, "action": "read", "outcome": "success", "request": 0, "patient": None}
    row |= {"patients": None, "elements": 0, "query_kind": "none", "query_head": None, "batch": 1}
    row |= {"explained_by": "unexplained"} | _FILLED | told
    row["received_at"] = told.get("received_at", told["at"] + timedelta(seconds=row["batch"]))
    row["event_id"] = event_id_of(told["at"], told["line"])
    row["offset"] = told["line"] * 1_000
    return row


def table_of(rows: list[dict[str, Any]]) -> pa.Table:
    """Whole rows as a table of STORED_EVENT."""
    columns = []
    for field in STORED_EVENT:
        default = None if field.nullable else 0
        values = [row.get(field.name, default) for row in rows]
        if pa.types.is_dictionary(field.type):
            columns.append(pa.array(values, pa.string()).dictionary_encode().cast(field.type))
        else:
            columns.append(pa.array(values, field.type))
    return pa.table(columns, schema=STORED_EVENT)


@dataclass(frozen=True)
class Piece:
    """What one call of `Parts.write` is given."""

    day: date
    batch: int
    table: pa.Table


def pieces_of(rows: list[dict[str, Any]]) -> list[Piece]:
    """Rows by day and batch, each piece in the accepted order."""
    groups: dict[tuple[date, int], list[dict[str, Any]]] = {}
    for row in sorted(rows, key=lambda row: (row["at"], row["event_id"], row["row"])):
        groups.setdefault((row["at"].date(), row["batch"]), []).append(row)
    return [Piece(day, batch, table_of(its)) for (day, batch), its in groups.items()]


def rows() -> st.SearchStrategy[list[dict[str, Any]]]:
    """Rows of a trail, each (event, row, batch) once; most often so many that they meet in every group."""
    return st.one_of(*(_rows(least) for least in (0, 12, 24)))


def _rows(least: int) -> st.SearchStrategy[list[dict[str, Any]]]:
    return st.lists(
        _ROW.map(whole_row),
        min_size=least,
        max_size=least + 10,
        unique_by=lambda row: (row["event_id"], row["row"], row["batch"]),
    )


def pieces() -> st.SearchStrategy[list[Piece]]:
    """A trail in parts, to be written in any order."""
    return rows().map(pieces_of).flatmap(st.permutations)


def periods() -> st.SearchStrategy[dict[str, datetime | None]]:
    """`since` and `until`, often on a boundary, sometimes open, sometimes the wrong way round."""
    ends = st.none() | st.sampled_from(MOMENTS)
    return st.fixed_dictionaries({"since": ends, "until": ends})


def some_of(values: tuple[Any, ...]) -> st.SearchStrategy[list[Any]]:
    """A few values to ask about; none, or one twice, among the cases."""
    return st.just(list(values)) | st.lists(st.sampled_from(values), max_size=3)
