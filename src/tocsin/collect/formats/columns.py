"""Raw fields of a block's lines, filled shape by shape and then line by line, as places and not as texts."""

from __future__ import annotations

import numpy as np

from tocsin.collect.formats.fhir import Reading
from tocsin.collect.formats.fhir_extract import TEXTS
from tocsin.collect.formats.instants import microseconds
from tocsin.collect.formats.lines import Lines
from tocsin.collect.formats.octets import SideTexts, Spans
from tocsin.collect.formats.shape import Part, Shape
from tocsin.collect.rows import RawEvents, event_ids
from tocsin.model.block import Block


class Columns:
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
