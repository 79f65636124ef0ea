"""The manifest: the file whose lines commit. Scanned from the front, appended at the end, never rewritten."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from tocsin.errors import LedgerDamaged, StoreUnavailable, TocsinError
from tocsin.ledger.disk import Disk
from tocsin.ledger.layout import HEAD, MANIFEST
from tocsin.ledger.lines import NO_DIGEST, BrokenLine, Line, decode, decode_unchecked, encode


@dataclass(slots=True)
class End:
    """How far the manifest is known."""

    offset: int = 0
    """Bytes of whole lines."""
    digest: str = NO_DIGEST
    """Of the last of them."""
    lines: int = 0

    def advance(self, length: int, digest: str) -> None:
        """One line further."""
        self.offset += length
        self.digest = digest
        self.lines += 1


def scan(ledger: Path, end: End) -> Iterator[tuple[int, Line]]:
    """Check and give the whole lines after `end`, each with the byte at which it begins; moves `end` along.

    A last line without its line feed is not there yet (or torn): it is left alone.
    Raises `LedgerDamaged` at a line that was edited, at the gap a removed one left, and if the manifest was cut short.
    """
    head = _head(ledger)
    with _opened(ledger) as file:
        file.seek(end.offset)
        for raw in file:
            if not raw.endswith(b"\n"):
                break
            try:
                line, digest = decode(raw, previous=end.digest)
            except BrokenLine as broken:
                raise _damaged(end.lines + 1, str(broken)) from broken
            start = end.offset
            end.advance(len(raw), digest)
            if head and start < head[0] <= end.offset and head != (end.offset, end.digest):
                raise _damaged(end.lines, "it is not the line that was committed there")
            yield start, line
    if head and head[0] > end.offset:
        raise _damaged(end.lines + 1, f"{head[0] - end.offset} committed bytes of the manifest are missing")


def lines_between(ledger: Path, start: int, stop: int) -> Iterator[Line]:
    """The lines in a range of bytes that was scanned before."""
    with _opened(ledger) as file:
        file.seek(start)
        while start < stop:
            raw = file.readline()
            start += len(raw)
            yield decode_unchecked(raw)


class Manifest:
    """The manifest, held open by the one writer."""

    def __init__(self, ledger: Path, disk: Disk, end: End) -> None:
        self._path = ledger / MANIFEST
        self._disk = disk
        self._descriptor = disk.open_to_append(self._path)
        self._head = disk.open_to_overwrite(ledger / HEAD)
        self._unsure = False
        self.end = end

    def append(self, line: Line) -> int:
        """Append a line and return, when it is on the disk, the byte at which it begins.

        If it cannot be written, nothing of it stays.
        """
        self.mend()
        raw, digest = encode(line, previous=self.end.digest)
        start = self.end.offset
        try:
            self._disk.write(self._descriptor, raw)
            self._disk.sync(self._descriptor)
        except TocsinError:
            self._unsure = True
            self.mend()
            raise
        self.end.advance(len(raw), digest)
        self._note_head()
        return start

    def mend(self) -> None:
        """Take back a line that could not be written, if there is one; raises `TocsinError` if that fails too.

        Durably, and before the segments are cut: after a power cut, a line whose bytes are gone would be damage.
        """
        if self._unsure:
            self._disk.truncate(self._path, self.end.offset)
            self._disk.sync(self._descriptor)
            self._unsure = False

    def close(self) -> None:
        """Let go of the files."""
        os.close(self._descriptor)
        os.close(self._head)

    def _note_head(self) -> None:
        # Only a hint, after the line is durable: so it is not synced, and it never says more than the manifest holds.
        with contextlib.suppress(TocsinError):
            self._disk.overwrite(self._head, f"{self.end.offset:020d} {self.end.digest}\n".encode())


def _head(ledger: Path) -> tuple[int, str] | None:
    try:
        offset, digest = (ledger / HEAD).read_text("ascii").split()
        return int(offset), digest
    except (OSError, ValueError):
        return None


def _opened(ledger: Path) -> BinaryIO:
    try:
        return (ledger / MANIFEST).open("rb")
    except OSError as error:
        raise StoreUnavailable(
            f"There is no ledger that can be read: {error.strerror}.",
            advice="Collect a source first, or check `ledger`.",
        ) from error


def _damaged(line: int, why: str) -> LedgerDamaged:
    return LedgerDamaged(
        f"The ledger's manifest is damaged at line {line}: {why}.",
        done="Nothing was changed. The lines before it are sound.",
        advice="Restore manifest.jsonl and head from a backup, together with the segments written since.",
    )
