"""Raw fields of events -> rows of the schema: one meaning for every format.

A format finds which text is which field and hands over `RawEvents`; what a text *means* (which professional, which
network, which page) is decided here, once a distinct value. Everything else is vectors.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Hashable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final, TypeVar

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from tocsin.collect.formats import names
from tocsin.collect.formats.query import NO_QUERY, Query, query_of, text_of_base64
from tocsin.model.block import IDENTITY, References
from tocsin.model.event import ACTIONS, EVENT, OUTCOMES, PATIENT_BYTES, QUERY_KINDS, words

RAW_ACTIONS: Final = (*ACTIONS, "operation")
"""What a format may say was done. `operation`: a FHIR operation, whose name stands in the query, if anywhere.
`search` becomes `list` or `read` here when the row names a patient."""

OPERATIONS: Final = {
    "$everything": "read", "$summary": "read", "$lastn": "read", "$docref": "read", "$document": "read",
    "$export": "export", "$bulk-publish": "export", "$match": "search", "$find": "search",
    "$process-message": "write", "$merge": "write",
}  # fmt: skip
"""FHIR operations by name -> action. Another name is a `read` if a patient is named, else a `search`."""

ELEMENTS_UNSAID: Final = -1
"""In `RawEvents.elements`: the line does not say which resources were shown."""

_OPERATION: Final = len(ACTIONS)
_SEARCH, _LIST, _READ, _EXPORT = (ACTIONS.index(word) for word in ("search", "list", "read", "export"))
_INT32: Final = np.dtype(np.int32)
_Key = TypeVar("_Key", bound=Hashable)


@dataclass(frozen=True, slots=True, kw_only=True)
class RawEvents:
    """n events of one block in the order of their lines, and m >= n rows: one row per patient named, at least one.

    Text columns are Arrow arrays of shape (n,), string or dictionary of string, null where the line does not say;
    None stands for all null. An empty text is not a name: a format leaves it out.
    """

    event_id: np.ndarray
    """(n,) V16, from `event_ids`."""
    at_us: np.ndarray
    """(n,) int64, microseconds since 1970 UTC."""
    received_us: np.ndarray
    """(n,) int64, the same."""
    offset: np.ndarray
    """(n,) int64, byte in the segment at which the line begins."""
    length: np.ndarray
    """(n,) int32, bytes of the line without its line end."""
    action: np.ndarray
    """(n,) positions in RAW_ACTIONS."""
    outcome: np.ndarray
    """(n,) positions in OUTCOMES."""
    elements: np.ndarray
    """(n,) int64: bits over ELEMENTS that the line's data entities show; ELEMENTS_UNSAID if it names none."""
    account_system: pa.Array | None = None
    account_value: pa.Array | None = None
    other_id: pa.Array | None = None
    """A further identifier that the trail says is a professional's number."""
    who_reference: pa.Array | None = None
    """`Practitioner/<id>`, relative or absolute, of the requestor."""
    service: pa.Array | None = None
    client: pa.Array | None = None
    token: pa.Array | None = None
    address: pa.Array | None = None
    device: pa.Array | None = None
    assurance: pa.Array | None = None
    """A level or class in any dialect, see `names.assurance_of`."""
    purpose: pa.Array | None = None
    request: pa.Array | None = None
    query: pa.Array | None = None
    """The raw request as text."""
    query_base64: pa.Array | None = None
    """The raw request in base64; wins over `query`."""
    patients: np.ndarray | None = None
    """(n,) int32: how many patients, where the trail counts them without naming them; -1 where it does not."""
    row_event: np.ndarray | None = None
    """(m,) int: the event of each row, ascending, every event at least once. None: row i is event i, m = n."""
    patient_system: pa.Array | None = None
    """(m,) null for a FHIR reference."""
    patient_value: pa.Array | None = None
    """(m,) `Patient/<id>`, an absolute URL, or an identifier's value; null if the row names no patient."""


