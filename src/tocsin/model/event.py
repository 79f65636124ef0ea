"""The event: one row per act in a trail and patient named in it.

`EVENT` is the Arrow schema; `COLUMNS` gives, for each column, its unit or range and where it comes from.
Vocabularies are closed: a column of words is a dictionary column whose words are those of its vocabulary.
Row order everywhere is the accepted order: `(batch, at, event_id, row)`; `event_id` begins with `at`.
"""

from __future__ import annotations

from typing import Final

import numpy as np
import pyarrow as pa

ACTIONS: Final = (
    "sign-in",  # an account presented itself and was let in (outcome success) or not
    "sign-out",
    "search",  # a query whose result the trail does not name
    "list",  # a patient shown among the results of a search: listed, not opened
    "read",  # a record, or a query inside one patient's record: opened
    "export",
    "write",
    "admin",
    "credential",  # how an account signs in, or how its owner is reached, was changed
)
"""What was done. A failed sign-in is `sign-in` with an outcome other than `success`."""

OUTCOMES: Final = ("success", "failed-request", "failed-system")
"""FHIR R4 AuditEvent.outcome: 0 | 4 and 8 | 12. A failed read exposes nothing and is evidence."""

QUERY_KINDS: Final = (
    "none",  # the trail gives no query
    "name",  # name=, family=, given=
    "birth",  # birthdate= without a name
    "identifier",  # a national or local identifier
    "patient",  # inside one patient's record: patient=, subject=, _id=
    "page",  # a page token and nothing else that selects
    "other",
)
"""What a query selects by. Made at the door; the query itself goes no further."""

ELEMENTS: Final = (
    "name", "birth", "age", "sex", "local-number",  # identity
    "telephone", "e-mail", "postal-address",  # contact
    "ins",  # national-number
    "coverage", "stay",  # administrative
    "appointment", "clinical", "document", "financial",  # themselves
)  # fmt: skip
"""Bit i of the column `elements` is ELEMENTS[i]."""

CATEGORY_OF: Final = {
    "name": "identity", "birth": "identity", "age": "identity", "sex": "identity", "local-number": "identity",
    "telephone": "contact", "e-mail": "contact", "postal-address": "contact",
    "ins": "national-number",
    "coverage": "administrative", "stay": "administrative",
    "appointment": "appointment", "clinical": "clinical", "document": "document", "financial": "financial",
}  # fmt: skip
"""Element -> the coarser category that declarations ask for."""

CATEGORIES: Final = (
    "identity", "contact", "national-number", "administrative", "appointment", "clinical", "document", "financial",
)  # fmt: skip

REASONS: Final = (
    "unexplained",
    "own-past",
    "appointment",
    "stay",
    "shared-unit",
    "referral",
    "care-team",
    "campaign",
    "task",
    "roster",
    "colleague",
    "no-patient",  # the row names no patient: there is nothing to explain
    "common-mode",
)
"""`explained_by`: why the access was to be expected. Written by the room `explain`. An explanation that a region has
added (`[explanations.NAME]`) is told by its own name; its code comes after these."""

PATIENT_BYTES: Final = 17
"""A patient reference: one byte of key epoch, then 16 bytes of keyed BLAKE2b."""

_text = pa.dictionary(pa.int32(), pa.string())
_word = pa.dictionary(pa.int8(), pa.string())
_time = pa.timestamp("us", tz="UTC")

EVENT: Final = pa.schema(
    [
        pa.field("event_id", pa.binary(16), nullable=False),
        pa.field("row", pa.int16(), nullable=False),
        pa.field("source", _text, nullable=False),
        pa.field("at", _time, nullable=False),
        pa.field("received_at", _time, nullable=False),
        pa.field("service", _text),
        pa.field("account", _text),
        pa.field("professional", _text),
        pa.field("client", _text),
        pa.field("token", pa.uint64(), nullable=False),
        pa.field("address", _text),
        pa.field("network", _text),
        pa.field("device", pa.uint64(), nullable=False),
        pa.field("assurance", pa.uint8(), nullable=False),
        pa.field("action", _word, nullable=False),
        pa.field("outcome", _word, nullable=False),
        pa.field("purpose", _text),
        pa.field("request", pa.uint64(), nullable=False),
        pa.field("patient", pa.binary(PATIENT_BYTES)),
        pa.field("patients", pa.int32()),
        pa.field("elements", pa.uint32(), nullable=False),
        pa.field("query_kind", _word, nullable=False),
        pa.field("query_length", pa.uint16(), nullable=False),
        pa.field("query_head", _text),
        pa.field("page", pa.int32(), nullable=False),
        pa.field("id_low", pa.int16(), nullable=False),
        pa.field("query_hash", pa.uint64(), nullable=False),
        pa.field("segment", pa.int32(), nullable=False),
        pa.field("offset", pa.int64(), nullable=False),
        pa.field("length", pa.int32(), nullable=False),
    ]
)
"""What collect writes. `batch` and `explained_by` are added by the fold (see `STORED_EVENT`)."""

