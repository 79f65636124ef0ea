"""The judge once more, slow and obvious: one row at a time, sets and dicts. What it says is what the judge must say."""

from __future__ import annotations

import math
from collections import defaultdict
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from parity.rivers import DAY, MARKED, Course, FixedLadder, Slices, Told
from tocsin.detect.calibration import Calibration
from tocsin.detect.detectors.sharing import LEAST
from tocsin.detect.nulls import AGES
from tocsin.detect.registry import NAMES, SHARES
from tocsin.detect.weight import HONEY_NATS, MOST, MOST_OF_ALL, SIGN_IN_BOUNDS, THIEF_SIGN_IN
from tocsin.model.rows import key_of

GAP = 30 * 60 * 1_000_000
END_SESSIONS, SUSPEND = 3, 4
NEVER = -(10**6)
LN_2 = 693147


def mix(a: int, b: int) -> int:
    """Splitmix64 of two keys."""
    x = (a * 0x9E3779B97F4A7C15 + b) % 2**64
    x = (x ^ x >> 30) * 0xBF58476D1CE4E5B9 % 2**64
    x = (x ^ x >> 27) * 0x94D049BB133111EB % 2**64
    x ^= x >> 31
    return x or 1


def e_value(p: float) -> float:
    """The mixture calibrator, as its formula."""
    p = min(max(p, 1e-9), 1.0)
    u = 1 - p
    if u < 1e-3:
        return 0.5 + u / 6 + u * u / 8
    return (1 - p + p * math.log(p)) / (p * math.log(p) ** 2)


@dataclass
class Session:
    """A session so far."""

    key: int
    id: int
    account: int
    first_at: int
    last_at: int
    age: int
    events: int = 0
    weight: int = 0
    content: int = 0
    counts: dict[str, int] = field(default_factory=lambda: dict.fromkeys(NAMES, 0))
    units: set[int] = field(default_factory=set)
    queries: set[int] = field(default_factory=set)
    opened: int = 0
    last_number: int | None = None

    def told(self) -> tuple[Any, ...]:
        """As `rivers.sessions_of` gives it."""
        facts = (self.account, self.last_at, self.id, self.first_at, self.events, self.age, self.weight, self.content)
        return (*facts, tuple(self.counts.values()))

    def raise_to(self, name: str, value: int) -> None:
        """A count never falls."""
        self.counts[name] = max(self.counts[name], value)


@dataclass
class Account:
    """What is remembered of an account."""

    name: str
    role: str
    ln_r1: int = 0
    standing: int = 0
    until: int = 0
    cut_key: int = 0
    clock: int = -(1 << 62)
    families: dict[int, int] = field(default_factory=dict)
    """Family -> latest day with evidence."""
    open: dict[int, Session] = field(default_factory=dict)
    """By key."""
    windows: dict[tuple[str, int], int] = field(default_factory=lambda: defaultdict(int))
    """(detector, window number) -> flagged rows."""
    since: int = 0
    """Time of the last restart."""
    noted: list[tuple[int, int, int, int]] = field(default_factory=list)
    """(slice, time, event id, gain)."""
    own: list[dict[str, int]] = field(default_factory=list)
    """Counts of its own quiet finished sessions."""


