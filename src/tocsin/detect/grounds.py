"""Why an account weighs what it weighs: the weight at a row in parts, one a detector, which add up to it.

    weight = ln(R + 1)                                -> `earlier`: the days before
           + ln e(content) + ln e(sign-in)            -> shared out among the detectors whose e-values are averaged
           + ln e(enrolment) + ln e(honey)            -> a part each

The logarithm of an average is shared out by how much each e-value moves the average away from a neutral bet:
share (e - 1) ln(E) / (E - 1), E the average. These parts add up to ln(E), each has the sign of its own e - 1, and
detectors that say the same get the same. Source: the value of Aumann and Shapley, *Values of Non-Atomic Games*, 1974,
along the straight way from all-neutral bets (e = 1, which weigh nothing) to these.
"""

from __future__ import annotations

import numpy as np

from tocsin.detect.nulls import AGES, CAP
from tocsin.detect.registry import CODE, DETECTORS, NAMES, SHARES
from tocsin.detect.step import Step
from tocsin.detect.weight import CONTENT, COUNTED, ENROLMENT_AT, HONEY_AT, SIGN_IN_AT, Own, Weigher, bins
from tocsin.model.evidence import MICRONATS
from tocsin.model.ground import EARLIER, OTHERS, Ground

_SESSION_AT, _TODAY_AT = NAMES.index("strangers"), NAMES.index("strangers-today")


def grounds_for(done: Step, place: int, weigher: Weigher, own: Own) -> tuple[Ground, ...]:
    """The parts of the weight at the row `place` of a step, heaviest first.

    `own`: the account's own past (see `Own.of`).
    """
    at = done.back[place]
    return grounds_of(int(done.weight[place]), int(done.stratum[at]), done.counts[:, at], weigher, own)


def grounds_of(weight: int, stratum: int, counts: np.ndarray, weigher: Weigher, own: Own) -> tuple[Ground, ...]:
    """The parts of an account's weight (micro-nats) at the counts of its day, in a stratum; see the module."""
    here, column, nobody = np.array([stratum]), counts[:, None], np.zeros(1, np.int64)
    content, others = (int(part[0]) for part in weigher.weigh(here, column, nobody, own))
    sign_in = float(weigher.sign_in(here, counts[[SIGN_IN_AT]], nobody, own)[0])
    found = [
        *_mixed(range(CONTENT), stratum, counts, weigher, own),
        *_mixed(range(CONTENT, COUNTED), stratum, counts, weigher, own, coded=(CODE, sign_in)),
        *_coded(ENROLMENT_AT, counts, float(weigher.enrolment[stratum, counts[ENROLMENT_AT]])),
        *_coded(HONEY_AT, counts, float(weigher.honey[stratum, counts[HONEY_AT]])),
    ]
    rest = content + others - sum(ground.nats for ground in found)
    elsewhere = weight - content - others
    found += [Ground(of=name, nats=nats) for name, nats in ((OTHERS, rest), (EARLIER, elsewhere)) if nats]
    return tuple(sorted(found, key=lambda ground: (-ground.nats, ground.of)))


def _mixed(
    detectors: range,
    stratum: int,
    counts: np.ndarray,
    weigher: Weigher,
    own: Own,
    *,
    coded: tuple[float, float] | None = None,
) -> list[Ground]:
    """Of one average: the detectors that found more than is usual, or would have if the owner did not do so too.

    `coded`: share and e-value of the sign-in's code, where it is part of the average.
    """
    places = np.array(detectors)
    values = np.minimum(counts[places], CAP)
    bets = weigher.running[stratum, places, values]
    allowed = np.minimum(bets, own.caps[0, places, bins(values)])
    shares = np.array(SHARES)[places]
    average = float(np.dot(shares, allowed)) + (coded[0] * coded[1] if coded else 0.0)
    slope = float(np.log(average) / (average - 1)) if abs(average - 1) > 1e-9 else 1.0
    role, age, _ = next(key for key, number in weigher.strata.items() if number == stratum)
    found = _coded(SIGN_IN_AT, counts, coded[0] * (coded[1] - 1) * slope) if coded else []
    for i, d in enumerate(detectors):
        if not counts[d] or bets[i] <= 1:
            continue
        found.append(
            Ground(
                of=DETECTORS[d].name,
                family=DETECTORS[d].family,
                n=int(counts[d]),
                before=max(int(counts[_TODAY_AT] - counts[_SESSION_AT]), 0) if d == _TODAY_AT else 0,
                nats=_micro(shares[i] * (allowed[i] - 1) * slope),
                spared=_micro(np.log1p(shares[i] * (bets[i] - allowed[i]) / average)),
                one_in=1 / max(weigher.share(d, stratum, int(counts[d])), 1e-9),
                role=role,
                age=AGES[age],
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
