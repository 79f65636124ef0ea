"""FHIR AuditEvents, many a time: the accelerator over `fhir`, with the same answers.

A trail is written by machines, so its lines have few shapes. Lines are grouped by their number of quotes and by some
words that tell the shapes learned so far apart, and compared with the one they can have, byte for byte and in vectors;
what matches is cut into columns without being parsed. Every other line (an escape in a text that is used, a control
byte, a new or rare shape, an odd time) goes to the ordinary parser. In the spirit of Mison (VLDB 2017) and Sparser
(VLDB 2018).

A line that matches is valid JSON by construction: only texts without quote or control byte and with valid escapes
were replaced by such texts.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from tocsin.collect.formats.choice import Choice
from tocsin.collect.formats.columns import Columns
from tocsin.collect.formats.fhir import parsed, read_line
from tocsin.collect.formats.lines import Lines, lines_of, places_of, utf8_errors
from tocsin.collect.formats.octets import MARGIN, simple_escapes, units_of, words_of
from tocsin.collect.formats.shape import Shape, learn
from tocsin.collect.rows import normalise
from tocsin.model.block import MAX_LINE_BYTES, Block, Parsed, References
from tocsin.model.rejected import Rejected

MAX_SHAPES: Final = 512
"""Shapes kept; of more the least used are forgotten."""

MAX_LEARNED: Final = 128
"""Lines of one block that are learned from at most: hostile lines cost no more than that."""

PAYS: Final = 4
"""Lines that a lesson must have spared on average, or fewer are taken from the next block."""

WORTH_LEARNING: Final = 3
"""Lines with one number of quotes that no shape matched, in this block or before, from which on one is learned from."""


class FhirParser:
    """Parses blocks and remembers the shapes of their lines. Its answers do not depend on what it remembers."""

    def __init__(self) -> None:
        self._shapes: dict[int, list[Shape]] = {}  # number of quotes -> shapes
        self._choices: dict[int, tuple[list[Shape], Choice]] = {}  # and how these are told apart
        self._missed: dict[int, int] = {}  # number of quotes -> lines that no shape matched
        self._budget = MAX_LEARNED  # lines of the next block that may be learned from
        self._learned: list[Shape] = []  # in the block at hand

    def parse(self, block: Block, *, source: str, references: References) -> Parsed:
        """Bytes to columns: equal to `fhir.parse`."""
        lines = lines_of(block.data)
        bad = utf8_errors(block.data, lines)
        columns = Columns(block.data, len(lines.start))
        self._match(block.data, lines, bad, columns)
        rejected = _read_others(block, lines, bad, columns)
        raw = columns.raw_events(source, block, lines)
        events, identities = normalise(raw, source=source, segment=block.segment, references=references)
        return parsed(block, events, identities, rejected, len(lines.start))

    def _match(self, data: bytes, lines: Lines, bad: np.ndarray, columns: Columns) -> None:
        """Group the plain lines by their number of quotes and let the shapes of that number take theirs."""
        scan = _Scan.of(data, lines)
        counts = scan.last_quote - scan.first_quote
        plain = np.flatnonzero(_plain(scan) & ~bad & (counts % 2 == 0) & (counts > 0))
        plain = plain[np.argsort(counts[plain], kind="stable")]
        numbers, starts = np.unique(counts[plain], return_index=True)
        self._learned = []
        left = self._budget
        for number, group in zip(numbers.tolist(), np.split(plain, starts[1:]), strict=False):
            rest = self._take(number, group, scan, columns)
            left = self._learn(number, rest, scan, columns, left)
        columns.settle(scan.words)
        paid = sum(shape.hits for shape in self._learned) >= PAYS * (self._budget - left)
        self._budget = min(2 * self._budget, MAX_LEARNED) if paid else max(self._budget // 2, 1)
        self._tidy()

    def _take(self, number: int, lines: np.ndarray, scan: _Scan, columns: Columns) -> np.ndarray:
        """Let the known shapes take of the lines (k,); returns those that match none."""
        shapes = self._shapes.get(number)
        if not shapes:
            return lines
        choice = self._choice(number, shapes)
        missed = np.ones(len(lines), bool)
        for shape, where in choice.split(scan.words, scan.quotes, scan.first_quote[lines]):
            missed[where] = _put(shapes[shape], lines[where], scan, columns)
        rest = lines[missed]
        for twin in choice.twins:
            if len(rest):
                rest = rest[_put(shapes[twin], rest, scan, columns)]
        return rest

    def _choice(self, number: int, shapes: list[Shape]) -> Choice:
        of, choice = self._choices.get(number, (None, None))
        if of != shapes or choice is None:
            choice = Choice([shape.marks for shape in shapes])
            self._choices[number] = list(shapes), choice
        return choice

    def _learn(self, number: int, lines: np.ndarray, scan: _Scan, columns: Columns, left: int) -> int:
        """Learn from lines that no shape matches, and let what is learned take the others; the lessons left."""
        before = self._missed.get(number, 0)
        while left and before + len(lines) >= WORTH_LEARNING and len(lines):
            left -= 1
            before = 0
            shape = learn(scan.line(int(lines[0])))
            if shape is None:
                lines = lines[1:]
                continue
            self._shapes.setdefault(number, []).append(shape)
            self._learned.append(shape)
            lines = lines[_put(shape, lines, scan, columns)]
        self._missed[number] = before + len(lines)
        return left

    def _tidy(self) -> None:
        """Of too many shapes the least used are forgotten; use fades, so that a trail may change its shapes."""
        every = sorted((shape.hits for shapes in self._shapes.values() for shape in shapes), reverse=True)
        floor = every[MAX_SHAPES] if len(every) > MAX_SHAPES else -1
        for number, shapes in list(self._shapes.items()):
            self._shapes[number] = [shape for shape in shapes if shape.hits > floor]
            for shape in shapes:
                shape.hits -= (shape.hits + 7) // 8
            if not self._shapes[number]:
                del self._shapes[number]
        self._choices = {number: self._choices[number] for number in self._choices.keys() & self._shapes.keys()}
        self._missed = {number: count for number, count in self._missed.items() if 0 < count < WORTH_LEARNING}
        if len(self._missed) > MAX_SHAPES:
            self._missed.clear()


def _put(shape: Shape, lines: np.ndarray, scan: _Scan, columns: Columns) -> np.ndarray:
    """Hand over those of k lines that match a shape; which do not, (k,) bool."""
    first, start, end = scan.first_quote[lines], scan.lines.start[lines], scan.lines.end[lines]
    matched, bounds = shape.match(scan.units, scan.quotes, first, start, end)
    shape.hits += len(bounds)
    columns.put_shape(shape, scan.escapes, lines[matched], bounds)
    return ~matched


@dataclass(frozen=True, slots=True)
class _Scan:
    """A block and what one look at all its bytes tells."""

    data: bytes
    octets: np.ndarray
    lines: Lines
    quotes: np.ndarray
    """(q,) places of quotes, int32 (a block is some MiB): there are many, and they are read again and again."""
    first_quote: np.ndarray
    """(k,) of each line, as a number among `quotes`."""
    last_quote: np.ndarray
    """(k,) the number after its last."""
    escapes: np.ndarray
    """Places of backslashes."""
    units: np.ndarray
    words: np.ndarray

    @classmethod
    def of(cls, data: bytes, lines: Lines) -> _Scan:
        octets = np.frombuffer(data, np.uint8)
        quotes = places_of(octets, ord('"'))
        first, last = (np.searchsorted(quotes, bounds.astype(np.int32)) for bounds in (lines.start, lines.end))
        escapes = places_of(octets, ord("\\")) if b"\\" in data else np.zeros(0, np.int32)
        return cls(data, octets, lines, quotes, first, last, escapes, units_of(data), words_of(data))

    def line(self, i: int) -> bytes:
        return self.data[int(self.lines.start[i]) : int(self.lines.end[i])]


def _plain(scan: _Scan) -> np.ndarray:
    """Lines without control byte, with simple escapes only, not too long, not at the end of the block, (k,) bool."""
    lines, octets = scan.lines, scan.octets
    plain = (lines.end - lines.start <= MAX_LINE_BYTES) & (lines.end <= len(octets) - MARGIN)
    for places in (lines.control, scan.escapes[~simple_escapes(octets, scan.escapes)]):
        if len(places) and len(lines.start):
            line = np.searchsorted(lines.start, places, side="right") - 1
            inside = (line >= 0) & (places < lines.end[line])
            plain[line[inside]] = False
    return plain


def _read_others(block: Block, lines: Lines, bad: np.ndarray, columns: Columns) -> list[Rejected]:
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
