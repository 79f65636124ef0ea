"""Weight: counts -> e-values -> one number per account-day.

ln e(day)  = ln e(content) + ln e(sign-in) + ln e(enrolment) + ln e(honey)
e(content) = average of the content detectors' e-values
e(sign-in) = average of that of the code and those of refusals, two places and a changed key
an e-value = the smaller of what the stratum and what the account's own history allow
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

import numpy as np

from tocsin.detect.calibration import COUNTRY_CODES, SIGN_IN_CODES, Calibration, abroad, without_countries
from tocsin.detect.detectors.enrolment import CODES
from tocsin.detect.nulls import AGES, CAP, FLOOR, THIEF
from tocsin.detect.registry import CODE, NAMES, SHARES
from tocsin.detect.registry import CONTENT as _CONTENT
from tocsin.detect.roles import Roles
from tocsin.detect.segments import changes
from tocsin.model.evidence import MICRONATS

HONEY_OPENED: Final = 10_000.0
HONEY_LISTED: Final = 0.3
"""How often a thief's day lists a honey patient: a search lists whoever matches, so who lists much lists marks."""
HONEY_BOUNDS: Final = (1.0, 10.0)

_NEW: Final = np.array([0.50, 0.12, 0.08, 0.22, 0.01, 0.02, 0.02, 0.03])
_TO_ALL: Final = np.array([0.0, 0.75, 0.0, 0.75, 0.0, 0.75, 0.0, 0.75])
THIEF_SIGN_IN: Final = np.concatenate([_NEW * (1 - _TO_ALL), _NEW * _TO_ALL])
"""How often a thief's day shows each code of `sign-in`: half look like the owner's (stolen tokens, same machine),
most of the others come from a new network and a new device; three in four new networks are new to the region too. An
assumption: Freeman et al. 2016 use the same kind."""

THIEF_ABROAD: Final = np.array([0.0, 0.05] * 4 + [0.0, 0.3] * 4)
"""By code: of a thief's new networks, how many lie in a country new to the account. Three in ten of those that are new
to the region too: servers are rented where they are cheap, and the careful take one in the country. An assumption."""
LEAST_ABROAD: Final = 0.02
"""Of honest new networks so many are supposed to, at least: a new country is worth 15 times a new network at most."""
TELLS_ABROAD: Final = 0.01
"""A table by which fewer honest new networks do, does not tell."""

TELLS: Final = 0.002
"""A trail in which fewer honest days show anything new does not tell how the account was entered."""

LEAST_SHOWED: Final = 1e-3
"""No code is rarer than that among honest days: what a calibration never saw is not impossible."""
OWN_DAYS: Final = 10.0
"""So many days of the stratum stand beside an account's own: two weeks of work."""

SIGN_IN_BOUNDS: Final = (0.5, 400.0)
"""The e-value of a sign-in stays within: one witness, never the judge."""

MOST: Final = {
    "sharing": 10_000.0,
    "sharing-target": 10_000.0,
    "sharing-tempo": 10_000.0,
    "two-places": 100.0,
    "refusals": 1_000.0,
    "changed-key": 1_000.0,
}
"""E-values stay below: what others do raises a doubt, and by itself asks nobody."""
MOST_OF_ALL: Final = 1_000_000.0

OWN_BINS: Final = 12
"""An account's own history is kept by powers of two: 0, 1, 2-3, 4-7, ..., 1024 and more."""

CONTENT: Final = len(_CONTENT)
COUNTED: Final = len(SHARES)
SIGN_IN_AT: Final = NAMES.index("sign-in")
ENROLMENT_AT: Final = NAMES.index("enrolment")
ENROLMENT_MOST: Final = 100.0
HONEY_AT: Final = NAMES.index("honey")

_bin_of: Final = np.minimum(
    np.ceil(np.log2(np.arange(CAP + 1) + 1)).astype(np.int64), OWN_BINS - 1
)  # bit length: 0 -> 0, 1 -> 1, 2-3 -> 2, ...


BIN_FROM: Final = np.array([0, *(1 << b for b in range(OWN_BINS - 1))])
"""The least value of each bin."""
_BELOW: Final = BIN_FROM[_bin_of]
_ABOVE: Final = np.r_[BIN_FROM[1:], CAP + 1][_bin_of]


def bins(values: np.ndarray) -> np.ndarray:
    """The bin of own history for each value."""
    return _bin_of[np.minimum(values, CAP)]


def own_e_values(counts: np.ndarray, days: np.ndarray) -> np.ndarray:
    """What an account's own past allows: e-values, shape (..., OWN_BINS), infinite where it was never reached.

    `counts[..., b]` of its own days (of `days`) reached bin b or more. At least five days must stand.
    """
    e: np.ndarray = counts / (days[..., None] + 1.0)
    np.maximum(e, 1e-6, out=e)
    np.divide(THIEF[BIN_FROM], e, out=e)
    e[(counts == 0) | (days[..., None] < 5)] = np.inf
    return e


