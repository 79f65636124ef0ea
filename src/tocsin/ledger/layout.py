"""The names of the files in a ledger's folder.

lock              held by the one writer
manifest.jsonl    the accepted order: one JSON line per commit, closing and compression, chained by hashes
head              how long the manifest was at the last commit, and its digest: shows a manifest cut short
segments/         00000001.seg (plain), 00000001.seg.zst (closed and compressed), *.tmp (leftovers)
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Final

MANIFEST: Final = "manifest.jsonl"
HEAD: Final = "head"
LOCK: Final = "lock"
SEGMENTS: Final = "segments"
_SEGMENT: Final = re.compile(r"(\d{8,})\.seg(\.zst)?")


def segments_folder(ledger: Path) -> Path:
    """The folder that holds the segments."""
    return ledger / SEGMENTS


def plain_file(ledger: Path, segment: int) -> Path:
    """A segment as it was appended."""
    return ledger / SEGMENTS / f"{segment:08d}.seg"


def packed_file(ledger: Path, segment: int) -> Path:
    """A closed segment, compressed."""
    return ledger / SEGMENTS / f"{segment:08d}.seg.zst"


def partial_file(ledger: Path, segment: int) -> Path:
    """That form in the making."""
    packed = packed_file(ledger, segment)
    return packed.with_name(packed.name + ".tmp")


def number_of(name: str) -> int | None:
    """The number of the segment that a file name stands for, in either form; None for another file."""
    match = _SEGMENT.fullmatch(name)
    return int(match[1]) if match else None
