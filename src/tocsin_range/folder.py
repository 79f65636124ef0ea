"""The folder: several files of a type, lines in any order, plain or compressed; bounded memory either way.

Lines go at random to open parts; when all is written, each part is read back, shuffled and put in its last form.
"""

import gzip
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import BinaryIO

import numpy as np
import zstandard

from tocsin_range.streams import stream

LINES_A_PART = 120_000
"""About so many lines of a kind in one file: a part is shuffled in memory."""
SUFFIXES = {"none": "", "gz": ".gz", "zst": ".zst"}


class Folder:
    """Writes ndjson files of FHIR resources."""

    def __init__(self, root: Path, *, seed: int, shuffle: bool, compress: str) -> None:
        self.root = root
        self.seed = seed
        self.shuffle = shuffle
        self.compress = compress
        self.parts: dict[str, list[BinaryIO]] = {}
        self.rngs: dict[str, np.random.Generator] = {}
        self.turns: dict[str, int] = {}

    def open(self, kind: str, expected: int) -> None:
        """Make ready for about `expected` lines of a resource type."""
        count = max(1 if kind != "AuditEvent" else 3, expected // LINES_A_PART + 1)
        self.parts[kind] = [(self.root / f"{kind}-{rank:03d}.part").open("wb") for rank in range(count)]
        self.rngs[kind] = stream(self.seed, "folder", kind)
        self.turns[kind] = 0

    def write(self, kind: str, lines: list[str]) -> None:
        """Append lines of a type: each to a part at random if shuffled, else one part after the other."""
        parts = self.parts[kind]
        if not self.shuffle or len(parts) == 1:
            self.turns[kind] += len(lines)
            place = min((self.turns[kind] - 1) // LINES_A_PART, len(parts) - 1) if lines else 0
            parts[place].writelines(line.encode() + b"\n" for line in lines)
            return
        mine: list[list[str]] = [[] for _ in parts]
        for line, place in zip(lines, self.rngs[kind].integers(len(parts), size=len(lines)).tolist(), strict=True):
            mine[place].append(line)
        for part, some in zip(parts, mine, strict=True):
            if some:
                part.write("\n".join(some).encode() + b"\n")

    def close(self, tick: Callable[[], None] = lambda: None) -> None:
        """Shuffle each part, compress it, give it its name."""
        for kind, parts in self.parts.items():
            for rank, part in enumerate(parts):
                part.close()
                self._finish(kind, rank, Path(part.name))
                tick()

    def _finish(self, kind: str, rank: int, part: Path) -> None:
        suffix = SUFFIXES[self.compress]
        name = f"{kind}-{rank:03d}.ndjson" if len(self.parts[kind]) > 1 or kind == "AuditEvent" else f"{kind}.ndjson"
        target = self.root / f"{name}{suffix}"
        if not self.shuffle and not suffix:
            part.rename(target)
            return
        lines = part.read_bytes().splitlines(keepends=True)
        if self.shuffle:
            order = stream(self.seed, "shuffle", kind, rank).permutation(len(lines))
            lines = [lines[place] for place in order]
        _write(target, lines)
        part.unlink()


def _write(target: Path, lines: Iterable[bytes]) -> None:
    if target.suffix == ".gz":
        with (
            target.open("wb") as raw,
            gzip.GzipFile(filename="", fileobj=raw, mode="wb", compresslevel=5, mtime=0) as out,
        ):
            out.writelines(lines)
    elif target.suffix == ".zst":
        with target.open("wb") as raw, zstandard.ZstdCompressor(level=3).stream_writer(raw) as out:
            for line in lines:
                out.write(line)
    else:
        with target.open("wb") as out:
            out.writelines(lines)
