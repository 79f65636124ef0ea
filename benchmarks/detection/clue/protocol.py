"""Every run of every attack, and how many records each detector let go before its alarm."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np

from tocsin import wiring

from . import product
from .attacks import ATTACKS, OPENINGS, Victim
from .detectors import DETECTORS, Fit, fitted
from .load import Log
from .stream import Events, Stream
from .threshold import leave_one_out
from .touches import Touches

TOCSIN, TOCSIN_FACTORY = "Tocsin", "Tocsin, factory"
"""Tocsin's judge with nulls of the fit days alone, and with these leaning on the calibration that ships with it."""

Statistics = dict[str, list[np.ndarray]]
"""By detector: its statistic at each event of each of some streams."""

BUDGETS = (0, 1)
"""b: how many of the other accounts may exceed the threshold."""
FEWEST = 10
"""A run with fewer openings is no harvest, and is dropped."""


@dataclass(frozen=True)
class Run:
    """One attack on one account, and what each detector let go."""

    attack: str
    account: int
    seed: int
    openings: int
    exposure: dict[tuple[str, int], float]
    """By detector and budget: new records opened until the alarm, the alarming one included; infinite if none."""


@dataclass(frozen=True)
class Prepared:
    """The fit, and what the clean log already says about every detector."""

    log: Log
    touches: Touches
    eligible: np.ndarray
    clean: list[Stream]
    """The eligible accounts as they were, nothing injected."""
    fit: Fit
    products: dict[str, product.Product]
    fit_maxima: dict[str, np.ndarray] = field(default_factory=dict)
    """By detector: each account's largest value in the fit days."""
    maxima: dict[str, np.ndarray] = field(default_factory=dict)
    """By detector: each account's largest value in the clean test week."""

    @property
    def names(self) -> list[str]:
        """Everything that is measured."""
        return [*DETECTORS, *self.products]

    def statistics(self, streams: Sequence[Stream]) -> Statistics:
        """Every detector on the test week of the eligible accounts, one stream each."""
        alone = {name: [detector(stream, self.fit) for stream in streams] for name, detector in DETECTORS.items()}
        return alone | {name: judge.statistic(streams) for name, judge in self.products.items()}

    def thresholds(self, detector: str, b: int) -> np.ndarray:
        """What each account's statistic has to exceed."""
        return leave_one_out(self.maxima[detector], b=b)

    def false_alarms(self, detector: str, b: int) -> np.ndarray:
        """Accounts that alarm in their own clean test week."""
        return self.maxima[detector] > self.thresholds(detector, b)

    def false_alarms_of_drift(self, detector: str, b: int) -> np.ndarray:
        """The same with thresholds from the fit days: the check that is not exact by construction."""
        return self.maxima[detector] > leave_one_out(self.fit_maxima[detector], b=b)


def prepare(log: Log) -> Prepared:
    """Fit on the fit days, then run the clean test week."""
    touches, eligible = Touches(log), log.eligible()
    clean = [Stream(log, touches, int(account), Events.own(log, int(account))) for account in eligible]
    fit = fitted(clean, calibration=log.calibration, train=log.train)
    products = {TOCSIN: product.learned(clean), TOCSIN_FACTORY: product.learned(clean, factory=wiring.factory())}
    prepared = Prepared(log, touches, eligible, clean, fit, products)
    test_week = prepared.statistics(clean)
    fit_days = test_week | {name: judge.fit_days for name, judge in products.items()}
    for name in prepared.names:
        prepared.fit_maxima[name] = _largest(clean, fit_days[name], start=log.calibration, end=log.train)
        prepared.maxima[name] = _largest(clean, test_week[name], start=log.train, end=log.end + 1)
    return prepared


def _largest(streams: Sequence[Stream], values: list[np.ndarray], *, start: int, end: int) -> np.ndarray:
    return np.array(
        [
            value[(stream.t >= start) & (stream.t < end)].astype(float).max(initial=-np.inf)
            for stream, value in zip(streams, values, strict=True)
        ]
    )


def runs(
    prepared: Prepared, *, seeds: int, live_colleagues: bool = False, track: Callable[[list], Iterator] = iter
) -> Iterator[Run]:
    """Attack every eligible account with every attack, once per seed."""
    limits = {(name, b): prepared.thresholds(name, b) for name in prepared.names for b in BUDGETS}
    for number, attack, seed in track([(n, name, seed) for n, name in enumerate(ATTACKS) for seed in range(seeds)]):
        starts, streams = [], []
        for account in prepared.eligible:
            rng = np.random.default_rng([seed, number, int(account)])
            start, events = ATTACKS[attack](Victim(prepared.log, int(account), prepared.eligible), rng)
            starts.append(start)
            streams.append(Stream(prepared.log, prepared.touches, int(account), events, live_colleagues))
        statistics = prepared.statistics(streams)
        for place, (start, stream) in enumerate(zip(starts, streams, strict=True)):
            count = int((stream.events.injected & stream.events.opening).sum())
            if count >= FEWEST:
                exposure = {
                    (name, b): exposed(stream, statistics[name][place], start, float(limit[place]))
                    for (name, b), limit in limits.items()
                }
                yield Run(attack, stream.account, seed, count, exposure)


def exposed(stream: Stream, statistic: np.ndarray, start: float, limit: float) -> float:
    """New injected openings up to and with the first event from `start` on whose statistic is above the limit."""
    alarms = np.flatnonzero((stream.t >= int(start)) & (statistic > limit))
    if not len(alarms):
        return np.inf
    return float(min(int((stream.new & stream.events.injected)[: alarms[0] + 1].sum()), OPENINGS))