@dataclass(frozen=True, slots=True)
class Own:
    """What the own past of accounts says, by account number."""

    caps: np.ndarray
    """e-values, (accounts, COUNTED, OWN_BINS): see `own_e_values`."""
    codes: np.ndarray
    """int32 (accounts, SIGN_IN_CODES): own days that showed each code of the sign-in."""

    @classmethod
    def none(cls, accounts: int = 1) -> Own:
        """Accounts without a past."""
        caps = np.full((accounts, COUNTED, OWN_BINS), np.inf, np.float32)
        return cls(caps, np.zeros((accounts, SIGN_IN_CODES), np.int32))

    def of(self, account: int) -> Own:
        """That of one account, as number 0."""
        return Own(self.caps[account][None], self.codes[account][None])


def part_of(keys: np.ndarray, parts: int) -> np.ndarray:
    """int64: which of so many parts each account is in, by its key: a number hangs on who was met first."""
    return (keys % np.uint64(parts)).astype(np.int64)


@dataclass(slots=True)
class Weigher:
    """E-value tables of a calibration, made for each stratum when it is first met.

    Of several calibrations each account is weighed on one (see `part_of`): so a past is weighed on what other accounts
    taught, and its weeks are as heavy as weeks to come will be.
    """

    calibrations: tuple[Calibration, ...]
    strata: dict[tuple[str, int, int], int] = field(default_factory=dict)
    """(role, position in AGES, which calibration) -> number."""
    running: np.ndarray = field(default_factory=lambda: np.zeros((0, COUNTED, CAP + 1)))
    """By stratum, detector and count: what a day that has got this far is worth while it lasts."""
    settled: np.ndarray = field(default_factory=lambda: np.zeros((0, COUNTED, CAP + 1)))
    """The same once it has ended there."""
    showed: np.ndarray = field(default_factory=lambda: np.zeros((0, SIGN_IN_CODES)))
    """By stratum and code of the sign-in, whatever the country: how many honest days show it."""
    thief: np.ndarray = field(default_factory=lambda: np.zeros((0, SIGN_IN_CODES)))
    """How many of a thief's."""
    country: np.ndarray = field(default_factory=lambda: np.zeros((0, COUNTRY_CODES)))
    """By stratum and code, those of a new country after the others: how much rather a thief's network lies there."""
    enrolment: np.ndarray = field(default_factory=lambda: np.zeros((0, CODES)))
    honey: np.ndarray = field(default_factory=lambda: np.zeros((0, 3)))

    @property
    def hash(self) -> str:
        """Names what it weighs on."""
        return "+".join(calibration.hash for calibration in self.calibrations)

    def stratum(self, role: str, age: int, part: int = 0) -> int:
        """Number of a stratum (role code, position in AGES, which calibration)."""
        key = (role, age, part)
        if key not in self.strata:
            self.strata[key] = len(self.strata)
            calibration = self.calibrations[part]
            null = np.stack([calibration.null(name, role, AGES[age]) for name in NAMES[:COUNTED]])
            most = np.array([MOST.get(name, MOST_OF_ALL) for name in NAMES[:COUNTED]])[:, None]
            running = np.minimum(THIEF[:-1] / np.maximum(null, FLOOR), most)
            beyond = np.concatenate([null, np.zeros((COUNTED, 1))], axis=1)
            ends_here = np.maximum(beyond[:, _BELOW] - beyond[:, _ABOVE], FLOOR)
            settled = np.minimum((THIEF[_BELOW] - THIEF[_ABOVE]) / ends_here, running)
            told = calibration.null("sign-in", role, AGES[age])
            marked = np.clip(HONEY_LISTED / max(calibration.null("honey", role, AGES[age])[1], 1e-6), *HONEY_BOUNDS)
            came = calibration.null("enrolment", role, AGES[age])
            e = np.minimum(THIEF[:CODES] / np.maximum(came[:CODES], FLOOR), ENROLMENT_MOST)
            self.enrolment = np.concatenate([self.enrolment, np.log(e)[None]])
            self.honey = np.concatenate([self.honey, np.log([[1.0, marked, HONEY_OPENED]])])
            self.running = np.concatenate([self.running, running[None]])
            self.settled = np.concatenate([self.settled, settled[None]])
            plain = without_countries(told)
            self.showed = np.concatenate([self.showed, np.maximum(plain, LEAST_SHOWED)[None]])
            self.thief = np.concatenate([self.thief, _thief_sign_in(plain)[None]])
            self.country = np.concatenate([self.country, _by_country(told)[None]])
        return self.strata[key]

    def strata_of(self, account: np.ndarray, age: np.ndarray, roles: Roles) -> np.ndarray:
        """Numbers of strata, of account numbers and positions in AGES."""
        parts, names = len(self.calibrations), roles.names
        code = (roles.codes[account] * len(AGES) + age) * parts + part_of(roles.keys[account], parts)
        number = np.zeros(len(names) * len(AGES) * parts + 1, np.int64)
        for one in np.flatnonzero(np.bincount(code, minlength=1)).tolist():
            pair, part = divmod(one, parts)
            number[one] = self.stratum(names[pair // len(AGES)], pair % len(AGES), part)
        return number[code]

    def share(self, d: int, stratum: int, count: int) -> float:
        """How many honest days reach what detector `d` counted."""
        role, age, part = next(key for key, number in self.strata.items() if number == stratum)
        return float(self.calibrations[part].null(NAMES[d], role, AGES[age])[min(count, CAP)])

    def weigh(
        self, stratum: np.ndarray, counts: np.ndarray, account: np.ndarray, own: Own, *, ended: bool = False
    ) -> tuple[np.ndarray, np.ndarray]:
        """(content, others) in int64 micro-nats for rows of counts, of days that last or have ended; see `parts`."""
        found = self.parts(stratum, counts, account, own, ended=ended)
        return micronats(found.content), micronats(found.others)

    def parts(
        self, stratum: np.ndarray, counts: np.ndarray, account: np.ndarray, own: Own, *, ended: bool = False
    ) -> Parts:
        """The weight of rows of counts, of days that last or have ended.

        `counts`: int64 (detectors, rows); `account` (rows,) indexes `own`.
        """
        content, entry = np.zeros(counts.shape[1]), CODE * self.sign_in(stratum, counts[SIGN_IN_AT], account, own)
        table, caps = (self.settled if ended else self.running).reshape(-1), own.caps.reshape(-1)
        of, whose = stratum * (COUNTED * (CAP + 1)), account.astype(np.int64) * (COUNTED * OWN_BINS)
        other = changes(account) | changes(stratum)
        for d in range(COUNTED):
            new = other | changes(counts[d])  # most rows show what the row before them did
            places = new.nonzero()[0]
            value = np.minimum(counts[d][places], CAP)
            bet = table[of[places] + (d * (CAP + 1) + value)]
            some = value.nonzero()[0]  # every day reaches 0: e = 1 there, whatever the past
            allowed = caps[whose[places[some]] + (d * OWN_BINS + _bin_of[value[some]])]
            bet[some] = np.minimum(bet[some], allowed)
            bet *= SHARES[d]
            if len(places) < len(new):
                bet = bet[np.cumsum(new) - 1]
            if d < CONTENT:
                content += bet
            else:
                entry += bet
        others = self.honey[stratum, counts[HONEY_AT]] + self.enrolment[stratum, counts[ENROLMENT_AT]]
        entry = np.log(entry)
        return Parts(np.log(content), entry, entry + others)

    def sign_in(self, stratum: np.ndarray, code: np.ndarray, account: np.ndarray, own: Own) -> np.ndarray:
        """e-values of codes of the sign-in: how much rather a thief shows them than this account does.

        The account's own days, smoothed by its stratum's: who is always on the move shows new networks, a robot never.
        A country that is told is one more factor.
        """
        plain = code % SIGN_IN_CODES
        shown, days = own.codes[account, plain], own.codes.sum(axis=1)[account]
        usual = (shown + OWN_DAYS * self.showed[stratum, plain]) / (days + OWN_DAYS)
        ratio: np.ndarray = np.clip(self.thief[stratum, plain] / usual, *SIGN_IN_BOUNDS)
        ratio *= self.country[stratum, code]
        return np.clip(ratio, *SIGN_IN_BOUNDS, out=ratio)


@dataclass(frozen=True, slots=True)
class Parts:
    """Logarithms of e-values (nats, float), by row."""

    content: np.ndarray
    entry: np.ndarray
    """How the account was entered: the sign-in's code, refusals, two places, a changed key."""
    others: np.ndarray
    """That, enrolment and honey."""


def micronats(nats: np.ndarray) -> np.ndarray:
    """Whole numbers, int64: sums of them do not hang on the order."""
    return np.rint(nats * MICRONATS).astype(np.int64)


def _by_country(told: np.ndarray) -> np.ndarray:
    """By code (COUNTRY_CODES): e-values of a new network in a known country, and in a new one.

    `told`: how often honest days show each code; without countries these say nothing.
    """
    if len(told) == SIGN_IN_CODES:
        return np.ones(COUNTRY_CODES)
    honest = abroad(told)
    tells = min(honest / TELLS_ABROAD, 1.0)
    thief = np.where(THIEF_ABROAD > 0, tells * THIEF_ABROAD + (1 - tells) * honest, 0.0)
    there = thief / max(honest, LEAST_ABROAD)
    there = np.where(thief >= honest, np.maximum(there, 1.0), there)
    here = np.where(THIEF_ABROAD > 0, (1 - thief) / max(1 - honest, LEAST_ABROAD), 1.0)
    return np.r_[here, np.where(THIEF_ABROAD > 0, there, 1.0)]


def _thief_sign_in(told: np.ndarray) -> np.ndarray:
    """THIEF_SIGN_IN, as far as the trail tells: of a service without addresses and devices nothing is ever new."""
    tells = min((1 - told[0] / told.sum()) / TELLS, 1.0)
    thief: np.ndarray = tells * THIEF_SIGN_IN
    thief[0] += 1 - tells
    return thief
