"""Every run of every attack, and how many records each detector let go before its alarm."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from .attacks import ATTACKS, OPENINGS, Victim
from .detectors import DETECTORS, Fit, fitted
from .load import Log
from .stream import Events, Stream
from .threshold import leave_one_out
from .touches import Touches

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
    fit_maxima: dict[str, np.ndarray]
    """By detector: each account's largest value in the fit days."""
    maxima: dict[str, np.ndarray]
    """By detector: each account's largest value in the clean test week."""

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
    fit_maxima: dict[str, np.ndarray] = {}
    maxima: dict[str, np.ndarray] = {}
    for name, detector in DETECTORS.items():
        values = [detector(stream, fit) for stream in clean]
        inside = [(s.t >= log.calibration) & (s.t < log.train) for s in clean]
        fit_maxima[name] = np.array([v[i].max(initial=0.0) for v, i in zip(values, inside, strict=True)])
        maxima[name] = np.array([v[s.t >= log.train].max() for v, s in zip(values, clean, strict=True)])
    return Prepared(log, touches, eligible, clean, fit, fit_maxima, maxima)


def runs(prepared: Prepared, *, seeds: int, live_colleagues: bool = False) -> Iterator[Run | None]:
    """Attack every eligible account with every attack, once per seed; None stands for a run that was dropped."""
    thresholds = {(name, b): prepared.thresholds(name, b) for name in DETECTORS for b in BUDGETS}
    for number, (attack, make) in enumerate(ATTACKS.items()):
        for seed in range(seeds):
            for place, account in enumerate(prepared.eligible):
                rng = np.random.default_rng([seed, number, int(account)])
                start, events = make(Victim(prepared.log, int(account), prepared.eligible), rng)
                stream = Stream(prepared.log, prepared.touches, int(account), events, live_colleagues)
                count = int((events.injected & events.opening).sum())
                if count < FEWEST:
                    yield None
                    continue
                limits = {key: float(values[place]) for key, values in thresholds.items()}
                yield Run(attack, int(account), seed, count, exposures(stream, prepared.fit, start, limits))


def exposures(
    stream: Stream, fit: Fit, start: float, limits: dict[tuple[str, int], float]
) -> dict[tuple[str, int], float]:
    """New injected openings up to and with the first event from `start` on whose statistic is above the limit."""
    lost = np.minimum(np.cumsum(stream.new & stream.events.injected), OPENINGS)
    begun = stream.t >= int(start)
    found = {}
    for name in {name for name, _ in limits}:
        statistic = DETECTORS[name](stream, fit)
        for b in BUDGETS:
            alarms = np.flatnonzero(begun & (statistic > limits[name, b]))
            found[name, b] = float(lost[alarms[0]]) if len(alarms) else np.inf
    return found
