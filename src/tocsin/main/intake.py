"""Intake: a batch's bytes, from files or from the ledger, become events by day, facts, persons and marks.

    files  -> (kept in the ledger) -> (stream, block)  \\
                                                        -> parsed, spooled, learned, sealed behind the door
    ledger ------------------------> (stream, block)  /

The same from both: that is what makes `tocsin rebuild` equal to what was imported.
"""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, Protocol
from zoneinfo import ZoneInfo

import numpy as np
import pyarrow as pa

from tocsin.collect.directory.marks import marks_in
from tocsin.collect.directory.reader import FAMILIES
from tocsin.collect.transports.files import TrailFile, read_blocks, trail_files
from tocsin.errors import SourceUnreadable
from tocsin.main.facts import Directories, Directory
from tocsin.main.parsing import Recipe, parse_all
from tocsin.main.spool import Spool
from tocsin.model.block import Block
from tocsin.model.fact import FACT, PERSON
from tocsin.model.rejected import Rejected

TRAIL: Final = "AuditEvent"
"""Stream of FHIR AuditEvents."""
MAPPED: Final = "mapped"
"""Stream of lines that a mapping explains; the mapping stands in the batch's meta."""
MARKS: Final = "marks"
"""Stream of the operator's honey patients."""
OVERLONG: Final = "/overlong"
"""Suffix of the stream that keeps, for each line over 16 MiB, its length, a space and its first 64 KiB."""
MARKS_FILE: Final = "marks.txt"
IDENTITIES_HELD: Final = 100_000
"""Identities, repeated ones included, that go to the door at once: each sealed part costs a sync of the disk."""
FACTS: Final = frozenset(resource.__name__ for resource in FAMILIES)
"""Resources whose files are read; a region's folder may hold others, which are none of Tocsin's business."""

Progress = Callable[[str, int, int], None]
"""Told (what is being done, how far, of how much)."""


def unheard(what: str, done: int, total: int) -> None:
    """Progress that nobody follows."""


@dataclass(frozen=True, slots=True)
class Piece:
    """Some lines of a stream, and how much of the source has been read with them."""

    stream: str
    block: Block
    consumed: int
    """Bytes of the source read so far, as stored."""
    file: str = ""
    """Name of the file it comes from, without its folder."""


@dataclass(slots=True)
class Intake:
    """What a batch brought."""

    spool: Spool
    facts: pa.Table = field(default_factory=FACT.empty_table)
    persons: pa.Table = field(default_factory=PERSON.empty_table)
    marks: np.ndarray | None = None
    """References of honey patients, if the batch names any."""
    lines: int = 0
    """Lines of the trail that are not blank."""
    accepted: int = 0
    """Lines that became events, duplicates included."""
    rejected: list[tuple[str, Rejected]] = field(default_factory=list)
    """(stream, line) of the trail."""
    rejected_facts: list[tuple[str, Rejected]] = field(default_factory=list)
    fact_lines: int = 0
    lines_of: Counter[str] = field(default_factory=Counter)
    """Lines of the trail by file name."""
    damage: list[SourceUnreadable] = field(default_factory=list)

    def by_reason(self) -> dict[str, int]:
        """Rejected lines of the trail by reason."""
        return dict(sorted(Counter(rejected.reason for _, rejected in self.rejected).items()))


@dataclass(frozen=True, slots=True)
class Files:
    """The files of a source that an intake reads, in order: facts first, so that memory is freed early."""

    facts: tuple[TrailFile, ...]
    trail: tuple[TrailFile, ...]
    marks: Path | None
    stream: str = TRAIL
    """Stream of the trail files."""
    ignored: tuple[str, ...] = ()
    """Names of files that look like exports and are neither trail nor facts: never opened, always told."""

    @property
    def total_bytes(self) -> int:
        """Bytes as stored."""
        return sum(file.size for file in (*self.facts, *self.trail))

    @property
    def trail_bytes(self) -> int:
        """Bytes of the trail, as stored."""
        return sum(file.size for file in self.trail)


def files_of(path: Path, *, marks: Path | None = None, stream: str = TRAIL) -> Files:
    """Find the files of a folder (or a single file); `marks` beats the folder's own marks.txt."""
    found = trail_files(path)
    if stream == MAPPED:
        return Files((), tuple(file for files in found.values() for file in files), marks, MAPPED)
    beside = path / MARKS_FILE if path.is_dir() else None
    if not found.keys() & (FACTS | {TRAIL}):
        raise SourceUnreadable("the folder holds no trail", advice="Expected files such as AuditEvent-1.ndjson.")
    return Files(
        facts=tuple(file for kind, files in found.items() if kind in FACTS for file in files),
        trail=tuple(found.get(TRAIL, ())),
        marks=marks or (beside if beside and beside.exists() else None),
        ignored=tuple(file.path.name for kind, files in found.items() if kind not in FACTS | {TRAIL} for file in files),
    )


