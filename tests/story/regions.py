"""The fictitious regions of the stories, by name: small, each with what its stories need."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Final

REGIONS: Final[dict[str, tuple[str, ...]]] = {
    # two weeks' worth of a small region in which three accounts are stolen
    "three-thieves": (
        *("--accounts", "100", "--days", "10", "--seed", "3", "--volume", "0.3"),
        *("--attack", "bulk@9,sequential@8,export@8", "--attack-from", "8"),
    ),
    "owners-only": ("--accounts", "150", "--days", "14", "--seed", "5", "--volume", "0.5", "--attack", "none"),
    **{
        f"bulk-{seed}": (
            *("--accounts", "300", "--days", "9", "--seed", str(seed), "--volume", "0.5"),
            *("--attack", "bulk@8", "--attack-from", "8"),
        )
        for seed in (11, 12, 13)
    },
}
"""Name -> arguments of `tocsin-range make`."""


def write_region(folder: Path, arguments: tuple[str, ...]) -> None:
    """Write a region with the range's own command."""
    command = [sys.executable, "-m", "tocsin_range", "make", str(folder), *arguments, "--quiet"]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
