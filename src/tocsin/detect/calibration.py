"""A calibration: what is usual (nulls), how heavy honest weeks get (trajectories), and its hash.

Two promises, kept apart. *Nulls* make evidence of counts. *Trajectories* make rungs of evidence: for each past account
and week the largest weight it reached; a rung's line is the order statistic that keeps its budget, which holds for any
dependence in time as long as account-weeks of a stratum are exchangeable (conformal prediction on whole trajectories).
"""

from __future__ import annotations

import base64
import hashlib
import json
from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np

from tocsin.detect.nulls import (
    AGES,
    CAP,
    LIGHT_TAIL_INDEX,
    LIGHT_TAILED,
    MAX_TAIL_INDEX,
    YOUNGER,
    Sample,
    blend,
    blend_frequencies,
    carried,
    carried_frequencies,
    reached,
    survival,
)
from tocsin.detect.registry import NAMES
from tocsin.model.evidence import MICRONATS
from tocsin.model.stratum import of_home, of_role

FORMAT: Final = "tocsin-calibration/1"
SIGN_IN_CODES: Final = 16
"""Codes of `sign-in` of a trail that tells no country."""
COUNTRY_CODES: Final = 2 * SIGN_IN_CODES
"""Where a table of countries tells them, as many come after: the same, in a country new to the account."""
HONEST_ABROAD: Final = 0.05
"""Where nobody looked, so many of the honest new networks are supposed to lie in a country new to the account."""
KEPT: Final = 400
"""Heaviest account-weeks kept per stratum, at least."""
KEPT_SHARE: Final = 1 / 10
"""The share of a large stratum that is kept: a region of 100 account-weeks is compared with it at one in ten."""

ALL: Final = ""
"""The stratum of every account; also the role of an account that no directory names."""
ANY: Final = "*"
"""The stratum of all accounts that have a role: people. A robot that no directory names says nothing about them."""


AT_HOME: Final = 400
"""Account-weeks from which a role at home in a service is a stratum of its own. With fewer, `ask` at its default budget
expects less than the two false alarms that the line of a role needs (see `ladder.py`): no line would be theirs."""


def levels(role: str) -> tuple[str, ...]:
    """Strata of a role, the nearest first."""
    return tuple(dict.fromkeys((role, ANY, ALL))) if role != ALL else (ALL,)


def line_strata(role: str, home: str) -> tuple[str, ...]:
    """Names of the strata of account-weeks of a role at home in a service ("": in none), the nearest first.

    An account without a role is at home nowhere: a robot says nothing about people, nor about other robots.
    """
    if role in (ALL, ANY):
        return levels(role)
    return (*((of_home(role, home),) if home else ()), of_role(role), ANY, ALL)


def members(role: np.ndarray, stratum: str) -> np.ndarray:
    """bool: which of some accounts (by their roles) belong to a stratum."""
    if stratum == ALL:
        return np.ones(len(role), bool)
    return role != ALL if stratum == ANY else role == stratum


def strata_in(role: np.ndarray) -> list[str]:
    """The strata of some accounts (by their roles), wider ones first."""
    named = sorted(set(role.tolist()) - {ALL, ANY})
    return [ALL, *((ANY,) if (role != ALL).any() else ()), *named]