class Listener(Protocol):
    """Hears the bytes of files as they are stored, while they are read."""

    def hear(self, path: Path) -> Callable[[bytes], None]:
        """A file is read from its beginning: its bytes go there."""

    def heard(self, path: Path) -> None:
        """That was all of it."""


class _Deaf:
    def hear(self, path: Path) -> Callable[[bytes], None]:
        return lambda stored: None

    def heard(self, path: Path) -> None:
        pass


def pieces_of(files: Files, damage: list[SourceUnreadable], listener: Listener | None = None) -> Iterator[Piece]:
    """All lines of a source, facts before the trail. Damage in a file is noted; the good part is kept."""
    listener = listener or _Deaf()
    consumed = 0
    if files.marks:
        try:
            data = files.marks.read_bytes()
        except OSError as problem:
            raise SourceUnreadable(f"the file of marks cannot be read ({problem.strerror})") from None
        yield Piece(MARKS, Block(data, -1, 0), 0)
    for file in (*files.facts, *files.trail):
        stream = files.stream if file in files.trail else file.resource
        whole = True
        for block in read_blocks(file, heard=listener.hear(file.path)):
            for line in block.overlong:
                yield Piece(
                    stream + OVERLONG,
                    Block(b"%d %s\n" % (line.length, line.head), -1, line.offset),
                    consumed + block.consumed,
                    file.path.name,
                )
            if block.data:
                yield Piece(stream, Block(block.data, -1, block.offset), consumed + block.consumed, file.path.name)
            if block.damage:
                damage.append(block.damage)
                whole = False
        if whole:
            listener.heard(file.path)
        consumed += file.size


def take_in(
    pieces: Iterator[Piece],
    *,
    recipe: Recipe,
    spool: Spool,
    admit: Callable[[pa.Table], object],
    zone: ZoneInfo,
    total_bytes: int,
    trail_bytes: int,
    workers: int,
    facts_first: bool,
    progress: Progress = unheard,
) -> Intake:
    """Parse every piece; see the module. `admit` hands identities to the door, and nothing else may see them.

    `facts_first`: no directory comes after the first line of the trail, as it does not in what `pieces_of` gives.
    """
    intake = Intake(spool)
    door = _Waiting(admit)
    origin: deque[str] = deque()

    def trail(directories: Directories) -> Iterator[Block]:
        for piece in pieces:
            progress("collecting", piece.consumed, total_bytes)
            stream, block = piece.stream, piece.block
            if stream.endswith(OVERLONG):
                _overlong(intake, stream, block)
            elif stream == MARKS:
                intake.marks = marks_in(block.data, recipe.references)
            elif stream in (TRAIL, MAPPED):
                origin.append(piece.file)
                if facts_first:
                    directories.complete()
                yield block
            else:
                directories.add(stream, block)

    fact_bytes = total_bytes - trail_bytes
    with Directories(recipe.references, zone=zone, total_bytes=fact_bytes, workers=workers) as directories:
        for parsed in parse_all(trail(directories), recipe, total_bytes=trail_bytes, workers=workers):
            spool.add(parsed.events)
            intake.lines += parsed.lines
            intake.lines_of[origin.popleft()] += parsed.lines
            intake.accepted += parsed.accepted
            intake.rejected.extend((TRAIL, rejected) for rejected in parsed.rejected)
            door.add(parsed.identities)
        if fact_bytes:
            progress("reading the directory", total_bytes, total_bytes)
        said = directories.said()
    _learn(intake, said)
    door.add(said.identities)
    door.let_in()
    return intake


def _learn(intake: Intake, said: Directory) -> None:
    intake.facts, intake.persons = said.facts, said.persons
    intake.rejected_facts.extend(("directory", rejected) for rejected in said.rejected)
    intake.fact_lines += said.lines


@dataclass(slots=True)
class _Waiting:
    """Identities on their way to the door."""

    admit: Callable[[pa.Table], object]
    held: list[pa.Table] = field(default_factory=list)
    rows: int = 0

    def add(self, identities: pa.Table) -> None:
        self.held.append(identities)
        self.rows += len(identities)
        if self.rows >= IDENTITIES_HELD:
            self.let_in()

    def let_in(self) -> None:
        if self.rows:
            self.admit(pa.concat_tables(self.held))
        self.held, self.rows = [], 0


def _overlong(intake: Intake, stream: str, block: Block) -> None:
    length = int(block.data.partition(b" ")[0])
    refused = Rejected("too-long", block.segment, block.offset, min(length, 2**31 - 1))
    if stream.removesuffix(OVERLONG) in (TRAIL, MAPPED):
        intake.lines += 1
        intake.rejected.append((stream, refused))
    else:
        intake.fact_lines += 1
        intake.rejected_facts.append((stream, refused))
