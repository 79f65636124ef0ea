"""FHIR AuditEvents, many a time: the accelerator over `fhir`, with the same answers.

A trail is written by machines, so its lines have few shapes. Lines are grouped by their number of quotes and compared,
byte for byte and in vectors, with the shapes learned so far; what matches is cut into columns without being parsed.
Every other line (an escape in a text that is used, a control byte, a new or rare shape, an odd time) goes to the
ordinary parser. In the
spirit of Mison (VLDB 2017) and Sparser (VLDB 2018).

A line that matches is valid JSON by construction: only texts without quote or control byte and with valid escapes
were replaced by such texts.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from tocsin.collect.formats.fhir import Reading, parsed, read_line
from tocsin.collect.formats.fhir_extract import TEXTS
from tocsin.collect.formats.instants import microseconds
from tocsin.collect.formats.lines import Lines, count_control, lines_of, places_of, utf8_errors
from tocsin.collect.formats.octets import MARGIN, SideTexts, Spans, simple_escapes, units_of
from tocsin.collect.formats.shape import Part, Shape, learn
from tocsin.collect.rows import RawEvents, event_ids, normalise
from tocsin.model.block import MAX_LINE_BYTES, Block, Parsed, References
from tocsin.model.rejected import Rejected

MAX_SHAPES: Final = 512
"""Shapes kept; of more the least used are forgotten."""

MAX_LEARNED: Final = 128
"""Lines of one block that are learned from at most: hostile lines cost no more than that."""

WORTH_LEARNING: Final = 3
"""Lines with one number of quotes that no shape matches, from which on one of them is learned from."""


class FhirParser:
    """Parses blocks and remembers the shapes of their lines. Its answers do not depend on what it remembers."""

    def __init__(self) -> None:
        self._shapes: dict[int, list[Shape]] = {}  # number of quotes -> shapes, the most used first

    def parse(self, block: Block, *, source: str, references: References) -> Parsed:
        """Bytes to columns: equal to `fhir.parse`."""
        lines = lines_of(block.data)
        bad = utf8_errors(block.data, lines)
        columns = _Columns(block.data, len(lines.start))
        self._match(block.data, lines, bad, columns)
        rejected = _read_others(block, lines, bad, columns)
        raw = columns.raw_events(source, block, lines)
        events, identities = normalise(raw, source=source, segment=block.segment, references=references)
        return parsed(block, events, identities, rejected, len(lines.start))

    def _match(self, data: bytes, lines: Lines, bad: np.ndarray, columns: _Columns) -> None:
        octets = np.frombuffer(data, np.uint8)
        quotes = places_of(octets, ord('"'))
        first, last = np.searchsorted(quotes, lines.start), np.searchsorted(quotes, lines.end)
        escapes = places_of(octets, ord("\\")) if b"\\" in data else np.zeros(0, np.int64)
        plain = np.flatnonzero(_plain(data, octets, lines, escapes) & ~bad & ((last - first) % 2 == 0) & (last > first))
        plain = plain[np.argsort((last - first)[plain], kind="stable")]
        counts, starts = np.unique((last - first)[plain], return_index=True)
        units = units_of(data)
        budget = MAX_LEARNED
        for count, group in zip(counts.tolist(), np.split(plain, starts[1:]), strict=False):
            shapes = self._shapes.setdefault(count, [])
            tried = 0
            while len(group):
                if tried == len(shapes):
                    if budget == 0 or len(group) < WORTH_LEARNING:
                        break
                    budget -= 1
                    i = int(group[0])
                    shape = learn(data[int(lines.start[i]) : int(lines.end[i])])
                    if shape is None:
                        group = group[1:]
                        continue
                    shapes.append(shape)
                shape = shapes[tried]
                tried += 1
                which, starts_, ends_ = shape.match(units, quotes, first[group], lines.start[group], lines.end[group])
                shape.hits += len(which)
                if len(which):
                    columns.put_shape(shape, escapes, group[which], starts_, ends_)
                    group = np.delete(group, which)
        columns.settle_times(units)
        self._tidy()

    def _tidy(self) -> None:
        """The most used first; the least used forgotten; use fades, so that a trail may change its shapes."""
        every = sorted((shape.hits for shapes in self._shapes.values() for shape in shapes), reverse=True)
        floor = every[MAX_SHAPES] if len(every) > MAX_SHAPES else -1
        for count, shapes in list(self._shapes.items()):
            kept = [shape for shape in shapes if shape.hits > floor]
            kept.sort(key=lambda shape: -shape.hits)
            for shape in kept:
                shape.hits -= shape.hits // 8
            if kept:
                self._shapes[count] = kept
            else:
                del self._shapes[count]


def _plain(data: bytes, octets: np.ndarray, lines: Lines, escapes: np.ndarray) -> np.ndarray:
    """Lines without control byte, with simple escapes only, not too long, not at the end of the block, (k,) bool."""
    plain = (lines.end - lines.start <= MAX_LINE_BYTES) & (lines.end <= len(data) - MARGIN)
    control = np.zeros(0, np.int64)
    if count_control(octets) > len(lines.start):
        control = np.flatnonzero((octets < 32) & (octets != ord("\n")))
    for places in (control, escapes[~simple_escapes(octets, escapes)]):
        if len(places) and len(lines.start):
            line = np.searchsorted(lines.start, places, side="right") - 1
            inside = (line >= 0) & (places < lines.end[line])
            plain[line[inside]] = False
    return plain


def _read_others(block: Block, lines: Lines, bad: np.ndarray, columns: _Columns) -> list[Rejected]:
    """The ordinary parser for every line that no shape took."""
    rejected = []
    for i in np.flatnonzero(~columns.accepted).tolist():
        start, end = int(lines.start[i]), int(lines.end[i])
        reading = read_line(block.data[start:end], utf8=not bad[i])
        if isinstance(reading, str):
            rejected.append(Rejected(reading, block.segment, block.offset + start, end - start))
        else:
            columns.put_reading(i, reading)
    return rejected


class _Columns:
    """Raw fields of the k lines of a block, filled shape by shape and then line by line."""

    def __init__(self, data: bytes, k: int) -> None:
        self.accepted = np.zeros(k, bool)
        self._side = SideTexts(data)
        self._data = data
        self._at = np.zeros(k, np.int64)
        self._received = np.zeros(k, np.int64)
        self._at_text, self._received_text = Spans.nulls(k), Spans.nulls(k)
        self._action = np.zeros(k, np.int8)
        self._outcome = np.zeros(k, np.int8)
        self._elements = np.zeros(k, np.int64)
        self._texts = {name: Spans.nulls(k) for name in TEXTS}
        self._rows: list[tuple[np.ndarray, int, Spans, Spans]] = []  # lines, place, system, value

    def put_shape(
        self,
        shape: Shape,
        escapes: np.ndarray,
        lines: np.ndarray,
        starts: np.ndarray,
        ends: np.ndarray,
    ) -> None:
        """Lines (m,) of one shape with their slots (m, slots); what is odd (escape, equality) is left."""
        plan = shape.plan
        lengths = ends - starts
        good = np.ones(len(lines), bool)
        if len(escapes):
            used = list(plan.slots)
            good = (np.searchsorted(escapes, starts[:, used]) == np.searchsorted(escapes, ends[:, used])).all(1)
        for one, other in plan.different:
            good &= ~self._equal(self._spans(one, starts, lengths), self._spans(other, starts, lengths))
        if not good.all():
            lines, starts, lengths = lines[good], starts[good], lengths[good]
        self.accepted[lines] = True
        recorded = plan.at if plan.recorded is None else plan.recorded
        self._at_text.put(lines, starts[:, plan.at], lengths[:, plan.at])
        self._received_text.put(lines, starts[:, recorded], lengths[:, recorded])
        self._action[lines], self._outcome[lines], self._elements[lines] = plan.action, plan.outcome, plan.elements
        for name, part in plan.texts.items():
            if part is not None:
                spans = self._spans(part, starts, lengths)
                self._texts[name].put(lines, spans.start, spans.length)
        for place, (system, value) in enumerate(plan.patients or ((None, None),)):
            self._rows.append((lines, place, self._spans(system, starts, lengths), self._spans(value, starts, lengths)))

    def settle_times(self, units: np.ndarray) -> None:
        """Read the times of all lines that shapes took, at once; lines with an odd time are given back."""
        taken = np.flatnonzero(self.accepted)
        at, good = microseconds(units, self._at_text.start[taken], self._at_text.length[taken])
        received, sound = microseconds(units, self._received_text.start[taken], self._received_text.length[taken])
        self._at[taken], self._received[taken] = at, received
        good &= sound
        if not good.all():
            self.accepted[taken[~good]] = False
            self._rows = [self._still_accepted(*row) for row in self._rows]

    def _still_accepted(
        self, lines: np.ndarray, place: int, system: Spans, value: Spans
    ) -> tuple[np.ndarray, int, Spans, Spans]:
        kept = self.accepted[lines]
        return lines[kept], place, system.take(kept), value.take(kept)

    def put_reading(self, line: int, reading: Reading) -> None:
        """One line as the ordinary parser read it."""
        fields = reading.fields
        self.accepted[line] = True
        self._at[line], self._received[line] = reading.at_us, reading.received_us
        self._action[line], self._outcome[line], self._elements[line] = fields.action, fields.outcome, fields.elements
        for name, spans in self._texts.items():
            spans.start[line], spans.length[line] = self._side.span(getattr(fields, name))
        where = np.array([line])
        for place, (system, value) in enumerate(fields.patients or ((None, None),)):
            self._rows.append((where, place, self._constant(system, 1), self._constant(value, 1)))

    def _spans(self, part: Part, starts: np.ndarray, lengths: np.ndarray) -> Spans:
        if isinstance(part, int):
            return Spans(starts[:, part], lengths[:, part])
        return self._constant(part, len(starts))

    def _constant(self, text: str | None, n: int) -> Spans:
        start, length = self._side.span(text)
        return Spans(np.full(n, start, np.int64), np.full(n, length, np.int64))

    def _equal(self, one: Spans, other: Spans) -> np.ndarray:
        pairs = zip(self._side.column(one).to_pylist(), self._side.column(other).to_pylist(), strict=True)
        return np.array([a == b for a, b in pairs], bool)

    def raw_events(self, source: str, block: Block, lines: Lines) -> RawEvents:
        """The accepted lines in their order, and the rows of each in the order of the patients."""
        kept = np.flatnonzero(self.accepted)
        start, length = lines.start[kept], (lines.end - lines.start)[kept]
        originals = (self._data[a : a + n] for a, n in zip(start.tolist(), length.tolist(), strict=True))
        row_line, system, value = self._ordered_rows()
        return RawEvents(
            event_id=event_ids(source, self._at[kept], originals),
            at_us=self._at[kept],
            received_us=self._received[kept],
            offset=block.offset + start,
            length=length,
            action=self._action[kept],
            outcome=self._outcome[kept],
            elements=self._elements[kept],
            row_event=(np.cumsum(self.accepted) - 1)[row_line],
            patient_system=self._side.column(system),
            patient_value=self._side.column(value),
            **{name: self._side.column(spans.take(kept)) for name, spans in self._texts.items()},
        )

    def _ordered_rows(self) -> tuple[np.ndarray, Spans, Spans]:
        if not self._rows:
            return np.zeros(0, np.int64), Spans.nulls(0), Spans.nulls(0)
        line = np.concatenate([lines for lines, _, _, _ in self._rows])
        place = np.concatenate([np.full(len(lines), place) for lines, place, _, _ in self._rows])
        order = np.lexsort((place, line))
        spans = []
        for which in (2, 3):
            parts = [row[which] for row in self._rows]
            start, length = (np.concatenate([getattr(part, end) for part in parts]) for end in ("start", "length"))
            spans.append(Spans(start[order], length[order]))
        return line[order], spans[0], spans[1]
