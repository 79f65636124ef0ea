"""The shape of a line: its bytes outside of the values that may vary, and where each raw field stands in it.

A shape is learned from one line. Its *slots* are the texts that may vary; every other byte, the values of deciding
keys (codes, systems, URLs, ...) and the resource type of a reference included, must be equal. Which field stands in
which slot is found by provenance: `extract` runs once over the line with every slot's text replaced by a mark that
names the slot. So the meaning is in `extract` and nowhere else.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

import msgspec
import numpy as np

from tocsin.collect.formats.choice import Marks
from tocsin.collect.formats.fhir import Reading, read_line
from tocsin.collect.formats.fhir_document import AuditEvent
from tocsin.collect.formats.fhir_extract import TEXTS, Fields, extract
from tocsin.collect.formats.names import typed_prefix
from tocsin.collect.formats.octets import UNIT

DECIDING: Final = frozenset({b"resourceType", b"type", b"action", b"outcome", b"url"})
"""Keys upon whose values `extract` decides, with `code` and `system` in some places (see `_decides`)."""

_CODES_HANDED_ON: Final = frozenset({b"purposeOfUse", b"purposeOfEvent", b"valueCodeableConcept"})
"""Within these a code is handed on unread, as all other texts are."""

MAX_LEARNED_BYTES: Final = 64 * 1024
"""A longer line is not learned from."""

_FIRST_MARK: Final = 0xE000
_LAST_MARK: Final = 0xF8FF
"""Marks are letters of Unicode's private use area; a line that has some of its own is not learned from."""

_MARKS: Final = re.compile(f"[{chr(_FIRST_MARK)}-{chr(_LAST_MARK)}]")
_COLON: Final = re.compile(rb"[ \t]*:")
_NOT_BRACKETS: Final = bytes(set(range(256)) - set(b"[]{}"))


@dataclass(frozen=True, slots=True)
class Slot:
    """A text that may vary, in the line that was learned from."""

    opening: int
    """Byte of the opening quote."""
    closing: int
    quote: int
    """Number of the opening quote in the line, from 0."""
    prefix: int
    """Bytes after the opening quote that do not vary (`Patient/`)."""


Part = int | str | None
"""Where a raw field comes from: the number of a slot, a text that every line of the shape has, or nowhere."""


@dataclass(frozen=True, slots=True)
class Plan:
    """Raw field -> part."""

    at: int
    recorded: int | None
    texts: dict[str, Part]
    patients: tuple[tuple[Part, Part], ...]
    """(system, value)"""
    different: tuple[tuple[Part, Part], ...]
    """Texts that must not be equal (see `Fields.compared`)."""
    action: int
    outcome: int
    elements: int

    @property
    def slots(self) -> frozenset[int]:
        """The slots whose texts are used: an escape in one of them is the ordinary parser's business."""
        parts: list[Part] = [self.at, self.recorded, *self.texts.values()]
        parts += [part for pair in (*self.patients, *self.different) for part in pair]
        return frozenset(part for part in parts if isinstance(part, int))


FIELDS: Final = ("at", "recorded", *TEXTS, "patient_system", "patient_value")
"""Raw fields of which a line has one each; of its patients the first."""

_NO_END: Final = np.uint32((1 << 31) - 1)
"""No text is longer. What is negative as an int32 is more than that as an uint32."""


