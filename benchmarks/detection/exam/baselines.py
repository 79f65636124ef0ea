"""The baselines on one region: each line drawn from the region's own past at the budget of `ask`, then who crosses it.

(1) the statistics of `rivals.py` over past and judged weeks; the forests score every distinct vector once, in their own
    virtual environment
(2) the line: the number that at most the budget's share of past account-weeks go above, the first week left out
(3) every act above it: in the weeks without thieves, and with each set of thieves on the accounts that are robbed
"""

from __future__ import annotations

import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
from benchmarks.detection.exam import rivals
from benchmarks.detection.exam.watch import Acts, joined

from tocsin.model.rows import MICROSECONDS_A_DAY, Names

ROOT: Final = Path(__file__).parents[3]
PYTHON: Final = ROOT / ".venv-baselines" / "bin" / "python"
SCRIPT: Final = ROOT / "benchmarks" / "detection" / "baselines" / "forests.py"
NAMES: Final = ("new-per-hour", "D12", "half-space trees", "isolation forest")
WEEK_US: Final = 7 * MICROSECONDS_A_DAY

Alarms = dict[str, np.ndarray]
"""Account -> int64 times of its acts above the line, rising."""


@dataclass(frozen=True, slots=True)
class Compared:
    """What the baselines came to on a region, each under its name."""

    lines: dict[str, float]
    honest: dict[str, Alarms]
    sets: list[dict[str, Alarms]]


def compared(
    names: Names, past: Acts, honest: Acts, sets: list[Acts], *, teach: int, judge: int, budget: float
) -> Compared:
    """Past and judged acts of everybody, and with each set those of the robbed; `teach`, `judge`: microseconds."""
    past = past.in_order()
    together = [joined([past, honest]).in_order()]
    for acts in sets:
        together.append(joined([past.of(np.unique(acts.account).tolist()), acts]).in_order())
    values = _values(past, together, accounts=len(names.names), teach=teach)
    lines = {
        name: line_of(together[0], value, start=teach, end=judge, budget=budget) for name, value in values[0].items()
    }
    above = [
        {name: _above(acts, value > lines[name], names, judge) for name, value in each.items()}
        for acts, each in zip(together, values, strict=True)
    ]
    return Compared(lines, above[0], above[1:])


def line_of(acts: Acts, value: np.ndarray, *, start: int, end: int, budget: float) -> float:
    """The value that at most `budget` of the account-weeks in [start, end) go above."""
    inside = (acts.at >= start) & (acts.at < end)
    week = (acts.at[inside] - start) // WEEK_US
    _, at = np.unique(acts.account[inside] * np.int64(1 << 16) + week, return_inverse=True)
    tops = np.full(int(at.max()) + 1, -np.inf)
    np.maximum.at(tops, at, value[inside])
    tops = np.sort(tops)[::-1]
    return float(tops[max(int(budget * (len(tops) + 1)) - 1, 0)])


def _values(past: Acts, together: list[Acts], *, accounts: int, teach: int) -> list[dict[str, np.ndarray]]:
    # (1)
    null = rivals.null_of_units(past, start=teach)
    usual = rivals.usual_hours(past, accounts=accounts)
    packed = [rivals.vectors(acts, usual) for acts in together]
    distinct, of_vector = np.unique(np.concatenate(packed), return_inverse=True)
    ends = rivals.vectors(past, usual)[rivals.hour_ends(past) & (past.at >= teach)]
    taught = np.bincount(np.searchsorted(distinct, ends), minlength=len(distinct))
    scores = _forests(rivals.unpacked(distinct), taught)
    borders = np.cumsum([len(one) for one in packed])[:-1]
    return [
        dict(
            zip(
                NAMES,
                (
                    rivals.new_per_hour(acts),
                    rivals.unexplained_units(acts, null, start=teach),
                    scores["half_spaces"][places],
                    scores["isolation"][places],
                ),
                strict=True,
            )
        )
        for acts, places in zip(together, np.split(of_vector, borders), strict=True)
    ]


def _forests(vectors: np.ndarray, taught: np.ndarray) -> dict[str, np.ndarray]:
    with tempfile.TemporaryDirectory(prefix="tocsin-exam-forests-") as folder:
        source, out = Path(folder) / "vectors.npz", Path(folder) / "scores.npz"
        np.savez(source, vectors=vectors, taught=taught)
        subprocess.run([PYTHON, SCRIPT, source, out], check=True)
        with np.load(out) as told:
            return {name: told[name] for name in told}


def _above(acts: Acts, above: np.ndarray, names: Names, judge: int) -> Alarms:
    places = np.flatnonzero(above & (acts.at >= judge))
    account, at = acts.account[places], acts.at[places]
    begin = np.flatnonzero(np.diff(account, prepend=-1))
    return (
        {
            names.names[account[first]]: times
            for first, times in zip(begin.tolist(), np.split(at, begin[1:]), strict=True)
        }
        if len(places)
        else {}
    )
