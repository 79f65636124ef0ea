"""Files on their way into the ledger: each piece is kept, each file is named by its SHA-256."""

from __future__ import annotations

import hashlib
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from types import TracebackType
from typing import Any, Final

from tocsin.main.intake import Files, Intake, Piece
from tocsin.model.block import Block

WAITING: Final = 4
"""Blocks that may wait to be hashed before whoever reads them waits too: bounds the memory they take."""


def kept(pieces: Iterator[Piece], batch: Any) -> Iterator[Piece]:
    """Pieces as the ledger keeps them: with the place at which it does."""
    for piece in pieces:
        place = batch.append(piece.stream, piece.block.data)
        yield Piece(piece.stream, Block(piece.block.data, place.segment, place.offset), piece.consumed, piece.file)


def unknown(files: Files, source: str, ledger: Any, digests: Digests) -> tuple[Files, int, int]:
    """The files that the ledger does not hold yet; how many it holds, and the trail lines in these."""
    if not ledger.last_batch:
        return files, 0, 0
    lines_of = {
        entry["sha256"]: entry.get("lines", 0) for batch in ledger.batches() for entry in batch.meta.get("files", ())
    }
    known, lines, keep = 0, 0, set()
    digests.begin(file.path for file in (*files.facts, *files.trail))
    for file in (*files.facts, *files.trail):
        digest = digests.of(file.path)
        if ledger.knows(source, digest):
            known += 1
            lines += lines_of.get(digest, 0) if file in files.trail else 0
        else:
            keep.add(file)
    facts, trail = (tuple(f for f in some if f in keep) for some in (files.facts, files.trail))
    marks = files.marks
    if marks and ledger.knows(source, digests.of(marks)):
        marks = None
    return Files(facts, trail, marks, files.stream, files.ignored), known, lines


def told_of(files: Files, digests: Digests, intake: Intake) -> list[dict[str, Any]]:
    """What a commit says of the files of its batch: that is how they are known again."""
    told = [
        {"sha256": digests.of(file.path), "bytes": file.size, "lines": intake.lines_of[file.path.name]}
        for file in (*files.facts, *files.trail)
    ]
    return told + ([{"sha256": digests.of(files.marks), "bytes": 0, "lines": 0}] if files.marks else [])


class Digests:
    """SHA-256 of files as they are stored, by a thread beside, each file once. Used in a `with`.

    A file that is read anyhow is heard (see `intake.Listener`) and not read again.
    """

    def __init__(self) -> None:
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="digests")
        self._found: dict[Path, Future[str]] = {}
        self._hearing: dict[Path, Any] = {}
        self._waiting: deque[Future[None]] = deque()

    def begin(self, paths: Iterable[Path]) -> None:
        """Work them out, meanwhile."""
        for path in paths:
            if path not in self._found:
                self._found[path] = self._thread.submit(_sha256, path)

    def of(self, path: Path) -> str:
        """The digest of a file, in lower-case hexadecimal."""
        self.begin((path,))
        return self._found[path].result()

    def hear(self, path: Path) -> Callable[[bytes], None]:
        """See `intake.Listener.hear`."""
        if path in self._found:
            return lambda stored: None
        running = self._hearing[path] = hashlib.sha256()
        return lambda stored: self._update(running, stored)

    def heard(self, path: Path) -> None:
        """See `intake.Listener.heard`."""
        running = self._hearing.pop(path, None)
        if running:
            self._found[path] = self._thread.submit(running.hexdigest)

    def _update(self, running: Any, stored: bytes) -> None:
        while self._waiting and (len(self._waiting) >= WAITING or self._waiting[0].done()):
            self._waiting.popleft().result()
        self._waiting.append(self._thread.submit(running.update, stored))

    def __enter__(self) -> Digests:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._thread.shutdown(wait=True, cancel_futures=True)


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
