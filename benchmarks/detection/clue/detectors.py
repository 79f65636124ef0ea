"""Detectors: a running statistic per event, higher is more suspicious.

A detector is a function of one account's `Stream` and of the `Fit`; the value at an event depends on nothing that comes
after it. To add one, write the function and give it an entry in `DETECTORS`.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from .load import DAY, HOUR
from .stream import Stream, sessions

FLOOR = 0.001
"""No number of units up to two is held rarer than this."""
TAIL_FROM = 2
TAIL_INDEX_MAX = 1.5
CLIP = 1e-9


@dataclass(frozen=True)
class Null:
    """How many unexplained units a session of a rightful owner opens: empirical up to two, then a Pareto tail."""

    survival: tuple[float, float, float]
    """S(0), S(1), S(2): share of sessions with at least so many, each account weighing the same."""
    tail_index: float

    def p(self, count: np.ndarray) -> np.ndarray:
        head = np.maximum(np.maximum(self.survival, self.survival[TAIL_FROM]), FLOOR)
        head[0] = 1.0
        tail = head[TAIL_FROM] * (np.maximum(count, TAIL_FROM) / TAIL_FROM) ** -self.tail_index
        return np.where(count <= TAIL_FROM, head[np.minimum(count, TAIL_FROM)], tail)


@dataclass(frozen=True)
class Fit:
    """What detectors learnt from the fit days."""

    calibration: int
    """Start of the fit days: before it nothing is bet."""
    null: Null


Detector = Callable[[Stream, Fit], np.ndarray]


def fitted(streams: list[Stream], *, calibration: int, train: int) -> Fit:
    """Learn the null from the sessions of the fit days."""
    return Fit(calibration=calibration, null=null_of(units_by_session(streams, start=calibration, end=train)))


def units_by_session(streams: list[Stream], *, start: int, end: int) -> list[np.ndarray]:
    """Unexplained units of each session, per account; a session that crosses an edge counts with its part inside."""
    counts = []
    for stream in streams:
        inside = (stream.t >= start) & (stream.t < end)
        if inside.any():
            counts.append(np.bincount(sessions(stream.t[inside]), stream.unexplained[inside]).astype(int))
    return counts


def survival_of(counts: list[np.ndarray], x: int) -> float:
    """Share of sessions with at least `x` units, each account weighing the same."""
    return float(np.mean([(c >= x).mean() for c in counts]))


def null_of(counts: list[np.ndarray]) -> Null:
    """The null from the number of unexplained units of each session, one array per account."""
    survival = tuple(survival_of(counts, x) for x in (0, 1, 2))
    values = np.concatenate(counts)
    weights = np.concatenate([np.full(len(c), 1 / len(c)) for c in counts])
    beyond = values > TAIL_FROM
    hill = np.inf
    if beyond.any():
        hill = weights[beyond].sum() / (weights[beyond] * np.log(values[beyond] / TAIL_FROM)).sum()
    return Null(survival=survival, tail_index=float(min(hill, TAIL_INDEX_MAX)))


def e_value(p: np.ndarray) -> np.ndarray:
    """The mixture calibrator: the integral over k of k p^(k-1); fair whatever the null, never infinite."""
    p = np.clip(p, CLIP, 1 - CLIP)
    log = np.log(p)
    return (1 - p + p * log) / (p * log**2)


def new_per_hour(stream: Stream, fit: Fit) -> np.ndarray:
    """D0: new openings in the last 3,600 s."""
    return _count_within(stream.t, stream.new, HOUR)


def unexplained_per_week(stream: Stream, fit: Fit) -> np.ndarray:
    """D11a: unexplained units in the last seven days."""
    return _count_within(stream.t, stream.unexplained, 7 * DAY)


def unexplained_by_session(stream: Stream, fit: Fit) -> np.ndarray:
    """D12: Shiryaev-Roberts over sessions, each session a bet that it opens more unexplained units than owners' do."""
    statistic = np.zeros(len(stream.t))
    from_here = np.searchsorted(stream.t, fit.calibration)
    if from_here == len(stream.t):
        return statistic
    number = sessions(stream.t[from_here:])
    starts = np.flatnonzero(np.diff(number, prepend=-1))
    so_far = np.cumsum(stream.unexplained[from_here:])
    before = np.concatenate([[0], so_far[starts[1:] - 1]])
    bet = e_value(fit.null.p(so_far - before[number]))
    at_end = bet[np.append(starts[1:], len(number)) - 1]
    carried = np.zeros(len(starts))
    for i in range(1, len(starts)):
        carried[i] = (carried[i - 1] + 1) * at_end[i - 1]
    statistic[from_here:] = (carried[number] + 1) * bet
    return statistic


def _count_within(t: np.ndarray, mask: np.ndarray, seconds: int) -> np.ndarray:
    """At each event, how many masked events (itself included) lie in the `seconds` up to it."""
    count = np.concatenate([[0], np.cumsum(mask)])
    return count[1:] - count[np.searchsorted(t, t - seconds)]


DETECTORS: dict[str, Detector] = {
    "D0": new_per_hour,
    "D11a": unexplained_per_week,
    "D12": unexplained_by_session,
}
