"""Files that grow: the AuditEvent files of a folder, read as they are written.

How far a file was read is what the ledger says: each batch keeps the SHA-256 of all that was read of a file, and a file
that begins with bytes of that hash is read on from there, whatever its name is by now. So a rotated file is not read
twice, one that was exchanged is read from its beginning, and no position can lie. What is read again all the same adds
nothing: an event is known by its bytes.

A line without its line feed waits for it. Packed files (.gz, .zst) are whole exports: `tocsin import` reads them.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import re
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from tocsin.collect.transports.delivery import OVERLONG, TRAIL, Answer, Busy, Delivery, Mark, Take
from tocsin.collect.transports.files import KEPT_BYTES
from tocsin.model.block import MAX_LINE_BYTES

READ_BYTES: Final = 4 * 1024 * 1024
"""Read of a file at once; a longer line is read until it ends or is too long."""
TAIL_BYTES: Final = 64
"""Last bytes read, which must still be there: a file may be cut and written anew between two looks."""
OPEN_FILES: Final = 128
"""Files held open; a file held open is read to its end even if it is deleted."""

_NAME: Final = re.compile(r"AuditEvent(?:[-._ ].*)?\.(?:ndjson|jsonl|json)")


@dataclass(slots=True)
class _File:
    """One file, known by its inode."""

    path: Path
    descriptor: int
    at: int = 0
    """Where the next line begins."""
    hash: Any = field(default_factory=hashlib.sha256)
    """Of the bytes before."""
    mark: str = ""
    """What the ledger calls the position before that; "" if it has none."""
    tail: bytes = b""
    waits: bool = False
    """A delivery of it is not answered yet."""
    skipped: int = 0
    """Bytes of a line that is too long, looked through so far."""
    idle: int = 0
    """Looks since it last grew."""


class Follower:
    """Follows one folder. `look` is called over and over by one thread."""

    def __init__(
        self,
        source: str,
        folder: Path,
        *,
        known: Callable[[str], dict[str, int]],
        take: Take,
        ticks: Callable[[], float],
    ) -> None:
        """`known`: what the ledger says of a source: {SHA-256 of what was read of a file: its bytes}."""
        self.source = source
        self._folder = folder
        self._known = known
        self._take = take
        self._ticks = ticks
        self._files: dict[tuple[int, int], _File] = {}
        self._done: dict[tuple[int, int], tuple[int, int]] = {}
        self._lock = threading.Lock()
        self._problem = ""
        self.behind = 0
        """Bytes that were there at the last look and are not delivered."""
        self.trouble = ""
        """Why the folder, or some of its files, could not be read at the last look."""

    def look(self) -> bool:
        """Deliver what has come; whether there is more to read at once."""
        self._problem = ""
        self._find()
        self.trouble = self._problem
        self.behind, more = 0, False
        for key, file in list(self._files.items()):
            try:
                more |= self._read_on(file)
            except OSError:
                self._let_go(key)
        return more

    def close(self) -> None:
        """Let go of the files."""
        for key in list(self._files):
            self._let_go(key)

    # -- the parts -----------------------------------------------------------------------------------------------------

    def _find(self) -> None:
        seen = set()
        for entry in self._entries():
            try:
                status = entry.stat()
            except OSError:
                continue
            key = (status.st_dev, status.st_ino)
            seen.add(key)
            size = (status.st_size, status.st_mtime_ns)
            if key not in self._files and self._done.get(key) != size:
                self._done.pop(key, None)
                self._begin(key, Path(entry.path))
        for key, file in list(self._files.items()):
            gone = key not in seen and file.idle > 100
            if not file.waits and (gone or (file.idle > 1000 and len(self._files) > OPEN_FILES)):
                status = os.fstat(file.descriptor)
                self._done[key] = (status.st_size, status.st_mtime_ns)
                self._let_go(key)

    def _entries(self) -> list[os.DirEntry[str]]:
        """Plain files that may hold a trail, by name; none if the folder cannot be read (yet)."""
        try:
            with os.scandir(self._folder) as found:
                files = [entry for entry in found if _NAME.fullmatch(entry.name) and entry.is_file()]
        except OSError as problem:
            self._problem = f"the folder cannot be read: {problem.strerror}"
            return []
        return sorted(files, key=lambda one: one.name)

    def _begin(self, key: tuple[int, int], path: Path) -> None:
        try:
            descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
        except FileNotFoundError:  # it was moved meanwhile
            return
        except OSError as problem:
            self._problem = f"a file in it cannot be read: {problem.strerror}"
            return
        status = os.fstat(descriptor)
        if (status.st_dev, status.st_ino) != key:  # it was exchanged meanwhile: next time
            os.close(descriptor)
            return
        file = _File(path, descriptor)
        self._take_up(file, status.st_size)
        self._files[key] = file

    def _take_up(self, file: _File, size: int) -> None:
        """Go to the furthest position that the ledger knows of a file that begins like this one."""
        known = sorted((length, sha256) for sha256, length in self._known(self.source).items() if 0 < length <= size)
        running, at = hashlib.sha256(), 0
        for length, sha256 in known:
            at = _hash_on(file.descriptor, running, at, length)
            if at == length and running.hexdigest() == sha256:
                file.mark, file.at, file.hash = sha256, at, running.copy()
        file.tail = os.pread(file.descriptor, TAIL_BYTES, max(file.at - TAIL_BYTES, 0))[: file.at]
        if file.at and not file.tail.endswith(b"\n"):  # an import took the beginning of a line for a line
            _to_line_start(file)

    def _let_go(self, key: tuple[int, int]) -> None:
        file = self._files.pop(key)
        with contextlib.suppress(OSError):
            os.close(file.descriptor)

    def _read_on(self, file: _File) -> bool:
        with self._lock:
            if file.waits:
                return False
        size = os.fstat(file.descriptor).st_size
        file.idle += 1
        if size < file.at or (size > file.at and not _still_there(file)):
            file.at, file.hash, file.tail, file.skipped, file.mark = 0, hashlib.sha256(), b"", 0, ""
        if size <= file.at + file.skipped:
            return False
        self.behind += size - file.at
        data = os.pread(file.descriptor, READ_BYTES, file.at + file.skipped)
        if file.skipped:
            return self._skip(file, data)
        whole = data.rfind(b"\n") + 1
        if whole:
            file.idle = 0
            return self._deliver(file, data[:whole], TRAIL, whole)
        if len(data) < READ_BYTES:
            return False
        return self._long(file, size)

    def _long(self, file: _File, size: int) -> bool:
        """A line of more than READ_BYTES: read as one if it has its end and is not too long."""
        data = os.pread(file.descriptor, MAX_LINE_BYTES + 2, file.at)
        end = data.find(b"\n") + 1
        if end:
            return self._deliver(file, data[:end], TRAIL, end)
        if len(data) > MAX_LINE_BYTES + 1:
            file.skipped = len(data)
            return True
        return False

    def _skip(self, file: _File, data: bytes) -> bool:
        """Look for the end of a line that is too long; only how long it is, and its beginning, are kept."""
        end = data.find(b"\n")
        if end < 0:
            file.skipped += len(data)
            return bool(data)
        length = file.skipped + end
        head = os.pread(file.descriptor, KEPT_BYTES, file.at)
        file.skipped = 0
        return self._deliver(file, b"%d %s\n" % (length, head), OVERLONG, length + 1)

    def _deliver(self, file: _File, data: bytes, stream: str, length: int) -> bool:
        running = file.hash.copy()
        if stream == TRAIL:
            running.update(data)
        else:
            _hash_on(file.descriptor, running, file.at, file.at + length)
        mark = Mark(file.mark, running.hexdigest(), file.at + length)

        def heard(answer: Answer) -> None:
            with self._lock:
                if answer.error is None:
                    file.at, file.hash, file.mark = mark.bytes, running, mark.sha256
                    file.tail = data[-TAIL_BYTES:] if stream == TRAIL else b""
                file.waits = False

        with self._lock:
            file.waits = True
        try:
            self._take(Delivery(self.source, data, self._ticks(), stream, mark, heard))
        except Busy:
            with self._lock:
                file.waits = False
            return False
        return True


def _still_there(file: _File) -> bool:
    return os.pread(file.descriptor, len(file.tail), file.at - len(file.tail)) == file.tail


def _hash_on(descriptor: int, running: Any, at: int, until: int) -> int:
    """Hash the bytes from `at` to `until`; where it came to."""
    while at < until and (data := os.pread(descriptor, min(READ_BYTES, until - at), at)):
        running.update(data)
        at += len(data)
    return at


def _to_line_start(file: _File) -> None:
    """Go back to the beginning of the line that the position stands in."""
    at = file.at
    while at > 0:
        begin = max(at - READ_BYTES, 0)
        found = os.pread(file.descriptor, at - begin, begin).rfind(b"\n")
        if found >= 0:
            at = begin + found + 1
            break
        at = begin
    file.at, file.hash = at, hashlib.sha256()
    _hash_on(file.descriptor, file.hash, 0, at)
    file.tail = os.pread(file.descriptor, TAIL_BYTES, max(at - TAIL_BYTES, 0))[:at]
