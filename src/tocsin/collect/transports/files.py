"""Trails that lie in files: which files are a trail, and their bytes in blocks of whole lines, in bounded memory."""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from io import RawIOBase
from pathlib import Path
from typing import Final

from tocsin.collect.transports.inflate import Damaged, inflated, is_plain, plain
from tocsin.errors import SourceUnreadable
from tocsin.model.block import MAX_LINE_BYTES

BLOCK_BYTES: Final = 8 * 1024 * 1024
"""Bytes of a block, at least one whole line. From: the skeleton parser's best size on 2 cores."""

_LOOK_BYTES: Final = 4 * 1024
"""An eighth of where the last line feed of a block is looked for at first."""

KEPT_BYTES: Final = 64 * 1024
"""How much of an overlong line is kept, to show what it was."""

Heard = Callable[[bytes], None]
"""Told bytes of a file as they are stored."""

_NAME: Final = re.compile(r"(?P<type>[A-Za-z]+)(?:[-._ ].*)?\.(?:ndjson|jsonl|json)(?:\.gz|\.zst)?")
_LINES: Final = re.compile(r".*\.(?:ndjson|jsonl|json|log|csv)(?:\.gz|\.zst)?", re.IGNORECASE)


def unheard(stored: bytes) -> None:
    """Nobody listens."""


@dataclass(frozen=True, slots=True)
class TrailFile:
    """One file of a trail."""

    path: Path
    resource: str
    """FHIR resource type, from the bulk-export name; `AuditEvent` for a file that the operator names itself."""
    size: int
    """Bytes as stored, for progress."""


@dataclass(frozen=True, slots=True)
class Overlong:
    """A line over MAX_LINE_BYTES that is not in the data of its block."""

    offset: int
    """Byte of the decompressed file at which it begins."""
    length: int
    """Bytes without the line end."""
    head: bytes
    """Its first KEPT_BYTES."""


@dataclass(frozen=True, slots=True)
class FileBlock:
    """Whole lines of a file."""

    data: bytes
    """Each line with its line feed; the last of the file may lack it. A byte order mark is left in place."""
    offset: int
    """Byte of the decompressed file at which `data` begins."""
    consumed: int
    """Bytes of the stored file that have been read so far."""
    overlong: tuple[Overlong, ...] = ()
    """Overlong lines that end before this block's data."""
    damage: SourceUnreadable | None = None
    """Set on the last block of a truncated or corrupt file: what came before it is good."""


def trail_files(path: Path) -> dict[str, list[TrailFile]]:
    """Files of a trail by resource type, each sorted by name; a folder is read without its subfolders.

    `path` may be a folder of FHIR bulk-export files or a single file. Raises `SourceUnreadable` if there is nothing
    to read. A symbolic link to a file is followed; one that loops is as good as missing.
    """
    try:
        mode = path.stat().st_mode
        found = sorted(path.iterdir()) if stat.S_ISDIR(mode) else [path]
    except (OSError, ValueError) as problem:
        raise unreadable(path, problem) from None
    if not stat.S_ISDIR(mode):
        return _single(path)
    files: dict[str, list[TrailFile]] = {}
    for one in found:
        name = _NAME.fullmatch(one.name)
        if name and (size := _size(one)) is not None:
            files.setdefault(name["type"], []).append(TrailFile(one, name["type"], size))
    if not files:
        raise SourceUnreadable(
            "the folder holds no trail", advice="Expected files such as AuditEvent-1.ndjson, .ndjson.gz or .ndjson.zst."
        )
    return files


def _single(path: Path) -> dict[str, list[TrailFile]]:
    size = _size(path)
    if size is None:
        raise SourceUnreadable("the path is neither a file nor a folder", advice="Name a folder or an .ndjson file.")
    if not _LINES.fullmatch(path.name):
        raise SourceUnreadable(
            f"files that end in {path.suffix or 'nothing'} are not read",
            advice="A trail is .ndjson, .jsonl or .json, plain or with .gz or .zst.",
        )
    name = _NAME.fullmatch(path.name)
    resource = name["type"] if name and name["type"][0].isupper() else "AuditEvent"
    return {resource: [TrailFile(path, resource, size)]}


def _size(path: Path) -> int | None:
    """Bytes of a regular file, or None for anything else (a folder, a device, a pipe, a link that leads nowhere)."""
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_size if stat.S_ISREG(found.st_mode) else None


def read_blocks(
    file: TrailFile | Path, *, block_bytes: int = BLOCK_BYTES, heard: Heard = unheard
) -> Iterator[FileBlock]:
    """Blocks of whole lines of about `block_bytes`, in memory bounded by it and MAX_LINE_BYTES.

    `heard` is told the bytes as they are stored, each once and in their order; without damage, to the last.
    Raises `SourceUnreadable` if the file cannot be opened. Damage further on is told by the last block's `damage`:
    the whole lines before it are good, and a last line that was cut off by the damage is left out.
    """
    path = file if isinstance(file, Path) else file.path
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
        stored = os.fdopen(descriptor, "rb", buffering=0)
    except OSError as problem:
        raise unreadable(path, problem) from None
    with stored:
        kind = path.suffix.lower()
        cutter = _Cutter(block_bytes)
        at = consumed = 0
        try:
            whole = is_plain(os.pread(descriptor, 4, 0), kind=kind) and block_bytes <= MAX_LINE_BYTES
            while whole and (block := _stored_block(descriptor, at, block_bytes)):
                heard(block)
                yield FileBlock(block, at, at + len(block))
                at = consumed = stored.seek(at + len(block))
                cutter.begin(at)
            rest = _Heard(stored, heard)
            for chunk, read in plain(rest) if at else inflated(rest, kind=kind):
                consumed = at + read
                yield from cutter.take(chunk, consumed)
        except (Damaged, OSError) as problem:
            damage = SourceUnreadable(
                f"a file of the trail is damaged: {problem}",
                done="The whole lines before the damage were read.",
                advice="Export the file again, or go on with what was read.",
            )
            yield from cutter.rest(consumed, damage)
        else:
            yield from cutter.rest(consumed, None)


