"""Judge: a fold over slices that weighs every row, climbs the ladder and, in a replay, holds what a rung would stop.

    rows, explained -> pool -> step -> who crosses a line?
        nobody: commit the step
        somebody: commit all up to each first crossing, put the account on its rung, go on with the rows after it

An account on a rung has an end to it; then it stands on none and its statistic restarts.

An account's clock never goes back: a row that comes late (accepted order is by batch first) is judged at the latest
time seen of its account, and keeps its own time everywhere else.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import reduce
from itertools import repeat

import numpy as np

from tocsin.detect.cohort import Cohort
from tocsin.detect.days import Days, end_day, forget_day, today
from tocsin.detect.evidence import Evidence, heaviest_events
from tocsin.detect.grounds import grounds_for
from tocsin.detect.ladder import Ladder, Line
from tocsin.detect.lines import Lines
from tocsin.detect.pool import Pool
from tocsin.detect.roles import Roles
from tocsin.detect.segments import changes, ends_of, previous, running_max, starts_of
from tocsin.detect.state import ENTRY, FAMILY_DAYS, KINDS, NOTHING, SURE, Sessions, State
from tocsin.detect.step import Inputs, Step, among, close_until, step
from tocsin.detect.view import Picked
from tocsin.detect.weekly import Weekly
from tocsin.detect.weight import Weigher
from tocsin.model.alert import RUNGS, Alert
from tocsin.model.evidence import MICRONATS
from tocsin.model.explained import WAYS_IN, Explained
from tocsin.model.keys import order_of
from tocsin.model.rows import MICROSECONDS_A_DAY, Names, Rows, mix
from tocsin.model.runs import add_run

_END_SESSIONS, _SUSPEND = 1 + RUNGS.index("end-sessions"), 1 + RUNGS.index("suspend")
_NOTED = MICRONATS // 20
"""Smaller gains are not kept as evidence."""


@dataclass(slots=True)
class Judged:
    """What came of a batch of rows."""

    held: np.ndarray
    """bool per row: containment kept it from happening."""
    session: np.ndarray
    """uint64 per row: its session; 0 for rows that are held or name no account."""
    alerts: list[Alert]
    evidence: list[Evidence]


@dataclass(slots=True)
class Judge:
    """State of the fold."""

    ladder: Ladder
    weigher: Weigher
    accounts: Names
    marks: np.ndarray = field(default_factory=lambda: np.zeros(0, np.uint64))
    """uint64 keys of honey patients, rising."""
    contain: bool = True
    """Hold what a rung would stop (replays)."""
    climbing: bool = True
    """Off while learning: weights are kept, nobody climbs."""
    roles: list[str] = field(default_factory=list)
    homes: list[str] = field(default_factory=list)
    state: State = field(default_factory=State)
    pool: Pool = field(default_factory=Pool)
    cohort: Cohort = field(default_factory=Cohort)
    lines: Lines = field(default_factory=Lines)
    week_from: int = 4
    """A day on which weeks begin (1970-01-05 was a Monday); while learning, the first day of the past."""
    heaviest: dict[tuple[int, int], int] = field(default_factory=dict)
    """(account, week) -> heaviest weight, micro-nats. Weeks are counted from `week_from`."""
    doubtful: set[tuple[int, int]] = field(default_factory=set)
    """(account, week) in which, while nobody climbs, two families carried it over the line of `own-patients-only`."""
    stood: set[tuple[int, int]] = field(default_factory=set)
    """(account, day) on which an alert stood or will: from the day before the latest slice on."""
    _role_codes: Roles = field(default_factory=lambda: Roles.of([], np.zeros(0, np.uint64)))
    days: list[tuple[int, Days]] = field(default_factory=list)
    """Of a past that teaches: day -> what its accounts did on it."""
    day: int = 0
    """Of the open slice."""
    weekly: Weekly = field(default_factory=Weekly)
    recent: dict[int, list[Evidence]] = field(default_factory=dict)
    """Day -> evidence of that day in runs, kept for the events an alert names."""

    def know(self, roles: list[str], homes: list[str] | None = None) -> None:
        """Say the role of each account, by number, as far as it is known now, and the service it is at home in."""
        homes = [""] * len(roles) if homes is None else homes
        self.state.grow(len(roles))
        if roles != self.roles:
            self._role_codes = Roles.of(roles, self.accounts.keys())
        elif homes == self.homes:
            return
        self.roles, self.homes = list(roles), list(homes)
        self.lines.know(self.ladder, self.roles, self.homes)

    def open_slice(self, day: int) -> Sessions:
        """Before the rows of `day`: finish what ended before it. Returns the sessions finished since the last slice."""
        close_until(self.state, day * MICROSECONDS_A_DAY)
        self.state.expire(day * MICROSECONDS_A_DAY)
        finished = reduce(Sessions.join, self.state.finished, Sessions.none())
        self.state.finished.clear()
        if not self.day - 1 <= day <= self.day:  # rows of the day before that come late belong to the day that goes on
            self.end_day()
            self.day = day
        self.pool.open_slice(day)
        self.cohort.open_slice(day)
        for held in [d for d in self.state.met if d < day - 1]:
            del self.state.met[held]
        for held in [d for d in self.recent if d < day - 1]:
            del self.recent[held]
        return finished

    def end_day(self) -> None:
        """The day of the latest slice is over: it is settled, and teaches what is usual of accounts not under alert."""
        ended = end_day(self.state, self.weigher, self._role_codes)
        barred = np.array(sorted({account for account, _ in self.stood}), np.int64)
        quiet = ~np.isin(ended.account, barred)
        self.state.learn_own(ended.account[quiet], ended.counts[quiet], ended.age[quiet])
        self._bet_on_week(ended, self.state.clock[ended.account])
        if not self.climbing:
            self.days.append((self.day, ended))

    def standing_days(self, day: int) -> list[tuple[int, int]]:
        """After the rows of `day`: the (account, day) on which alerts stood, and those that still will tomorrow."""
        standing = np.flatnonzero((self.state.standing > 0) & (self.state.until > day * MICROSECONDS_A_DAY))
        self.stood.update((account, day) for account in standing.tolist())
        stood = sorted(self.stood)
        self.stood = {(account, d) for account, d in stood if d >= day - 1}
        return stood

    def judge(self, rows: Rows, explained: Explained) -> Judged:
        """Judge rows of one slice, in accepted order."""
        judged = Judged(np.zeros(len(rows), bool), np.zeros(len(rows), np.uint64), [], [])
        pooled = self.pool.count(rows, explained)
        todo = np.flatnonzero(rows.account >= 0)
        if not len(todo):
            return judged
        marked = np.isin(rows.patient, self.marks) if len(self.marks) else np.zeros(len(rows), bool)
        day = int(rows.at[0] // MICROSECONDS_A_DAY)
        cohort = self.cohort.count(rows, explained)
        inputs = Inputs(self._on_time(rows, day), explained, marked, pooled, cohort, rows.at, max(day, self.day))
        climbed: list[tuple[int, Alert]] = []
        while len(todo):
            now, later, held = self._portion(inputs.rows, todo)
            if self.contain:
                now = now[~np.isin(now, held)]
            first = self._advance(inputs, now, judged, climbed)
            stopped = held <= first[rows.account[held]]  # a climb stops other rows than the rung before it
            judged.held[held[stopped]] = self.contain
            again = [now[now > first[rows.account[now]]]]
            if self.contain:
                again.append(held[~stopped])
            todo = np.sort(np.concatenate([later, *again]))
        judged.alerts.extend(alert for _, alert in sorted(climbed, key=lambda pair: pair[0]))
        return judged

    def line_of(self, account: int, rung: int) -> Line:
        """The line of a rung (1 to 4) for an account."""
        return self.lines.line(self.roles[account], self.homes[account], rung)

    # -- the parts ---------------------------------------------------------------------------------------------------

    def _on_time(self, rows: Rows, day: int) -> Rows:
        """The rows, each at the latest time seen of its account. A clock beyond tomorrow is no clock."""
        order = order_of(rows.account + 1)
        account, at = rows.account[order], rows.at[order]
        clock = self.state.clock
        seg = np.cumsum(changes(account)) - 1
        first = starts_of(account)
        accounts = account[first]
        origin = day * MICROSECONDS_A_DAY
        carry = clock[accounts] - origin
        carry = np.where((carry >= 0) & (carry < 2 * MICROSECONDS_A_DAY) & (accounts >= 0), carry, 0)
        ends = ends_of(account)[accounts >= 0]
        late = at < previous(at, seg, carry + origin)
        if not late[account >= 0].any():
            clock[account[ends]] = at[ends]
            return rows
        latest = running_max(at - origin, seg, carry)
        clock[account[ends]] = latest[ends] + origin
        on_time = rows.at.copy()
        on_time[order] = np.where(account >= 0, latest + origin, at)
        return replace(rows, at=on_time)

    def _portion(self, rows: Rows | Picked, todo: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """(rows to judge now, rows to judge after a rung has ended, rows that a rung stops) of the rows to do."""
        standing = self.state.standing[rows.account[todo]] > 0
        if not standing.any():
            return todo, todo[:0], todo[:0]
        later: list[np.ndarray] = []
        stopped: list[np.ndarray] = []
        ordered = todo[standing][order_of(rows.account[todo[standing]])]
        for theirs in np.split(ordered, starts_of(rows.account[ordered])[1:]):
            account = int(rows.account[theirs[0]])
            if rows.at[theirs[0]] >= self.state.until[account]:
                self.restart(account, int(self.state.until[account]))
                continue
            if self.state.standing[account] == _END_SESSIONS:
                count, cut = self._cut(rows, theirs, account)
                stopped.append(cut)
            else:
                count = int(np.searchsorted(rows.at[theirs], self.state.until[account]))
                if self.state.standing[account] == _SUSPEND:
                    stopped.append(theirs[:count])
            later.append(theirs[count:])
        postponed = np.concatenate(later) if later else todo[:0]
        held = np.concatenate(stopped) if stopped else todo[:0]
        return todo[~np.isin(todo, postponed)], postponed, held

    def _cut(self, rows: Rows | Picked, theirs: np.ndarray, account: int) -> tuple[int, np.ndarray]:
        """How many rows fall before the cut session has been silent for its duration, and which of them it stops."""
        silence = self.ladder.rungs[_END_SESSIONS - 1].duration_us
        cut: list[int] = []
        key = mix(mix(self.accounts.keys()[rows.account[theirs]], rows.client[theirs]), rows.device[theirs])
        for count, place in enumerate(theirs.tolist()):
            if rows.at[place] >= self.state.until[account]:
                return count, np.array(cut, np.int64)
            if key[count] == self.state.cut_key[account]:
                self.state.until[account] = int(rows.at[place]) + silence + 1  # a gap of just that is no end
                cut.append(place)
        return len(theirs), np.array(cut, np.int64)

    def _advance(self, inputs: Inputs, now: np.ndarray, judged: Judged, climbed: list[tuple[int, Alert]]) -> np.ndarray:
        """Judge rows up to each account's first crossing; returns its place by account, beyond all if none."""
        first = np.full(len(self.accounts.names), len(inputs), np.int64)
        if not len(now):
            return first
        done = self._step(inputs, now)
        crossing, reached = self._crossings(inputs, now, done)
        crossed = inputs.rows.account[now[crossing]]
        first[crossed] = now[crossing]
        self._settle(inputs, now, done, judged, but=crossed)
        if len(crossed):  # accounts do not touch each other: only these are judged again, up to where they cross
            account = inputs.rows.account[now]
            now = now[among(account, crossed) & (now <= first[account])]
            done = self._step(inputs, now)
            crossing, reached = self._crossings(inputs, now, done)
            self._settle(inputs, now, done, judged, but=crossed[:0])
        for place, rung in zip(crossing.tolist(), reached.tolist(), strict=True):
            climbed.append((int(now[place]), self._climb(inputs, now, done, place, rung)))
        return first

    def _settle(self, inputs: Inputs, now: np.ndarray, done: Step, judged: Judged, *, but: np.ndarray) -> None:
        """Let a step count, but for some accounts."""
        kept = np.flatnonzero(~among(inputs.rows.account[now], but)) if len(but) else np.arange(len(now))
        self._note(inputs, now, done, kept, judged, but=but)
        judged.session[now[kept]] = done.session[kept]
        done.commit(self.state, but=but)

    def _step(self, inputs: Inputs, now: np.ndarray) -> Step:
        return step(inputs.take(now), self.state, self.weigher, self._role_codes, self.accounts.keys())

    def _crossings(self, inputs: Inputs, now: np.ndarray, done: Step) -> tuple[np.ndarray, np.ndarray]:
        """Positions (into `now`) of each account's first row that reaches a rung it does not stand on; the rungs."""
        none = np.zeros(0, np.int64)
        if not self.climbing:
            return none, none
        account = inputs.rows.account[now]
        above = done.weight > self.lines.weights[account, 0]
        if not above.any():
            return none, none
        places = np.flatnonzero(above)
        reached = (done.weight[places, None] > self.lines.weights[account[places]]).sum(axis=1)
        if (reached == _SUSPEND).any():
            alone = self._families(inputs, now, done)[places, :SURE].sum(axis=1) < 2
            reached[(reached == _SUSPEND) & alone] = _SUSPEND - 1
        climbs = np.flatnonzero(reached > self.state.standing[account[places]])
        _, first = np.unique(account[places[climbs]], return_index=True)
        climbs = climbs[np.sort(first)]
        return places[climbs], reached[climbs]

    def _families(self, inputs: Inputs, now: np.ndarray, done: Step) -> np.ndarray:
        """bool (rows, KINDS): evidence of its account, in the last FAMILY_DAYS or in these rows up to it.

        What is new about a sign-in speaks of whoever came in that way: for rows from a settled machine and network it
        is none.
        """
        account = inputs.rows.account[now]
        today = inputs.rows.at[now] // MICROSECONDS_A_DAY
        there = self.state.family_day[account] >= (today - FAMILY_DAYS)[:, None]
        order = order_of(account)
        seg = np.cumsum(np.r_[True, account[order][1:] != account[order][:-1]]) - 1
        none = np.zeros(int(seg[-1]) + 1, np.int64)
        for family in range(there.shape[1]):
            seen = done.families[done.back[order], family].astype(np.int64)
            there[order, family] |= running_max(seen, seg, none) > 0
        there[:, ENTRY] &= ((inputs.explained.unsettled[now] & WAYS_IN) != 0)[:, None]
        return there

    def _note(
        self, inputs: Inputs, now: np.ndarray, done: Step, kept: np.ndarray, judged: Judged, *, but: np.ndarray
    ) -> None:
        """Keep the gains of the rows `kept`, all but those of accounts `but`, as evidence; and the heaviest weights."""
        rows = inputs.rows
        noted = kept[np.abs(done.gain[kept]) >= _NOTED]
        where = now[noted]
        evidence = Evidence(
            rows.event_hi[where], rows.event_lo[where], inputs.told_at[where], rows.account[where], done.session[noted],
            done.gain[noted], done.weight[noted],
        )  # fmt: skip
        judged.evidence.append(evidence)
        add_run(self.recent.setdefault(done.day, []), replace(evidence, at=rows.at[where]), Evidence.join)
        week = (done.day - self.week_from) // 7
        if not len(kept):
            return
        heavier = (done.peak > self.state.peak[done.accounts]) & ~among(done.accounts, but)
        accounts, heaviest = done.accounts[heavier], self.heaviest
        tops = done.peak[heavier] + self.state.ln_r1[accounts]
        for pair, top in zip(zip(accounts.tolist(), repeat(week)), tops.tolist(), strict=True):
            if top > heaviest.get(pair, NOTHING):
                heaviest[pair] = top
        if not self.climbing:
            self._doubt(inputs, now, done, week)

    def _doubt(self, inputs: Inputs, now: np.ndarray, done: Step, week: int) -> None:
        """A past may hold thieves nobody saw: note account-weeks that must not teach what is usual."""
        account = inputs.rows.account[now]
        above = done.weight > self.lines.weights[account, 1]
        if above.any():
            there = self._families(inputs, now, done)
            there[:, 1:SURE] |= there[:, SURE:]  # what teaches nothing need not be as sure as what suspends
            doubtful = account[above & (there[:, :SURE].sum(axis=1) >= 2)]
            self.doubtful.update((number, week) for number in np.unique(doubtful).tolist())

    def _climb(self, inputs: Inputs, now: np.ndarray, done: Step, place: int, reached: int) -> Alert:
        """Put the account of this row on the rung it reached; returns the alert."""
        rows = inputs.rows
        where = int(now[place])
        account, at, weight = int(rows.account[where]), int(rows.at[where]), int(done.weight[place])
        rung = self.ladder.rungs[reached - 1]
        self.state.standing[account] = reached
        self.state.until[account] = at + rung.duration_us + (reached == _END_SESSIONS)  # as in `_cut`
        self.state.cut_key[account] = done.key[place]
        last = (int(self.state.until[account]) - 1) // MICROSECONDS_A_DAY
        self.stood.update((account, day) for day in range(at // MICROSECONDS_A_DAY, last + 1))
        one_in, measured, stratum = self.ladder.rarity(weight, self.roles[account], self.homes[account])
        line = self.line_of(account, reached)
        families = self._families(inputs, now, done)[place, :SURE].tolist()
        return Alert(
            account=self.accounts.names[account],
            at=int(inputs.told_at[where]),
            rung=rung.name,
            weight=weight,
            one_in=one_in,
            measured=measured,
            stratum=stratum,
            calibration=line.calibration,
            session=int(done.session[place]),
            grounds=grounds_for(done, place, self.weigher, self.state.own.of(account)),
            events=heaviest_events(
                self.recent,
                account,
                since=int(self.state.since[account]),
                crossed=(rows.event_hi[where], rows.event_lo[where]),
            ),
            line=line.weight,
            line_measured=line.measured,
            line_stratum=line.stratum,
            budget=rung.budget,
            families=tuple(kind for kind, there in zip(KINDS[:SURE], families, strict=True) if there),
        )

    def _bet_on_week(self, days: Days, at: np.ndarray) -> None:
        """The weekly bet on days that are over or that a rung has cut; `at`: their latest event."""
        self.weekly.fold(
            days.account,
            days.ln_e,
            days.peak,
            at,
            day=self.day,
            week_from=self.week_from,
            calibration=self.weigher.hash,
        )

    def restart(self, account: int, at: int) -> None:
        """The rung has ended: the account stands on none, and its statistic begins anew."""
        state = self.state
        self.stood.add((account, (at - 1) // MICROSECONDS_A_DAY))  # `_cut` may have moved the end past midnight
        state.standing[account] = 0
        state.ln_r1[account] = 0
        theirs = state.open.account == account
        so_far = today(state, of=account)  # the clock is that of the batch's last row, which may come later
        self._bet_on_week(so_far, np.full(len(so_far.account), state.open.last_at[theirs].max(initial=0)))
        forget_day(state, account)
        state.since[account] = at
        state.family_day[account] = -(10**6)
        state.finish(state.open.take(theirs))  # what the rung saw is over, and kept
        state.open = state.open.take(~theirs)