def event_ids(source: str, at_us: np.ndarray, lines: Iterable[bytes | memoryview]) -> np.ndarray:
    """128-bit identities, shape (n,), V16: time + 2^55 (7 bytes, big-endian), BLAKE2b-72 of source, zero byte, line."""
    start = hashlib.blake2b(source.encode() + b"\0", digest_size=9)
    out = np.empty((len(at_us), 16), np.uint8)
    out[:, :7] = (at_us.astype(np.int64) + (1 << 55)).astype(">u8").view(np.uint8).reshape(-1, 8)[:, 1:]
    digests = bytearray()
    copy = start.copy
    for line in lines:
        one = copy()
        one.update(line)
        digests += one.digest()
    out[:, 7:] = np.frombuffer(digests, np.uint8).reshape(-1, 9)
    return out.view("V16").reshape(-1)


def normalise(raw: RawEvents, *, source: str, segment: int, references: References) -> tuple[pa.Table, pa.Table]:
    """Rows of the schemas EVENT and IDENTITY, in the order of the lines and of the patients in each."""
    n = len(raw.at_us)
    row_event = np.arange(n) if raw.row_event is None else raw.row_event
    patient, id_low, identities = _patients(raw, len(row_event), references)
    named = np.zeros(n, bool)
    named[row_event[patient.is_valid().to_numpy(zero_copy_only=False)]] = True
    queries, query_codes = _queries(raw, n)
    action = _action(raw, named, queries, query_codes)
    columns = {
        "event_id": _binary(raw.event_id, 16),
        "source": pa.DictionaryArray.from_arrays(pa.array(np.zeros(n, np.int32)), pa.array([source])),
        "at": _time(raw.at_us),
        "received_at": _time(raw.received_us),
        "action": words(action, ACTIONS),
        "outcome": words(raw.outcome, OUTCOMES),
        "patients": _counts(raw.patients, n),
        "elements": pa.array(_elements(raw, action, named, queries, query_codes)),
        "segment": pa.array(np.full(n, segment, np.int32)),
        "offset": pa.array(raw.offset.astype(np.int64)),
        "length": pa.array(raw.length.astype(np.int32)),
        **_who(raw, n),
        **_keyed(raw, n, references),
        **_query_columns(queries, query_codes, references),
    }
    if raw.row_event is not None:
        spread = pa.array(row_event)
        columns = {name: column.take(spread) for name, column in columns.items()}
    columns |= {"row": pa.array(_places(row_event)), "patient": patient, "id_low": pa.array(id_low)}
    return pa.Table.from_arrays([columns[name] for name in EVENT.names], schema=EVENT), identities


# Distinct values -----------------------------------------------------------------------------------------------


def _distinct(column: pa.Array | None, n: int) -> tuple[np.ndarray, list[str]]:
    """Codes, shape (n,), int32, -1 for null, and the distinct texts in the order of their first row."""
    codes, texts = _encoded(column, n)
    return codes, texts.to_pylist()


def _encoded(column: pa.Array | None, n: int) -> tuple[np.ndarray, pa.Array]:
    """The same, the texts as a column."""
    if column is None:
        return np.full(n, -1, np.int32), pa.array([], pa.string())
    if isinstance(column, pa.ChunkedArray):
        column = column.combine_chunks()
    if pa.types.is_dictionary(column.type):
        column = column.cast(column.type.value_type)
    if column.null_count == len(column):
        return np.full(n, -1, np.int32), pa.array([], pa.string())
    encoded = column.cast(pa.string()).dictionary_encode()  # a copy, but views are hashed more slowly
    return encoded.indices.fill_null(-1).to_numpy().astype(np.int32), encoded.dictionary


