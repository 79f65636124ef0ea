"""The detectors in force, and the share each has in the mixture of content bets.

The content detectors watch the same openings, so their e-values are averaged (an average of e-values is one, whatever
their dependence); the families are multiplied, sign-in first and content given sign-in (chain rule).
"""

from __future__ import annotations

from typing import Final

from tocsin.detect.detectors import pace
from tocsin.detect.detectors.absence import Absence
from tocsin.detect.detectors.care import WithoutCare
from tocsin.detect.detectors.changed_key import ChangedKey
from tocsin.detect.detectors.enrolment import Enrolment
from tocsin.detect.detectors.excess import Excess, Glances
from tocsin.detect.detectors.honey import Honey
from tocsin.detect.detectors.reach import Reach
from tocsin.detect.detectors.refusals import Refusals
from tocsin.detect.detectors.sharing import Sharing
from tocsin.detect.detectors.sharing_target import SharingTarget
from tocsin.detect.detectors.sharing_tempo import SharingTempo
from tocsin.detect.detectors.sign_in import SignIn
from tocsin.detect.detectors.strangers import Strangers, StrangersToday
from tocsin.detect.detectors.sweep import Listed, Neighbours, Pages, SearchesUnopened
from tocsin.detect.detectors.tempo import Tempo
from tocsin.detect.detectors.two_places import TwoPlaces
from tocsin.detect.detectors.units import Units
from tocsin.detect.view import Detector

CONTENT: Final[tuple[tuple[Detector, float], ...]] = (
    (Strangers(), 0.06),
    (StrangersToday(), 0.06),
    (Excess(), 0.12),
    (Glances(), 0.10),
    (WithoutCare(), 0.18),
    (Units(), 0.06),
    (pace.per_minute(), 0.05),
    (pace.per_hour(), 0.05),
    (Listed(), 0.11),
    (Neighbours(), 0.04),
    (SearchesUnopened(), 0.02),
    (Pages(), 0.02),
    (Reach(), 0.03),
    (Tempo(), 0.01),
    (Absence(), 0.01),
    (Sharing(), 0.06),
    (SharingTarget(), 0.01),
    (SharingTempo(), 0.01),
)
"""Detector, share in the mixture; shares add up to one."""

ENTRY: Final[tuple[tuple[Detector, float], ...]] = ((Refusals(), 0.2), (TwoPlaces(), 0.1), (ChangedKey(), 0.1))
"""What is counted about how the account is entered; the rest of the mixture is the code of the sign-in."""
CODE: Final = 1 - sum(share for _, share in ENTRY)

SIGN_IN: Final[Detector] = SignIn()
ENROLMENT: Final[Detector] = Enrolment()
HONEY: Final[Detector] = Honey()
COUNTED: Final = (*CONTENT, *ENTRY)
DETECTORS: Final[tuple[Detector, ...]] = (*(detector for detector, _ in COUNTED), ENROLMENT, SIGN_IN, HONEY)
NAMES: Final = tuple(detector.name for detector in DETECTORS)
SHARES: Final = tuple(share for _, share in COUNTED)
