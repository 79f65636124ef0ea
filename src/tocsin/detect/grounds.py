"""Why an account weighs what it weighs: the weight at a row in parts, one a detector, which add up to it.

    weight = ln(R + 1) + other open sessions     -> `earlier`
           + ln e(sign-in) + ln e(honey)         -> a part each
           + ln e(content)                       -> shared out among the detectors whose e-values are averaged

The logarithm of an average is shared out by how much each e-value moves the average away from a neutral bet:
share (e - 1) ln(E) / (E - 1), E the average. These parts add up to ln(E), each has the sign of its own e - 1, and
detectors that say the same get the same. Source: the value of Aumann and Shapley, *Values of Non-Atomic Games*, 1974,
along the straight way from all-neutral bets (e = 1, which weigh nothing) to these.
"""

from __future__ import annotations

import numpy as np

from tocsin.detect.nulls import AGES
from tocsin.detect.registry import DETECTORS, SHARES
from tocsin.detect.step import Step
from tocsin.detect.weight import (
    CONTENT,
    HONEY_AT,
    HONEY_NATS,
    SIGN_IN_AT,
    TODAY_AT,
    Weigher,
    bins,
    earlier_today,
)  # fmt: skip
from tocsin.model.evidence import MICRONATS
from tocsin.model.ground import EARLIER, OTHERS, Ground


def grounds_for(done: Step, place: int, weigher: Weigher, own: np.ndarray) -> tuple[Ground, ...]:
    """The parts of the weight at the row `place` of a step, heaviest first.

    `own`: e-value caps of the account's own past, (CONTENT, OWN_BINS).
    """
    at = done.back[place]
    return grounds_of(int(done.weight[place]), int(done.stratum[at]), done.counts[:, at], weigher, own)


def grounds_of(weight: int, stratum: int, counts: np.ndarray, weigher: Weigher, own: np.ndarray) -> tuple[Ground, ...]:
    """The parts of an account's weight (micro-nats) at a session's counts, in a stratum; see the module."""
    role, age = next(key for key, number in weigher.strata.items() if number == stratum)
    here, column = np.array([stratum]), counts[:, None]
    content, others = (int(part[0]) for part in weigher.weigh(here, column, np.zeros(1, np.int64), own[None]))
    found = [
        *_content(here, column, weigher, own, role, AGES[age]),
        *_coded(SIGN_IN_AT, counts, float(weigher.sign_in[stratum, counts[SIGN_IN_AT]])),
        *_coded(HONEY_AT, counts, HONEY_NATS[int(counts[HONEY_AT])]),
    ]
    rest = content + others - sum(ground.nats for ground in found)
    elsewhere = weight - content - others
    found += [Ground(of=name, nats=nats) for name, nats in ((OTHERS, rest), (EARLIER, elsewhere)) if nats]
    return tuple(sorted(found, key=lambda ground: (-ground.nats, ground.of)))


def _content(
    here: np.ndarray, counts: np.ndarray, weigher: Weigher, own: np.ndarray, role: str, age: str
) -> list[Ground]:
    """Content detectors that found more than is usual, or would have if the owner did not do so too."""
    bets = np.array([float(weigher.bet(d, here, counts)[0]) for d in range(CONTENT)])
    allowed = np.minimum(bets, own[np.arange(CONTENT), bins(counts[:CONTENT, 0])])
    average = float(np.dot(SHARES, allowed))
    slope = float(np.log(average) / (average - 1)) if abs(average - 1) > 1e-9 else 1.0
    before = int(earlier_today(counts)[0])
    found = []
    for d in range(CONTENT):
        if not counts[d, 0] or bets[d] <= 1:
            continue
        usual = float(weigher.share(d, here, counts)[0])
        found.append(
            Ground(
                of=DETECTORS[d].name,
                family=DETECTORS[d].family,
                n=int(counts[d, 0]),
                before=before if d == TODAY_AT else 0,
                nats=_micro(SHARES[d] * (allowed[d] - 1) * slope),
                spared=_micro(np.log1p(SHARES[d] * (bets[d] - allowed[d]) / average)),
                one_in=1 / max(usual, 1e-9),
                role=role,
                age=age,
            )
        )
    return found


def _coded(d: int, counts: np.ndarray, nats: float) -> list[Ground]:
    """A detector whose e-value is a factor of its own, if it saw anything."""
    if not counts[d]:
        return []
    return [Ground(of=DETECTORS[d].name, family=DETECTORS[d].family, n=int(counts[d]), nats=_micro(nats))]


def _micro(nats: float) -> int:
    return round(float(nats) * MICRONATS)
