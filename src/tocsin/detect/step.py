"""One step of the judge: a batch of rows and the state before -> weights of every row, and the state after.

    (1) number the sessions: account, client and device with gaps of at most 30 minutes
    (2) let each detector count, in session order
    (3) weigh the counts: a weight per row, never a float that depends on the batch
    (4) add up per account, in account order: ln(R + 1) over finished sessions, plus the weights of the open ones
    (5) say what the state becomes; nothing is changed until `commit`

At the end of a session R becomes (R + 1) e(session): the e-SR statistic (Shin, Ramdas, Rinaldo 2024). A session ends
30 minutes after its last event, in the order of these ends, whenever the next event of the account is seen: so the
size of batches changes nothing.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from tocsin.detect.nulls import AGES
from tocsin.detect.numbering import number
from tocsin.detect.registry import DETECTORS
from tocsin.detect.segments import ends_of, previous, running_max, running_sum, starts_of
from tocsin.detect.state import ACCOUNT_COLUMNS, KINDS, SESSION_COLUMNS, Sessions, State
from tocsin.detect.view import Carry, View
from tocsin.detect.weight import HONEY_AT, SIGN_IN_AT, Weigher
from tocsin.model.evidence import MICRONATS
from tocsin.model.explained import Explained
from tocsin.model.keys import KeySet, factorise, order_of
from tocsin.model.rows import MICROSECONDS_A_DAY, Rows, mix
from tocsin.model.session import GAP_US

_NOTABLE = int(np.log(2) * MICRONATS)
"""A family has evidence when its part of a session's weight is at least ln 2."""


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
    """int64 micro-nats: what the row added to its session's weight."""
    back: np.ndarray
    """Place of each row in session order, in which the next three are: few of their rows are ever asked for."""
    families: np.ndarray
    """bool (rows, KINDS), session order: evidence of each kind in the row's session so far."""
    counts: np.ndarray
    """int64 (detectors, rows), session order."""
    stratum: np.ndarray
    """int64, session order: number of the stratum each row was weighed in."""
    accounts: np.ndarray
    """int32: accounts of the batch, rising; `ln_r1`, `account_state` and `family_day` are theirs."""
    ln_r1: np.ndarray
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
        state.ln_r1[accounts] = self.ln_r1[~spared]
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


@dataclass(frozen=True, slots=True)
class Roles:
    """The role of each account, by number."""

    names: tuple[str, ...]
    codes: np.ndarray
    """int64 by account: position in `names`."""

    @classmethod
    def of(cls, roles: list[str]) -> Roles:
        """From a role code for each account."""
        names = tuple(sorted(set(roles)))
        place = {name: i for i, name in enumerate(names)}
        return cls(names, np.array([place[role] for role in roles], np.int64))


def step(inputs: Inputs, state: State, weigher: Weigher, roles: Roles, account_keys: np.ndarray) -> Step:
    """Judge a batch; see the module. `account_keys` are by account number."""
    rows = inputs.rows
    # (1)
    key = mix(mix(account_keys[rows.account], rows.client), rows.device)
    order = order_of(factorise(key)[0])
    back = np.empty(len(order), np.int64)
    back[order] = np.arange(len(order))
    by_session = inputs.take(order)
    numbered = number(by_session.rows, key[order], by_session.explained.age_days, state.open)
    # (2)
    account_order = order_of(rows.account)
    ordered = rows.account[account_order]
    account_seg = np.cumsum(np.r_[False, ordered[1:] != ordered[:-1]]) if len(ordered) else np.zeros(0, np.int64)
    accounts = ordered[starts_of(account_seg)]
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
    # (3)
    account_of = by_session.rows.account
    stratum = weigher.strata_of(roles.codes[account_of[numbered.first]], numbered.age, roles.names)[numbered.seg]
    content, others = _weigh(weigher, numbered.seg, stratum, counts, account_of, state.own_e)
    weight = content + others
    gain = weight - previous(weight, numbered.seg, numbered.weight)
    # (4)
    running = Sessions(
        key=key[order][last],
        id=numbered.id,
        account=account_of[last],
        first_at=numbered.first_at,
        last_at=np.maximum(by_session.rows.at[last], numbered.last_at),
        events=numbered.events + np.diff(np.r_[-1, last]),
        age=numbered.age,
        weight=weight[last],
        content=content[last],
        counts=counts[:, last].T.copy(),
        carried=carried,
    )
    elsewhere = state.open.take(
        among(state.open.account, accounts) & ~held_in(state.open.key, running.key[numbered.continues])
    )
    candidates = running.join(elsewhere)
    at = rows.at[account_order]
    before = _open_weight(state.open, accounts)
    statistic, ln_r1, closes = _add_up(
        at, account_seg, gain[back[account_order]], before, state.ln_r1[accounts], accounts, candidates
    )
    weight_by_input = np.empty(len(rows), np.int64)
    weight_by_input[account_order] = statistic
    # (5)
    families = _evident(content, counts, weigher, stratum, numbered.age[numbered.seg])
    family_day = np.full((len(accounts), len(KINDS)), -(10**6), np.int64)
    seen_rows = families[back[account_order]]
    for family in range(len(KINDS)):
        np.maximum.at(
            family_day[:, family],
            account_seg[seen_rows[:, family]],
            at[seen_rows[:, family]] // MICROSECONDS_A_DAY,
        )
    return Step(
        session=view.session[back],
        key=key,
        weight=weight_by_input,
        gain=gain[back],
        back=back,
        families=families,
        counts=counts,
        stratum=stratum,
        accounts=accounts,
        ln_r1=ln_r1,
        account_state=account_state,
        family_day=family_day,
        closed=candidates.take(closes),
        opened=candidates.take(~closes),
        meet=meet,
        day=inputs.day,
    )


