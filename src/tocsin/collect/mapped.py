"""Columns of raw texts + mapping -> rows: what every mapped format has in common.

A format finds the lines and cuts them into columns; here each row gets its time, its act, its patients and its
outcome, once a distinct value, or its reason for being refused. The meaning of the texts is that of `rows`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from tocsin.collect.formats import lines
from tocsin.collect.mapped_acts import NO_ACT, Act, Reader, Request
from tocsin.collect.mapped_times import BAD_TIME, microseconds_of
from tocsin.collect.mapping import Mapping
from tocsin.collect.mapping_table import folded
from tocsin.collect.rows import RawEvents, event_ids, normalise
from tocsin.model.block import MAX_LINE_BYTES, Block, Parsed, References
from tocsin.model.event import OUTCOMES
from tocsin.model.rejected import Rejected

SUCCESS, FAILED_REQUEST, FAILED_SYSTEM = (
    OUTCOMES.index(word) for word in ("success", "failed-request", "failed-system")
)

MOST_PATIENTS = 32_767
"""Patients that one line may name: `row` of EVENT is an int16."""


@dataclass(frozen=True, slots=True)
class Lines:
    """The lines of a block that are not blank."""

    texts: list[bytes]
    """Without their line ends (LF or CRLF)."""
    offsets: np.ndarray
    """(n,) int64, bytes of the segment."""
    lengths: np.ndarray
    """(n,) int32."""

    def rejected(self, reason: str, where: int, segment: int) -> Rejected:
        """Line `where`, refused."""
        return Rejected(reason, segment, int(self.offsets[where]), int(self.lengths[where]))


def lines_of(block: Block) -> Lines:
    """Cut a block into its lines."""
    cut = lines.lines_of(block.data)
    texts = [block.data[start:end] for start, end in zip(cut.start.tolist(), cut.end.tolist(), strict=True)]
    return Lines(texts, cut.start + block.offset, (cut.end - cut.start).astype(np.int32))


@dataclass(frozen=True, slots=True)
class Cut:
    """The lines that a format could cut into columns."""

    where: np.ndarray
    """(n,) position of each row among the block's lines."""
    columns: dict[str, pa.Array]
    """Column -> (n,) texts, null where the row has none."""


def parsed(
    mapping: Mapping,
    block: Block,
    read: Lines,
    cut: Cut,
    refused: dict[int, str],
    *,
    source: str,
    references: References,
) -> Parsed:
    """Rows and rejections of a block. `refused`: line -> reason, of lines that could not be cut."""
    columns = {name: _filled(column) for name, column in cut.columns.items()}
    n = len(cut.where)
    at, time_given = _times(mapping, columns, n)
    act_codes, acts = _acts(mapping, columns, n)
    account = _account(mapping, columns, n)
    who = _patients(mapping, columns, act_codes, acts)
    action = np.array([act.action for act in acts], np.int8)[act_codes]
    too_long = read.lengths > MAX_LINE_BYTES
    reason = _reasons(at, time_given, action, _null(account) & (who.counts == 0), who.counts)
    reason[too_long[cut.where]] = "too-long"
    refused = refused | {int(cut.where[i]): str(reason[i]) for i in np.flatnonzero(reason != "")}
    refused |= {int(i): "too-long" for i in np.flatnonzero(too_long)}
    good = np.flatnonzero(reason == "")
    kept = cut.where[good]
    raw = _raw(mapping, columns, good, at[good], action[good], act_codes[good], acts, account, who, read, kept, source)
    events, identities = normalise(raw, source=source, segment=block.segment, references=references)
    rejected = [read.rejected(why, line, block.segment) for line, why in sorted(refused.items())]
    rejected += [Rejected("too-long", block.segment, offset, length) for offset, length in block.overlong]
    return Parsed(
        events=events,
        identities=identities,
        rejected=tuple(sorted(rejected, key=lambda one: one.offset)),
        lines=len(good) + len(rejected),
        accepted=len(good),
    )


