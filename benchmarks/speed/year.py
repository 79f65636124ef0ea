"""What a region of 20,000 accounts remembers of two years: size, look-ups, and that it stops growing.

    python benchmarks/speed/year.py [--accounts 20000] [--new 6] [--again 12] [--days 730] [--json FILE]

Made of numbers, not of trails: each working day every account opens so many patients for the first time and so many
again, most of these seen lately. It drives the `Past` that explain uses, with a slice of a day at a time.
"""

from __future__ import annotations

import argparse
import json
import resource
import time
from pathlib import Path
from typing import Any

import numpy as np

from tocsin.explain.past import Past

RESULTS = Path(__file__).parent / "results" / "year.json"
FIRST = 20_000
"""Day since 1970 on which it begins."""


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--accounts", type=int, default=20_000)
    arguments.add_argument("--new", type=int, default=6, help="patients an account opens for the first time, a day")
    arguments.add_argument("--again", type=int, default=12, help="and those it opens again")
    arguments.add_argument("--days", type=int, default=730)
    arguments.add_argument("--json", type=Path, default=RESULTS)
    told = arguments.parse_args()
    rows = list(years(told.accounts, told.new, told.again, told.days))
    print("| days | pairs known | MB | most memory, MB | known again | look-up and renewal, ns a pair |")
    print("| ---: | ---: | ---: | ---: | ---: | ---: |")
    for row in rows:
        print(
            f"| {row['days']} | {row['pairs']:,} | {row['mb']:,.0f} | {row['most_mb']:,.0f} | {row['known']:.4f} | "
            f"{row['ns']:,.0f} |"
        )
    told.json.write_text(json.dumps({"accounts": told.accounts, "new": told.new, "months": rows}, indent=1) + "\n")


def years(accounts: int, new: int, again: int, days: int) -> list[dict[str, Any]]:
    """Fold the days; one row for each month."""
    draw, past, rows = np.random.default_rng(7), Past(), []
    recent: list[np.ndarray] = []
    spent, asked, known_again, of_again = 0.0, 0, 0, 0
    for day in range(days):
        past.settle(FIRST + day, {})
        if day % 7 < 5:
            fresh = draw.integers(1, 1 << 63, accounts * new, dtype=np.uint64)
            seen = [draw.choice(held, accounts * again // len(recent)) for held in recent] if recent else []
            keys = np.unique(np.concatenate([fresh, *seen]))
            begun = time.thread_time()
            known, met = past.look(keys)
            past.renew()
            spent += time.thread_time() - begun
            asked += len(keys)
            of_again += len(keys) - len(fresh)
            known_again += int((known | met).sum())
            past.add(FIRST + day, keys[~(known | met)], np.zeros(int((~(known | met)).sum()), np.int64))
            if day % 30 < 5:  # patients of earlier months come back too
                recent = [*recent[-11:], fresh]
        if day % 30 == 29:
            pairs = len(past.settled)
            rows.append(
                {
                    "days": day + 1,
                    "pairs": pairs,
                    "mb": sum(run.nbytes for run in past.settled.runs) / 1e6,
                    "most_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e3,
                    "known": known_again / max(of_again, 1),
                    "ns": 1e9 * spent / max(asked, 1),
                }
            )
            spent, asked, known_again, of_again = 0.0, 0, 0, 0
    return rows


if __name__ == "__main__":
    main()
