"""How many events a second `tocsin serve` takes and judges when a region's day comes all at once.

    make bench-flood          (or: python -m benchmarks.live.flood [--json result.json])

A fictitious region is written and its past learned from; its last day is posted, 50 events a request, by 8 senders as
fast as each is answered. Writes `results/flood.json`. The load stops by itself, and so does the server.
"""

from __future__ import annotations

import argparse
import json
import os
import tempfile
import time
from pathlib import Path

from benchmarks.live.region import made
from benchmarks.live.senders import flood
from benchmarks.live.served import serving, until
from benchmarks.speed.machine import told as machine

RESULTS = Path(__file__).parent / "results" / "flood.json"


def main() -> None:
    """Measure, print, write."""
    options = _options()
    before = machine()
    with tempfile.TemporaryDirectory(dir=options.folder) as folder:
        root = Path(folder)
        region = made(root, accounts=options.accounts, days=options.days, volume=1.0, thefts={"bulk": 10})
        lines = region.present[: options.most]
        with serving(root, region.past) as served:
            began = time.monotonic()
            again = flood(served.address, lines)
            taken_s = time.monotonic() - began
            until(lambda: served.has_judged(len(lines)))
            judged_s = time.monotonic() - began
    told = {
        "machine": {**before, "load_after": round(os.getloadavg()[0], 1)},
        "accounts_of_the_region": options.accounts,
        "events": len(lines),
        "taken_a_second": round(len(lines) / taken_s),
        "judged_a_second": round(len(lines) / judged_s),
        "senders_told_to_come_again": again,
    }
    options.json.parent.mkdir(exist_ok=True)
    options.json.write_text(json.dumps(told, indent=1) + "\n")
    print(json.dumps(told, indent=1))


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--accounts", type=int, default=2000)
    parser.add_argument("--days", type=int, default=12)
    parser.add_argument("--most", type=int, default=100_000, help="events posted at most")
    parser.add_argument("--folder", type=Path, default=None)
    parser.add_argument("--json", type=Path, default=RESULTS)
    return parser.parse_args()


if __name__ == "__main__":
    main()
