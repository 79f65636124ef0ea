"""Fictitious trails to measure on, made once and kept: `tocsin-range`, nobody impersonated, lines in any order."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

SIZES = {"10^5": (2_000, 2), "3x10^5": (2_000, 7), "10^6": (2_000, 24)}
"""Name -> accounts and days; about so many lines."""
LARGE = {1: {}, 3: {"3x10^6": (2_000, 72)}, 10: {"10^7": (2_000, 240)}}
"""By `--scale`: what is measured besides."""
BUSY = (20_000, 3)
"""Accounts and days of the trail for the judge alone: days of several hundred thousand events, so that batches fill."""


def trail(folder: Path, accounts: int, days: int) -> Path:
    """The folder of such a trail; made if it is not there."""
    path = folder / f"{accounts}x{days}"
    if not (path / "truth.json").exists():
        told = ["--accounts", str(accounts), "--days", str(days), "--attack", "none", "--quiet", "--force"]
        subprocess.run([sys.executable, "-m", "tocsin_range", "make", str(path), *told], check=True, stdout=sys.stderr)
    return path


def files(path: Path) -> list[Path]:
    """Files of the trail itself."""
    return sorted(path.glob("AuditEvent*.ndjson"))


def lines(path: Path) -> int:
    """Lines of the trail."""
    return sum(chunk.count(b"\n") for file in files(path) for chunk in _chunks(file))


def _chunks(file: Path) -> Iterator[bytes]:
    with file.open("rb") as opened:
        while chunk := opened.read(1 << 20):
            yield chunk
