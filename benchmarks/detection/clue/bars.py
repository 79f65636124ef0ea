"""The bar that Tocsin's own judge has to pass on the log, and what the accounts' chance leaves of the answer."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .attacks import ATTACKS, OPENINGS
from .protocol import Prepared, Run
from .table import number, resampled, share

BUDGET = 1
"""b: 0.045 false alarms per account-week."""
MEASURED = ("A1", "A2", "A3", "A4", "A5")
"""Columns whose median exposure counts; in A6 and A7 only the share caught."""
REFERENCE = "D12"
AIMS = {"A1": 20, "A2": 100, "A3": 20, "A4": 15}
"""Median records, at most."""
AIM_CAUGHT = ("A5", 0.81)
"""Share caught, at least."""
VARIANTS = 26
"""Ways to set Tocsin's judge that were tried on this very test week, those printed among them."""


@dataclass(frozen=True)
class Column:
    """One attack: median exposure (a thief never met counts the cap of a run) and share caught, ours and D12's."""

    attack: str
    medians: tuple[float, float]
    ratio_95: tuple[float, float]
    """Of ours over D12's."""
    shares: tuple[float, float]
    gain_95: tuple[float, float]
    """Of ours less D12's."""

    @property
    def worse(self) -> bool:
        """Beyond what the accounts' chance explains."""
        return self.gain_95[1] < 0 or (self.attack in MEASURED and self.ratio_95[0] > 1)


@dataclass(frozen=True)
class Bar:
    """A detector against D12, at the same false alarms."""

    detector: str
    columns: list[Column]
    means: tuple[float, float]
    """Geometric means of the median exposures of `MEASURED`, ours and D12's."""
    ratio_95: tuple[float, float]
    aims: dict[str, bool]

    @property
    def passed(self) -> bool:
        """Lower in the mean, and no column worse."""
        return self.means[0] < self.means[1] and not any(column.worse for column in self.columns)


def bar_of(prepared: Prepared, runs: list[Run], detector: str) -> Bar:
    """Draw the accounts again, both detectors' runs with them."""
    columns, logs = [], {}
    for attack in ATTACKS:
        mine = [run for run in runs if run.attack == attack]
        account = np.searchsorted(prepared.eligible, [run.account for run in mine])
        told = []
        for name in (detector, REFERENCE):
            exposure = np.array([run.exposure[name, BUDGET] for run in mine])
            shares, medians, _ = resampled(exposure, account, accounts=len(prepared.eligible))
            told.append((np.r_[_share(exposure), shares], np.r_[_median(exposure), np.minimum(medians, OPENINGS)]))
        (our_share, ours), (their_share, theirs) = told
        logs[attack] = np.log(np.maximum(ours, 1)), np.log(np.maximum(theirs, 1))
        columns.append(
            Column(
                attack,
                (float(ours[0]), float(theirs[0])),
                _interval(np.exp(logs[attack][0] - logs[attack][1])[1:]),
                (float(our_share[0]), float(their_share[0])),
                _interval((our_share - their_share)[1:]),
            )
        )
    ours, theirs = (np.mean([logs[attack][side] for attack in MEASURED], axis=0) for side in (0, 1))
    by_name = {column.attack: column for column in columns}
    aims = {attack: by_name[attack].medians[0] <= most for attack, most in AIMS.items()}
    aims[AIM_CAUGHT[0]] = by_name[AIM_CAUGHT[0]].shares[0] >= AIM_CAUGHT[1]
    means = float(np.exp(ours[0])), float(np.exp(theirs[0]))
    return Bar(detector, columns, means, _interval(np.exp(ours - theirs)[1:]), aims)


def markdown(bars: list[Bar]) -> str:
    """The verdicts, a detector each."""
    lines = []
    for bar in bars:
        verdict = "met" if bar.passed else "missed"
        low, high = bar.ratio_95
        lines += [
            f"**{bar.detector}** at b = {BUDGET}: the bar is **{verdict}**. Geometric mean of the median exposures of "
            f"{MEASURED[0]} to {MEASURED[-1]}: {bar.means[0]:.1f}, {REFERENCE} {bar.means[1]:.1f}; "
            f"ratio {bar.means[0] / bar.means[1]:.2f} ({low:.2f} to {high:.2f}).",
            "",
            f"| | median | {REFERENCE} | ratio, 95 % | caught | {REFERENCE} | difference, 95 % | worse | aim |",
            "| --- | --- | --- | --- | --- | --- | --- | --- | --- |",
        ]
        for one in bar.columns:
            measured = one.attack in MEASURED
            ratio = f"{one.medians[0] / max(one.medians[1], 1):.2f} ({one.ratio_95[0]:.2f} to {one.ratio_95[1]:.2f})"
            cells = [
                one.attack,
                number(one.medians[0]) if measured else "",
                number(one.medians[1]) if measured else "",
                ratio if measured else "",
                share(one.shares[0]),
                share(one.shares[1]),
                f"{one.shares[0] - one.shares[1]:+.2f} ({one.gain_95[0]:+.2f} to {one.gain_95[1]:+.2f})",
                "**yes**" if one.worse else "no",
                _aim(one.attack, bar.aims),
            ]
            lines.append("| " + " | ".join(cells) + " |")
        lines.append("")
    return "\n".join([*lines, f"Ways to set Tocsin's judge that were tried on this test week: {VARIANTS}."])


def as_json(bars: list[Bar]) -> dict:
    """As plain values."""
    return {
        "variants_tried": VARIANTS,
        "b": BUDGET,
        **{
            bar.detector: {
                "passed": bar.passed,
                "geometric_mean": round(bar.means[0], 2),
                "geometric_mean_of_reference": round(bar.means[1], 2),
                "ratio_95": [round(bound, 4) for bound in bar.ratio_95],
                "worse": [column.attack for column in bar.columns if column.worse],
                "aims": bar.aims,
            }
            for bar in bars
        },
    }


def _aim(attack: str, aims: dict[str, bool]) -> str:
    if attack not in aims:
        return ""
    want = f"{AIM_CAUGHT[1]:.0%} caught" if attack == AIM_CAUGHT[0] else f"{AIMS[attack]}"
    return f"{want}: {'met' if aims[attack] else 'missed'}"


def _median(exposure: np.ndarray) -> float:
    return float(min(np.quantile(exposure, 0.5, method="inverted_cdf"), OPENINGS))


def _share(exposure: np.ndarray) -> float:
    return float(np.isfinite(exposure).mean())


def _interval(values: np.ndarray) -> tuple[float, float]:
    low, high = np.quantile(values, (0.025, 0.975), method="inverted_cdf")
    return float(low), float(high)
