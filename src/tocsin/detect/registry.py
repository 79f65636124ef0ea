"""The detectors in force, and the share each has in the mixture of content bets.

The content detectors watch the same openings, so their e-values are averaged (an average of e-values is one, whatever
their dependence); the families are multiplied, sign-in first and content given sign-in (chain rule).
"""

from __future__ import annotations

from typing import Final

from tocsin.detect.detectors import pace
from tocsin.detect.detectors.honey import Honey
from tocsin.detect.detectors.sharing import Sharing
from tocsin.detect.detectors.sign_in import SignIn
from tocsin.detect.detectors.strangers import Strangers, StrangersToday
from tocsin.detect.detectors.sweep import Listed, Neighbours, Pages, SearchesUnopened
from tocsin.detect.detectors.units import Units
from tocsin.detect.view import Detector

CONTENT: Final[tuple[tuple[Detector, float], ...]] = (
    (Strangers(), 0.20),
    (StrangersToday(), 0.15),
    (Units(), 0.15),
    (pace.per_minute(), 0.15),
    (pace.per_hour(), 0.10),
    (Listed(), 0.10),
    (Neighbours(), 0.05),
    (SearchesUnopened(), 0.03),
    (Pages(), 0.02),
    (Sharing(), 0.05),
)
"""Detector, share in the mixture; shares add up to one."""

SIGN_IN: Final[Detector] = SignIn()
HONEY: Final[Detector] = Honey()
DETECTORS: Final[tuple[Detector, ...]] = (*(detector for detector, _ in CONTENT), SIGN_IN, HONEY)
NAMES: Final = tuple(detector.name for detector in DETECTORS)
SHARES: Final = tuple(share for _, share in CONTENT)
