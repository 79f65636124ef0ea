"""One step of the judge: a batch of rows and the state before -> weights of every row, and the state after.

    (1) number the sessions: account, client and device with gaps of at most 30 minutes
    (2) let each detector count, in session order; each session weighs what it counts
    (3) per account, in account order: how far has its furthest session of the day got?
    (4) weigh that: a weight per row, never a float that depends on the batch
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
from tocsin.detect.segments import ends_of, previous, running_max, starts_of
from tocsin.detect.state import ACCOUNT_COLUMNS, KINDS, SESSION_COLUMNS, Sessions, State
from tocsin.detect.view import Carry, View
from tocsin.detect.weight import CONTENT, HONEY_AT, SIGN_IN_AT, Weigher
from tocsin.model.evidence import MICRONATS
from tocsin.model.explained import Explained
from tocsin.model.keys import KeySet, factorise, order_of
from tocsin.model.rows import Rows, mix
from tocsin.model.session import GAP_US

_NOTABLE = int(np.log(2) * MICRONATS)
"""A family has evidence when its part of a day's weight is at least ln 2."""


@dataclass(slots=True)
class Inputs:
    """Rows of a batch that name an account, in accepted order, and what stands beside them."""

    rows: Rows
    explained: Explained
    marked: np.ndarray
    """bool: the patient is a honey patient."""
    pooled: np.ndarray
    """int64; see `View.pooled`."""
    told_at: np.ndarray
    """int64: the rows' own times; `rows.at` never goes back for an account."""
    day: int
    """Of the slice."""

    def take(self, places: np.ndarray) -> Inputs:
        """The rows at these places, which are all different."""
        if len(places) == len(self) and (places[1:] > places[:-1]).all():
            return self
        return Inputs(
            self.rows.take(places),
            self.explained.take(places),
            self.marked[places],
            self.pooled[places],
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
    """Place of each row in account order, in which the next three are: few of their rows are ever asked for."""
    families: np.ndarray
    """bool (rows, KINDS), account order: evidence of each kind on the account's day so far."""
    counts: np.ndarray
    """int64 (detectors, rows), account order: how far the day's furthest session has got."""
    stratum: np.ndarray
    """int64, account order: number of the stratum each row was weighed in."""
    accounts: np.ndarray
    """int32: accounts of the batch, rising; the next six are theirs."""
    most: np.ndarray
    today: np.ndarray
    peak: np.ndarray
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
        )
        stay = state.open.take(~held_in(state.open.key, np.concatenate([opened.key, closed.key])))
        now_open = stay.join(opened)
        state.open = now_open.take(np.argsort(now_open.key, kind="stable"))
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
    ages = age_code(by_session.explained.age_days, by_session.explained.newcomer)
    numbered = number(by_session.rows, key[order], ages, state.open)
    # (2)
    account_order = order_of(rows.account)
    ordered = rows.account[account_order]
    account_seg = np.cumsum(np.r_[False, ordered[1:] != ordered[:-1]]) if len(ordered) else np.zeros(0, np.int64)
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
        account_order=back[account_order],
        account_seg=account_seg,
        marked=by_session.marked,
        pooled=by_session.pooled,
    )
    account_state = state.account_state[accounts]
    counts, carried, meet = _count(view, numbered.carried, account_state, state)
    account_of = by_session.rows.account
    ends = account_of[last]
    session_stratum = weigher.strata_of(ends, numbered.age, roles)
    sessions = Sessions(
        key=key[order][last],
        id=numbered.id,
        account=ends,
        first_at=numbered.first_at,
        last_at=np.maximum(by_session.rows.at[last], numbered.last_at),
        events=numbered.events + np.diff(np.r_[-1, last]),
        age=numbered.age,
        weight=np.maximum(np.add(*weigher.weigh(session_stratum, counts[:, last], ends, state.own_e)), numbered.before),
        before=numbered.before,
        counts=np.maximum(counts[:CONTENT, last].T, numbered.counts),
        carried=carried,
    )
    superseded = state.open.take(held_in(state.open.key, sessions.key[~numbered.continues]))
    superseded = superseded.take(~np.isin(superseded.id, sessions.id))
    latest = np.r_[sessions.key[1:] != sessions.key[:-1], True] if len(sessions) else np.zeros(0, bool)
    # (3)
    so_far = zip(counts[:, view.account_order], state.most[accounts].T, strict=True)
    far = np.stack([running_max(values, account_seg, before, account_first) for values, before in so_far])
    far[SIGN_IN_AT] = _all_that_is_new(counts[SIGN_IN_AT, view.account_order], account_seg, state.most[accounts])
    age = state.stratum_age[accounts]
    age = np.where(age < 0, ages[view.account_order[account_first]], age)
    # (4)
    stratum = weigher.strata_of(accounts, age, roles)[account_seg]
    weight, families = _weigh(weigher, account_seg, stratum, far, age[account_seg], accounts, state.own_e)
    ends = ends_of(account_seg)
    weight_by_input, gain_by_input = np.empty(len(rows), np.int64), np.empty(len(rows), np.int64)
    weight_by_input[account_order] = weight + state.ln_r1[accounts][account_seg]
    gain_by_input[account_order] = weight - previous(weight, account_seg, state.today[accounts])
    place = np.empty(len(rows), np.int64)
    place[account_order] = np.arange(len(rows))
    # (5)
    family_day = np.where(_any(families, account_seg, len(accounts)), inputs.day, -(10**6))
    return Step(
        session=view.session[back],
        key=key,
        weight=weight_by_input,
        gain=gain_by_input,
        back=place,
        families=families,
        counts=far,
        stratum=stratum,
        accounts=accounts,
        most=far[:, ends].T,
        today=weight[ends],
        peak=np.maximum.reduceat(weight, account_first) if len(weight) else weight,
        stratum_age=age,
        account_state=account_state,
        family_day=family_day,
        closed=sessions.take(~latest).join(superseded),
        opened=sessions.take(latest),
        meet=meet,
        day=inputs.day,
    )