class Shape:
    """The bytes that every line of a shape has, ready to be compared in vectors.

    The *bounds* of a line are its start, each slot's opening and closing quote, and its end, (2 * slots + 2,).
    """

    def __init__(self, line: bytes, slots: list[Slot], plan: Plan) -> None:
        self.plan = plan
        self.hits = 0
        self._set_fields(plan)
        prefixes = np.array([slot.prefix for slot in slots], np.int64)
        starts = np.array([0, *(slot.closing for slot in slots)], np.int64)
        ends = np.array([*(slot.opening + 1 + slot.prefix for slot in slots), len(line)], np.int64)
        self._quotes = np.array([slot.quote + end for slot in slots for end in (0, 1)], np.int64)
        self._least = np.empty(2 * len(slots) + 1, np.int32)
        self._least[::2], self._least[1::2] = ends - starts - np.append(prefixes + 1, 0), prefixes + 2
        self._room = np.full(len(self._least), _NO_END)
        self._room[::2] = 0
        self.marks = Marks.of(line, starts, ends)
        self._set_units([line[start:end] for start, end in zip(starts.tolist(), ends.tolist(), strict=True)])

    def _set_fields(self, plan: Plan) -> None:
        recorded = plan.at if plan.recorded is None else plan.recorded
        first = plan.patients[0] if plan.patients else (None, None)
        parts = (plan.at, recorded, *(plan.texts[name] for name in TEXTS), *first)
        opening = [1 + 2 * part if isinstance(part, int) else 0 for part in parts]
        self.varies = np.array(opening) > 0
        """(FIELDS,) bool."""
        self.picks = np.array([*opening, *(place + 1 for place in opening)])
        """Among the bounds: the quotes before and those after each of FIELDS that varies."""
        self.constants = [(i, part) for i, part in enumerate(parts) if isinstance(part, str)]
        """Of FIELDS, by number: texts that every line of the shape has."""

    def _set_units(self, segments: list[bytes]) -> None:
        """Cut the segments into units; a short last unit of a long segment overlaps the one before it."""
        of, at, octets, masks = [], [], bytearray(), bytearray()
        for i, segment in enumerate(segments):
            for place in range(0, len(segment), UNIT):
                place = max(min(place, len(segment) - UNIT), 0)
                unit = segment[place : place + UNIT]
                of.append(i)
                at.append(place)
                octets += unit.ljust(UNIT, b"\0")
                masks += (b"\xff" * len(unit)).ljust(UNIT, b"\0")
        self._unit_bound = 2 * np.array(of, np.int64)
        self._unit_at = np.array(at, np.int64)
        self._unit_words = np.frombuffer(bytes(octets), "<u8")
        self._mask = np.frombuffer(bytes(masks), "<u8")

    def match(
        self, units: np.ndarray, quotes: np.ndarray, first_quote: np.ndarray, start: np.ndarray, end: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray]:
        """Of k lines that have this shape's number of quotes: which match, (k,) bool, and the bounds of those, (m, _).

        The slots' texts between the bounds are whole, prefix included, and have a letter that may vary.
        """
        bounds = np.empty((len(start), len(self._quotes) + 2), np.int32)
        bounds[:, 0], bounds[:, -1] = start, end
        bounds[:, 1:-1] = quotes[first_quote[:, None] + self._quotes]
        away = bounds[:, 1:] - bounds[:, :-1]
        away -= self._least
        fits = away.view(np.uint32) <= self._room
        which = np.ones(len(bounds), bool)
        if not fits.all():
            np.all(fits, axis=1, out=which)
            bounds = bounds[which]
        same = self._same_bytes(units, bounds)
        if not same.all():
            bounds = bounds[same]
            which[which] = same
        return which, bounds

    def _same_bytes(self, units: np.ndarray, bounds: np.ndarray) -> np.ndarray:
        """Which of m lines have the shape's bytes, (m,) bool; some hundred lines at a time stay in the cache."""
        same = np.empty(len(bounds), bool)
        for first in range(0, len(bounds), 256):
            places = bounds[first : first + 256].take(self._unit_bound, axis=1) + self._unit_at
            words = units[places].view("<u8")
            words ^= self._unit_words
            words &= self._mask
            same[first : first + 256] = ~words.any(1)
        return same


