"""python -m benchmarks.detection.clue --data CLUE-LDS.zip --json benchmarks/detection/results/clue.json"""

import argparse
import json
from functools import partial
from pathlib import Path

from rich.console import Console
from rich.progress import track

from tocsin import wiring

from ..made_by import commit
from . import bars, table
from .detectors import survival_of, units_by_session
from .load import read_log
from .protocol import BUDGETS, TOCSIN, TOCSIN_FACTORY, Prepared, prepare, runs


def main(argv: list[str] | None = None) -> None:
    """Read, fit, attack, print the table, write the numbers."""
    args = _arguments(argv)
    console = Console(stderr=True)
    console.print("Reading the log and fitting on days 3 to 7.")
    prepared = prepare(read_log(args.data))
    told = partial(track, description="Attacking", console=console)
    attacked = list(runs(prepared, seeds=args.seeds, live_colleagues=args.live_colleagues, track=told))

    rows = table.rows_of(prepared, attacked)
    verdicts = [bars.bar_of(prepared, attacked, name) for name in (TOCSIN, TOCSIN_FACTORY)]
    print(table.markdown(rows), table.verdict(rows), table.false_alarms(rows), bars.markdown(verdicts), sep="\n\n")
    if args.json:
        result = _about(prepared, args) | {"bars": bars.as_json(verdicts), "rows": table.as_json(rows)}
        args.json.write_text(json.dumps(result, indent=1) + "\n", encoding="utf-8")


def _arguments(argv: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.detection.clue",
        description="How many records a thief opens before each detector alarms, on real accesses to a file server.",
    )
    parser.add_argument("--data", type=Path, required=True, help="the CLUE-LDS zip, or the CSV that it holds")
    parser.add_argument("--json", type=Path, help="where to write the numbers")
    parser.add_argument("--seeds", type=int, default=5, help="attacks of each kind on each account (default: 5)")
    parser.add_argument(
        "--live-colleagues",
        action="store_true",
        help="let folders that the thief opened on earlier days make colleagues, as they would in service",
    )
    args = parser.parse_args(argv)
    if not args.data.is_file():
        parser.error(f"--data: no such file: {args.data}; CLUE-LDS is record 7119953 at Zenodo")
    return args


def _about(prepared: Prepared, args: argparse.Namespace) -> dict:
    log = prepared.log
    fit_days = units_by_session(prepared.clean, start=log.calibration, end=log.train)
    test_week = units_by_session(prepared.clean, start=log.train, end=log.end + 1)
    return {
        "data": {"file_events": len(log.t), "accounts": log.accounts, "eligible": len(prepared.eligible)},
        "seeds": args.seeds,
        "judge": {"commit": commit(), "factory": wiring.factory().hash},
        "live_colleagues": args.live_colleagues,
        "clean_sessions_of_test_week": sum(map(len, test_week)),
        "null": {
            "share_of_sessions_with_units": {str(x): round(survival_of(fit_days, x), 4) for x in (1, 2, 3, 5, 12)},
            "tail_index": round(prepared.fit.null.tail_index, 4),
        },
        "alarm_above": {
            name: {f"b={b}": float(prepared.thresholds(name, b).max()) for b in BUDGETS} for name in prepared.names
        },
    }


if __name__ == "__main__":
    main()
