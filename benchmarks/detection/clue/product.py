"""Tocsin's own judge on the log: the same `explain`, `detect` and `main.learning` that a region runs.

Nulls are learned from the fit days; the weight goes on through the test week while nobody climbs, and is held against
the same kind of threshold as every other statistic. All accounts are attacked at once, each in its own stream: X3 comes
with the facts, from the log as it was recorded, and Tocsin's own rule about colleagues is off, so that thieves who are
tried together do not vouch for one another.
"""

from __future__ import annotations

import copy
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from tocsin import wiring
from tocsin.config import Settings
from tocsin.detect.calibration import Calibration
from tocsin.detect.evidence import Evidence
from tocsin.main.learning import learn
from tocsin.main.river import River
from tocsin.model.evidence import MICRONATS

from .stream import Stream
from .trail import name_of, stays, trail_of

NOWHERE = -np.inf
"""The statistic at an event that adds no evidence: no alarm begins there."""


@dataclass(frozen=True)
class Product:
    """The judge as the fit days left it."""

    river: River
    fit_days: list[np.ndarray]
    """Its statistic at the events of the streams it has learned from."""

    def statistic(self, streams: Sequence[Stream]) -> list[np.ndarray]:
        """Weight in nats at each event of the test week that moves it; `NOWHERE` else."""
        river, log = copy.deepcopy(self.river), streams[0].log
        trail = trail_of(streams, start=log.train, end=log.end + 1)
        river.learn(trail.facts)
        weights = [np.full(len(stream.t), NOWHERE) for stream in streams]
        for day, events in trail.days():
            folded, _ = river.slice(events, day=day, batch=1)
            _enter(weights, folded.evidence, streams, river)
        return weights


def learned(streams: Sequence[Stream], *, factory: Calibration | None = None) -> Product:
    """Learn from the fit days as a region does from its past; `factory`: what its nulls lean on, if anything."""
    log = streams[0].log
    warm_up = trail_of(streams, start=int(log.t[0]), end=log.calibration)
    fit = trail_of(streams, start=log.calibration, end=log.train)
    where = stays(log)

    def river_on(calibrations: tuple[Calibration, ...]) -> River:
        river = wiring.river(Settings(switched_off=("colleague",)), calibrations)
        river.judge.climbing = False
        for facts in (where, warm_up.facts, fit.facts):
            river.learn(facts)
        for day, events in warm_up.days():
            river.slice(events, day=day, batch=1)
        river.judge.state.finished.clear()  # the warm-up makes paths known and teaches nothing else
        river.judge.state.ln_r1[:] = 0
        return river

    days = dict(fit.days())
    evidence: list[Evidence] = []
    done = learn(
        list(days),
        days.__getitem__,
        river_on,
        factory=factory or Calibration({}, {}),
        kept=lambda day, folded, ended: evidence.extend(folded.evidence),
    )
    done.river.judge.climbing = False
    weights = [np.full(len(stream.t), NOWHERE) for stream in streams]
    _enter(weights, evidence, streams, done.river)
    return Product(done.river, weights)


def _enter(weights: list[np.ndarray], evidence: Iterable[Evidence], streams: Sequence[Stream], river: River) -> None:
    """Write the weights of evidence to where their events stand in the streams."""
    number = {river.explainer.accounts.numbers.get(name_of(stream.account)): i for i, stream in enumerate(streams)}
    for part in evidence:
        for account in np.unique(part.account).tolist():
            mine = part.account == account
            weights[number[account]][part.event_lo[mine].astype(np.int64)] = part.weight[mine] / MICRONATS