def learn(line: bytes) -> Shape | None:
    """The shape of a line of valid UTF-8 without control byte and with simple escapes (see `octets`), or None."""
    if len(line) > MAX_LEARNED_BYTES or _MARKS.search(line.decode()):
        return None
    reading = read_line(line, utf8=True)
    if isinstance(reading, str):
        return None
    slots = _slots(line)
    if slots is None or len(slots) > _LAST_MARK - _FIRST_MARK:
        return None
    marked = msgspec.json.decode(_marked(line, slots), type=AuditEvent)
    fields = extract(marked)
    if any(_undecided(entity.what.reference) for entity in marked.entity or () if entity.what):
        return None
    plan = _plan(fields, reading, [line[slot.opening + 1 : slot.closing].decode() for slot in slots])
    return Shape(line, slots, plan) if plan else None


def _slots(line: bytes) -> list[Slot] | None:
    """The values that may vary, in their order: all texts but keys, values of deciding keys, and empty ones."""
    quotes = np.flatnonzero(np.frombuffer(line, np.uint8) == ord('"')).tolist()
    slots = []
    key, within, last = b"", list[bytes](), 0  # the keys of the objects and lists that stand open
    for quote in range(0, len(quotes), 2):
        opening, closing = quotes[quote], quotes[quote + 1]
        for bracket in line[last:opening].translate(None, _NOT_BRACKETS):
            if bracket in b"[{":
                within.append(key)
            else:
                key = within.pop()
        last = closing + 1
        text = line[opening + 1 : closing]
        if _COLON.match(line, closing + 1):
            if b"\\" in text:
                return None  # a key in disguise
            key = text
        elif text and not _decides(key, within):
            prefix = _prefix_bytes(text.decode()) if key == b"reference" else 0
            if prefix < len(text):
                slots.append(Slot(opening, closing, quote, prefix))
    return slots


def _decides(key: bytes, within: list[bytes]) -> bool:
    if key == b"code":
        return _CODES_HANDED_ON.isdisjoint(within)
    if key == b"system":
        return b"valueIdentifier" in within
    return key in DECIDING


def _prefix_bytes(reference: str) -> int:
    typed = typed_prefix(reference)
    return len(reference[: typed[1]].encode()) if typed else 0


def _marked(line: bytes, slots: list[Slot]) -> bytes:
    parts, at = [], 0
    for i, slot in enumerate(slots):
        parts += [line[at : slot.opening + 1 + slot.prefix], chr(_FIRST_MARK + i).encode()]
        at = slot.closing
    return b"".join([*parts, line[at:]])


def _undecided(reference: str | None) -> bool:
    """A reference of an entity that varies as a whole: its type would decide."""
    return reference is not None and bool(_MARKS.search(reference)) and typed_prefix(reference) is None


class _Unclear(Exception):
    """A field that is neither a whole slot nor a constant."""


def _plan(marked: Fields, reading: Reading, texts: list[str]) -> Plan | None:
    """Where each field comes from; None unless the plan gives the learned line its own fields back."""
    fields = reading.fields
    try:
        at, recorded = _part(marked.at), _part(marked.recorded)
        parts = {name: _part(getattr(marked, name)) for name in TEXTS}
        patients = tuple((_part(system), _part(value)) for system, value in marked.patients)
        different = tuple((_part(a), _part(b)) for a, b in marked.compared)
    except _Unclear:
        return None

    def text(part: Part) -> str | None:
        return texts[part] if isinstance(part, int) else part

    faithful = (
        isinstance(at, int)
        and not isinstance(recorded, str)
        and (text(at), text(recorded)) == (fields.at, fields.recorded)
        and all(text(part) == getattr(fields, name) for name, part in parts.items())
        and tuple((text(system), text(value)) for system, value in patients) == fields.patients
        and all(text(a) != text(b) for a, b in different)
        and (marked.action, marked.outcome, marked.elements) == (fields.action, fields.outcome, fields.elements)
    )
    if not faithful or not isinstance(at, int) or isinstance(recorded, str):
        return None
    return Plan(at, recorded, parts, patients, different, marked.action, marked.outcome, marked.elements)


def _part(text: str | None) -> Part:
    marks = _MARKS.findall(text) if text else []
    if not marks or text is None:
        return text
    if len(marks) > 1 or not text.endswith(marks[0]):
        raise _Unclear
    return ord(marks[0]) - _FIRST_MARK