class Referee:
    """Judges a river of `Told` rows."""

    def __init__(
        self, ladder: FixedLadder, calibration: Calibration, names: tuple[str, ...], roles: list[str], *, contain: bool
    ) -> None:
        self.ladder, self.calibration, self.contain = ladder, calibration, contain
        self.accounts = [Account(name, role) for name, role in zip(names, roles, strict=True)]
        self.pool: list[tuple[int, int, int]] = []
        self.stood: set[tuple[int, int]] = set()
        self.finished: list[Session] = []
        self.heaviest: dict[tuple[int, int], int] = {}
        self.course = Course()
        self.day = 0

    def fold(self, slices: Slices) -> Course:
        """All of a river."""
        for day, rows in slices:
            self._open(day)
            for row in rows:
                self.course.rows.append(self._row(row))
            self._close(day)
        self.course.evidence.sort(key=lambda noted: noted[0])
        return self.course

    # -- slices ------------------------------------------------------------------------------------------------------

    def _open(self, day: int) -> None:
        self.day = day
        for account in self.accounts:
            self._finish(account, day * DAY)
        self.course.finished.append(sorted(session.told() for session in self.finished))
        barred = {account for account, _ in self.stood}
        for session in self.finished:
            if session.account not in barred:
                self.accounts[session.account].own.append(session.counts)
        self.finished = []
        for account in self.accounts:
            account.noted = [noted for noted in account.noted if noted[0] >= day - 1]

    def _close(self, day: int) -> None:
        standing = {(n, day) for n, a in enumerate(self.accounts) if a.standing and a.until > day * DAY}
        self.stood |= standing
        self.course.stood.append(set(self.stood))
        self.stood = {(account, d) for account, d in self.stood if d >= day - 1}

    def _finish(self, account: Account, now: int) -> None:
        """Close the sessions whose silence is longer than the gap at `now`, in the order of their ends."""
        over = [s for s in account.open.values() if s.last_at + GAP < now]
        for session in sorted(over, key=lambda s: (s.last_at, s.id)):
            r = account.ln_r1 + session.weight
            account.ln_r1 = round((max(r, 0) / 1e6 + math.log1p(math.exp(-abs(r) / 1e6))) * 1e6)
            self.finished.append(account.open.pop(session.key))

    # -- rows --------------------------------------------------------------------------------------------------------

    def _row(self, row: Told) -> tuple[bool, int]:
        shared = self._pooled(row)
        if row.account < 0:
            return False, 0
        account = self.accounts[row.account]
        ahead = account.clock if account.clock < (self.day + 2) * DAY else row.at  # beyond tomorrow is no clock
        now = account.clock = max(row.at, ahead)
        key = mix(mix(key_of(account.name), row.client), row.device)
        if self._stopped(account, key, now) and self.contain:
            return True, 0
        self._finish(account, now)
        session = account.open.get(key)
        if session is None:
            id = mix(mix(key, row.id >> 64), row.id % 2**64)
            age = sum(row.age_days >= bound for bound in (2, 7))
            session = account.open[key] = Session(key, id, row.account, now, now, age)
        session.last_at = max(now, session.last_at)
        session.events += 1
        self._count(row, account, session, now, shared)
        before = session.weight
        self._weigh(account, session)
        gain = session.weight - before
        weight = account.ln_r1 + sum(s.weight for s in account.open.values())
        if abs(gain) >= 50_000:
            self.course.evidence.append((row.id, row.account, session.id, gain, weight))
            account.noted.append((self.day, now, row.id, gain))
        week = (self.day - 4) // 7
        self.heaviest[row.account, week] = max(weight, self.heaviest.get((row.account, week), weight))
        self._climb(row, account, session, weight, now)
        return False, session.id

    def _pooled(self, row: Told) -> int:
        """Strangers of others at the places of this row, within seven slices."""
        self.pool = [seen for seen in self.pool if seen[0] > self.day - 7]
        if row.account < 0 or not row.stranger or row.age_days < 2:
            return 0
        most = 0
        for bit, place in ((1, row.network), (2, row.device)):
            if place and row.unsettled & bit:
                self.pool.append((row.at // DAY, place, row.account))
                most = max(most, sum(p == place and a != row.account for _, p, a in self.pool))
        return most

    def _stopped(self, account: Account, key: int, now: int) -> bool:
        """Let the rung end if its time is over; else whether it stops this row."""
        if account.standing and now >= account.until:
            self.stood.add((self.accounts.index(account), (account.until - 1) // DAY))
            self.finished.extend(account.open.values())
            account.open = {}
            account.standing = account.ln_r1 = 0
            account.families, account.since = {}, account.until
        if account.standing == END_SESSIONS and key == account.cut_key:
            account.until = now + self.ladder.rungs[END_SESSIONS - 1].duration_us + 1
            return True
        return account.standing == SUSPEND

    def _count(self, row: Told, account: Account, session: Session, now: int, shared: int) -> None:
        counts = session.counts
        counts["strangers"] += row.stranger
        counts["listed"] += row.fresh_listed and row.reason == "unexplained"
        for name, flag, width in (
            ("strangers-today", row.stranger, DAY),
            ("pace-minute", row.fresh and not row.declared, 60_000_000),
            ("pace-hour", row.fresh and not row.declared, 3_600_000_000),
        ):
            if flag:
                account.windows[name, now // width] += 1
                session.raise_to(name, account.windows[name, now // width])
        if row.unit:
            session.units.add(row.unit)
        counts["units"] = len(session.units)
        if (row.fresh or row.fresh_listed) and row.id_low >= 0:
            if session.last_number is not None and (row.id_low - session.last_number) % 4096 in (1, 4095):
                counts["neighbours"] += 1
            session.last_number = row.id_low
        if row.action in ("search", "list") and row.query_hash:
            session.queries.add(row.query_hash)
        session.opened += row.fresh
        session.raise_to("searches-unopened", len(session.queries) - session.opened)
        session.raise_to("pages", row.page)
        code = counts["sign-in"] | (row.novelty & 1) | (2 if row.novelty & 6 else 0) | (4 if row.novelty & 8 else 0)
        counts["sign-in"] = code
        session.raise_to("sharing", shared if row.stranger and code & 3 and shared >= LEAST else 0)
        if row.patient == MARKED and row.outcome == "success":
            session.raise_to("honey", 2 if row.action in ("read", "write", "export") else 1)

    def _weigh(self, account: Account, session: Session) -> None:
        age = AGES[session.age]
        total = 0.0
        for name, share in zip(NAMES, SHARES, strict=False):
            value = session.counts[name]
            null = self.calibration.null(name, account.role, age)
            before = max(value - session.counts["strangers"], 0) if name == "strangers-today" else 0
            e = min(e_value(float(null[value]) / float(null[before])), MOST.get(name, MOST_OF_ALL))
            total += share * min(e, self._own(account, name, value))
        session.content = round(math.log(total) * 1e6)
        others = self._sign_in(account, session) + HONEY_NATS[session.counts["honey"]]
        session.weight = session.content + round(others * 1e6)

    def _sign_in(self, account: Account, session: Session) -> float:
        seen = [max(float(p), 1e-3) for p in self.calibration.null("sign-in", account.role, AGES[session.age])]
        code = session.counts["sign-in"]
        ratio = THIEF_SIGN_IN[code] / (seen[code] / sum(seen))
        return math.log(min(max(ratio, SIGN_IN_BOUNDS[0]), SIGN_IN_BOUNDS[1]))

    def _own(self, account: Account, name: str, value: int) -> float:
        """What the account's own past allows, in bins of powers of two."""
        if len(account.own) < 5 or not value:
            return math.inf
        reached = sum(counts[name].bit_length() >= min(value.bit_length(), 11) for counts in account.own)
        if not reached:
            return math.inf
        return float(np.float32(e_value(max(reached / (len(account.own) + 1), 1e-6))))  # as the state keeps it

    # -- the ladder --------------------------------------------------------------------------------------------------

    def _climb(self, row: Told, account: Account, session: Session, weight: int, now: int) -> None:
        evident = (  # honey that a search only listed, and what is new of a new account, make no family
            session.content > LN_2,
            self._sign_in(account, session) * 1e6 > LN_2 and session.age == len(AGES) - 1,
            session.counts["honey"] == 2,
        )
        for family, there in enumerate(evident):
            if there:
                account.families[family] = now // DAY
        reached = sum(weight > line for line in self.ladder.weights)
        families = sum(day >= now // DAY - 7 for day in account.families.values())
        if reached == SUSPEND and families < 2:
            reached -= 1
        if reached <= account.standing:
            return
        rung = self.ladder.rungs[reached - 1]
        account.standing, account.cut_key = reached, session.key
        account.until = now + rung.duration_us + (reached == END_SESSIONS)
        self.stood |= {(row.account, day) for day in range(now // DAY, (account.until - 1) // DAY + 1)}
        heavy: dict[int, int] = {row.id: 1 << 60}
        for _, at, event, gain in account.noted:
            if gain > 0 and at >= account.since:
                heavy[event] = max(heavy.get(event, 0), gain)
        events = sorted(heavy, key=lambda event: (-heavy[event], event))[:10]
        self.course.alerts.append(
            {
                "account": account.name,
                "at": row.at,
                "rung": rung.name,
                "weight": weight,
                "session": session.id,
                "events": tuple(f"{event:032x}" for event in events),
            }
        )
