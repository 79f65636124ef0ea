"""Raw fields of a block's lines, filled shape by shape and then line by line, as places and not as texts."""

from __future__ import annotations

from typing import Final

import numpy as np
import pyarrow as pa

from tocsin.collect.formats.fhir import Reading
from tocsin.collect.formats.fhir_extract import TEXTS
from tocsin.collect.formats.instants import microseconds
from tocsin.collect.formats.lines import Lines
from tocsin.collect.formats.octets import NOWHERE, SideTexts
from tocsin.collect.formats.shape import FIELDS, Part, Plan, Shape
from tocsin.collect.rows import RawEvents, event_ids
from tocsin.model.block import Block

_TEXTS: Final = slice(2, 2 + len(TEXTS))
_PATIENT: Final = slice(2 + len(TEXTS), len(FIELDS))


class Columns:
    """Raw fields of the k lines of a block, filled shape by shape and then line by line."""

    def __init__(self, data: bytes, k: int) -> None:
        self.accepted = np.zeros(k, bool)
        self._side = SideTexts(data)
        self._data = data
        self._shapes: list[Shape] = []
        self._shape = np.full(k, -1, np.int64)
        self._quotes = np.zeros((k, 2 * len(FIELDS)), np.int32)
        self._at = np.zeros(k, np.int64)
        self._received = np.zeros(k, np.int64)
        self._action = np.zeros(k, np.int8)
        self._outcome = np.zeros(k, np.int8)
        self._elements = np.zeros(k, np.int64)
        self._starts = np.full((k, len(FIELDS)), NOWHERE, np.int64)
        self._ends = np.full((k, len(FIELDS)), NOWHERE, np.int64)
        self._more: list[_More] = []

    def put_shape(self, shape: Shape, escapes: np.ndarray, lines: np.ndarray, bounds: np.ndarray) -> None:
        """Lines (m,) of one shape with their bounds; what is odd (an escape in a text that is used) is left."""
        plan = shape.plan
        if len(escapes):
            good = _without(escapes, bounds, plan)
            lines, bounds = lines[good], bounds[good]
        if plan.different:
            good = self._all_different(plan, bounds)
            lines, bounds = lines[good], bounds[good]
        self._shape[lines] = len(self._shapes)
        self._shapes.append(shape)
        self._quotes[lines] = bounds.take(shape.picks, axis=1)
        for place, pair in enumerate(plan.patients[1:], 1):
            self._more.append((lines, np.full(len(lines), place), *self._spans(pair, bounds)))

    def settle(self, words: np.ndarray) -> None:
        """Read what shapes took, all at once; lines with an odd time are given back."""
        taken = np.flatnonzero(self._shape >= 0)
        if not len(taken):
            return
        shape = self._shape[taken]
        self._action[taken] = np.array([one.plan.action for one in self._shapes], np.int8)[shape]
        self._outcome[taken] = np.array([one.plan.outcome for one in self._shapes], np.int8)[shape]
        self._elements[taken] = np.array([one.plan.elements for one in self._shapes], np.int64)[shape]
        starts, ends = self._places(taken, shape)
        self._starts[taken], self._ends[taken] = starts, ends
        times, known = microseconds(words, starts[:, :2].ravel(), (ends - starts)[:, :2].ravel())
        self._at[taken], self._received[taken] = times[::2], times[1::2]
        good = known[::2] & known[1::2]
        self.accepted[taken] = good
        if not good.all():
            self._more = [_chosen(more, self.accepted[more[0]]) for more in self._more]

    def _places(self, taken: np.ndarray, shape: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Starts and ends of the lines that shapes took, (m, FIELDS) each: those that vary, and the constants."""
        varies = np.stack([one.varies for one in self._shapes])[shape]
        same = np.full((2, len(self._shapes), len(FIELDS)), NOWHERE, np.int64)
        for i, one in enumerate(self._shapes):
            for field, text in one.constants:
                same[:, i, field] = self._side.span(text)
        quotes = self._quotes[taken]
        starts = np.where(varies, quotes[:, : len(FIELDS)] + 1, same[0][shape])
        return starts, np.where(varies, quotes[:, len(FIELDS) :], same[1][shape])

    def put_reading(self, line: int, reading: Reading) -> None:
        """One line as the ordinary parser read it."""
        fields = reading.fields
        self.accepted[line] = True
        self._at[line], self._received[line] = reading.at_us, reading.received_us
        self._action[line], self._outcome[line], self._elements[line] = fields.action, fields.outcome, fields.elements
        first, *others = fields.patients or ((None, None),)
        texts = (None, None, *(getattr(fields, name) for name in TEXTS), *first)
        self._starts[line], self._ends[line] = zip(*map(self._side.span, texts), strict=True)
        where = np.array([line])
        for place, pair in enumerate(others, 1):
            self._more.append((where, np.array([place]), *self._spans(pair, np.zeros((1, 0), np.int64))))

    def _spans(self, parts: tuple[Part, ...], bounds: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Starts and ends of the texts of m lines, (m, parts) each."""
        starts = np.empty((len(bounds), len(parts)), np.int64)
        ends = np.empty_like(starts)
        vary = [i for i, part in enumerate(parts) if isinstance(part, int)]
        stay = [i for i, part in enumerate(parts) if not isinstance(part, int)]
        opening = [1 + 2 * part for part in parts if isinstance(part, int)]
        starts[:, vary] = bounds[:, opening] + 1
        ends[:, vary] = bounds[:, [place + 1 for place in opening]]
        if stay:
            spans = [self._side.span(part) for part in parts if not isinstance(part, int)]
            starts[:, stay], ends[:, stay] = zip(*spans, strict=True)
        return starts, ends

    def _all_different(self, plan: Plan, bounds: np.ndarray) -> np.ndarray:
        """Lines whose texts differ wherever the plan says that they must, (m,) bool."""
        good = np.ones(len(bounds), bool)
        for pair in plan.different:
            one, other = (array.to_pylist() for array in self._side.arrays(*self._spans(pair, bounds)))
            good &= np.array([a != b for a, b in zip(one, other, strict=True)], bool)
        return good

    def raw_events(self, source: str, block: Block, lines: Lines) -> RawEvents:
        """The accepted lines in their order, and the rows of each in the order of the patients."""
        kept = np.flatnonzero(self.accepted)
        start, end = lines.start[kept], lines.end[kept]
        view = memoryview(self._data)
        originals = map(view.__getitem__, map(slice, start.tolist(), end.tolist()))
        texts = self._side.arrays(self._starts[kept], self._ends[kept])
        row_event, system, value = self._rows(kept, *texts[_PATIENT])
        return RawEvents(
            event_id=event_ids(source, self._at[kept], originals),
            at_us=self._at[kept],
            received_us=self._received[kept],
            offset=block.offset + start,
            length=end - start,
            action=self._action[kept],
            outcome=self._outcome[kept],
            elements=self._elements[kept],
            row_event=row_event,
            patient_system=system,
            patient_value=value,
            **dict(zip(TEXTS, texts[_TEXTS], strict=True)),
        )

    def _rows(
        self, kept: np.ndarray, first_system: pa.Array, first_value: pa.Array
    ) -> tuple[np.ndarray | None, pa.Array, pa.Array]:
        """The event, the system and the value of each row, ordered by line and by place in the line."""
        if not self._more:
            return None, first_system, first_value
        more = [np.concatenate(parts) for parts in zip(*self._more, strict=True)]
        line, place = np.append(kept, more[0]), np.append(np.zeros(len(kept), np.int64), more[1])
        order = np.lexsort((place, line))
        starts, ends = (
            np.concatenate([places[kept, _PATIENT], others])[order]
            for places, others in ((self._starts, more[2]), (self._ends, more[3]))
        )
        system, value = self._side.arrays(starts, ends)
        return (np.cumsum(self.accepted) - 1)[line[order]], system, value


_More = tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]
"""Patients after the first: lines (m,), places in the line (m,), starts and ends of system and value (m, 2)."""


def _chosen(more: _More, which: np.ndarray) -> _More:
    lines, places, starts, ends = more
    return lines[which], places[which], starts[which], ends[which]


def _without(escapes: np.ndarray, bounds: np.ndarray, plan: Plan) -> np.ndarray:
    """Lines without an escape in a text that is used, (m,) bool."""
    if (np.searchsorted(escapes, bounds[:, 0]) == np.searchsorted(escapes, bounds[:, -1])).all():
        return np.ones(len(bounds), bool)
    used = [1 + 2 * slot for slot in plan.slots]
    starts, ends = bounds[:, used], bounds[:, [place + 1 for place in used]]
    good: np.ndarray = (np.searchsorted(escapes, starts) == np.searchsorted(escapes, ends)).all(1)
    return good
