"""Explain: a fold over slices that says, for each row, why the access was to be expected, or that nothing says so.

    rows of a slice -> 1 own past   (settled touches of the same account and person)
                       2 directory  (appointment, stay, shared unit, referral, care team, campaign, task, roster)
                       3 colleague  (somebody of the same unit, himself explained by 2, in earlier slices)
                       4 common mode (the whole establishment meets the same strangers today)
                    -> Explained rows: the reason, what is new about the row, and the unit of a stranger

Within a slice the answer for a row depends on nothing but the row and the state before the slice, first touches and (4)
aside, which go by the accepted order: so the size of batches cannot change it.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import pyarrow as pa

from tocsin.explain.care import Grants, Persons, Places, actor_key, grants_of, places_of
from tocsin.explain.crowds import Common
from tocsin.explain.habits import countries_of, habits_of, ways_of
from tocsin.explain.memory import USUAL_DAYS, Memory
from tocsin.explain.past import Past, add_touches
from tocsin.explain.reasons import Reason, reasons
from tocsin.explain.staff import PostTable, Staff, post_table
from tocsin.explain.standing import FIRST_WEEK, unplaced
from tocsin.model.event import ACTIONS, REASONS
from tocsin.model.explained import NEW_COUNTRY, Explained
from tocsin.model.fact import FACT
from tocsin.model.keys import KeySet, factorise
from tocsin.model.rows import MICROSECONDS_A_DAY, Names, Rows, mix

_OPENING = np.isin(np.arange(len(ACTIONS)), [ACTIONS.index(a) for a in ("read", "write", "export")])
_LISTING = np.arange(len(ACTIONS)) == ACTIONS.index("list")
_OWN_PAST, _COLLEAGUE = REASONS.index("own-past"), REASONS.index("colleague")
_COMMON = REASONS.index("common-mode")
_TASK, _ROSTER, _NO_PATIENT = REASONS.index("task"), REASONS.index("roster"), REASONS.index("no-patient")
_CODES = 128
"""Codes of reasons are below: one byte, signed."""
_SALT_LISTED = np.uint64(0x5EED)


@dataclass(slots=True)
class Explainer:
    """State of the fold. `explain` does not change the past; `remember` does."""

    reasons: dict[str, Reason] = field(default_factory=reasons)
    accounts: Names = field(default_factory=Names)
    services: Names = field(default_factory=Names)
    staff: Staff = field(default_factory=Staff)
    actors: list[str | None] = field(default_factory=list)
    """By account number."""
    touched: Past = field(default_factory=Past)
    """(account, person) opened."""
    listed: Past = field(default_factory=Past)
    """(account, person) listed: never becomes own past, only "seen before in these days"."""
    habits: Past = field(default_factory=Past)
    """(account, network), (account, device), (account, client), (account, assurance), (account, service), countries."""
    vouched: dict[int, KeySet] = field(default_factory=dict)
    """Day -> (person, unit) of touches that a directory fact explained, in slices that have ended."""
    vouching: dict[int, list[tuple[np.ndarray, np.ndarray]]] = field(default_factory=dict)
    """Day -> [(the same keys, account numbers)] of slices that have not."""
    common: Common = field(default_factory=Common)
    """What changes for a whole place at once."""
    alerted: dict[int, set[int]] = field(default_factory=dict)
    """Day -> accounts against which an alert stood."""
    first_day: dict[int, int] = field(default_factory=dict)
    """Account number -> day of its first event."""
    person_of: Persons = lambda references: references
    """Joins the references of facts to persons; the same as for the rows."""
    _facts: list[pa.Table] = field(default_factory=list)
    _joined: Persons | None = None
    """What `_grants` and `_places` were joined with."""
    _grants: Grants | None = None
    _places: Places | None = None
    _posts: PostTable | None = None
    _sites: np.ndarray = field(default_factory=lambda: np.zeros(1, np.uint64))
    """uint64 key of the establishment of each account, and once more at the end for nobody; 0 if none is known."""
    _entrusted: list[int] = field(default_factory=list)
    """Accounts of which a job on all patients is declared."""
    _last: tuple[Rows, tuple[np.ndarray, np.ndarray]] | None = None
    """Rows that were explained last, and their ways: `remember` asks for them again."""

    def learn(self, facts: pa.Table) -> None:
        """Take in directory facts (schema FACT), whenever they come: what is known late explains nothing earlier."""
        if len(facts):
            self._facts.append(facts)
            self.staff.learn(facts)
            self._grants = self._places = self._posts = None

    def identify(self, account: int, professional: str | None) -> None:
        """Say which professional the trail itself gives for an account (called in any order, the first counts)."""
        while len(self.actors) <= account:
            self.actors.append(None)
        if self.actors[account] is None:
            self.actors[account] = self.staff.actor(self.accounts.names[account], professional)
            self._posts = None

    def count_only(self, reasons: dict[str, Reason]) -> None:
        """Let only these explanations count from now on."""
        self.reasons = reasons
        self._grants = self._places = self._posts = None

    def look_up_again(self) -> None:
        """Facts have come: perhaps a directory now knows accounts that none knew."""
        for account, actor in enumerate(self.actors):
            if actor is None or actor not in self.staff.roles:
                self.actors[account] = self.staff.actor(self.accounts.names[account], actor)
        self._posts = None

    def role(self, account: int) -> str:
        """Role code of an account; "" if no directory knows."""
        return self.staff.role(self.actors[account]) if account < len(self.actors) else ""

    def open_slice(self, day: int) -> None:
        """Before the rows of day `day`: quiet touches of two days ago settle, old vouching is dropped."""
        own_past = self.reasons.get("own-past")
        for past in (self.touched, self.listed, self.habits):
            past.settle(day, self.alerted, remember_days=own_past.days if own_past else USUAL_DAYS)
        self.listed.settled = Memory()  # a listing never vouches
        self.common.open_slice(day, days=self.reasons["common-mode"].days if "common-mode" in self.reasons else 0)
        for ended in sorted(d for d in self.vouching if d < day):
            barred = list(self.alerted.get(ended, ()))
            for keys, accounts in self.vouching.pop(ended):
                self.vouched.setdefault(ended, KeySet()).add(keys[~np.isin(accounts, barred)])
        keep = self.reasons["colleague"].days if "colleague" in self.reasons else 0
        for old in [d for d in self.vouched if d < day - keep]:
            del self.vouched[old]
        for old in [d for d in self.alerted if d < day - 40]:
            del self.alerted[old]

    def explain(self, rows: Rows) -> Explained:
        """Reasons and novelty for rows of one slice, in accepted order."""
        self._prepare()
        reason = np.where(rows.patient != 0, 0, _NO_PATIENT).astype(np.int8)
        named = (rows.patient != 0) & (rows.account >= 0)
        who = np.zeros(len(rows), np.uint64)
        some = rows.account >= 0
        who[some] = self.accounts.keys()[rows.account[some]]
        touch = np.flatnonzero(named)
        pair, of_pair = factorised(mix(who[touch], rows.patient[touch]))
        known, met = self.touched.look(pair)
        if "own-past" not in self.reasons:
            known[:] = False
        own = np.zeros(len(rows), bool)
        own[touch] = known[of_pair]

        reason[named] = 0
        reason[own] = _OWN_PAST
        left = touch[~own[touch]]
        reason[left] = self._directory(rows.patient[left], rows.account[left], rows.at[left])
        left = left[reason[left] == 0]
        on_task = self._on_task(rows.account, rows.at)
        reason[left[on_task[left]]] = _TASK
        left = left[reason[left] == 0]
        reason[left] = self._colleague(rows.patient[left], rows.account[left], rows.at[left])

        succeeded = (rows.outcome == 0) & named & ~own
        fresh = _first(of_pair, touch, succeeded & _OPENING[rows.action], len(pair), ~met)
        listing = succeeded & _LISTING[rows.action]
        listed_before = self.listed.met(pair ^ _SALT_LISTED) if listing.any() else met
        fresh_listed = _first(of_pair, touch, listing, len(pair), ~listed_before)
        ways = ways_of(rows, who)
        novelty, unsettled = self._novelty(rows, who, ways)
        self._last = (rows, ways)
        if "common-mode" in self.reasons:
            reason[self.common.expects(rows, fresh & (reason == 0), unsettled, self._sites[rows.account])] = _COMMON
        unit = np.zeros(len(rows), np.uint64)
        strange = np.flatnonzero(fresh & (reason == 0))
        ward = unit.copy()
        assert self._places is not None
        ward[strange] = self._places.unit_of(rows.patient[strange], rows.at[strange])
        unit[strange] = self._unit(rows.patient[strange], rows.service[strange], ward[strange])
        age, newcomer = self._age(rows)
        return Explained(
            reason=reason,
            fresh=fresh,
            fresh_listed=fresh_listed,
            unit=unit,
            ward=ward,
            novelty=novelty,
            unsettled=unsettled,
            age_days=age,
            declared=on_task | self._declared()[reason],
            newcomer=newcomer,
            unplaced=unplaced(rows, newcomer & (age == 0) & some, self.staff, self.actors, self.first_day),
        )

    def remember(self, rows: Rows, explained: Explained) -> None:
        """Take in the rows of one slice after `explain`. Those of accounts under alert never settle (see `Past`)."""
        if not len(rows):
            return
        day = int(rows.days()[0])
        some = rows.account >= 0
        who = np.zeros(len(rows), np.uint64)
        who[some] = self.accounts.keys()[rows.account[some]]
        if self._last is None or self._last[0] is not rows:
            self._last = (rows, ways_of(rows, who))
        first = self._last[1][1]
        first = first[rows.account[first] >= 0]
        habits = [key for _, key in habits_of(rows, who, first, self.services)]
        keys = np.concatenate([*habits, *countries_of(rows, who, first)])
        accounts = np.tile(rows.account[first], len(keys) // max(len(first), 1))
        keys, at_first = np.unique(keys, return_index=True)
        self.touched.renew()
        known, met = self.habits.look(keys)
        self.habits.renew()
        new = ~(known | self.habits.met_on(day, keys)) if met.any() else ~known
        self.habits.add(day, keys[new], accounts[at_first][new])
        for place in first.tolist():
            self.first_day.setdefault(int(rows.account[place]), int(rows.at[place] // MICROSECONDS_A_DAY))
        pair = mix(who, rows.patient)
        for past, fresh, salt in (
            (self.touched, explained.fresh, np.uint64(0)),
            (self.listed, explained.fresh_listed, _SALT_LISTED),
        ):
            past.add(day, pair[fresh] ^ salt, rows.account[fresh])
        self._vouch(day, rows, explained)
        strange = explained.fresh & ((explained.reason == 0) | (explained.reason == _COMMON))
        self.common.remember(rows, strange, explained.unsettled, self._sites[rows.account])

    def stand(self, account: int, day: int) -> None:
        """An alert stood against this account on this day: its touches vouch for nobody."""
        self.alerted.setdefault(day, set()).add(account)

    def clear(self, account: int, since: int) -> None:
        """The owner was at work after all: no alert stands against this account from this day on."""
        for day, accounts in self.alerted.items():
            if day >= since:
                accounts.discard(account)

    # -- the parts ---------------------------------------------------------------------------------------------------

    def _prepare(self) -> None:
        while len(self.actors) < len(self.accounts.names):
            self.identify(len(self.actors), None)
        if self._grants is None or self._joined != self.person_of:
            facts = pa.concat_tables(self._facts) if self._facts else FACT.empty_table()
            self._facts = [facts]
            self._joined = self.person_of
            self._grants = grants_of(facts, self.reasons, self.person_of)
            self._places = places_of(facts, self.person_of)
        if self._posts is None:
            self._posts = post_table(self.staff, self.actors, roster=self.reasons.get("roster"))
            sites = [self.staff.site(actor) for actor in self.actors]
            self._sites = np.array([*(actor_key(site, kind="site") if site else 0 for site in sites), 0], np.uint64)
            self._entrusted = [number for number, actor in enumerate(self.actors) if actor in self.staff.tasks]

    def _declared(self) -> np.ndarray:
        """bool by code: whether the reason declares a job."""
        declared = np.zeros(_CODES, bool)
        declared[[reason.code for reason in self.reasons.values() if reason.declared]] = True
        return declared

    def vocabulary(self) -> tuple[str, ...]:
        """The words of the codes that `explain` gives: REASONS, then what the region has added."""
        own = sorted((reason.code, reason.name) for reason in self.reasons.values() if reason.kind)
        width = max((code + 1 for code, _ in own), default=len(REASONS))
        words = list(REASONS) + [""] * (width - len(REASONS))
        for code, name in own:
            words[code] = name
        return tuple(words)

    def _posts_at(self, account: np.ndarray, at: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """For each row its posts in force: (row positions repeated, post positions)."""
        posts = self._posts
        assert posts is not None
        count = posts.first[account + 1] - posts.first[account]
        row = np.repeat(np.arange(len(account)), count)
        begin = np.repeat(posts.first[account] - np.concatenate([[0], np.cumsum(count)[:-1]]), count)
        post = begin + np.arange(len(row))
        holds = (posts.starts[post] <= at[row]) & (at[row] <= posts.ends[post]) & (posts.known_at[post] <= at[row])
        return row[holds], post[holds]

    def _directory(self, patient: np.ndarray, account: np.ndarray, at: np.ndarray) -> np.ndarray:
        """int8 reason that a directory fact gives, 0 if none."""
        found = np.zeros(len(patient), np.int8)
        if not len(patient):
            return found
        assert self._grants is not None
        assert self._posts is not None
        row, post = self._posts_at(account, at)
        code = self._grants.reasons_for(patient[row], self._posts.key[post], at[row], self._posts.roster[post], _ROSTER)
        if "roster" not in self.reasons:
            code[self._posts.roster[post]] = 0
        row, code = row[code > 0], code[code > 0]
        order = np.lexsort((-code.astype(np.int16), row))  # the last write of a row is its first reason
        found[row[order]] = code[order]
        return found

    def _on_task(self, account: np.ndarray, at: np.ndarray) -> np.ndarray:
        """bool: a declared job of this account, on all patients, is under way."""
        holds = np.zeros(len(account), bool)
        if "task" not in self.reasons:
            return holds
        before, after = self.reasons["task"].before_us, self.reasons["task"].after_us
        for number in self._entrusted:
            theirs = np.flatnonzero(account == number)
            when = at[theirs]
            for starts, ends, known_at in self.staff.tasks[self.actors[number] or ""]:
                holds[theirs] |= (when >= known_at) & (when >= starts - before) & (when <= ends + after)
        return holds

    def _colleague(self, patient: np.ndarray, account: np.ndarray, at: np.ndarray) -> np.ndarray:
        """int8: `colleague` where somebody of a unit of this account saw the patient, with a directory reason."""
        found = np.zeros(len(patient), np.int8)
        if not len(patient) or not self.vouched or "colleague" not in self.reasons:
            return found
        assert self._posts is not None
        row, post = self._posts_at(account, at)
        keys = mix(patient[row], self._posts.key[post])
        hit = np.zeros(len(keys), bool)
        for held in self.vouched.values():
            hit |= held.has(keys)
        found[row[hit]] = _COLLEAGUE
        return found

    def _vouch(self, day: int, rows: Rows, explained: Explained) -> None:
        """Touches explained by a directory fact itself vouch for the colleagues of the same units, from tomorrow."""
        directory = (
            (explained.reason > _OWN_PAST)
            & (explained.reason != _COLLEAGUE)
            & (explained.reason != _NO_PATIENT)
            & (explained.reason != _COMMON)
        )
        seen = np.flatnonzero(directory & (rows.outcome == 0) & _OPENING[rows.action] & explained.fresh)
        if not len(seen):
            return
        assert self._posts is not None
        row, post = self._posts_at(rows.account[seen], rows.at[seen])
        keys = mix(rows.patient[seen][row], self._posts.key[post])
        add_touches(self.vouching.setdefault(day, []), keys, rows.account[seen][row])

    def _unit(self, patient: np.ndarray, service: np.ndarray, ward: np.ndarray) -> np.ndarray:
        """Unit of a stranger: of the latest stay, else the service's establishment, else a unit of its own."""
        sites = [self.staff.site_of_service.get(name) for name in self.services.names]
        site_key = np.array([*(actor_key(site, kind="site") if site else 0 for site in sites), 0], np.uint64)
        unit = np.where(ward == 0, site_key[service], ward)
        return np.where(unit == 0, mix(patient, 1), unit)

    def _novelty(
        self, rows: Rows, who: np.ndarray, ways: tuple[np.ndarray, np.ndarray]
    ) -> tuple[np.ndarray, np.ndarray]:
        """uint8 bit sets: what the account does for the first time in this row; what is not settled as its habit."""
        of_way, first = ways
        novelty, unsettled = np.zeros(len(rows), np.uint8), np.zeros(len(first), np.uint8)
        for bit, keys in habits_of(rows, who, first, self.services):
            of_key, begins = factorise(keys)
            told = (keys != who[first]) & (rows.account[first] >= 0)
            known, met = self.habits.look(keys[begins])
            unsettled[~known[of_key] & told] |= bit
            new = begins[~known & ~met]
            novelty[first[new[told[new]]]] |= bit
        keyed = countries_of(rows, who, first)
        if keyed:
            own, any_own, common, any_common = (self._settled(keys) for keys in keyed)
            abroad = np.where(any_own, ~own, any_common & ~common)
            unsettled[abroad & (rows.country[first] != 0) & (rows.account[first] >= 0)] |= NEW_COUNTRY
        return novelty, unsettled[of_way]

    def _settled(self, keys: np.ndarray) -> np.ndarray:
        """bool: which keys are settled habits."""
        of_key, begins = factorise(keys)
        known: np.ndarray = self.habits.look(keys[begins])[0][of_key]
        return known

    def _age(self, rows: Rows) -> tuple[np.ndarray, np.ndarray]:
        """(int32 days since the account's first event, 0 for a new one; bool whether it came after the first week)."""
        today = rows.days()
        size = max(len(self.accounts.names), 1) + 1
        first = np.full(size, np.iinfo(np.int32).max, np.int64)
        if self.first_day:
            first[list(self.first_day)] = list(self.first_day.values())
        first = np.minimum(first[rows.account], today)
        begun = min(self.first_day.values(), default=int(today.min()) if len(today) else 0)
        return np.maximum(today - first, 0).astype(np.int32), first >= begun + FIRST_WEEK


def factorised(keys: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """(distinct keys, place of each key among them)."""
    codes, first = factorise(keys)
    return keys[first], codes


def _first(of_pair: np.ndarray, touch: np.ndarray, wanted: np.ndarray, pairs: int, new: np.ndarray) -> np.ndarray:
    """bool per row: the first wanted row of its pair, where the pair is new. `touch`: rows that `of_pair` is of."""
    out = np.zeros(len(wanted), bool)
    places = np.flatnonzero(wanted[touch])
    first = np.full(pairs, -1, np.int64)
    first[of_pair[places][::-1]] = places[::-1]  # the last write of a pair is its first row
    out[touch[first[(first >= 0) & new]]] = True
    return out
