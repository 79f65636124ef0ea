"""The judge once more, slow and obvious: one row at a time, sets and dicts. What it says is what the judge must say."""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import dataclass, field
from itertools import pairwise

from parity.counting import Met, Part, Shared, When, count
from parity.rivers import DAY, MINUTE, Course, FixedLadder, Slices, Told
from parity.worth import Past, Worth
from tocsin.detect.calibration import Calibration
from tocsin.detect.nulls import AGES
from tocsin.detect.registry import NAMES
from tocsin.model.explained import NEW_TO_ALL
from tocsin.model.rows import key_of

GAP = 30 * 60 * 1_000_000
END_SESSIONS, SUSPEND = 3, 4
SIGN_IN = 1
"""The family."""
LN_2 = 693147


def half(ln_e: int) -> int:
    """What a day is worth where half of the stake is kept aside, micro-nats."""
    return round(math.log(0.5 + 0.5 * math.exp(ln_e / 1e6)) * 1e6)


def mix(a: int, b: int) -> int:
    """Splitmix64 of two keys."""
    x = (a * 0x9E3779B97F4A7C15 + b) % 2**64
    x = (x ^ x >> 30) * 0xBF58476D1CE4E5B9 % 2**64
    x = (x ^ x >> 27) * 0x94D049BB133111EB % 2**64
    x ^= x >> 31
    return x or 1


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
    before: int = -(1 << 60)
    """What the heaviest of its parts on days before was worth."""
    part: Part = field(default_factory=Part)

    def told(self) -> tuple[int, ...]:
        """As `rivers.sessions_of` gives it."""
        return (self.account, self.last_at, self.id, self.first_at, self.events, self.age, self.weight)


@dataclass
class Account:
    """What is remembered of an account."""

    name: str
    role: str
    home: str = ""
    ln_r1: int = 0
    age: int | None = None
    """On the day, if it has done something."""
    most: dict[str, int] = field(default_factory=lambda: dict.fromkeys(NAMES, 0))
    """How far the day's furthest session has got, detector by detector."""
    today: int = 0
    peak: int = -(10**12)
    standing: int = 0
    until: int = 0
    cut_key: int = 0
    clock: int = -(1 << 62)
    families: dict[int, int] = field(default_factory=dict)
    """Family -> latest slice with evidence."""
    open: dict[int, Session] = field(default_factory=dict)
    """By key."""
    shared: Shared = field(default_factory=Shared)
    since: int = 0
    """Time of the last restart."""
    noted: list[tuple[int, int, int, int]] = field(default_factory=list)
    """(slice, time, event id, gain)."""
    own: Past = field(default_factory=Past)

    def forget_day(self) -> None:
        """The day begins anew."""
        self.age, self.today, self.peak, self.most = None, 0, -(10**12), dict.fromkeys(NAMES, 0)
        self.shared.forget()