def _raw(
    mapping: Mapping,
    columns: dict[str, pa.Array],
    good: np.ndarray,
    at: np.ndarray,
    action: np.ndarray,
    act_codes: np.ndarray,
    acts: list[Act],
    account: pa.Array,
    who: Patients,
    read: Lines,
    kept: np.ndarray,
    source: str,
) -> RawEvents:
    def take(name: str | None) -> pa.Array | None:
        return columns[name].take(pa.array(good)) if name is not None else None

    n, plain = len(good), mapping.columns
    outcome = _outcome(mapping, columns, len(account))[good]
    elements = np.array([act.elements for act in acts], np.int64)[act_codes]
    queries = pa.array([act.query for act in acts], pa.string())
    row_event, values = who.rows(good)
    return RawEvents(
        event_id=event_ids(source, at, [read.texts[i] for i in kept]),
        at_us=at,
        received_us=at,
        offset=read.offsets[kept],
        length=read.lengths[kept],
        action=action,
        outcome=outcome,
        elements=np.where(outcome == SUCCESS, elements, 0),  # what failed showed nothing
        account_system=_constant(mapping.account.system, n),
        account_value=account.take(pa.array(good)),
        other_id=take(plain.professional),
        service=_constant(mapping.service, n) if mapping.service else take(mapping.service_column),
        client=take(plain.client),
        token=take(plain.token),
        address=take(plain.address),
        device=take(plain.device),
        purpose=take(plain.purpose),
        request=take(plain.request),
        query=queries.take(pa.array(act_codes)),
        patients=_counts(take(plain.patients)),
        row_event=row_event,
        patient_system=None if mapping.patient.system == "Patient" else _constant(mapping.patient.system, len(values)),
        patient_value=values,
    )


# Distinct values ------------------------------------------------------------------------------------------------


def _filled(column: pa.Array) -> pa.Array:
    """Empty texts and nginx's `-` are nulls."""
    if isinstance(column, pa.ChunkedArray):
        column = column.combine_chunks()
    return pc.if_else(pc.is_in(column, pa.array(["", "-"])), pa.scalar(None, pa.string()), column)


def _null(column: pa.Array) -> np.ndarray:
    return column.is_null().to_numpy(zero_copy_only=False)


def _distinct(column: pa.Array) -> tuple[np.ndarray, list[str]]:
    """Codes, shape (n,), -1 for null, and the distinct texts."""
    encoded = column.dictionary_encode()
    return encoded.indices.fill_null(-1).to_numpy(), encoded.dictionary.to_pylist()


def _constant(text: str | None, n: int) -> pa.Array | None:
    if text is None:
        return None
    return pa.DictionaryArray.from_arrays(pa.array(np.zeros(n, np.int32)), pa.array([text], pa.string()))


# Columns --------------------------------------------------------------------------------------------------------


def _times(mapping: Mapping, columns: dict[str, pa.Array], n: int) -> tuple[np.ndarray, np.ndarray]:
    """Microseconds, BAD_TIME where there is none, and where a time is given at all."""
    column = columns[mapping.time.column]
    if mapping.time.clock is not None:
        column = pc.binary_join_element_wise(column, columns[mapping.time.clock], " ")
    codes, texts = _distinct(column)
    micros = np.append(microseconds_of(mapping.time, [text.strip() for text in texts]), BAD_TIME)
    return micros[codes].reshape(n), codes >= 0


def _acts(mapping: Mapping, columns: dict[str, pa.Array], n: int) -> tuple[np.ndarray, list[Act]]:
    """The act of each row as a code, and the distinct acts."""
    reader, plain = Reader(mapping), mapping.columns
    wanted: Sequence[str | None] = (
        plain.path, plain.query, plain.method, mapping.action.column, mapping.shown.column,
        *(name for _, name in reader.criteria),
    )  # fmt: skip
    texts = [columns[name].to_pylist() if name is not None else [None] * n for name in wanted]
    place: dict[tuple[str | None, ...], int] = {}
    codes = np.fromiter((place.setdefault(key, len(place)) for key in zip(*texts, strict=True)), np.int64, n)
    requests = [
        Request(target, query, method, action, shown, tuple(rest))
        for target, query, method, action, shown, *rest in place
    ]
    return codes, [reader.act(request) for request in requests]


def _account(mapping: Mapping, columns: dict[str, pa.Array], n: int) -> pa.Array:
    column = columns[mapping.account.column or ""]
    return pc.if_else(pc.is_in(column, pa.array(mapping.account.empty)), pa.scalar(None, pa.string()), column)