def _weigh(
    weigher: Weigher, seg: np.ndarray, stratum: np.ndarray, counts: np.ndarray, account: np.ndarray, own: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """(content, others) of every row; only rows whose counts differ from the row before are weighed."""
    if not len(seg):
        return np.zeros(0, np.int64), np.zeros(0, np.int64)
    changed = np.empty(len(seg), bool)
    changed[0] = True
    changed[1:] = seg[1:] != seg[:-1]
    for count in counts:
        changed[1:] |= count[1:] != count[:-1]
    places = np.flatnonzero(changed)
    content, others = weigher.weigh(stratum[places], counts[:, places], account[places], own)
    latest = np.cumsum(changed) - 1
    return content[latest], others[latest]


def _evident(
    content: np.ndarray, counts: np.ndarray, weigher: Weigher, stratum: np.ndarray, age: np.ndarray
) -> np.ndarray:
    """bool (rows, KINDS): the evidence of each kind, by itself, doubles the stake in the row's session so far."""
    sign_in = weigher.sign_in[stratum, counts[SIGN_IN_AT]] * MICRONATS > _NOTABLE
    honey = counts[HONEY_AT]
    settled = age == len(AGES) - 1
    return np.stack([content > _NOTABLE, sign_in & settled, honey > 1, sign_in & ~settled, honey == 1], axis=1)


def close_until(state: State, end: int) -> None:
    """Finish the sessions whose 30 minutes of silence are over before `end` (microseconds), as `step` would later."""
    over = state.open.last_at + GAP_US < end
    closing = state.open.take(over)
    if not len(closing):
        return
    closing = closing.take(np.lexsort((closing.id, closing.last_at, closing.account)))
    accounts, back = np.unique(closing.account, return_inverse=True)
    state.ln_r1[accounts], _ = _fold_sessions(closing, back, state.ln_r1[accounts])
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


def _open_weight(held: Sessions, accounts: np.ndarray) -> np.ndarray:
    """int64 by account of the batch: the summed weights of its open sessions."""
    total = np.zeros(len(accounts), np.int64)
    theirs = among(held.account, accounts)
    np.add.at(total, np.searchsorted(accounts, held.account[theirs]), held.weight[theirs])
    return total


def _fold_sessions(closing: Sessions, back: np.ndarray, ln_r1: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Fold finished sessions (sorted by account, then end) into ln(R + 1): the last value, and that after each."""
    ln_r1 = ln_r1.copy()
    after = np.empty(len(closing), np.int64)
    first = starts_of(back)
    rank = np.arange(len(closing)) - first[np.cumsum(np.r_[True, back[1:] != back[:-1]]) - 1] if len(back) else back
    for turn in range(int(rank.max()) + 1 if len(rank) else 0):
        now = np.flatnonzero(rank == turn)
        grown = np.logaddexp(0.0, (ln_r1[back[now]] + closing.weight[now]) / MICRONATS)
        ln_r1[back[now]] = np.rint(grown * MICRONATS).astype(np.int64)
        after[now] = ln_r1[back[now]]
    return ln_r1, after


def _add_up(
    at: np.ndarray,
    account_seg: np.ndarray,
    gain: np.ndarray,
    open_before: np.ndarray,
    ln_r1: np.ndarray,
    accounts: np.ndarray,
    sessions: Sessions,
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The statistic of every row in account order, ln(R + 1) after them, and which sessions finish before the last."""
    if not len(at):
        return np.zeros(0, np.int64), ln_r1, np.zeros(len(sessions), bool)
    spread = np.int64(1) << 42
    origin = int(at.min()) - 1
    order_key = account_seg * spread + (at - origin)
    owner = np.searchsorted(accounts, sessions.account)
    ends = sessions.last_at + GAP_US
    place = np.searchsorted(order_key, owner * spread + np.clip(ends - origin, 0, spread - 1), side="right")
    beyond = np.r_[np.flatnonzero(np.r_[account_seg[1:] != account_seg[:-1], True]) + 1]
    closes = place < beyond[owner]
    which = np.flatnonzero(closes)
    which = which[np.lexsort((sessions.id[which], ends[which], owner[which]))]
    closing, back = sessions.take(which), owner[which]
    ln_after, after = _fold_sessions(closing, back, ln_r1)

    left = np.zeros(len(at), np.int64)
    np.add.at(left, place[which], closing.weight)
    zero = np.zeros(len(accounts), np.int64)
    open_weight = running_sum(gain, account_seg, open_before) - running_sum(left, account_seg, zero)
    mark = np.zeros(len(at), np.int64)
    np.maximum.at(mark, place[which], np.arange(1, len(which) + 1))
    latest = running_max(mark, account_seg, zero)
    r1 = np.where(latest > 0, after[latest - 1] if len(after) else 0, ln_r1[account_seg])
    return r1 + open_weight, ln_after, closes
