"""FHIR AuditEvents, one a line: the ordinary parser, and the only meaning of the format.

Two steps: `extract` says which text of a document is which raw field, `rows.normalise` what the texts mean. A line is
refused for the first reason that holds, in the order of `PRECEDENCE`. `period.start` counts where it is present, even
if it is unusable (then the line is `bad-time`, because guessing a time of occurrence from the time of recording would
claim too much); an unusable `recorded` beside it is passed over.

A read that names a patient and no data shows what a Patient resource shows. A search that names a patient is a `read`
if it selects inside one patient's record, else the patient was listed (see `rows`).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final

import msgspec
import numpy as np
import pyarrow as pa

from tocsin.collect.formats.fhir_document import AnyResource, AuditEvent
from tocsin.collect.formats.fhir_extract import TEXTS, Fields, extract
from tocsin.collect.formats.instant import microseconds_of
from tocsin.collect.formats.lines import lines_of, utf8_errors
from tocsin.collect.rows import RawEvents, event_ids, normalise
from tocsin.model.block import MAX_LINE_BYTES, Block, Parsed, References
from tocsin.model.rejected import Rejected

PRECEDENCE: Final = (
    "too-long",
    "not-utf8",
    "too-deep",
    "not-json",
    "not-an-audit-event",
    "bad-type",
    "no-time",
    "bad-time",
    "nobody",
)
"""A line that could be refused for several reasons is refused for the first of these."""

MAX_DEPTH: Final = 64
"""Brackets open at once. A FHIR AuditEvent has about 12; a deeper line is a bomb."""

MAX_PATIENTS: Final = 32_767
"""Patients of one line, the most that the column `row` can number; a line with more is `too-long`."""

_decode: Final[Callable[[bytes], AuditEvent]] = msgspec.json.Decoder(AuditEvent).decode
_decode_any: Final[Callable[[bytes], AnyResource]] = msgspec.json.Decoder(AnyResource).decode
_STRINGS: Final = re.compile(rb'"[^"\\]*(?:\\.[^"\\]*)*"?', re.DOTALL)
_NOT_BRACKETS: Final = bytes(set(range(256)) - set(b"[]{}"))


@dataclass(frozen=True, slots=True)
class Reading:
    """One accepted line."""

    at_us: int
    received_us: int
    fields: Fields


def parse(block: Block, *, source: str, references: References) -> Parsed:
    """Bytes to columns, one line after the other. Never raises, whatever the bytes are."""
    lines = lines_of(block.data)
    starts, ends = lines.start.tolist(), lines.end.tolist()
    bad = utf8_errors(block.data, lines).tolist()
    readings: list[Reading] = []
    where: list[int] = []
    rejected: list[Rejected] = []
    for i, (start, end) in enumerate(zip(starts, ends, strict=True)):
        reading = read_line(block.data[start:end], utf8=not bad[i])
        if isinstance(reading, str):
            rejected.append(Rejected(reading, block.segment, block.offset + start, end - start))
        else:
            readings.append(reading)
            where.append(i)
    start, length = lines.start[where], (lines.end - lines.start)[where]
    views = [block.data[starts[i] : ends[i]] for i in where]
    raw = raw_events(readings, source, views, offset=block.offset + start, length=length)
    events, identities = normalise(raw, source=source, segment=block.segment, references=references)
    return parsed(block, events, identities, rejected, len(starts))


def parsed(block: Block, events: pa.Table, identities: pa.Table, rejected: list[Rejected], lines: int) -> Parsed:
    """The whole account of a block: the overlong lines that are not in its data are lines and rejected too."""
    accepted = lines - len(rejected)
    rejected = rejected + [Rejected("too-long", block.segment, offset, length) for offset, length in block.overlong]
    return Parsed(
        events=events,
        identities=identities,
        rejected=tuple(sorted(rejected, key=lambda one: one.offset)),
        lines=lines + len(block.overlong),
        accepted=accepted,
    )


def read_line(line: bytes, *, utf8: bool) -> Reading | str:
    """What a line says, or the reason why it is refused. `utf8`: its bytes have been checked."""
    if len(line) > MAX_LINE_BYTES:
        return "too-long"
    if not utf8:
        return "not-utf8"
    if too_deep(line):
        return "too-deep"
    try:
        document = _decode(line)
    except msgspec.DecodeError:  # malformed, or of a wrong type
        return _refusal(line)
    if document.resourceType != "AuditEvent":
        return "not-an-audit-event"
    return reading_of(extract(document))


def reading_of(fields: Fields) -> Reading | str:
    """Times, and whether anybody is named."""
    if len(fields.patients) > MAX_PATIENTS:
        return "too-long"
    if fields.at is None:
        return "no-time"
    at = microseconds_of(fields.at)
    if at is None:
        return "bad-time"
    if fields.account_value is None and not fields.patients:
        return "nobody"
    received = microseconds_of(fields.recorded) if fields.recorded is not None else None
    return Reading(at, at if received is None else received, fields)


def _refusal(line: bytes) -> str:
    try:
        kind = _decode_any(line).resourceType
    except msgspec.ValidationError:  # JSON, but no object
        return "not-an-audit-event"
    except msgspec.DecodeError:
        return "not-json"
    return "bad-type" if kind == "AuditEvent" else "not-an-audit-event"


def too_deep(line: bytes) -> bool:
    """Whether more than MAX_DEPTH brackets stand open at once, outside of strings; malformed lines are asked too."""
    if line.count(b"{") + line.count(b"[") <= MAX_DEPTH:
        return False
    depth = 0
    for bracket in _STRINGS.sub(b"", line).translate(None, _NOT_BRACKETS):
        depth += 1 if bracket in b"[{" else -1
        if depth > MAX_DEPTH:
            return True
    return False


def raw_events(
    readings: Sequence[Reading], source: str, lines: Sequence[bytes], *, offset: np.ndarray, length: np.ndarray
) -> RawEvents:
    """Columns of raw fields from accepted lines, in their order."""
    fields = [reading.fields for reading in readings]
    at_us = np.array([reading.at_us for reading in readings], np.int64)
    patients = [patient for one in fields for patient in (one.patients or ((None, None),))]
    return RawEvents(
        event_id=event_ids(source, at_us, lines),
        at_us=at_us,
        received_us=np.array([reading.received_us for reading in readings], np.int64),
        offset=offset,
        length=length,
        action=np.array([one.action for one in fields], np.int8),
        outcome=np.array([one.outcome for one in fields], np.int8),
        elements=np.array([one.elements for one in fields], np.int64),
        row_event=np.repeat(np.arange(len(fields)), [max(1, len(one.patients)) for one in fields]),
        patient_system=_text(system for system, _ in patients),
        patient_value=_text(value for _, value in patients),
        **{name: _text(getattr(one, name) for one in fields) for name in TEXTS},
    )


def _text(values: Any) -> pa.Array:
    return pa.array(list(values), pa.string())
