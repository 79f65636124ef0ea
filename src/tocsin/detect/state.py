"""The judge's state: a few numbers per account, a row per open session. It can be saved and resumed."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

import numpy as np

from tocsin.detect.calibration import SIGN_IN_CODES
from tocsin.detect.nulls import SETTLED
from tocsin.detect.registry import DETECTORS
from tocsin.detect.weight import CONTENT, COUNTED, OWN_BINS, SIGN_IN_AT, Own, bins, own_e_values
from tocsin.model.keys import KeySet
from tocsin.model.rows import MICROSECONDS_A_DAY
from tocsin.model.runs import add_run

SESSION_COLUMNS: Final = [(d.name, name) for d in DETECTORS for name in d.session_state]
ACCOUNT_COLUMNS: Final = [(d.name, name) for d in DETECTORS for name in d.account_state]
OF_THE_DAY: Final = [place for place, (_, name) in enumerate(ACCOUNT_COLUMNS) if name == "count"]
"""What is counted over all sessions of an account, and forgotten with the day."""
KINDS: Final = ("content", "sign-in", "honey", "sign-in of a young account", "honey listed")
"""Kinds of evidence. Only the first three are families that can suspend: of an account met less than a week ago all is
new because Tocsin is, and a search lists a honey patient the sooner the more it lists, so that is content once more."""
SURE: Final = 3
ENTRY: Final = [place for place, kind in enumerate(KINDS) if kind.startswith("sign-in")]
NOTHING: Final = -(1 << 60)
"""Weight of no day at all."""
FAMILY_DAYS: Final = 7
"""For how many days a family's evidence counts towards the two that `suspend` needs."""


@dataclass(slots=True)
class Sessions:
    """Some sessions, one entry each."""

    key: np.ndarray
    """uint64: account, client and device. `State.open` is sorted by it."""
    id: np.ndarray
    """uint64: key and first event."""
    account: np.ndarray
    """int32."""
    first_at: np.ndarray
    last_at: np.ndarray
    """int64 microseconds."""
    events: np.ndarray
    """int64."""
    age: np.ndarray
    """int64, position in AGES when the session began."""
    weight: np.ndarray
    """int64 micro-nats: what the session is worth by itself; of several days the heaviest."""
    before: np.ndarray
    """int64 micro-nats: the same of its days before."""
    counts: np.ndarray
    """int64 (sessions, CONTENT): how far each detector of content has got in it; of several days the furthest."""
    carried: np.ndarray
    """int64 (sessions, SESSION_COLUMNS)."""

    @classmethod
    def none(cls) -> Sessions:
        """No session."""
        wide = np.int64
        return cls(
            key=np.zeros(0, np.uint64),
            id=np.zeros(0, np.uint64),
            account=np.zeros(0, np.int32),
            first_at=np.zeros(0, wide),
            last_at=np.zeros(0, wide),
            events=np.zeros(0, wide),
            age=np.zeros(0, wide),
            weight=np.zeros(0, wide),
            before=np.zeros(0, wide),
            counts=np.zeros((0, CONTENT), wide),
            carried=np.zeros((0, len(SESSION_COLUMNS)), wide),
        )

    def __len__(self) -> int:
        return len(self.key)

    def take(self, places: np.ndarray) -> Sessions:
        """The sessions at these places (positions or a mask)."""
        return Sessions(*(getattr(self, name)[places] for name in self.__slots__))

    def join(self, other: Sessions) -> Sessions:
        """These and others."""
        return Sessions(*(np.concatenate([getattr(self, name), getattr(other, name)]) for name in self.__slots__))

    def put(self, others: Sessions) -> Sessions:
        """These, sorted by key, with others put in: each in the place of the one with its key, if there is one."""
        place = np.searchsorted(self.key, others.key)
        there = held_at(self.key, place, others.key)
        for name in self.__slots__:
            getattr(self, name)[place[there]] = getattr(others, name)[there]
        if there.all():
            return self
        new = np.flatnonzero(~there)
        new = new[np.argsort(others.key[new])]
        joined = np.zeros(len(self) + len(new), bool)
        joined[place[new] + np.arange(len(new))] = True

        def merged(ours: np.ndarray, theirs: np.ndarray) -> np.ndarray:
            out = np.empty((len(joined), *ours.shape[1:]), ours.dtype)
            out[~joined], out[joined] = ours, theirs[new]
            return out

        return Sessions(*(merged(getattr(self, name), getattr(others, name)) for name in self.__slots__))