def _dictionary(codes: np.ndarray, texts: Sequence[str | None]) -> pa.DictionaryArray:
    """A text column of which several codes may have the same text, or none."""
    encoded = pa.array(texts, pa.string()).dictionary_encode()
    places = np.append(encoded.indices.fill_null(-1).to_numpy().astype(np.int32), np.int32(-1))
    new = places[codes]  # code -1 takes the last
    null = new < 0
    return pa.DictionaryArray.from_arrays(pa.array(new, mask=null if null.any() else None), encoded.dictionary)


def _spread(codes: np.ndarray, values: np.ndarray, default: Any) -> np.ndarray:
    """The value of each code, and the default for -1; shape (n,)."""
    return np.append(values, np.array([default], values.dtype))[codes]


def _pairs(codes: np.ndarray, others: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Distinct pairs of codes: codes of shape (n,), int32, and the two of each pair in the order of their first row."""
    width = int(others.max(initial=-1)) + 2
    keys = (codes.astype(np.int64) + 1) * width + others + 1
    encoded = pa.array(keys).dictionary_encode()
    distinct = encoded.dictionary.to_numpy()
    return encoded.indices.to_numpy().astype(np.int32), distinct // width - 1, distinct % width - 1


def _each(texts: list[_Key], make: Callable[[_Key], Any], dtype: Any) -> np.ndarray:
    return np.array([make(text) for text in texts], dtype)


# Columns -------------------------------------------------------------------------------------------------------


def _binary(values: np.ndarray, width: int) -> pa.Array:
    return pa.Array.from_buffers(pa.binary(width), len(values), [None, pa.py_buffer(np.ascontiguousarray(values))])


def _time(microseconds: np.ndarray) -> pa.Array:
    return pa.array(microseconds.astype(np.int64)).cast(pa.timestamp("us", tz="UTC"))


def _counts(patients: np.ndarray | None, n: int) -> pa.Array:
    counts = np.full(n, -1, np.int32) if patients is None else patients.astype(np.int32)
    return pa.array(counts, mask=counts < 0)


def _places(row_event: np.ndarray) -> np.ndarray:
    """0, 1, ... within each event, shape (m,), int16."""
    if not len(row_event):
        return np.zeros(0, np.int16)
    first = np.flatnonzero(np.append(True, row_event[1:] != row_event[:-1]))
    return (np.arange(len(row_event)) - np.repeat(first, np.diff(np.append(first, len(row_event))))).astype(np.int16)


def _who(raw: RawEvents, n: int) -> dict[str, pa.Array]:
    """Account and professional, the client, the place and the strength of the sign-in."""
    codes, persons = _persons(raw, n)
    address_codes, texts = _distinct(raw.address, n)
    places = [names.place_of(text) for text in texts]
    levels_codes, levels = _distinct(raw.assurance, n)
    return {
        "account": _dictionary(codes, [account for account, _ in persons]),
        "professional": _dictionary(codes, [professional for _, professional in persons]),
        "service": _as_it_stands(raw.service, n),
        "client": _as_it_stands(raw.client, n),
        "address": _dictionary(address_codes, [address for address, _ in places]),
        "network": _dictionary(address_codes, [network for _, network in places]),
        "assurance": pa.array(_spread(levels_codes, _each(levels, names.assurance_of, np.uint8), 0)),
        "purpose": _as_it_stands(raw.purpose, n),
    }


def _persons(raw: RawEvents, n: int) -> tuple[np.ndarray, list[tuple[str | None, str | None]]]:
    """Codes of shape (n,) and for each the account and the professional."""
    hints = (raw.account_system, raw.account_value, raw.other_id, raw.who_reference)
    columns = [_distinct(column, n) for column in hints]
    keys = columns[0][0]
    told: list[tuple[str | None, ...]] = [(text,) for text in columns[0][1]] + [(None,)]
    for codes, texts in columns[1:]:
        if not texts:
            told = [(*so_far, None) for so_far in told]
            continue
        keys, firsts, seconds = _pairs(keys, codes)
        known = [*texts, None]  # code -1 takes the last
        pairs = zip(firsts.tolist(), seconds.tolist(), strict=True)
        told = [(*told[one], known[other]) for one, other in pairs] + [(*told[-1], None)]
    return keys, [names.person_of(*one) for one in told]


def _as_it_stands(column: pa.Array | None, n: int) -> pa.DictionaryArray:
    codes, texts = _encoded(column, n)
    null = codes < 0
    return pa.DictionaryArray.from_arrays(pa.array(codes, mask=null if null.any() else None), texts)


def _keyed(raw: RawEvents, n: int, references: References) -> dict[str, pa.Array]:
    """Texts that only have to be recognised again."""
    columns = {}
    for domain, column in (("token", raw.token), ("device", raw.device), ("request", raw.request)):
        codes, texts = _distinct(column, n)
        columns[domain] = pa.array(_spread(codes, references.keyed(domain, texts), 0))
    return columns


# Queries and what follows from them ----------------------------------------------------------------------------


def _queries(raw: RawEvents, n: int) -> tuple[list[Query], np.ndarray]:
    """Distinct queries, and the query of each event (the last, `NO_QUERY`, where the line gives none)."""
    plain_codes, plain = _distinct(raw.query, n)
    coded_codes, coded = _distinct(raw.query_base64, n)
    queries = [query_of(text) for text in plain] + [query_of(text_of_base64(text)) for text in coded]
    codes = np.where(coded_codes >= 0, coded_codes + len(plain), plain_codes)
    return [*queries, NO_QUERY], np.where(codes >= 0, codes, len(queries))


def _query_columns(queries: list[Query], codes: np.ndarray, references: References) -> dict[str, pa.Array]:
    hashed = references.keyed("query", [query.canonical for query in queries])
    hashed[[not query.canonical for query in queries]] = 0
    return {
        "query_kind": words(_each(queries, lambda query: query.kind, np.int8)[codes], QUERY_KINDS),
        "query_length": pa.array(_each(queries, lambda query: query.length, np.uint16)[codes]),
        "query_head": _dictionary(codes, [query.head for query in queries]),
        "page": pa.array(_each(queries, lambda query: query.page, np.int32)[codes]),
        "query_hash": pa.array(hashed[codes]),
    }


def _action(raw: RawEvents, named: np.ndarray, queries: list[Query], codes: np.ndarray) -> np.ndarray:
    """Positions in ACTIONS, shape (n,): operations by their name, then searches that name a patient.

    Such a search is a `read` if it selects inside one patient's record (`patient=`, `subject=`, `_id=`, a path
    `Patient/<id>/...`) or asks for clinical resources or documents; else the patient is one line of a `list`.
    """
    action = raw.action.astype(np.int8)
    if (action == _OPERATION).any():
        told = _each(queries, lambda query: ACTIONS.index(OPERATIONS[query.operation])
                     if query.operation in OPERATIONS else -1, np.int8)[codes]  # fmt: skip
        told = np.where(told >= 0, told, np.where(named, _READ, _SEARCH))
        action = np.where(action == _OPERATION, told, action)
    inside = _each(queries, lambda query: query.inside, bool)[codes]
    return np.where((action == _SEARCH) & named, np.where(inside, _READ, _LIST), action)


def _elements(
    raw: RawEvents, action: np.ndarray, named: np.ndarray, queries: list[Query], codes: np.ndarray
) -> np.ndarray:
    """Bits over ELEMENTS, shape (n,), uint32.

    What the line's data entities show; where it names none: of a listing name, birth and sex; of a read or an export
    that names a patient the elements of the resource in the query's path, else those of a Patient.
    """
    by_query = _each(queries, lambda query: names.ELEMENTS_OF_RESOURCE.get(query.resource or "Patient", 0), np.int64)
    opened = named & ((action == _READ) | (action == _EXPORT))
    unsaid = np.where(action == _LIST, names.LISTING_ELEMENTS, np.where(opened, by_query[codes], 0))
    return np.where(raw.elements == ELEMENTS_UNSAID, unsaid, raw.elements).astype(np.uint32)


# Patients ------------------------------------------------------------------------------------------------------


def _patients(raw: RawEvents, m: int, references: References) -> tuple[pa.Array, np.ndarray, pa.Table]:
    """References of shape (m,), `id_low` of shape (m,), int16, and the table of distinct identities."""
    value_codes, values = _encoded(raw.patient_value, m)
    system_codes, systems = _distinct(raw.patient_system, m)
    if systems:
        codes, system, value = _pairs(system_codes, value_codes)
    else:
        codes, value = value_codes, np.arange(len(values))
        system = np.full(len(values), -1)
    place, of_system, of_record = _records(systems, values, system, value)
    named, low = _references_of(of_system, of_record, references)
    rows = np.append(place, -1)[codes]  # code -1 takes the last
    column = _binary(_spread(rows, named, np.zeros((), named.dtype)), PATIENT_BYTES)
    column = pa.array([], pa.binary(PATIENT_BYTES)) if not m else _masked(column, rows < 0)
    identities = pa.table([_binary(named, PATIENT_BYTES), of_system, of_record], schema=IDENTITY)
    return column, _spread(rows, low, -1), identities


def _records(
    systems: list[str], values: pa.Array, system: np.ndarray, value: np.ndarray
) -> tuple[np.ndarray, pa.Array, pa.Array]:
    """The record that each pair of a system and a value names, by number, -1 for none; and system and value of each
    record, in the order of their first pair. Without a system (-1) the value is a reference.
    """
    given = value >= 0
    if names.PATIENT not in systems:
        texts = _plain_records(values.take(pa.array(value[given])), system[given] < 0)
        if texts is not None:  # nearly always; each pair is a record of its own
            place = np.where(given, np.cumsum(given) - 1, -1)
            return place, pa.array([*systems, names.PATIENT]).take(pa.array(system[given] % (len(systems) + 1))), texts
    told = values.to_pylist()
    found: dict[tuple[str, str], int] = {}
    place = np.full(len(value), -1)
    for i, (one, other) in enumerate(zip(system.tolist(), value.tolist(), strict=True)):
        record = names.record_of(systems[one] if one >= 0 else None, told[other]) if other >= 0 else None
        if record is not None:
            place[i] = found.setdefault(record, len(found))
    return place, *(pa.array([record[part] for record in found], pa.string()) for part in (0, 1))


def _plain_records(texts: pa.Array, reference: np.ndarray) -> pa.Array | None:
    """What distinct texts name, if all the references have the plain form and no text is empty; else None."""
    ids = names.plain_ids(texts.filter(pa.array(reference)))
    if ids is None or not pc.all(pc.greater(pc.binary_length(texts), 0), min_count=0).as_py():
        return None
    return pc.replace_with_mask(texts, pa.array(reference), ids) if len(ids) < len(texts) else ids


def _masked(column: pa.Array, null: np.ndarray) -> pa.Array:
    """The same fixed-width column with nulls where asked."""
    valid = pa.py_buffer(np.packbits(~null, bitorder="little"))
    return pa.Array.from_buffers(column.type, len(column), [valid if null.any() else None, column.buffers()[1]])


def _references_of(systems: pa.Array, values: pa.Array, references: References) -> tuple[np.ndarray, np.ndarray]:
    """References of records, V17, and low bits of the ids, int16: one call a system."""
    out = np.zeros(len(values), f"V{PATIENT_BYTES}")
    low = np.zeros(len(values), np.int16)
    codes, distinct = _distinct(systems, len(systems))
    for code, system in enumerate(distinct):
        where = np.flatnonzero(codes == code)
        texts = values.take(pa.array(where)) if len(distinct) > 1 else values
        out[where] = references.patients(system, texts.to_pylist())
        low[where] = names.id_lows_of(system, texts)
    return out, low
