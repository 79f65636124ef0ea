"""One step of the judge: a batch of rows and the state before -> weights of every row, and the state after.

    (1) number the sessions: account, client and device with gaps of at most 30 minutes
    (2) let each detector count, in session order; each session weighs what it counts
    (3) per account, in account order: how far has its furthest session of the day got? Asked at the *steps*, rows at
        which a detector counts on or a session begins: at all others it is what it was
    (4) weigh that: a weight per step, never a float that depends on the batch, and so per row
    (5) say what the state becomes; nothing is changed until `commit`

A day (the slice) is bet on once, however many sessions it has: the same reasons that make one session of a day heavy
make the others so. What comes at its end: days.py.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from tocsin.detect.nulls import SETTLED, age_code
from tocsin.detect.numbering import number
from tocsin.detect.registry import DETECTORS
from tocsin.detect.roles import Roles
from tocsin.detect.segments import Marked, changes, ends_of, previous, starts_of
from tocsin.detect.state import ACCOUNT_COLUMNS, SESSION_COLUMNS, Sessions, State
from tocsin.detect.view import Carry, Picked, View
from tocsin.detect.weight import CONTENT, HONEY_AT, SIGN_IN_AT, Own, Weigher, micronats
from tocsin.model.evidence import MICRONATS
from tocsin.model.explained import Explained
from tocsin.model.keys import KeySet, factorise, order_of
from tocsin.model.rows import Rows, mix
from tocsin.model.session import GAP_US

_NOTABLE = int(np.log(2) * MICRONATS)
"""A family has evidence when its part of a day's weight is at least ln 2."""
_SESSION_STATE = [{name: SESSION_COLUMNS.index((d.name, name)) for name in d.session_state} for d in DETECTORS]
_ACCOUNT_STATE = [{name: ACCOUNT_COLUMNS.index((d.name, name)) for name in d.account_state} for d in DETECTORS]
"""By detector: in which column each thing that it keeps stands."""


@dataclass(slots=True)
class Inputs:
    """Rows of a batch that name an account, in accepted order, and what stands beside them."""

    rows: Rows | Picked
    explained: Explained | Picked
    marked: np.ndarray
    """bool: the patient is a honey patient."""
    pooled: np.ndarray
    """int64; see `View.pooled`."""
    cohort: np.ndarray
    """int64; see `View.cohort`."""
    told_at: np.ndarray
    """int64: the rows' own times; `rows.at` never goes back for an account."""
    day: int
    """Of the slice."""

    def take(self, places: np.ndarray) -> Inputs:
        """The rows at these places, which are all different."""
        if len(places) == len(self) and (places[1:] > places[:-1]).all():
            return self
        return Inputs(
            Picked(self.rows, places),
            Picked(self.explained, places),
            self.marked[places],
            self.pooled[places],
            self.cohort[places],
            self.told_at[places],
            self.day,
        )

    def __len__(self) -> int:
        return len(self.rows)


@dataclass(slots=True)
class Step:
    """What a batch does. Vectors over rows are in the order of the inputs."""

    session: np.ndarray
    """uint64 id of each row's session."""
    key: np.ndarray
    """uint64 key (account, client, device) of each row."""
    weight: np.ndarray
    """int64 micro-nats: the account's statistic, that row included."""
    gain: np.ndarray
    """int64 micro-nats: what the row added to its account's day."""
    back: np.ndarray
    """Which of the steps is the latest of its account at each row; the next three are by step."""
    families: np.ndarray
    """bool (steps, KINDS): evidence of each kind on the account's day so far."""
    counts: np.ndarray
    """int64 (detectors, steps): how far the day's furthest session has got."""
    stratum: np.ndarray
    """int64: number of the stratum each step was weighed in."""
    accounts: np.ndarray
    """int32: accounts of the batch, rising; the next six are theirs."""
    most: np.ndarray
    today: np.ndarray
    peak: np.ndarray
    """The most that the day was worth in these rows."""
    stratum_age: np.ndarray
    account_state: np.ndarray
    family_day: np.ndarray
    closed: Sessions
    opened: Sessions
    meet: list[tuple[np.ndarray, np.ndarray]]
    """Keys to remember as met, and the account of each."""
    day: int

    def commit(self, state: State, *, but: np.ndarray) -> None:
        """Make the state what it is after this batch, but for the accounts `but`: these are as they were."""
        spared = among(self.accounts, but)
        accounts = self.accounts[~spared]
        state.most[accounts] = self.most[~spared]
        state.today[accounts] = self.today[~spared]
        state.peak[accounts] = np.maximum(state.peak[accounts], self.peak[~spared])
        state.stratum_age[accounts] = self.stratum_age[~spared]
        state.account_state[accounts] = self.account_state[~spared]
        state.family_day[accounts] = np.maximum(state.family_day[accounts], self.family_day[~spared])
        opened, closed = (
            sessions.take(~among(sessions.account, but)) if len(but) else sessions
            for sessions in (self.opened, self.closed)
        )  # what closes has been followed by another session of its key
        state.open = state.open.put(opened)
        state.finish(closed)
        held = state.met.setdefault(self.day, KeySet())
        for keys, account in self.meet:
            held.add(keys[~among(account, but)] if len(but) else keys)