def held_at(held: np.ndarray, place: np.ndarray, keys: np.ndarray) -> np.ndarray:
    """bool: the entry of `held` (rising, distinct) at the place where a key belongs is that key."""
    if not len(held):
        return np.zeros(len(keys), bool)
    found: np.ndarray = held[np.minimum(place, len(held) - 1)] == keys
    return found


@dataclass(slots=True)
class State:
    """All that the judge remembers."""

    ln_r1: np.ndarray = field(default_factory=lambda: np.zeros(0, np.int64))
    """By account: ln(R + 1) in micro-nats, R the e-SR statistic over days that have ended."""
    most: np.ndarray = field(default_factory=lambda: np.zeros((0, len(DETECTORS)), np.int64))
    """By account and detector: how far the day's furthest session has got."""
    today: np.ndarray = field(default_factory=lambda: np.zeros(0, np.int64))
    """By account: what the day is worth so far, micro-nats."""
    peak: np.ndarray = field(default_factory=lambda: np.full(0, NOTHING, np.int64))
    """By account: the most that the day was worth so far."""
    stratum_age: np.ndarray = field(default_factory=lambda: np.full(0, -1, np.int64))
    """By account: position in AGES on the day, -1 if it has done nothing yet."""
    standing: np.ndarray = field(default_factory=lambda: np.zeros(0, np.int64))
    """By account: rung it stands on, 1 to 4; 0 none."""
    until: np.ndarray = field(default_factory=lambda: np.zeros(0, np.int64))
    """By account: end of the standing rung, microseconds."""
    since: np.ndarray = field(default_factory=lambda: np.zeros(0, np.int64))
    """By account: when the statistic last restarted, microseconds."""
    clock: np.ndarray = field(default_factory=lambda: np.zeros(0, np.int64))
    """By account: latest time seen, microseconds."""
    expected: np.ndarray = field(default_factory=lambda: np.full((0, CONTENT), -1, np.int64))
    """By account and content detector: the bin up to which a person expects its counts; -1 none."""
    expected_until: np.ndarray = field(default_factory=lambda: np.zeros(0, np.int64))
    """By account: end of that exception, microseconds; 0 none."""
    cut_key: np.ndarray = field(default_factory=lambda: np.zeros(0, np.uint64))
    """By account: key of the session that `end-sessions` ended."""
    family_day: np.ndarray = field(default_factory=lambda: np.full((0, len(KINDS)), -(10**6), np.int64))
    """By account and kind of evidence (see KINDS): latest day with evidence of it."""
    account_state: np.ndarray = field(default_factory=lambda: np.zeros((0, len(ACCOUNT_COLUMNS)), np.int64))
    own_counts: np.ndarray = field(default_factory=lambda: np.zeros((0, COUNTED, OWN_BINS), np.int32))
    """By account and detector: own days that reached each bin."""
    own_days: np.ndarray = field(default_factory=lambda: np.zeros(0, np.int32))
    own_e: np.ndarray = field(default_factory=lambda: np.zeros((0, COUNTED, OWN_BINS), np.float32))
    """The e-value cap that follows; see `own_e_values`."""
    own_codes: np.ndarray = field(default_factory=lambda: np.zeros((0, SIGN_IN_CODES), np.int32))
    """By account: own days, since it is settled, that showed each code of the sign-in."""
    open: Sessions = field(default_factory=Sessions.none)
    met: dict[int, KeySet] = field(default_factory=dict)
    """Day -> (session, something) keys, for distinct counts."""
    finished: list[Sessions] = field(default_factory=list)
    """Sessions finished since the slice began, in runs: see `finish`."""

    def grow(self, accounts: int) -> None:
        """Make room for accounts 0 .. accounts - 1."""
        more = accounts - len(self.ln_r1)
        if more <= 0:
            return
        for name, fill in (
            ("ln_r1", 0), ("most", 0), ("today", 0), ("peak", NOTHING), ("stratum_age", -1), ("standing", 0),
            ("until", 0), ("since", 0), ("clock", 0), ("expected", -1), ("expected_until", 0), ("cut_key", 0),
            ("family_day", -(10**6)), ("account_state", 0), ("own_counts", 0), ("own_days", 0), ("own_e", np.inf),
            ("own_codes", 0),
        ):  # fmt: skip
            held = getattr(self, name)
            added = np.full((more, *held.shape[1:]), fill, held.dtype)
            setattr(self, name, np.concatenate([held, added]))

    @property
    def own(self) -> Own:
        """What the own past of accounts says."""
        return Own(self.own_e, self.own_codes)

    def finish(self, sessions: Sessions) -> None:
        """These are over."""
        add_run(self.finished, sessions, Sessions.join)

    def was_met(self, keys: np.ndarray) -> np.ndarray:
        """bool: (session, something) keys met before."""
        found = np.zeros(len(keys), bool)
        if not len(keys):
            return found
        order = np.argsort(keys)
        ordered = keys[order]
        for held in self.met.values():
            found[order] |= held.has_sorted(ordered)
        return found

    def learn_own(self, accounts: np.ndarray, counts: np.ndarray, age: np.ndarray) -> None:
        """Let a quiet day count as the own history of its accounts; counts (accounts, detectors), age in AGES."""
        if not len(accounts):
            return
        settled = age == SETTLED  # before that, all is new because Tocsin is
        self.own_codes[accounts[settled], counts[settled, SIGN_IN_AT] % SIGN_IN_CODES] += 1
        self.own_days[accounts] += 1
        reached = np.arange(OWN_BINS) <= bins(counts[:, :COUNTED])[:, :, None]
        self.own_counts[accounts] += reached.astype(np.int32)
        self._cap(accounts)

    def expect(self, account: int, reached: np.ndarray, until: int) -> None:
        """Make an exception for an account in place of the one it has: up to these bins its counts are no evidence.

        `reached`: (CONTENT,), -1 where nothing is expected; see `expected`. What is new about a sign-in and what a
        honey patient shows are no counts of content: no exception touches them.
        """
        self.expected[account], self.expected_until[account] = reached, until
        self._cap(np.array([account]))

    def expire(self, at: int) -> None:
        """End the exceptions whose time is over."""
        over = np.flatnonzero((self.expected_until > 0) & (self.expected_until <= at))
        self.expected[over], self.expected_until[over] = -1, 0
        self._cap(over)

    def _cap(self, accounts: np.ndarray) -> None:
        """Work out what the own past, and an exception, allow the e-values of some accounts to be."""
        if not len(accounts):
            return
        caps = own_e_values(self.own_counts[accounts], self.own_days[accounts][:, None])
        caps[:, :, 0] = np.inf
        expecting = (self.expected[accounts] >= 0).any(axis=1).nonzero()[0]
        inside = np.arange(OWN_BINS) <= self.expected[accounts[expecting]][:, :, None]
        held = caps[expecting, :CONTENT]
        caps[expecting, :CONTENT] = np.where(inside, np.minimum(held, 1.0), held)
        self.own_e[accounts] = caps


def day_of(at: int) -> int:
    """Day number of a time in microseconds."""
    return at // MICROSECONDS_A_DAY
