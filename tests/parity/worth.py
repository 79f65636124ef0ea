"""What counts are worth, once more: each formula as it is written, on one account-day, in plain numbers."""

from __future__ import annotations

import math
from dataclasses import dataclass, field

import numpy as np

from tocsin.detect.calibration import Calibration
from tocsin.detect.nulls import CAP
from tocsin.detect.registry import CODE, CONTENT, ENTRY
from tocsin.detect.weight import HONEY_BOUNDS, HONEY_OPENED, MOST, MOST_OF_ALL, SIGN_IN_BOUNDS, TELLS, THIEF_SIGN_IN

Counts = dict[str, int]


@dataclass
class Past:
    """What an account did on its own quiet days."""

    days: list[Counts] = field(default_factory=list)
    codes: list[int] = field(default_factory=list)
    """Of the sign-in, on days on which it was settled."""


def thief(x: int) -> float:
    """How many of a thief's days reach x."""
    return float((1 + x) ** -0.25) if x <= CAP else 0.0


def bin_of(x: int) -> int:
    """0, 1, 2-3, 4-7, ..."""
    return min(min(x, CAP).bit_length(), 11)


def bounds(b: int) -> tuple[int, int]:
    """The least value of a bin, and of the next."""
    return (1 << b - 1 if b else 0), (1 << b if b < 11 else CAP + 1)


def running(null: np.ndarray, x: int, most: float) -> float:
    """Of a day that has reached x and goes on."""
    return min(thief(x) / max(float(null[x]), 1e-9), most)


def settled(null: np.ndarray, x: int, most: float) -> float:
    """Of a day that has ended in the bin of x."""
    low, high = bounds(bin_of(x))
    ends_here = float(null[low]) - (float(null[high]) if high <= CAP else 0.0)
    return min((thief(low) - thief(high)) / max(ends_here, 1e-9), running(null, x, most))


def allowed(own: list[Counts], name: str, x: int) -> float:
    """At most this, for the account has gone as far before: on five days of its own at least."""
    reached = sum(bin_of(counts[name]) >= bin_of(x) for counts in own)
    if len(own) < 5 or x == 0 or not reached:
        return math.inf
    low, _ = bounds(bin_of(x))
    return float(np.float32(thief(low) / max(reached / (len(own) + 1), 1e-6)))  # as the state keeps it


class Worth:
    """Weighs account-days of one stratum."""

    def __init__(self, calibration: Calibration, role: str, age: str) -> None:
        self.null = lambda name: calibration.null(name, role, age)

    def sign_in(self, code: int, shown: list[int]) -> float:
        """How much rather a thief shows the code than an account that has shown such codes on its settled days."""
        told, code = self.null("sign-in"), code % 16  # no country: this calibration knows of none
        assert len(told) == 16
        tells = min((1 - float(told[0]) / float(told.sum())) / TELLS, 1.0)  # where nothing is ever new, a thief is not
        thief = tells * float(THIEF_SIGN_IN[code]) + (0.0 if code else 1 - tells)
        usual = (shown.count(code) + 10 * max(float(told[code]), 1e-3)) / (len(shown) + 10)
        return float(np.clip(thief / usual, *SIGN_IN_BOUNDS))

    def entry(self, counts: Counts, own: Past, *, ended: bool = False) -> float:
        """e(sign-in)."""
        bets = sum(share * self._bet(detector.name, counts, own, ended=ended) for detector, share in ENTRY)
        return bets + CODE * self.sign_in(counts["sign-in"], own.codes)

    def _bet(self, name: str, counts: Counts, own: Past, *, ended: bool) -> float:
        x, most = min(counts[name], CAP), MOST.get(name, MOST_OF_ALL)
        return min((settled if ended else running)(self.null(name), x, most), allowed(own.days, name, x))

    def parts(self, counts: Counts, own: Past, *, ended: bool = False) -> tuple[int, int]:
        """(content, all else), micro-nats."""
        content = sum(share * self._bet(detector.name, counts, own, ended=ended) for detector, share in CONTENT)
        entry = self.entry(counts, own, ended=ended)
        came = min(thief(counts["enrolment"]) / max(float(self.null("enrolment")[counts["enrolment"]]), 1e-9), 100.0)
        listed = float(np.clip(0.3 / max(float(self.null("honey")[1]), 1e-6), *HONEY_BOUNDS))
        honey = (1.0, listed, HONEY_OPENED)[counts["honey"]]
        others = math.log(entry) + math.log(came) + math.log(honey)
        return round(math.log(content) * 1e6), round(others * 1e6)

    def of_a_day_that_ended(self, counts: Counts, own: Past) -> int:
        """ln e, micro-nats: on half of the days a thief is not at work."""
        e = math.exp(sum(self.parts(counts, own, ended=True)) / 1e6)
        return round(math.log(0.5 + 0.5 * e) * 1e6)