def _all_that_is_new(code: np.ndarray, seg: np.ndarray, before: np.ndarray) -> np.ndarray:
    """The sign-in of a day: what is new in any of its sessions. The code is a set: none is further than another."""
    out = np.zeros(len(code), np.int64)
    for bit in (1, 2, 4, 8, 16):
        out += bit * running_max((code & bit) // bit, seg, (before[:, SIGN_IN_AT] & bit) // bit)
    return out


def _any(flags: np.ndarray, seg: np.ndarray, count: int) -> np.ndarray:
    """bool (segments, KINDS): of each segment, whether any row has the flag."""
    found = np.zeros((count, flags.shape[1]), bool)
    for kind in range(flags.shape[1]):
        found[seg[flags[:, kind]], kind] = True
    return found


def _weigh(
    weigher: Weigher,
    seg: np.ndarray,
    stratum: np.ndarray,
    far: np.ndarray,
    age: np.ndarray,
    accounts: np.ndarray,
    own: np.ndarray,
) -> tuple[np.ndarray, np.ndarray]:
    """(weight of the day, families) of every row; only rows whose counts differ from the row before are weighed.

    The evidence of a family counts when it doubles the stake by itself.
    """
    if not len(seg):
        return np.zeros(0, np.int64), np.zeros((0, len(KINDS)), bool)
    changed = np.r_[True, seg[1:] != seg[:-1]]
    for count in far:
        changed[1:] |= count[1:] != count[:-1]
    places = np.flatnonzero(changed)
    counts = far[:, places]
    content, others = weigher.weigh(stratum[places], counts, accounts[seg[places]], own)
    sign_in = weigher.sign_in[stratum[places], counts[SIGN_IN_AT]] * MICRONATS > _NOTABLE
    honey, settled = counts[HONEY_AT], age[places] == SETTLED
    families = np.stack([content > _NOTABLE, sign_in & settled, honey > 1, sign_in & ~settled, honey == 1], axis=1)
    latest = np.cumsum(changed) - 1
    return (content + others)[latest], families[latest]


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
) -> tuple[np.ndarray, np.ndarray, list[tuple[np.ndarray, np.ndarray]]]:
    """Run every detector: counts (detectors, rows), the carried session state after, keys to remember as met."""
    counts = np.empty((len(DETECTORS), len(view.seg)), np.int64)
    meet: list[tuple[np.ndarray, np.ndarray]] = []
    after = carried.copy()
    for d, detector in enumerate(DETECTORS):
        columns = {name: SESSION_COLUMNS.index((detector.name, name)) for name in detector.session_state}
        own = {name: ACCOUNT_COLUMNS.index((detector.name, name)) for name in detector.account_state}
        salt = np.uint64(d + 1)
        keys: list[tuple[np.ndarray, np.ndarray]] = []
        carry = Carry(
            session={name: carried[:, column] for name, column in columns.items()},
            account={name: account_state[:, column] for name, column in own.items()},
            met=lambda found, salt=salt: state.was_met(mix(found, salt)),  # type: ignore[misc]
            meet=keys,
        )
        counts[d] = detector.count(view, carry)
        for name, column in columns.items():
            after[:, column] = carry.session[name]
        for name, column in own.items():
            account_state[:, column] = carry.account[name]
        meet.extend((mix(found, salt), view.rows.account[places]) for found, places in keys)
    return counts, after, meet


def among(account: np.ndarray, accounts: np.ndarray) -> np.ndarray:
    """bool: which account numbers are among some others."""
    if not len(accounts):
        return np.zeros(len(account), bool)
    size = max(int(account.max(initial=0)), int(accounts.max(initial=0))) + 1
    marked = np.zeros(size, bool)
    marked[accounts] = True
    return marked[account]


def held_in(held: np.ndarray, keys: np.ndarray) -> np.ndarray:
    """bool per entry of `held` (rising, distinct): it is one of `keys`."""
    found = np.zeros(len(held), bool)
    if len(held) and len(keys):
        place = np.minimum(np.searchsorted(held, keys), len(held) - 1)
        found[place[held[place] == keys]] = True
    return found
