"""Make the calibration that ships with Tocsin, from fictitious regions without thieves.

    python -m benchmarks.detection.factory [--out src/tocsin/detect/factory.json]

Regions are made one after the other in a temporary folder (about 400 MB each) and deleted. The same code gives the same
file, byte for byte, and so the same hash.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from tocsin.config import Settings
from tocsin.main.factory import make_factory

OUT = Path("src/tocsin/detect/factory.json")
ACCOUNTS, DAYS = 300, 28
"""The smallest region that Tocsin promises to learn from: a larger one errs less."""
REGIONS = tuple((seed, "1" if seed % 2 else "0.5") for seed in range(101, 125))
"""(seed, volume): busy regions and quiet ones. None of these seeds is used to measure anything."""


def regions(scratch: Path) -> Iterator[Path]:
    """Folders of regions, each deleted when the next is asked for."""
    for seed, volume in REGIONS:
        print(f"region {seed}: {ACCOUNTS} accounts, {DAYS} days, volume {volume}", flush=True)
        with tempfile.TemporaryDirectory(dir=scratch) as folder:
            place = Path(folder) / "region"
            size = ("--accounts", str(ACCOUNTS), "--days", str(DAYS), "--seed", str(seed), "--volume", volume)
            what = ("--region", "lotharingie", "--attack", "none", "--quiet")
            subprocess.run([sys.executable, "-m", "tocsin_range", "make", str(place), *size, *what], check=True)
            yield place


def main() -> None:
    """Make it and say what it rests on."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, default=OUT)
    out = parser.parse_args().out
    with tempfile.TemporaryDirectory(prefix="tocsin-factory-") as scratch:
        calibration = make_factory(regions(Path(scratch)), Settings())
    out.write_text(calibration.to_text(), "utf-8")
    print(f"{out}: {calibration.hash}", calibration.made_from)


if __name__ == "__main__":
    main()
