"""The demo: September 2025, told on fictitious regions, from the first stolen record to the last letter.

(1) three regions with a past are written, imported, learned from
(2) their services go live behind a real identity provider; each region's server watches them
(3) one thief with stolen passwords goes from account to account and from region to region; at `ask` a desk calls the
    owner back, at the higher rungs the account is cut by itself; then he tries all that he holds
(4) each region says what happened and to whom: the dossier, the draft for the authority, the letters
(5) the regions link their incidents, without a name
(6) one owner gets her account back
(7) the truth is held beside Tocsin's numbers
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Final

from tocsin.config import Settings
from tocsin.main import inspect
from tocsin.main.demo import home, respond, stage
from tocsin.main.demo.compare import compare, records_of
from tocsin.main.demo.desk import Desk
from tocsin.main.intake import Progress
from tocsin.main.operate import calibrate
from tocsin.main.watch import import_trail

ADDRESS: Final = "203.0.113.77"
"""The thief's: he keeps it from region to region. From the block that documentation may use (RFC 5737)."""
STOLEN: Final = 2
"""Accounts stolen in each region."""
WANTED: Final = 300
"""Patients he wants from each region."""
TURN: Final = 12
"""Patients he opens with one account before it is the other's turn, at another service."""
PACE_S: Final = 0.5
"""Seconds between two of his requests."""
_LONGEST_S: Final = 60.0
_PROOFS_S: Final = 30.0
"""So long he waits before he tries again, and Tocsin has to prove that nothing is left."""
_STEPS: Final = 8

Clock = Callable[[], datetime]


@dataclass(slots=True)
class Region:
    """A region in the demo."""

    name: str
    past: Path
    root: Path
    settings: Settings
    events: int
    """Of its past."""
    stolen: list[str] = field(default_factory=list)
    truth: dict[str, Any] = field(default_factory=dict)
    called: list[tuple[str, str]] = field(default_factory=list)
    tried: dict[str, Any] = field(default_factory=dict)
    told: dict[str, Any] = field(default_factory=dict)
    since: datetime | None = None
    """When the thief came."""


def run_demo(folder: Path, *, now: Clock, progress: Progress) -> dict[str, Any]:
    """Play it; what happened, as the thief says and as Tocsin says."""
    folder = folder.resolve()
    stage.clear(folder)
    began = now()
    progress("writing three fictitious regions", 0, _STEPS)
    pasts = stage.build(folder, began.date())  # (1)
    with ExitStack() as stack:
        progress("starting an identity provider and nine services", 1, _STEPS)
        live = stack.enter_context(stage.live(folder / "live", pasts))  # (2)
        regions = [_settled(folder, name, past, live, now, progress) for name, past in pasts.items()]
        home.exchange_keys([(region.root, region.settings) for region in regions])
        for region in regions:
            region.settings = home.home_settings(region.root / "tocsin.toml")
            stack.enter_context(home.served(region.root / "tocsin.toml", region.settings))
        for count, region in enumerate(regions):  # (3)
            progress(f"a thief works in {region.name}", 3 + count, _STEPS)
            _attack(folder, region, now)
        progress("what happened, to whom, and to whom it is told", 6, _STEPS)
        for region in regions:  # (4)
            region.told = respond.respond(region.settings, region.stolen, since=region.since or began, now=now)
        linked = respond.link(
            folder, {region.name: (region.settings, region.told["incident"]) for region in regions}, now=now
        )
        progress("an owner gets her account back", 7, _STEPS)
        restored = respond.give_back(folder, regions[0].name, regions[0].settings, live, regions[0].stolen[0], now=now)
    return {
        "seconds": (now() - began).total_seconds(),
        "accounts": stage.ACCOUNTS * len(regions),
        "events": sum(region.events for region in regions),
        "pace_s": PACE_S,
        "regions": [_region(region) for region in regions],
        "linked": linked,
        "restored": restored,
        "cut_ms": respond.slowest_cut([region.settings for region in regions]),
    }


def _settled(folder: Path, name: str, past: Path, live: Mapping[str, Any], now: Clock, progress: Progress) -> Region:
    """A region whose past is imported and learned from."""
    root = folder / name
    told = home.home_settings(home.write_home(root, name, live))
    progress(f"learning what is usual in {name}", 2, _STEPS)
    imported = import_trail(past, told, source="past", mapping=None, marks=None, past=True, now=now())
    calibrate(told, since=None, until=None, dry_run=False, now=now())
    accounts = [one["account"] for one in live["regions"][name]["accounts"] if not one["second"]]
    return Region(name, past, root, told, events=imported["events"], stolen=accounts[:STOLEN])


def _attack(folder: Path, region: Region, now: Clock) -> None:
    """The thief works in one region until he is refused everywhere, has all he wants, or his time is up."""
    plan = {
        "region": region.name, "accounts": region.stolen, "pace_s": PACE_S, "patients": WANTED,
        "per_account": TURN, "address": ADDRESS, "seed": stage.REGIONS[region.name],
    }  # fmt: skip
    region.since = now()
    desk = Desk(region.settings, region.stolen, now=now)
    with stage.thief(folder, plan) as thief:
        until = now() + timedelta(seconds=_LONGEST_S)
        while not thief.done() and now() < until:
            desk.look()
            time.sleep(0.3)
        while desk.waits() and now() < until + timedelta(seconds=_LONGEST_S):
            time.sleep(0.3)
            desk.look()
        region.truth = thief.truth()
        respond.settled(region.settings, wait_s=_PROOFS_S, now=now)
        region.tried = thief.tries_everything()
    region.called = desk.called


def _region(region: Region) -> dict[str, Any]:
    """(7) One region: the truth beside what Tocsin says."""
    stolen = set(region.stolen)
    rows = inspect.scope(
        region.settings, account=None, reveal="the demo holds its numbers against the truth", who="demo",
        now=datetime.fromisoformat(region.told["at"]),
    )["exposures"]  # fmt: skip
    alerts = inspect.alerts(region.settings)["alerts"]
    return {
        "region": region.name,
        "settings": str(region.root / "tocsin.toml"),
        **compare(
            region.truth,
            [row for row in rows if row["account"] in stolen],
            [alert for alert in alerts if alert["account"] in stolen],
            records=records_of(region.past),
            wanted=WANTED,
            since=region.since or datetime.fromisoformat(region.told["at"]),
        ),
        "called": [how for _, how in region.called],
        "tried": region.tried,
        **region.told,
    }