@dataclass(frozen=True, slots=True)
class Trajectories:
    """The heaviest account-weeks of a stratum."""

    weeks: int
    """Account-weeks observed."""
    heaviest: np.ndarray
    """int64 micro-nats, falling; see KEPT."""

    def line(self, budget: float) -> tuple[int, bool] | None:
        """(weight, measured) above which at most `budget` of account-weeks go, or None if there is too little to say.

        Measured: the ceil((1 - budget)(n + 1))-th smallest of n, or the smallest that is kept, which is stricter.
        Otherwise estimated: an exponential tail of the weight (a Pareto tail of the statistic) fitted to the heaviest
        weeks.
        """
        allowed = budget * (self.weeks + 1)
        if allowed >= 1:
            place = int(np.floor(allowed)) - 1
            return int(self.heaviest[min(place, len(self.heaviest) - 1)]), True
        if self.weeks < 100:
            return None
        base, scale, share = self._tail()
        return int(base + scale * np.log(share / budget)), False

    def reached_by(self, share: float) -> int:
        """The weight that this share of account-weeks reaches; the smallest that is kept, if it is smaller."""
        place = max(int(share * (self.weeks + 1)) - 1, 0)
        return int(self.heaviest[min(place, len(self.heaviest) - 1)])

    def one_in(self, weight: int) -> tuple[float, bool]:
        """(N, measured): one account-week in N is this heavy."""
        if not self.weeks:
            return 1.0, False
        heavier = int(np.searchsorted(-self.heaviest, -weight, side="right"))
        if heavier >= 1:
            if heavier >= len(self.heaviest) and self.weeks > len(self.heaviest):
                return max(self.weeks / heavier, 1.0), True
            return max((self.weeks + 1) / heavier, 1.0), True
        base, scale, share = self._tail()
        beyond = min((weight - base) / max(scale, 1), 600.0)  # and not infinity, which no JSON can say
        return max(float(np.exp(beyond) / share), self.weeks + 1.0), False

    def _tail(self) -> tuple[float, float, float]:
        """(weight, mean excess over it, share of weeks beyond it) of the heaviest tenth, at least ten weeks."""
        if len(self.heaviest) < 2:
            return 0.0, float(MICRONATS), 1.0
        k = int(min(max(self.weeks // 10, 10), len(self.heaviest) - 1))
        top = self.heaviest[: k + 1].astype(float)
        return float(top[-1]), float(max(np.mean(top[:-1] - top[-1]), MICRONATS / 2)), k / self.weeks


@dataclass(frozen=True, slots=True)
class Precedent:
    """What calibrations from a past of this length were worth, in regions where it is known."""

    days: int
    past: dict[str, Trajectories]
    """The weeks that were learned from, weighed on what they taught."""
    later: dict[str, Trajectories]
    """The weeks that followed, weighed on the same."""


@dataclass(frozen=True, slots=True)
class Calibration:
    """Nulls and trajectories of a region, with the factory's behind them."""

    nulls: dict[str, dict[str, np.ndarray]]
    """Stratum "role/age" -> detector -> S(0 .. CAP), or for `sign-in` the frequencies of its codes: SIGN_IN_CODES of
    them, or COUNTRY_CODES where it was learned with a table of countries."""
    trajectories: dict[str, Trajectories]
    """Stratum (see `line_strata`) -> its heaviest weeks."""
    made_from: dict[str, Any] = field(default_factory=dict)
    """What it rests on: account-days, accounts, account-weeks, period."""
    precedents: tuple[Precedent, ...] = ()
    """By rising length of the past; only the factory's has any."""
    _hash: list[str] = field(default_factory=list, init=False, repr=False, compare=False)
    """The hash, once it was asked for."""

    def __post_init__(self) -> None:
        # what is weighed is what is written and hashed, to the last digit: tables are kept as 32-bit floats
        nulls = {
            stratum: {name: np.asarray(table, "<f4").astype(float) for name, table in tables.items()}
            for stratum, tables in self.nulls.items()
        }
        object.__setattr__(self, "nulls", nulls)

    def null(self, detector: str, role: str, age: str) -> np.ndarray:
        """The survival function (or sign-in frequencies) in force for a stratum: the first level that is there."""
        known = [age] if age else []  # a past of a week knows no settled account: the oldest it has
        while known and known[-1] in YOUNGER:
            known.append(YOUNGER[known[-1]])
        for stratum in levels(role):
            for level in (*(f"{stratum}/{one}" for one in known), f"{stratum}/"):
                found = self.nulls.get(level, {}).get(detector)
                if found is not None:
                    return found
        return (
            np.r_[1.0, np.full(CAP, 0.003 if detector == "honey" else 0.5)]
            if detector != "sign-in"
            else np.full(SIGN_IN_CODES, 1 / SIGN_IN_CODES)
        )

    @property
    def hash(self) -> str:
        """BLAKE2b-128 of the canonical text: names the calibration in alerts and in the river."""
        if not self._hash:
            self._hash.append(hashlib.blake2b(self._body().encode(), digest_size=16).hexdigest())
        return self._hash[0]

    def _body(self) -> str:
        return json.dumps(
            {
                "format": FORMAT,
                "made_from": self.made_from,
                "nulls": {
                    stratum: {name: _packed(table) for name, table in sorted(tables.items())}
                    for stratum, tables in sorted(self.nulls.items())
                },
                "trajectories": _weeks_data(self.trajectories),
                **(
                    {
                        "precedents": [
                            {"days": one.days, "past": _weeks_data(one.past), "later": _weeks_data(one.later)}
                            for one in self.precedents
                        ]
                    }
                    if self.precedents
                    else {}
                ),
            },
            sort_keys=True,
            separators=(",", ":"),
        )

    def to_text(self) -> str:
        """JSON, with the hash of the rest."""
        return json.dumps({"hash": self.hash, "calibration": json.loads(self._body())}, indent=1, sort_keys=True) + "\n"

    @classmethod
    def from_text(cls, text: str) -> Calibration:
        """The reverse. Raises ValueError if it is not a calibration or its hash does not match."""
        told = json.loads(text)
        try:
            body, name = told["calibration"], told["hash"]
            if body["format"] != FORMAT:
                raise KeyError(FORMAT)
            calibration = cls(
                nulls={
                    stratum: {name: _unpacked(table) for name, table in tables.items()}
                    for stratum, tables in body["nulls"].items()
                },
                trajectories=_weeks_of(body["trajectories"]),
                made_from=body["made_from"],
                precedents=tuple(
                    Precedent(one["days"], _weeks_of(one["past"]), _weeks_of(one["later"]))
                    for one in body.get("precedents", ())
                ),
            )
        except (KeyError, TypeError, AttributeError):
            raise ValueError(f"not a {FORMAT}") from None
        if calibration.hash != name:
            raise ValueError("the calibration's hash does not match its content")
        return calibration


def _weeks_data(trajectories: dict[str, Trajectories]) -> dict[str, Any]:
    return {
        role: {"weeks": t.weeks, "heaviest": [int(w) for w in t.heaviest]} for role, t in sorted(trajectories.items())
    }


def _weeks_of(told: dict[str, Any]) -> dict[str, Trajectories]:
    return {role: Trajectories(entry["weeks"], np.array(entry["heaviest"], np.int64)) for role, entry in told.items()}


def _packed(table: np.ndarray) -> str:
    return base64.b64encode(np.asarray(table, "<f4").tobytes()).decode()


def _unpacked(text: str) -> np.ndarray:
    return np.frombuffer(base64.b64decode(text), "<f4").astype(float)


def nulls_of(sample: Sample, above: Calibration | None) -> dict[str, dict[str, np.ndarray]]:
    """Nulls for every stratum that a sample has, each level blended with the one above; `above` is the factory's."""
    out: dict[str, dict[str, np.ndarray]] = {}
    for role in strata_in(sample.role):
        for age in ("", *AGES):
            inside = members(sample.role, role)
            if age:
                inside &= sample.age == AGES.index(age)
            if not inside.any() and not above:
                continue
            some = sample.take(np.flatnonzero(inside))
            out[f"{role}/{age}"] = {
                name: _table(name, some, i, _parent(out, above, name, role, age)) for i, name in enumerate(NAMES)
            }
    return out


def _table(name: str, some: Sample, detector: int, parent: np.ndarray | None) -> np.ndarray:
    account, values = some.account, some.values[:, detector]
    if name == "sign-in":
        own, accounts = _frequencies(account, values, COUNTRY_CODES if some.countries else SIGN_IN_CODES)
        if parent is not None and some.countries:
            parent = with_countries(parent)
        return own if parent is None else blend_frequencies(own, accounts, parent)
    if parent is None:
        return survival(account, values, tail_cap=LIGHT_TAIL_INDEX if name in LIGHT_TAILED else MAX_TAIL_INDEX)[0]
    return blend(*reached(account, values), parent)


def _frequencies(account: np.ndarray, codes: np.ndarray, kinds: int) -> tuple[np.ndarray, int]:
    accounts, back, sessions = np.unique(account, return_inverse=True, return_counts=True)
    weight = 1.0 / sessions[back] / max(len(accounts), 1)
    return np.bincount(codes, weights=weight, minlength=kinds), len(accounts)


def without_countries(frequencies: np.ndarray) -> np.ndarray:
    """Frequencies of codes, whatever the country."""
    return frequencies.reshape(-1, SIGN_IN_CODES).sum(axis=0)


def with_countries(frequencies: np.ndarray, share: float = HONEST_ABROAD) -> np.ndarray:
    """Frequencies of codes that tell no country -> as if this share of the new networks lay in a new one."""
    if len(frequencies) > SIGN_IN_CODES:
        return frequencies
    abroad = frequencies * share * (np.arange(SIGN_IN_CODES) & 1)
    return np.r_[frequencies - abroad, abroad]


def abroad(frequencies: np.ndarray) -> float:
    """Of the new networks, how many lie in a country new to the account."""
    network = frequencies[1::2]  # codes with bit 1
    return float(network[SIGN_IN_CODES // 2 :].sum()) / max(float(network.sum()), 1e-9)


def _carried_codes(own: np.ndarray, same: np.ndarray, wanted: np.ndarray) -> np.ndarray:
    """`carried_frequencies`, whatever the country; how often it is new is as in `wanted`."""
    if max(len(own), len(same), len(wanted)) == SIGN_IN_CODES:
        return carried_frequencies(own, same, wanted)
    plain = carried_frequencies(*(without_countries(one) for one in (own, same, wanted)))
    return with_countries(plain, abroad(with_countries(wanted)))


def _parent(
    made: dict[str, dict[str, np.ndarray]], above: Calibration | None, name: str, role: str, age: str
) -> np.ndarray | None:
    """What the level above lets expect: a role of all roles, these of the factory's people, all of the factory's all.

    Where the role is known at a younger age, that is carried on: what is peculiar to it stays, what comes with age is
    borrowed. Without a factory: the same stratum at any age, then the wider one.
    """
    if role in (ALL, ANY) and not above:
        wider = [f"{role}/"] if age else [f"{ALL}/"] if role == ANY else []
        return next((made[level][name] for level in wider if level in made), None)

    def level(age: str) -> np.ndarray | None:
        if role in (ALL, ANY):
            return above.null(name, role, age) if above else None
        return next((made[one][name] for one in (f"{ANY}/{age}", f"{ANY}/") if one in made), None)

    wanted = level(age)
    younger = f"{role}/{YOUNGER[age]}" if age in YOUNGER else ""
    if wanted is None or younger not in made:
        return wanted
    same = level(younger.rpartition("/")[2])
    carry = _carried_codes if name == "sign-in" else carried
    return wanted if same is None else carry(made[younger][name], same, wanted)


def trajectories_of(role: np.ndarray, heaviest: np.ndarray, home: np.ndarray | None = None) -> dict[str, Trajectories]:
    """Heaviest weights of account-weeks (roles and micro-nats, one entry each) -> strata.

    `home`: the service that each was at home in, "" for none. Not of the factory: its services are nobody else's.
    """
    out = {
        name if name in (ALL, ANY) else of_role(name): _heaviest(heaviest[members(role, name)])
        for name in strata_in(role)
    }
    if home is None:
        return out
    (roles, of_roles), (homes, at) = (np.unique(column, return_inverse=True) for column in (role, home))
    pairs, of_pair, weeks = np.unique(of_roles * len(homes) + at, return_inverse=True, return_counts=True)
    for number in np.flatnonzero(weeks >= AT_HOME).tolist():
        who, where = str(roles[pairs[number] // len(homes)]), str(homes[pairs[number] % len(homes)])
        if who not in (ALL, ANY) and where:
            out[of_home(who, where)] = _heaviest(heaviest[of_pair == number])
    return out


def _heaviest(weeks: np.ndarray) -> Trajectories:
    kept = max(KEPT, int(np.ceil(len(weeks) * KEPT_SHARE)))
    return Trajectories(len(weeks), np.sort(weeks)[::-1][:kept])
