"""What the judge is compared with: a number at each act that looks only backwards, higher is more suspicious.

    new-per-hour      patients opened for the first time by the account in the last hour
    unexplained-units D12 of the CLUE-LDS measurement: Shiryaev-Roberts over sessions, each a bet on unexplained units
    vectors           of the running clock hour, for the forests: counts so far, how usual the hour is, a new place

Acts come by account, then time.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from benchmarks.detection.clue.detectors import Null, e_value, null_of
from benchmarks.detection.exam.watch import Acts

from tocsin.model.event import ACTIONS
from tocsin.model.rows import mix
from tocsin.model.session import GAP_US

HOUR_US: Final = 3_600_000_000
FEATURES: Final = ("acts", "opened", "opened-new", "listed", "searches", "exported", "unusual-hour", "new-place")
"""Of the account's running clock hour. Counts are in half powers of two; the hour in four steps."""
_WIDEST: Final = 40
"""Steps a feature has at most: a vector is packed into one number."""


def _is(acts: Acts, *actions: str) -> np.ndarray:
    return np.isin(acts.action, [ACTIONS.index(action) for action in actions]) & (acts.patient != 0)


def _starts(*columns: np.ndarray) -> np.ndarray:
    """bool: an entry at which one of the columns changes."""
    new = np.zeros(len(columns[0]), bool)
    new[:1] = True
    for column in columns:
        new[1:] |= column[1:] != column[:-1]
    return new


def _first(acts: Acts, key: np.ndarray, wanted: np.ndarray) -> np.ndarray:
    """bool: the account's first wanted act with this key."""
    out = np.zeros(len(acts), bool)
    places = np.flatnonzero(wanted)
    pair = mix(acts.account[places].astype(np.uint64), key[places])
    out[places[np.unique(pair, return_index=True)[1]]] = True
    return out


def _running(flag: np.ndarray, starts: np.ndarray) -> np.ndarray:
    """Flagged entries so far, since the latest start."""
    total = np.cumsum(flag)
    begin = np.flatnonzero(starts)
    before = np.r_[0, total[begin[1:] - 1]] if len(begin) else total
    return total - before[np.cumsum(starts) - 1]


def opened_new(acts: Acts) -> np.ndarray:
    """bool: the account opens this person for the first time."""
    return _first(acts, acts.patient, _is(acts, "read", "write"))


def new_per_hour(acts: Acts) -> np.ndarray:
    """Patients opened for the first time in the hour up to each act."""
    if not len(acts):
        return np.zeros(0)
    since = acts.at - acts.at.min() + HOUR_US
    key = acts.account.astype(np.int64) * (2 * HOUR_US + int(since.max())) + since
    total = np.r_[0, np.cumsum(opened_new(acts))]
    return (total[1:] - total[np.searchsorted(key, key - HOUR_US, side="right")]).astype(float)


def _sessions(acts: Acts) -> np.ndarray:
    starts = _starts(acts.account)
    starts[1:] |= np.diff(acts.at) > GAP_US
    return starts


def _units(acts: Acts, starts: np.ndarray) -> np.ndarray:
    """Unexplained units so far in each act's session: units in which the account never met a stranger before."""
    return _running(_first(acts, acts.unit, acts.unit != 0), starts)


def null_of_units(acts: Acts, *, start: int) -> Null:
    """How many unexplained units an honest session opens, from sessions that begin at `start` or later."""
    starts = _sessions(acts)
    units = _units(acts, starts)
    begin = np.flatnonzero(starts)
    last = np.r_[begin[1:], len(acts)] - 1
    kept = acts.at[begin] >= start
    account, final = acts.account[begin][kept], units[last][kept]
    return null_of(np.split(final, np.flatnonzero(np.diff(account)) + 1))


def unexplained_units(acts: Acts, null: Null, *, start: int) -> np.ndarray:
    """ln((R + 1) e) at each act; sessions that began before `start` bet nothing."""
    if not len(acts):
        return np.zeros(0)
    starts = _sessions(acts)
    session = np.cumsum(starts) - 1
    begin = np.flatnonzero(starts)
    bet = np.log(e_value(null.p(_units(acts, starts))))
    bet[acts.at[begin][session] < start] = -np.inf
    at_end = bet[np.r_[begin[1:], len(acts)] - 1]
    first = np.flatnonzero(_starts(acts.account[begin]))
    turn = np.arange(len(begin)) - np.repeat(first, np.diff(np.r_[first, len(begin)]))
    carried = np.zeros(len(begin))  # ln(R + 1) before each session
    by_turn = np.argsort(turn, kind="stable")
    for now in np.split(by_turn, np.cumsum(np.bincount(turn))[:-1])[1:]:
        carried[now] = np.logaddexp(0.0, carried[now - 1] + at_end[now - 1])
    return carried[session] + bet


def usual_hours(acts: Acts, *, accounts: int) -> np.ndarray:
    """(accounts, 24): the share of each account's acts in each hour of the day."""
    hour = acts.at // HOUR_US % 24
    count = np.bincount(acts.account * 24 + hour, minlength=accounts * 24).reshape(accounts, 24)
    return count / np.maximum(count.sum(axis=1, keepdims=True), 1)


def vectors(acts: Acts, usual: np.ndarray) -> np.ndarray:
    """int64 per act: the vector of FEATURES of the running hour, packed; see `unpacked`."""
    window = acts.at // HOUR_US
    starts = _starts(acts.account, window)
    share = usual[acts.account, window % 24]
    steps = [
        _step(_running(flag, starts))
        for flag in (
            np.ones(len(acts), bool),
            _is(acts, "read", "write"),
            opened_new(acts),
            _is(acts, "list"),
            acts.action == ACTIONS.index("search"),
            _is(acts, "export"),
        )
    ]
    steps += [3 - np.searchsorted((0.001, 0.02, 0.08), share), np.minimum(_running(acts.new_place, starts), 1)]
    packed = np.zeros(len(acts), np.int64)
    for step in steps:
        packed = packed * _WIDEST + step
    return packed


def hour_ends(acts: Acts) -> np.ndarray:
    """bool: the last act of the account in its clock hour."""
    starts = _starts(acts.account, acts.at // HOUR_US)
    return np.r_[starts[1:], True] if len(acts) else starts


def unpacked(packed: np.ndarray) -> np.ndarray:
    """(vectors, FEATURES), int64."""
    out = np.empty((len(packed), len(FEATURES)), np.int64)
    for column in range(len(FEATURES) - 1, -1, -1):
        packed, out[:, column] = np.divmod(packed, _WIDEST)
    return out


def _step(count: np.ndarray) -> np.ndarray:
    return np.minimum(np.ceil(2 * np.log2(1 + count)).astype(np.int64), _WIDEST - 1)