def step(inputs: Inputs, state: State, weigher: Weigher, roles: Roles, account_keys: np.ndarray) -> Step:
    """Judge a batch; see the module. `account_keys` are by account number."""
    rows = inputs.rows
    # (1)
    key = mix(mix(account_keys[rows.account], rows.client), rows.device)
    order = order_of(factorise(key)[0])
    back = np.empty(len(order), np.int64)
    back[order] = np.arange(len(order))
    by_session = inputs.take(order)
    by_session_key = key[order]
    numbered = number(by_session.rows, by_session.explained, by_session_key, state.open)
    # (2)
    account_order = order_of(rows.account)
    ordered = rows.account[account_order]
    account_seg = np.cumsum(changes(ordered)) - 1
    account_first = starts_of(account_seg)
    accounts = ordered[account_first]
    last = ends_of(numbered.seg)
    view = View(
        rows=by_session.rows,
        explained=by_session.explained,
        seg=numbered.seg,
        first=numbered.first,
        last=last,
        session=numbered.id[numbered.seg],
        goes_on=numbered.continues,
        account_order=back[account_order],
        account_seg=account_seg,
        marked=by_session.marked,
        pooled=by_session.pooled,
        cohort=by_session.cohort,
    )
    counts, carried, account_state, meet = _count(view, numbered.carried, state.account_state[accounts], state)
    account_of = by_session.rows.account
    ends = account_of[last]
    session_stratum = weigher.strata_of(ends, numbered.age, roles)
    sessions = Sessions(
        key=by_session_key[last],
        id=numbered.id,
        account=ends,
        first_at=numbered.first_at,
        last_at=np.maximum(by_session.rows.at[last], numbered.last_at),
        events=numbered.events + last - numbered.first + 1,
        age=numbered.age,
        weight=np.maximum(np.add(*weigher.weigh(session_stratum, counts[:, last], ends, state.own)), numbered.before),
        before=numbered.before,
        counts=np.maximum(counts[:CONTENT, last].T, numbered.counts),
        carried=carried,
    )
    latest = np.zeros(len(sessions), bool)
    latest[ends_of(sessions.key)] = True
    # (3)
    moves = _moves(counts, view.first)
    at_step = np.zeros(len(rows), bool)
    at_step[view.first] = True
    at_step |= moves.any(axis=0)
    at_step = at_step[view.account_order]
    steps = view.account_order[at_step]
    seg = account_seg[at_step]
    far = _furthest(counts, moves, steps, seg, np.ascontiguousarray(state.most[accounts].T))
    age = state.stratum_age[accounts]
    begins, told = view.account_order[account_first], by_session.explained
    age = np.where(age < 0, age_code(told.age_days[begins], told.newcomer[begins]), age)
    # (4)
    stratum = weigher.strata_of(accounts, age, roles)[seg]
    weight, families = _weigh(weigher, stratum, far, age[seg], accounts[seg], state.own)
    latest_step = np.empty(len(rows), np.int64)
    latest_step[account_order] = np.cumsum(at_step) - 1
    gain = np.zeros(len(rows), np.int64)
    gain[order[steps]] = weight - previous(weight, seg, state.today[accounts])
    ends = ends_of(seg)
    # (5)
    family_day = np.where(_any(families, seg, len(accounts)), inputs.day, -(10**6))
    return Step(
        session=view.session[back],
        key=key,
        weight=(weight + state.ln_r1[accounts][seg])[latest_step],
        gain=gain,
        back=latest_step,
        families=families,
        counts=far,
        stratum=stratum,
        accounts=accounts,
        most=far[:, ends].T,
        today=weight[ends],
        peak=np.maximum.reduceat(weight, starts_of(seg)) if len(weight) else weight,
        stratum_age=age,
        account_state=account_state,
        family_day=family_day,
        closed=sessions.take(~latest).join(state.open.take(numbered.followed)),
        opened=sessions.take(latest),
        meet=meet,
        day=inputs.day,
    )


