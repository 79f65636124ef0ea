"""Streams as Tocsin's own tables: what a region's trail and directory would say of the same accesses.

    opening -> read, any other touch -> write    the file is the patient; no network, no device, no search
    X1 to X3 -> care relations                   a first touch that `Stream` holds explained was due, known just then
    unit -> stays                                the first path level is where the patient is

X2 and X3 are told as facts since no directory came with the log; X1, the own past, is left to Tocsin.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import pyarrow as pa

from tocsin.model.event import ACTIONS, EVENT, OUTCOMES, QUERY_KINDS, words
from tocsin.model.fact import FACT, KINDS

from .load import Log
from .stream import Stream, first_of_its_kind

SECOND_US = 1_000_000


@dataclass(frozen=True)
class Trail:
    """Events (schema EVENT, accepted order) and facts (schema FACT) of some accounts.

    The second half of an event id is the event's place in its stream.
    """

    events: pa.Table
    facts: pa.Table

    def days(self) -> list[tuple[int, pa.Table]]:
        """(day since 1970, its events), oldest first."""
        day = self.events["at"].cast(pa.int64()).to_numpy() // (86_400 * SECOND_US)
        borders = np.r_[np.flatnonzero(np.diff(day, prepend=-1)), len(day)].tolist()
        return [(int(day[low]), self.events.slice(low, high - low)) for low, high in pairwise(borders)]


def name_of(account: int) -> str:
    """An account as the trail names it."""
    return f"account {account}"


def trail_of(streams: Sequence[Stream], *, start: int, end: int) -> Trail:
    """What happened in [start, end) seconds."""
    parts = []
    for number, stream in enumerate(streams):
        place = np.flatnonzero((stream.t >= start) & (stream.t < end))
        second = stream.t[place]
        at = second * SECOND_US + place - np.searchsorted(stream.t, second)  # within a second in the stream's order
        due = first_of_its_kind(stream.events.path)[place] & ~stream.unexplained[place]
        parts.append(
            (np.full(len(place), number), place, at, stream.events.path[place], stream.events.opening[place], due)
        )
    columns = [np.concatenate(column) for column in zip(*parts, strict=True)]
    order = np.lexsort((columns[1], columns[0], columns[2]))
    number, place, at, path, opening, due = (column[order] for column in columns)
    who = pa.DictionaryArray.from_arrays(pa.array(number, pa.int32()), [name_of(stream.account) for stream in streams])
    patient, told = _references(path), pa.array(np.flatnonzero(due))
    facts = _facts("care-team", patient=patient.take(told), actor=who.take(told), at=at[due])
    return Trail(_events(at, place, who, patient, opening), facts)


def stays(log: Log) -> pa.Table:
    """Where every patient is (schema FACT)."""
    unit = pa.array(log.unit_of, pa.int32())
    names = [f"unit {number}" for number in range(int(log.unit_of.max()) + 1)]
    where = pa.DictionaryArray.from_arrays(unit, names)
    return _facts("stay", patient=_references(np.arange(len(log.unit_of))), unit=where)


def _events(at: np.ndarray, place: np.ndarray, who: pa.Array, patient: pa.Array, opening: np.ndarray) -> pa.Table:
    ids = np.empty((len(at), 2), ">u8")
    ids[:, 0] = (at.astype(np.uint64) + np.uint64(1 << 55)) << np.uint64(8)
    ids[:, 1] = place
    nothing = np.zeros(len(at), np.int8)
    return _table(
        EVENT,
        len(at),
        event_id=pa.FixedSizeBinaryArray.from_buffers(pa.binary(16), len(at), [None, pa.py_buffer(ids.tobytes())]),
        at=_instants(at),
        received_at=_instants(at),
        source=pa.DictionaryArray.from_arrays(pa.array(nothing.astype(np.int32)), ["clue"]),
        account=who,
        professional=who,
        action=words(np.where(opening, ACTIONS.index("read"), ACTIONS.index("write")), ACTIONS),
        outcome=words(nothing, OUTCOMES),
        query_kind=words(nothing, QUERY_KINDS),
        patient=patient,
        id_low=pa.array(nothing.astype(np.int16) - 1),
    )


def _facts(
    kind: str,
    *,
    patient: pa.Array,
    actor: pa.Array | None = None,
    unit: pa.Array | None = None,
    at: np.ndarray | None = None,
) -> pa.Table:
    told = {"patient": patient, "actor": actor, "unit": unit}
    if at is not None:
        told |= {"starts": _instants(at), "known_at": _instants(at)}
    return _table(
        FACT,
        len(patient),
        fact_id=pa.array([number.to_bytes(16, "big") for number in range(len(patient))], pa.binary(16)),
        kind=words(np.full(len(patient), KINDS.index(kind)), KINDS),
        **{name: column for name, column in told.items() if column is not None},
    )


def _table(schema: pa.Schema, rows: int, **columns: pa.Array) -> pa.Table:
    """A table in which what is not given is null, or zero where null may not be."""
    return pa.table([columns.get(field.name, _nothing(field, rows)) for field in schema], schema=schema)


def _nothing(field: pa.Field, rows: int) -> pa.Array | None:
    if field.nullable:
        return pa.nulls(rows, field.type)
    return pa.array(np.zeros(rows, np.uint8)).cast(field.type) if pa.types.is_integer(field.type) else None


def _instants(at: np.ndarray) -> pa.Array:
    return pa.array(at).cast(pa.timestamp("us")).cast(pa.timestamp("us", tz="UTC"))


def _references(paths: np.ndarray) -> pa.Array:
    raw = np.zeros((len(paths), 17), np.uint8)
    raw[:, 0] = 1
    raw[:, 1:9] = (paths + 1).astype("<u8").view(np.uint8).reshape(-1, 8)
    return pa.FixedSizeBinaryArray.from_buffers(pa.binary(17), len(paths), [None, pa.py_buffer(raw.tobytes())])
