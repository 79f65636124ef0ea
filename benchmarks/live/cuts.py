"""From the POST of the event that crosses `suspend` to the account read back inactive, at a real provider.

    make bench-cut          (or: python -m benchmarks.live.cuts [--json result.json])

(1) a fictitious region is written; on its last day many accounts are stolen
(2) a real provider (Canaille) holds these accounts, and some of their owners a second one; three services sign them in
(3) each thief signs in at a service, so that there are sessions and tokens to delete
(4) `tocsin serve` learns from the past; then the region's last day is posted to it, thieves and honest work as they
    come, one event a request, at a steady rate; an account that is cut does nothing more
(5) another process reads the journal and asks the provider about each account that the journal says is cut
(6) when all tokens are deleted and all services were asked (or `--behind` seconds are over), the times are told, each
    part apart

Writes a table and `results/cuts.json`. The times are of one machine's monotonic clock; where the journal's own instants
are used they are microseconds of its wall clock.
"""

from __future__ import annotations

import argparse
import itertools
import json
import os
import tempfile
import time
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.live.region import NAME, Region, made
from benchmarks.live.senders import steadily
from benchmarks.live.served import serving, until
from benchmarks.live.told import row, table
from benchmarks.live.watch import Asking, Journal
from benchmarks.speed.machine import told as machine
from tocsin import wiring
from tocsin.config import Settings
from tocsin.main.demo.home import means_of
from tocsin.main.serve.acting import TIMINGS
from tocsin.main.serve.outbox import outbox_path, serve_folder, told
from tocsin.model.act import NEVER, UNFINISHED, Act, Entry
from tocsin.model.alert import Alert
from tocsin_range.live import Place, up
from tocsin_range.live.browser import Browser
from tocsin_range.live.habits import owners
from tocsin_range.live.visit import Visit

RESULTS = Path(__file__).parent / "results" / "cuts.json"
THIEF = "203.0.113.77"
"""From the block that documentation may use (RFC 5737)."""
SIGNED_IN_AT = "teleconsultation"
SESSIONS_S = 7200
"""Life of the tokens: longer than anything here takes."""


@dataclass(frozen=True)
class Cut:
    """One account, from the event that crosses the rung to the account read back; seconds of the monotonic clock."""

    account: str
    sent: float
    committed: float
    judged: float
    taken: float
    stands: float


@dataclass(frozen=True)
class Posted:
    """What was posted and what came of it."""

    cuts: list[Cut]
    lines: int
    acknowledged_s: list[float]
    behind_s: float
    """How long tokens and proofs still took after the last event."""
    uncut: int
    """Stolen accounts that never crossed `suspend`."""
    owners: int
    """Accounts nobody stole that crossed it; they have no account at the provider."""