class Referee:
    """Judges a river of `Told` rows."""

    def __init__(
        self,
        ladder: FixedLadder,
        *calibrations: Calibration,
        names: tuple[str, ...],
        roles: list[str],
        homes: list[str],
        contain: bool,
    ) -> None:
        self.ladder, self.calibrations, self.contain = ladder, calibrations, contain
        self.accounts = [Account(*told) for told in zip(names, roles, homes, strict=True)]
        self.met = Met()
        self.worths: dict[tuple[int, int], Worth] = {}
        self.pool: list[tuple[int, str, int, int]] = []
        """(day, what is shared, its key, account)."""
        self.paces: dict[int, list[tuple[int, int]]] = {}
        """Account -> (time, service) of its latest new patients from where it has not settled."""
        self.cohorts: dict[tuple[int, int], int] = {}
        """(network, account) -> day on which nobody vouched for it there."""
        self.stood: set[tuple[int, int]] = set()
        self.finished: list[Session] = []
        self.heaviest: dict[tuple[int, int], int] = {}
        self.bets: list[tuple[int, int, int, int, int]] = []
        """(account, slice, ln e, the most on the way, time of the latest event) of days and parts of days."""
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
        for account in self.accounts:
            for session in [s for s in account.open.values() if s.last_at + GAP < day * DAY]:
                self.finished.append(account.open.pop(session.key))
        self.course.finished.append(sorted(session.told() for session in self.finished))
        self.finished = []
        self.pool = [seen for seen in self.pool if seen[0] > day - 7]
        self.paces = {account: told for account, told in self.paces.items() if told[-1][0] >= (day - 1) * DAY}
        barred = {account for account, _ in self.stood}
        late = self.day - 1 <= day <= self.day
        for number, account in enumerate(self.accounts):
            if not late:
                self._end_day(number, account, quiet=number not in barred)
            account.noted = [noted for noted in account.noted if noted[0] >= day - 1]
        self.day = self.day if late else day
        self.met.open(day)

    def _end_day(self, number: int, account: Account, *, quiet: bool) -> None:
        """R becomes (R + 1) e(day), and all that was counted is forgotten."""
        if account.age is not None:
            e = self._worth(number, account.age).of_a_day_that_ended(account.most, account.own)
            self.bets.append((number, self.day, e, half(account.peak), account.clock))
            account.ln_r1 = round(math.log1p(math.exp((account.ln_r1 + e) / 1e6)) * 1e6)
            if quiet:
                account.own.days.append(account.most)
                if AGES[account.age] == "settled":
                    account.own.codes.append(account.most["sign-in"] % 16)
        account.forget_day()
        for session in account.open.values():
            session.part, session.before = Part(), session.weight

    def _close(self, day: int) -> None:
        standing = {(n, day) for n, a in enumerate(self.accounts) if a.standing and a.until > day * DAY}
        self.stood |= standing
        self.course.stood.append(set(self.stood))
        self.stood = {(account, d) for account, d in self.stood if d >= day - 1}

    # -- rows --------------------------------------------------------------------------------------------------------

    def _row(self, row: Told) -> tuple[bool, int]:
        shared, cohort = self._pooled(row), self._signed_up(row)
        if row.account < 0:
            return False, 0
        account = self.accounts[row.account]
        ahead = account.clock if account.clock < (self.day + 2) * DAY else row.at  # beyond tomorrow is no clock
        now = account.clock = max(row.at, ahead)
        key = mix(mix(key_of(account.name), row.client), row.device)
        if self._stopped(account, key, now) and self.contain:
            return True, 0
        age = self._age(row)
        session = account.open.get(key)
        if session is not None and now - session.last_at > GAP:
            self.finished.append(account.open.pop(key))
            session = None
        if session is None:
            id = mix(mix(key, row.id >> 64), row.id % 2**64)
            session = account.open[key] = Session(key, id, row.account, now, now, age)
        session.last_at = max(now, session.last_at)
        session.events += 1
        count(row, session.part, account.shared, self.met, When(session.id, now, self.day, shared, cohort))
        own = self._worth(row.account, session.age).parts(session.part.counts, account.own)
        session.weight = max(session.before, sum(own))
        account.age = age if account.age is None else account.age
        for name, so_far in session.part.counts.items():
            most = account.most[name]
            account.most[name] = most | so_far if name == "sign-in" else max(most, so_far)
        content, others = self._worth(row.account, account.age).parts(account.most, account.own)
        before, account.today = account.today, content + others
        account.peak = max(account.peak, account.today)
        gain, weight = account.today - before, account.ln_r1 + account.today
        if abs(gain) >= 50_000:
            self.course.evidence.append((row.id, row.account, session.id, gain, weight))
            account.noted.append((self.day, now, row.id, gain))
        week = (self.day - 4) // 7
        self.heaviest[row.account, week] = max(weight, self.heaviest.get((row.account, week), weight))
        self._climb(row, account, session, content, now)
        return False, session.id

    def _age(self, row: Told) -> int:
        """Position in AGES."""
        if row.age_days >= 7:
            return AGES.index("settled")
        if row.newcomer:
            return AGES.index("recent" if row.age_days >= 2 else "newcomer")
        return AGES.index("young" if row.age_days >= 2 else "new")

    def _worth(self, number: int, age: int) -> Worth:
        """Each account is weighed on one of the calibrations."""
        key = (number, age)
        if key not in self.worths:
            calibration = self.calibrations[key_of(self.accounts[number].name) % len(self.calibrations)]
            self.worths[key] = Worth(calibration, self.accounts[number].role, AGES[age])
        return self.worths[key]

    def _pooled(self, row: Told) -> tuple[int, int, int]:
        """What others did within seven slices: at the places of this row, in its unit, at its tempo."""
        if row.account < 0 or not row.fresh or row.age_days < 2 or not row.unsettled & 3:
            return 0, 0, 0
        place = target = 0
        for bit, where in ((1, row.network), (2, row.device)):
            if row.stranger and where and row.unsettled & bit:
                place = max(place, self._others(row, "place", where, most=10**9))
        if row.stranger:
            self.pool.append((row.at // DAY, "met", row.ward, row.account))
            mine = [key for _, what, key, account in self.pool if what == "met" and account == row.account]
            if row.ward and mine.count(row.ward) >= max(4, len(mine) / 2):
                target = self._others(row, "target", row.ward, most=8)
        return place, target, self._tempo(row)

    def _others(self, row: Told, what: str, key: int, *, most: int) -> int:
        """Note the row; what others come to, at most so many of each."""
        self.pool.append((row.at // DAY, what, key, row.account))
        return self._of_others(row, what, key, most=most)

    def _of_others(self, row: Told, what: str, key: int, *, most: int) -> int:
        each = Counter(a for _, w, k, a in self.pool if (w, k) == (what, key) and a != row.account)
        return sum(min(n, most) for n in each.values())

    def _tempo(self, row: Told) -> int:
        """Others at the same even intervals: four openings at least, each gap within a quarter of the one before."""
        told = self.paces.get(row.account, [])
        if row.declared or (told and told[-1] == (row.at, row.service)):
            return 0
        told = self.paces[row.account] = [*told, (row.at, row.service)][-5:]
        gaps = [
            after - before if service == then and 0 <= after - before <= 30 * MINUTE else None
            for (before, then), (after, service) in pairwise(told)
        ]
        if len(gaps) < 4 or None in gaps or gaps[-1] < 1_000_000:
            return 0
        if any(0 in pair or 4 * max(pair) > 5 * min(pair) for pair in pairwise(gaps)):
            return 0
        step = sum(gaps[-1] >= round(1_000_000 * 1.25 ** (k / 2)) for k in range(68))
        self._others(row, "tempo", row.service * 100 + step, most=8)
        return max(self._of_others(row, "tempo", row.service * 100 + step + k, most=8) for k in (-1, 0, 1))

    def _signed_up(self, row: Told) -> int:
        """Other accounts that nobody vouches for and that began on the same foreign network, within seven slices."""
        self.cohorts = {pair: day for pair, day in self.cohorts.items() if day > self.day - 7}
        if row.account < 0 or not row.unplaced or not row.network or not row.unsettled & NEW_TO_ALL:
            return 0
        self.cohorts.setdefault((row.network, row.account), row.at // DAY)
        return sum(network == row.network for network, _ in self.cohorts) - 1

    def _stopped(self, account: Account, key: int, now: int) -> bool:
        """Let the rung end if its time is over; else whether it stops this row."""
        if account.standing and now >= account.until:
            number = self.accounts.index(account)
            self.stood.add((number, (account.until - 1) // DAY))
            if account.age is not None:
                latest = max((session.last_at for session in account.open.values()), default=0)
                self.bets.append((number, self.day, half(account.today), half(account.peak), latest))
            self.finished.extend(account.open.values())
            account.open = {}
            account.standing = account.ln_r1 = 0
            account.families, account.since = {}, account.until
            account.forget_day()
        if account.standing == END_SESSIONS and key == account.cut_key:
            account.until = now + self.ladder.rungs[END_SESSIONS - 1].duration_us + 1
            return True
        return account.standing == SUSPEND

    # -- the ladder --------------------------------------------------------------------------------------------------

    def _climb(self, row: Told, account: Account, session: Session, content: int, now: int) -> None:
        assert account.age is not None
        sign_in = math.log(self._worth(row.account, account.age).entry(account.most, account.own))
        evident = (  # honey that a search only listed, and what is new of a new account, make no family
            content > LN_2,
            sign_in * 1e6 > LN_2 and AGES[account.age] == "settled",
            account.most["honey"] == 2,
        )
        for family, there in enumerate(evident):
            if there:
                account.families[family] = self.day
        weight = account.ln_r1 + account.today
        reached = sum(weight > line.weight for line in self.ladder.lines(account.role, account.home))
        settled_way = not row.unsettled & 15  # what is new of a sign-in says nothing of whoever came in as usual
        families = sum(
            day >= now // DAY - 7 for family, day in account.families.items() if not (family == SIGN_IN and settled_way)
        )
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
