"""A directory -> facts, persons, identities: read in this process if it is small, else in one beside.

The facts come before the trail, and the processes that parse would wait for them. Beside, they are read while the trail
is parsed. The same reader and the same answer either way.
"""

from __future__ import annotations

from concurrent.futures import Future
from dataclasses import dataclass, field
from datetime import tzinfo
from itertools import chain
from types import TracebackType
from typing import Any, Final

import pyarrow as pa

from tocsin.collect.directory import DirectoryReader
from tocsin.main.crew import ALONE_BYTES, Crew
from tocsin.model.block import IDENTITY, Block, References
from tocsin.model.fact import FACT, PERSON
from tocsin.model.rejected import Rejected

AHEAD: Final = 16
"""Blocks that may wait for the reader (128 MB of them): a larger directory holds the trail up."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Directory:
    """What a directory said."""

    facts: pa.Table = field(default_factory=FACT.empty_table)
    persons: pa.Table = field(default_factory=PERSON.empty_table)
    identities: pa.Table = field(default_factory=IDENTITY.empty_table)
    rejected: tuple[Rejected, ...] = ()
    lines: int = 0
    """Lines that are not blank."""


class Directories:
    """Used in a `with`: blocks in by `add`, then what they say altogether."""

    def __init__(self, references: References, *, zone: tzinfo, total_bytes: int, workers: int) -> None:
        self._reader = DirectoryReader(references, zone=zone)
        self._beside = workers > 1 and total_bytes > ALONE_BYTES
        self._crew: Crew[DirectoryReader, None] | None = None
        self._asked: Future[Any] | None = None
        self._told: Directory | None = None
        self._empty = True

    def add(self, stream: str, block: Block) -> None:
        """Take in a block of a stream."""
        if self._asked or self._told:
            raise ValueError("a block of a directory that was said to be complete")
        self._empty = False
        if self._beside and not self._crew:
            self._crew = Crew(1, self._reader, ahead=AHEAD, keep=False)
        if self._crew:
            for _ in chain(self._crew.ready(), self._crew.send(_add, block, stream)):
                pass
        else:
            self._reader.add(stream, block)

    def complete(self) -> None:
        """No block will come any more: what they say is worked out beside, and the process ends as soon as it is.

        May be said again and again; it never waits.
        """
        for _ in self._crew.ready() if self._crew else ():
            pass
        if self._crew and not self._asked:
            self._asked = self._crew.begin_to_ask(_said_at_last)
        elif self._crew and self._asked and self._asked.done():
            self._told = self._answer()

    def said(self) -> Directory:
        """What all blocks say together."""
        if self._empty:
            return Directory()
        self.complete()
        if self._told is None:
            self._told = self._answer() if self._crew else _said(self._reader)
        return self._told

    def _answer(self) -> Directory:
        """Wait for the process beside, and end it: of all that an import holds its memory is a fifth."""
        assert self._crew is not None
        assert self._asked is not None
        for _ in self._crew.rest():
            pass
        told: Directory = self._crew.answer(self._asked)
        self._crew.__exit__(None, None, None)
        self._crew = None
        return told

    def __enter__(self) -> Directories:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._crew:
            self._crew.__exit__(kind, error, trace)


def _add(reader: DirectoryReader, block: Block, stream: str) -> None:
    reader.add(stream, block)


def _said_at_last(reader: DirectoryReader) -> Directory:
    """What it said was made of is not held beside the answer on its way."""
    told = _said(reader)
    reader.forget()
    return told


def _said(reader: DirectoryReader) -> Directory:
    return Directory(
        facts=reader.facts(),
        persons=reader.persons(),
        identities=reader.identities(),
        rejected=reader.rejected(),
        lines=sum(reader.lines.values()),
    )