def _outcome(mapping: Mapping, columns: dict[str, pa.Array], n: int) -> np.ndarray:
    """Positions in OUTCOMES. A line that does not say is a success: it is not evidence, and it may have shown data."""
    if mapping.columns.status is not None:
        codes, texts = _distinct(columns[mapping.columns.status])
        told = [_by_status(text) for text in texts]
    elif mapping.outcome.column is not None:
        codes, texts = _distinct(columns[mapping.outcome.column])
        otherwise = mapping.outcome.otherwise or "success"
        told = [OUTCOMES.index(mapping.outcome.values.get(folded(text), otherwise)) for text in texts]
    else:
        return np.full(n, SUCCESS, np.int8)
    return np.array([*told, SUCCESS], np.int8)[codes]


def _by_status(status: str) -> int:
    """HTTP: 4xx the request failed, 5xx (and nginx's 000) the system. From: RFC 9110, 15."""
    if status.startswith("4"):
        return FAILED_REQUEST
    return FAILED_SYSTEM if status.startswith(("5", "0")) else SUCCESS


def _counts(column: pa.Array | None) -> np.ndarray | None:
    """How many patients, -1 where the text is no number."""
    if column is None:
        return None
    codes, texts = _distinct(column)
    numbers = [int(text) if text.isascii() and text.isdigit() and len(text) < 10 else -1 for text in texts]
    return np.array([*numbers, -1], np.int32)[codes]


@dataclass(frozen=True, slots=True)
class Patients:
    """The patients that each row names."""

    codes: np.ndarray
    """(n,) place in `named`."""
    named: list[tuple[str, ...]]
    counts: np.ndarray
    """(n,) how many each row names."""

    def rows(self, good: np.ndarray) -> tuple[np.ndarray | None, pa.Array]:
        """Of the rows that are kept: the event of each event row (None: one row each) and its patient's value."""
        codes, counts = self.codes[good], self.counts[good]
        flat = pa.array([value for values in self.named for value in values], pa.string())
        starts = np.cumsum([0, *map(len, self.named)])[:-1] if self.named else np.zeros(0, np.int64)
        if not len(good) or counts.max() <= 1:
            places = starts[codes] if len(good) else np.zeros(0, np.int64)
            return None, flat.take(pa.array(places, mask=counts == 0))
        repeats = np.maximum(counts, 1)
        row_event = np.repeat(np.arange(len(good)), repeats)
        within = np.arange(len(row_event)) - np.repeat(np.cumsum(repeats) - repeats, repeats)
        return row_event, flat.take(pa.array(starts[codes][row_event] + within, mask=counts[row_event] == 0))


def _patients(mapping: Mapping, columns: dict[str, pa.Array], act_codes: np.ndarray, acts: list[Act]) -> Patients:
    """Patients of the path, else of the column, else of the query."""
    named = [act.patients for act in acts]
    codes = act_codes
    if mapping.patient.column is not None:
        column_codes, texts = _distinct(columns[mapping.patient.column])
        empty = np.array([not values for values in named], bool)[act_codes]
        codes = np.where(empty & (column_codes >= 0), column_codes + len(named), act_codes)
        named = named + [_values_of(mapping, text) for text in texts]
    return Patients(codes, named, np.array([len(values) for values in named], np.int64)[codes])


def _values_of(mapping: Mapping, text: str) -> tuple[str, ...]:
    parts = text.split(mapping.separator) if mapping.separator else [text]
    values = (part.strip().removeprefix("Patient/") for part in parts)
    return tuple(dict.fromkeys(value for value in values if value not in mapping.patient.empty))


def _reasons(
    at: np.ndarray, time_given: np.ndarray, action: np.ndarray, nobody: np.ndarray, counts: np.ndarray
) -> np.ndarray:
    """Why each row is refused, "" if it is not; what is no act comes first, so that pages' files are not `nobody`."""
    return np.select(
        [action == NO_ACT, ~time_given, at == BAD_TIME, nobody, counts > MOST_PATIENTS],
        ["not-an-audit-event", "no-time", "bad-time", "nobody", "bad-type"],
        "",
    ).astype(object)