STORED_EVENT: Final = (
    EVENT.append(pa.field("batch", pa.int32(), nullable=False))
    .append(pa.field("explained_by", _word, nullable=False))
    .append(pa.field("session", pa.uint64(), nullable=False))
)
"""What the store keeps."""

COLUMNS: Final = {
    "event_id": "128 bits: `at` in microseconds since 1970 + 2^55 (56 bits, big-endian), then BLAKE2b-72 of source, "
    "a zero byte and the original line without its line end",
    "row": "0, 1, ...: the patient's place in the line; 0 when the line names none",
    "source": "the name the operator gives the source (`replay` in a replay); never a path or an address",
    "at": "UTC microseconds, 1990 to 2100; AuditEvent.period.start, else recorded",
    "received_at": "UTC microseconds; AuditEvent.recorded, else `at` (when the recording system wrote it down)",
    "service": "source.site, else source.observer",
    "account": "the requestor as the trail names it, `system|value` when the trail gives a system; null if absent",
    "professional": "RPPS (11 digits; a leading 8 of a 12-digit national id removed) or `Practitioner/<id>`; null if "
    "the line does not say",
    "client": "OAuth client id (agent of type 110150); null if absent",
    "token": "keyed BLAKE2b-64 of the requestor's policy[0]; 0 if absent. A token is not a session",
    "address": "client agent's network address (IP, machine name or host of a URI)",
    "network": "IPv4 /24, IPv6 /48, else the address itself",
    "device": "keyed BLAKE2b-64 of the client agent's identifier, else display; 0 if absent",
    "assurance": "0 unknown, 1 password, 2 password over a second channel, 3 two factors, 4 smart card",
    "action": "one of ACTIONS",
    "outcome": "one of OUTCOMES",
    "purpose": "agent.purposeOfUse, else purposeOfEvent (TREAT, ETREAT, BTG, ...)",
    "request": "keyed BLAKE2b-64 of the X-Request-Id; 0 if absent. Joins two tellings of one act and rows of one "
    "result",
    "patient": "keyed reference of the record (17 bytes: epoch, then BLAKE2b-128); null if the row names none",
    "patients": "how many patients, where the trail counts them without naming them; else null",
    "elements": "bit set over ELEMENTS: what of the patient was shown",
    "query_kind": "one of QUERY_KINDS",
    "query_length": "letters of what was searched for, 0 to 65535",
    "query_head": "at most three folded letters of what was searched for; null if none",
    "page": "page number of a result list, 1, 2, ...; 0 if the query is not paged",
    "id_low": "numeric local id of the patient modulo 4096 (neighbours differ by one); -1 if it is not numeric",
    "query_hash": "keyed BLAKE2b-64 of the whole query without its page; 0 if none",
    "segment": "number of the ledger's segment that holds the original line; -1 before it is in a ledger",
    "offset": "byte in that segment at which the line begins",
    "length": "bytes of the line, without its line end",
    "batch": "number of the ledger's batch in which the line was accepted, from 1",
    "explained_by": "one of REASONS, or the name of an explanation that the region has added",
    "session": "number of the session the judge put it in; 0 if the row names no account",
}


def words(codes: np.ndarray, vocabulary: tuple[str, ...]) -> pa.DictionaryArray:
    """Turn codes (positions in a vocabulary, any integer type) into a dictionary column of its words."""
    return pa.DictionaryArray.from_arrays(pa.array(codes.astype(np.int8)), pa.array(vocabulary, pa.string()))


def codes_of(column: pa.ChunkedArray | pa.DictionaryArray, vocabulary: tuple[str, ...]) -> np.ndarray:
    """The reverse of `words`: int8 positions in the vocabulary, whatever order the column's own dictionary has."""
    if isinstance(column, pa.ChunkedArray):
        column = column.unify_dictionaries().combine_chunks()
        if isinstance(column, pa.ChunkedArray):
            column = (
                column.chunk(0) if column.num_chunks else pa.DictionaryArray.from_arrays(pa.array([], pa.int8()), [])
            )
    place = {word: i for i, word in enumerate(vocabulary)}
    translate = np.array([place[word] for word in column.dictionary.to_pylist()], dtype=np.int8)
    indices = column.indices.to_numpy(zero_copy_only=False)
    return translate[indices] if len(translate) else np.zeros(len(indices), np.int8)


def reasons_in(column: pa.ChunkedArray) -> tuple[str, ...]:
    """The vocabulary of a column `explained_by`: REASONS, then what a region has added, by name."""
    if not column.num_chunks:
        return REASONS
    there = set(column.unify_dictionaries().chunk(0).dictionary.to_pylist())
    return (*REASONS, *sorted(there - set(REASONS)))


def elements_of(bits: int) -> list[str]:
    """The words of a bit set, in the order of ELEMENTS."""
    return [element for i, element in enumerate(ELEMENTS) if bits >> i & 1]


def bits_of(*elements: str) -> int:
    """The bit set of some elements."""
    return sum(1 << ELEMENTS.index(element) for element in set(elements))


def categories_of(bits: int) -> list[str]:
    """The categories of a bit set, in the order of CATEGORIES."""
    present = {CATEGORY_OF[element] for element in elements_of(bits)}
    return [category for category in CATEGORIES if category in present]
