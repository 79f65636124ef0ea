"""`python -m tocsin_range.live`: the range's live side as a command, for those who run it beside and not within.

    up      provider and services of some regions; writes DIR/live.json when all answer; runs until SIGTERM or the end
            of standard input
    attack  a thief plays plan.json; the truth is written after each turn
    try     everything a thief holds of an account is tried; prints JSON
    work    an owner's ordinary work; prints JSON
    probe   prints `alive`, `dead` or `unknown`
    service one service (started by `up`)

Exit codes: 0; 2 with one line for what was asked wrongly or could not start.
"""

import argparse
import json
import signal
import sys
import threading
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from tocsin_range.live.probe import probe_provider, probe_service
from tocsin_range.live.process import DidNotStart, told_to_stop
from tocsin_range.live.provider import NoProvider


def main(arguments: Sequence[str] | None = None) -> int:
    """Entry point; gives the exit code."""
    options = _parser().parse_args(arguments)
    try:
        options.run(options)
    except (NoProvider, DidNotStart, OSError, KeyError, ValueError, TypeError) as error:
        sys.stderr.write(f"tocsin_range.live: {type(error).__name__}: {error}\n")
        return 2
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m tocsin_range.live")
    commands = parser.add_subparsers(required=True)

    up = commands.add_parser("up", help="start provider and services; write DIR/live.json; run until told to stop")
    up.add_argument("--folder", type=Path, required=True)
    up.add_argument("--region", action="append", required=True, metavar="NAME=FOLDER")
    up.add_argument("--collector", action="append", default=[], metavar="NAME=URL")
    up.add_argument("--account-system", default="", help="system of the accounts; by default the national provider's")
    up.add_argument("--accounts", type=int, default=12, help="professionals of each region with an account")
    up.add_argument("--at", default="", help="the time that trails tell at start, an ISO instant with zone")
    up.add_argument("--access", type=int, default=300, help="life of access tokens, in seconds")
    up.set_defaults(run=_up)

    attack = commands.add_parser("attack", help="play a plan; write the truth")
    attack.add_argument("--live", type=Path, required=True)
    attack.add_argument("--plan", type=Path, required=True)
    attack.add_argument("--truth", type=Path, required=True)
    attack.add_argument("--loot", type=Path, help="folder for what the thief holds: a file USER_NAME.json an account")
    attack.set_defaults(run=_attack)

    tries = commands.add_parser("try", help="try everything a thief holds")
    tries.add_argument("--loot", type=Path, required=True)
    tries.set_defaults(run=_try)

    work = commands.add_parser("work", help="an owner's ordinary work")
    work.add_argument("--live", type=Path, required=True)
    work.add_argument("--region", required=True)
    work.add_argument("--account", required=True)
    work.add_argument("--acts", type=int, default=5)
    work.add_argument("--pace", type=float, default=0.5, help="seconds between two acts")
    work.add_argument("--seed", type=int, default=7)
    work.set_defaults(run=_work)

    probe = commands.add_parser("probe", help="is an account dead?")
    probe.add_argument("--kind", choices=("provider", "service"), required=True)
    probe.add_argument("--url", required=True)
    probe.add_argument("--account", required=True)
    probe.add_argument("--token", default="")
    probe.add_argument("--secret", default="", help="a service's administrative secret; client:secret at the provider")
    probe.set_defaults(run=_probe)

    service = commands.add_parser("service", help="one service")
    service.add_argument("--settings", type=Path, required=True)
    service.set_defaults(run=_service)
    return parser


def _up(options: argparse.Namespace) -> None:
    from tocsin_range.live.start import Place, up
    from tocsin_range.staff import NATIONAL

    collectors = _pairs(options.collector)
    regions = _pairs(options.region)
    if unknown := collectors.keys() - regions.keys():
        raise ValueError(f"--collector names no region: {', '.join(sorted(unknown))}")
    places = [
        Place(name=name, folder=Path(folder), collector=collectors.get(name, "")) for name, folder in regions.items()
    ]
    stop = told_to_stop()
    at = datetime.fromisoformat(options.at).astimezone(UTC) if options.at else None
    system = options.account_system or NATIONAL
    with up(
        options.folder, places, account_system=system, wanted=options.accounts, at=at, access_s=options.access
    ) as live:
        services = sum(len(region["services"]) for region in live["regions"].values())
        sys.stdout.write(f"ready: a provider and {services} services in {live['ready_in_s']} s\n")
        sys.stdout.flush()
        stop.wait()


def _attack(options: argparse.Namespace) -> None:
    from tocsin_range.live.thief import Plan, Thief
    from tocsin_range.live.visit import Refused

    told = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: told.set())
    signal.signal(signal.SIGINT, lambda *_: told.set())
    thief = Thief(_read(options.live), Plan.read(options.plan), wait=told.wait)
    kept: dict[str, int] = {}

    def note(thief: Thief) -> None:
        _write(options.truth, thief.truth())
        for account, visit in thief.visits.items() if options.loot else ():
            if kept.get(account) == len(visit.signed_in):
                continue  # no session that is not yet among the loot
            kept[account] = len(visit.signed_in)
            try:
                options.loot.mkdir(parents=True, exist_ok=True, mode=0o700)
                thief.loot(account).write(options.loot / f"{visit.user_name}.json")
            except Refused:
                continue  # stopped before its tokens could be taken; what was taken earlier stays

    thief.play(note)
    note(thief)


def _try(options: argparse.Namespace) -> None:
    from tocsin_range.live.loot import Loot, try_everything

    _print(try_everything(Loot.read(options.loot)))


def _work(options: argparse.Namespace) -> None:
    from tocsin_range.live.thief import work

    live = _read(options.live)
    _print(work(live, options.region, options.account, acts=options.acts, pace_s=options.pace, seed=options.seed))


def _probe(options: argparse.Namespace) -> None:
    ask = probe_service if options.kind == "service" else probe_provider
    sys.stdout.write(ask(options.url, options.secret, options.account, options.token) + "\n")


def _service(options: argparse.Namespace) -> None:
    from tocsin_range.live.services import run

    run(options.settings)


def _pairs(texts: Sequence[str]) -> dict[str, str]:
    for text in texts:
        if "=" not in text:
            raise ValueError(f"{text!r} is not NAME=VALUE")
    return {name: value for name, _, value in (text.partition("=") for text in texts)}


def _read(path: Path) -> Any:
    return json.loads(path.read_text(encoding="utf-8"))


def _write(path: Path, content: object) -> None:
    """Whole or not at all: somebody may be reading."""
    part = path.with_name(path.name + ".part")
    part.write_text(json.dumps(content, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    part.replace(path)


def _print(content: object) -> None:
    sys.stdout.write(json.dumps(content, ensure_ascii=False, indent=1) + "\n")


if __name__ == "__main__":
    sys.exit(main())
