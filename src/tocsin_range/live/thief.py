"""A thief at work over HTTP, and an honest professional: the same acts, another address, other patients.

What is tried follows from the plan's seed alone: the names swept, in which order, and so the patients; only the times
are those of the day. The truth has the form of the bulk range's `thefts`, with `refused` (when, where, how) added.
"""

import json
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from tocsin_range.live.browser import Browser
from tocsin_range.live.loot import Loot, loot_of
from tocsin_range.live.visit import LOST, Refused, Visit
from tocsin_range.streams import stream

HEADS = [first + second for first in "ABCDEFGHIJLMNPRSTV" for second in "AEIOURLH"]
"""Beginnings of family names that a sweep types."""
_MOST_LOST = 30
"""Requests without an answer after which a thief gives up."""
DEVICE = "Mozilla/5.0 (X11; Linux x86_64) Firefox/140.0"


@dataclass(slots=True, kw_only=True)
class Plan:
    """What a thief means to do in one region; `plan.json` has these keys."""

    region: str
    accounts: list[str]
    """`system|value`, in the order in which they are used up."""
    services: list[str] = field(default_factory=lambda: ["teleconsultation", "identity-server", "placement"])
    pace_s: float = 0.5
    """Seconds between two acts."""
    patients: int = 200
    """Patients to open in all; then the thief stops."""
    per_account: int = 40
    """Patients opened with an account before the next one's turn."""
    address: str = "203.0.113.77"
    device: str = DEVICE
    seed: int = 7

    @classmethod
    def read(cls, path: Path) -> "Plan":
        """A plan on disk. Raises `TypeError` for a key that is none, `ValueError` for what is no JSON."""
        return cls(**json.loads(path.read_text(encoding="utf-8")))


@dataclass(slots=True)
class Theft:
    """What was done with one account."""

    account: str
    opened: dict[str, str] = field(default_factory=dict)
    """Patient -> when first, an ISO instant in UTC."""
    listed: dict[str, str] = field(default_factory=dict)
    start: str = ""
    end: str = ""
    refused: dict[str, str] | None = None
    """`at`, `where` (provider or service), `service`, `how`."""

    def as_json(self) -> dict[str, Any]:
        """As a theft of the bulk range, with `refused`."""
        return {
            "attack": "live",
            "title": "Listed and opened over HTTP with a stolen password",
            "account": self.account,
            "accounts": [self.account],
            "tried": [],
            "start": self.start or None,
            "end": self.end or None,
            "opened": [{"patient": patient, "at": at} for patient, at in self.opened.items()],
            "listed": [{"patient": patient, "at": at} for patient, at in self.listed.items()],
            "exported": [],
            "unrecorded": [],
            "refused": self.refused,
        }