@dataclass(frozen=True, slots=True)
class _Heard:
    """A file whose bytes somebody is told as they are read."""

    stored: RawIOBase
    heard: Heard

    def read(self, size: int) -> bytes | None:
        data = self.stored.read(size)
        if data:
            self.heard(data)
        return data


def _stored_block(descriptor: int, at: int, block_bytes: int) -> bytes | None:
    """The whole lines of the next `block_bytes` of a plain file, copied once; None for what is left to the cutter.

    That is a last block, and a line that is longer.
    """
    before, end, look = b"", at + block_bytes, _LOOK_BYTES
    while (feed := before.rfind(b"\n")) < 0:
        if len(before) >= block_bytes:
            return None
        look = min(look * 8, block_bytes)
        before = os.pread(descriptor, look, end - look)
        if len(before) < look:
            return None
    length = block_bytes - len(before) + feed + 1
    block = os.pread(descriptor, length, at)
    return block if len(block) == length and block.endswith(b"\n") else None


class _Cutter:
    """Chunks of any size in, blocks of whole lines out."""

    def __init__(self, block_bytes: int) -> None:
        self._block_bytes = max(block_bytes, 1)
        self._whole = bytearray()  # whole lines, not yet handed out
        self._line = bytearray()  # the line whose end has not come yet, or the head of an overlong one
        self._line_length = 0
        self._ending = b""
        self._at = 0  # where the line begins
        self._block_at = 0
        self._overlong: list[Overlong] = []

    def begin(self, at: int) -> None:
        """The first chunk stands there in the file."""
        self._at = at

    def take(self, chunk: bytes, consumed: int) -> Iterator[FileBlock]:
        start = 0
        while start < len(chunk):
            stop = chunk.rfind(b"\n", start, start + self._block_bytes) + 1
            first = chunk.find(b"\n", start) + 1
            if not first:
                self._grow(chunk[start:])
                return
            if self._line_length or stop <= first:
                self._grow(chunk[start:first])
                if self._line_length > MAX_LINE_BYTES and self._whole:
                    yield self._block(consumed)  # what stands behind an overlong line begins a block
                self._end_line()
                start = first
            else:
                self._add(chunk[start:stop])
                start = stop
            if len(self._whole) >= self._block_bytes:
                yield self._block(consumed)

    def rest(self, consumed: int, damage: SourceUnreadable | None) -> Iterator[FileBlock]:
        """What is left: with damage, the line without an end is not whole and is dropped."""
        if damage is None and self._line_length:
            if self._line_length > MAX_LINE_BYTES and self._whole:
                yield self._block(consumed)
            self._end_line()
        if self._whole or self._overlong or damage:
            yield self._block(consumed, damage)

    def _grow(self, part: bytes) -> None:
        """More of a line; past the limit only its head, its length and its last two bytes are kept."""
        self._line_length += len(part)
        self._ending = (self._ending + part[-2:])[-2:]
        if self._line_length <= MAX_LINE_BYTES + 2:  # the line end is no part of the line
            self._line += part
        else:
            self._line += part[: max(KEPT_BYTES - len(self._line), 0)]
            del self._line[KEPT_BYTES:]

    def _end_line(self) -> None:
        whole = self._line_length
        ending = 2 if self._ending == b"\r\n" else 1 if self._ending.endswith(b"\n") else 0
        if whole - ending <= MAX_LINE_BYTES:
            self._add(bytes(self._line))
        else:
            self._overlong.append(Overlong(self._at, whole - ending, bytes(self._line[:KEPT_BYTES])))
            self._at += whole
        self._line = bytearray()
        self._line_length = 0
        self._ending = b""

    def _add(self, whole: bytes) -> None:
        if not self._whole:
            self._block_at = self._at
        self._whole += whole
        self._at += len(whole)

    def _block(self, consumed: int, damage: SourceUnreadable | None = None) -> FileBlock:
        offset = self._block_at if self._whole else self._at
        block = FileBlock(bytes(self._whole), offset, consumed, tuple(self._overlong), damage)
        self._whole = bytearray()
        self._overlong = []
        return block


def unreadable(path: Path, problem: Exception) -> SourceUnreadable:
    """Why a path cannot be read, and what to do. The text names the last part of the path only."""
    name = path.name or str(path)
    if isinstance(problem, FileNotFoundError):
        return SourceUnreadable(f"{name} does not exist", advice="Check the path.")
    if isinstance(problem, PermissionError):
        return SourceUnreadable(
            f"{name} may not be read", advice="Give the account that runs tocsin the right to read."
        )
    reason = os.strerror(problem.errno) if isinstance(problem, OSError) and problem.errno else "it is no path"
    return SourceUnreadable(f"{name} cannot be read ({reason})", advice="Check the path and its disk.")