def main() -> None:
    """Measure, print, write."""
    options = _options()
    before = machine()
    with tempfile.TemporaryDirectory(dir=options.folder) as folder:
        root = Path(folder)
        region = made(
            root, accounts=options.accounts, days=options.days, volume=options.volume,
            thefts={"bulk": options.thefts // 2, "prefix-sweep": options.thefts // 2},
        )  # fmt: skip
        told = measured(root, region, rate=options.rate, behind_s=options.behind)
    told = {
        "machine": {**before, "load_after": round(os.getloadavg()[0], 1)},
        "accounts_of_the_region": options.accounts,
        "thefts": len(region.stolen),
        "events_a_second": options.rate,
        **told,
    }
    options.json.parent.mkdir(exist_ok=True)
    options.json.write_text(json.dumps(told, indent=1) + "\n")
    print(table(told["rows"]))
    print(json.dumps({key: value for key, value in told.items() if key != "rows"}, indent=1))


def measured(root: Path, region: Region, *, rate: float, behind_s: float) -> dict[str, Any]:
    """Steps (2) to (6): rows of times, and what they are of."""
    place = Place(name=NAME, folder=region.past, people=owners(region.past, region.stolen))
    with up(root / "live", [place], access_s=SESSIONS_S) as live:
        firsts = [one for one in live["regions"][NAME]["accounts"] if not one["second"]]
        for number, one in enumerate(firsts):
            browser = Browser(address=THIEF, device=f"a browser {number}")
            Visit(one["user_name"], one["password"], browser).sign_in(
                live["regions"][NAME]["services"][SIGNED_IN_AT]["url"]
            )
        home = root / "home"
        home.mkdir(mode=0o700)
        with serving(home, region.past, means_of(home, NAME, live)) as served:
            settings = served.settings
            with Journal(settings.state / "cases.db") as journal, Asking(live["provider"], journal) as asking:
                sent, took = steadily(served.address, region.present, rate=rate, refused=journal.stands.__contains__)
                ended = time.monotonic()
                until(lambda: served.has_judged(len(sent)))
                with suppress(TimeoutError):
                    until(lambda: _is_through(settings), within_s=behind_s)
                posted = _posted(settings, region, sent, took, journal, time.monotonic() - ended)
        accounts = len(live["regions"][NAME]["accounts"])
    alive = [account for account, active in asking.active.items() if active]
    assert not alive, f"{len(alive)} accounts are active at the provider although the journal says they are not"
    assert set(asking.active) >= {cut.account for cut in posted.cuts}
    return {
        "accounts_at_the_provider": accounts,
        "events_posted": posted.lines,
        "cuts": len(posted.cuts),
        "stolen_accounts_that_never_crossed_suspend": posted.uncut,
        "accounts_of_owners_that_did": posted.owners,
        "found_inactive_at_the_provider": len(asking.active),
        "seconds_between_cuts": _between(posted.cuts),
        "tokens_and_proofs_still_took_s": round(posted.behind_s),
        "acts_still_due": sum(one.next_at < NEVER for one in wiring.cases(settings).acts(states=UNFINISHED)),
        "rows": [*_cut_rows(posted), *_rows_behind(settings, posted.cuts)],
    }


def _is_through(settings: Settings) -> bool:
    """Whether the actor was told every alert and nothing is left to do."""
    time.sleep(1)  # so that being asked costs the actor nothing
    alerts, _ = told(outbox_path(settings))
    return len(_timings(settings)) == len(alerts) and wiring.cases(settings).next_due(UNFINISHED) is None


def _timings(settings: Settings) -> list[dict[str, Any]]:
    path = serve_folder(settings) / TIMINGS
    return [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []


def _posted(
    settings: Settings, region: Region, sent: dict[int, float], took: list[float], journal: Journal, behind_s: float
) -> Posted:
    """Each account's first `suspend`, beside the line that crossed it and the journal that says it is inactive."""
    by_event = {}
    for number, line in enumerate(region.present):
        if number in sent:
            by_event.setdefault((line.account, line.at), sent[number])
    alerts = [alert for alert, _ in told(outbox_path(settings))[0]]
    suspended: dict[str, tuple[Alert, dict[str, Any]]] = {}
    for alert, timing in zip(alerts, _timings(settings), strict=True):
        if alert.rung == "suspend":
            suspended.setdefault(alert.account, (alert, timing))
    cuts = [
        Cut(
            account, by_event[account, alert.at], timing["committed"], timing["judged"], timing["taken"],
            journal.stands[account],
        )
        for account, (alert, timing) in suspended.items()
        if account in region.stolen
    ]  # fmt: skip
    owners_cut = len(suspended) - len(cuts)
    return Posted(cuts, len(sent), took, behind_s, len(region.stolen) - len(cuts), owners_cut)


def _cut_rows(posted: Posted) -> list[dict[str, Any]]:
    def since(begin: str, end: str) -> list[float]:
        return [1000 * (getattr(cut, end) - getattr(cut, begin)) for cut in posted.cuts]

    return [
        row("**POST of the event that crosses `suspend` to SCIM read back, in the journal**", since("sent", "stands")),
        row("of it: sent to committed in the ledger", since("sent", "committed")),
        row("to judged", since("committed", "judged")),
        row("to taken by the actor", since("judged", "taken")),
        row("to read back, in the journal", since("taken", "stands")),
    ]


def _rows_behind(settings: Settings, cuts: Iterable[Cut]) -> list[dict[str, Any]]:
    """From the journal: the steps of the cut, then tokens and proofs of the accounts that were cut, each apart."""
    cases = wiring.cases(settings)
    acts = {standing.act.id: standing.act for standing in cases.acts()}
    wanted = {cut.account for cut in cuts}
    entries = [(acts[entry.act], entry) for entry in cases.journal()]
    ours = [(act, entry) for act, entry in entries if act.target in wanted and act.arguments.get("rung") == "suspend"]
    others = [(act, entry) for act, entry in entries if act.target not in wanted]
    cut_at = {act.target: entry.at for act, entry in ours if act.kind == "suspend-account" and entry.state == "proven"}
    rows = [
        row(f"of it: {words}", _details(ours, "suspend-account", key))
        for words, key in (
            ("SCIM, what is there", "before_ms"),
            ("SCIM PATCH", "apply_ms"),
            ("SCIM, read back", "verify_ms"),
        )
    ]
    rows.append(row("deleting tokens: the provider's command", _details(ours, "delete-tokens", "apply_ms")))
    rows.append(row("cut to tokens deleted, its wait for others included", _since(cut_at, ours, "delete-tokens")))
    for service in sorted({act.by for act, _ in ours if act.kind == "prove-dead"}):
        asked = [(act, entry) for act, entry in ours if act.by == service]
        rows.append(row(f"proof: the probe of {service}", _details(asked, "prove-dead", "verify_ms")))
    rows.append(
        row("cut to the last service that said dead, its wait for others included", _since(cut_at, ours, "prove-dead"))
    )
    second = _details(others, "suspend-account", "apply_ms")
    return [*rows, *([row("the person's other accounts: SCIM PATCH", second)] if second else [])]


def _details(entries: Iterable[tuple[Act, Entry]], kind: str, key: str) -> list[float]:
    return [entry.detail[key] for act, entry in entries if act.kind == kind and key in entry.detail]


def _since(cut_at: dict[str, int], entries: Iterable[tuple[Act, Entry]], kind: str) -> list[float]:
    """Milliseconds from each account's cut to the last of its acts of a kind that came to its end."""
    last: dict[str, int] = {}
    for act, entry in entries:
        if act.kind == kind and entry.state in ("applied", "proven"):
            last[act.target] = max(last.get(act.target, 0), entry.at)
    return [(last[account] - at) / 1000 for account, at in cut_at.items() if account in last]


def _between(cuts: list[Cut]) -> dict[str, float]:
    """How steadily they came."""
    at = sorted(cut.stands for cut in cuts)
    gaps = sorted(after - before for before, after in itertools.pairwise(at)) or [0.0]
    return {"median": round(gaps[len(gaps) // 2], 2), "longest": round(gaps[-1], 2)}


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--accounts", type=int, default=2000)
    parser.add_argument("--days", type=int, default=15)
    parser.add_argument("--volume", type=float, default=0.5, help="of honest work")
    parser.add_argument("--thefts", type=int, default=300)
    parser.add_argument("--rate", type=float, default=100, help="events posted a second")
    parser.add_argument("--behind", type=float, default=1800, help="seconds to wait for tokens and proofs at most")
    parser.add_argument("--folder", type=Path, default=None)
    parser.add_argument("--json", type=Path, default=RESULTS)
    return parser.parse_args()


if __name__ == "__main__":
    main()