class Thief:
    """Plays a plan against what `live.json` describes."""

    def __init__(self, live: dict[str, Any], plan: Plan, *, wait: Callable[[float], Any] = time.sleep) -> None:
        """`wait` sleeps for some seconds; a true answer ends the attack (as `threading.Event.wait` gives)."""
        self.live = live
        self.plan = plan
        self.services: dict[str, dict[str, Any]] = live["regions"][plan.region]["services"]
        known = {one["account"]: one for one in live["regions"][plan.region]["accounts"]}
        self.accounts = [known[account] for account in plan.accounts]
        self.thefts = {account: Theft(account) for account in plan.accounts}
        self.visits: dict[str, Visit] = {}
        self.stopped = False
        self._wait = wait
        self._shift = timedelta(seconds=live.get("shift_s", 0))
        self._taken: set[str] = set()
        self._lost = 0
        self._progress: Callable[[Thief], None] = lambda thief: None

    def play(self, progress: Callable[["Thief"], None] = lambda thief: None) -> None:
        """Rotate accounts and services until enough is taken or every account is refused.

        `progress` is called once an account is in at a service, and after each turn.
        """
        self._progress = progress
        targets = self._targets()
        turn = 0
        while not self.stopped and len(self._taken) < self.plan.patients:
            usable = [one for one in self.accounts if self.thefts[one["account"]].refused is None]
            if not usable:
                break
            # A step further each time all accounts have had their turn: else as many of both would never mix.
            service = self.plan.services[(turn + turn // len(usable)) % len(self.plan.services)]
            self._turn(usable[turn % len(usable)], service, targets)
            turn += 1
            progress(self)

    def loot(self, account: str) -> Loot:
        """All that the thief holds of an account that was used. Raises `Refused` once the provider gives no token."""
        return loot_of(self.visits[account], self.live["provider"]["issuer"], self.services)

    def truth(self) -> dict[str, Any]:
        """What was really taken: `region`, `seed`, `opened` (how many people), `thefts`."""
        thefts = [theft.as_json() for theft in self.thefts.values() if theft.start or theft.refused]
        return {"region": self.plan.region, "seed": self.plan.seed, "opened": len(self._taken), "thefts": thefts}

    def _turn(self, account: dict[str, Any], service: str, heads: Iterator[str]) -> None:
        theft = self.thefts[account["account"]]
        visit = self.visits.setdefault(account["account"], self._visit(account))
        url = self.services[service]["url"]
        done = 0
        try:
            while done < self.plan.per_account and len(self._taken) < self.plan.patients:
                head = next(heads)
                names = visit.search(url, family=head)
                self._note(theft, theft.listed, names)
                if not done:
                    self._progress(self)
                if self._pause():
                    return
                for patient in [one for one in names if one not in self._taken]:
                    visit.open(url, patient)
                    self._note(theft, theft.opened, [patient])
                    self._taken.add(patient)
                    done += 1
                    if self._pause() or done >= self.plan.per_account or len(self._taken) >= self.plan.patients:
                        return
        except Refused as refusal:
            at = self._now()
            theft.refused = {"at": at, "where": refusal.where, "service": service, "how": refusal.how}
        except LOST:
            self._lost += 1  # a server that does not answer refuses nobody: the next turn tries again
            self.stopped |= self._lost >= _MOST_LOST
            self._pause()

    def _visit(self, account: dict[str, Any]) -> Visit:
        browser = Browser(address=self.plan.address, device=self.plan.device)
        return Visit(account["user_name"], account["password"], browser)

    def _pause(self) -> bool:
        self.stopped = bool(self._wait(self.plan.pace_s)) or self.stopped
        return self.stopped

    def _note(self, theft: Theft, into: dict[str, str], patients: list[str]) -> None:
        at = theft.end = self._now()
        theft.start = theft.start or at
        for patient in patients:
            into.setdefault(patient, at)

    def _now(self) -> str:
        return (datetime.now(UTC) + self._shift).isoformat(timespec="milliseconds").replace("+00:00", "Z")

    def _targets(self) -> Iterator[str]:
        """Beginnings of names, in the order of the seed; when all have been swept, again."""
        order = stream(self.plan.seed, self.plan.region, "live").permutation(len(HEADS))
        while True:
            yield from (HEADS[place] for place in order.tolist())


def work(live: dict[str, Any], region: str, account: str, *, acts: int, pace_s: float, seed: int = 7) -> dict[str, Any]:
    """An owner's ordinary work, from the usual place and machine: patients the owner knows, found and opened.

    Does `acts` openings, one every `pace_s` seconds, then signs out. Gives `account`, `opened` (ids) and `refused`
    (null, or how): an owner too may find the account stopped.
    """
    place = live["regions"][region]
    owner = next(one for one in place["accounts"] if one["account"] == account)
    browser = Browser(address=owner["address"], device=owner["device"])
    visit = Visit(owner["user_name"], owner["password"], browser)
    services = [place["services"][key]["url"] for key in owner["services"] or list(place["services"])[:1]]
    rng = stream(seed, region, "work", account)
    opened: list[str] = []
    try:
        for _ in range(acts if owner["patients"] else 0):
            url = services[int(rng.integers(len(services)))]
            patient = owner["patients"][int(rng.integers(min(12, len(owner["patients"]))))]
            visit.open(url, patient)
            opened.append(patient)
            time.sleep(pace_s)
        for url in sorted(visit.signed_in):
            visit.sign_out(url)
    except Refused as refusal:
        return {"account": account, "opened": opened, "refused": str(refusal)}
    return {"account": account, "opened": opened, "refused": None}