def _moves(counts: np.ndarray, first: np.ndarray) -> np.ndarray:
    """bool (detectors, rows): the detector counts on at this row, or goes on from the batch before."""
    moves = np.empty(counts.shape, bool)
    np.not_equal(counts[:, 1:], counts[:, :-1], out=moves[:, 1:])
    moves[:, first] = counts[:, first] != 0
    return moves


def _furthest(
    counts: np.ndarray, moves: np.ndarray, steps: np.ndarray, seg: np.ndarray, before: np.ndarray
) -> np.ndarray:
    """int64 (detectors, steps): the most that any session of the account's day has counted, this step included."""
    first = starts_of(seg)
    far = np.empty((len(counts), len(steps)), np.int64)
    for d, (count, held) in enumerate(zip(counts, before, strict=True)):
        moved = Marked.at(moves[d][steps], seg)
        values = count[steps[moved.places]]
        if d == SIGN_IN_AT:  # what is new in any of its sessions: the code is a set, none is further than another
            most = np.add.reduce([moved.max(values & bit, held & bit) for bit in (1, 2, 4, 8, 16)])
        else:
            most = moved.max(values, held)
        far[d] = moved.spread(most, held, seg, first)
    return far


def _any(flags: np.ndarray, seg: np.ndarray, count: int) -> np.ndarray:
    """bool (segments, KINDS): of each segment, whether any row has the flag."""
    found = np.zeros((count, flags.shape[1]), bool)
    for kind in range(flags.shape[1]):
        found[seg[flags[:, kind]], kind] = True
    return found


def _weigh(
    weigher: Weigher, stratum: np.ndarray, far: np.ndarray, age: np.ndarray, account: np.ndarray, own: Own
) -> tuple[np.ndarray, np.ndarray]:
    """(weight of the day, families) at every step. The evidence of a family counts when it doubles the stake alone."""
    found = weigher.parts(stratum, far, account, own)
    content, others = micronats(found.content), micronats(found.others)
    sign_in = found.entry * MICRONATS > _NOTABLE
    honey, settled = far[HONEY_AT], age == SETTLED
    families = np.stack([content > _NOTABLE, sign_in & settled, honey > 1, sign_in & ~settled, honey == 1], axis=1)
    return content + others, families


def close_until(state: State, end: int) -> None:
    """Finish the sessions whose 30 minutes of silence are over before `end` (microseconds)."""
    over = state.open.last_at + GAP_US < end
    closing = state.open.take(over)
    if not len(closing):
        return
    state.open = state.open.take(~over)
    state.finish(closing)


# -- the parts -------------------------------------------------------------------------------------------------------


def _count(
    view: View, carried: np.ndarray, account_state: np.ndarray, state: State
) -> tuple[np.ndarray, np.ndarray, np.ndarray, list[tuple[np.ndarray, np.ndarray]]]:
    """Run every detector: counts (detectors, rows), its state of sessions and accounts after, keys to remember."""
    counts = np.empty((len(DETECTORS), len(view.seg)), np.int64)
    meet: list[tuple[np.ndarray, np.ndarray]] = []
    before, own = np.ascontiguousarray(carried.T), np.ascontiguousarray(account_state.T)
    for d, (detector, columns, own_columns) in enumerate(zip(DETECTORS, _SESSION_STATE, _ACCOUNT_STATE, strict=True)):
        salt = np.uint64(d + 1)
        keys: list[tuple[np.ndarray, np.ndarray]] = []
        carry = Carry(
            session={name: before[column] for name, column in columns.items()},
            account={name: own[column] for name, column in own_columns.items()},
            met=lambda found, salt=salt: state.was_met(mix(found, salt)),  # type: ignore[misc]
            meet=keys,
        )
        counts[d] = detector.count(view, carry)
        for name, column in columns.items():
            before[column] = carry.session[name]
        for name, column in own_columns.items():
            own[column] = carry.account[name]
        meet.extend((mix(found, salt), view.rows.account[places]) for found, places in keys)
    return counts, np.ascontiguousarray(before.T), np.ascontiguousarray(own.T), meet


def among(account: np.ndarray, accounts: np.ndarray) -> np.ndarray:
    """bool: which account numbers are among some others."""
    if not len(accounts):
        return np.zeros(len(account), bool)
    size = max(int(account.max(initial=0)), int(accounts.max(initial=0))) + 1
    marked = np.zeros(size, bool)
    marked[accounts] = True
    return marked[account]
