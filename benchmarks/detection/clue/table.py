"""The table obtained beside the published one."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from .attacks import ATTACKS
from .protocol import BUDGETS, Prepared, Run
from .published import PUBLISHED

RESAMPLES = 2_000
DRAW = 5
"""Seeds behind the published table; with more, each group of so many shows what the draw alone does."""
NUMBERS = ("share", "median", "p90")
WITHIN = 0.1


@dataclass(frozen=True)
class Cell:
    """One detector at one budget against one attack: share, median and p90."""

    values: tuple[float, float, float]
    intervals: list[tuple[float, float]]
    """95 %, over accounts."""
    draws: list[tuple[float, float]]
    """Smallest and largest over groups of five seeds; empty if there is only one group."""
    published: tuple[float | None, ...] | None
    runs: int

    def compared(self) -> Iterator[tuple[str, float, float, float | None]]:
        """Name, ours rounded as published, published, ratio (none against 0 or never) of each number published."""
        for name, ours, theirs in zip(NUMBERS, self.values, self.published or (), strict=False):
            if theirs is not None:
                ours = round(ours, 2)
                yield name, ours, theirs, ours / theirs if theirs and np.isfinite(theirs) else None


def agrees(ours: float, theirs: float) -> bool:
    """Within a tenth; an alarm that never came agrees only with one that never came."""
    if not (np.isfinite(ours) and np.isfinite(theirs)):
        return ours == theirs
    return abs(ours - theirs) <= WITHIN * theirs + 1e-9


@dataclass(frozen=True)
class Row:
    detector: str
    b: int
    nominal: float
    """False alarms per account-week that the budget allows."""
    realised: float
    drift: float
    """Realised with thresholds from the fit days."""
    cells: dict[str, Cell]


def rows_of(prepared: Prepared, runs: list[Run]) -> list[Row]:
    """The published rows in their order, then whatever else was measured."""
    pairs = [(("D0+D12"), b) for b in BUDGETS]
    measured = [(name, b) for name in prepared.names for b in BUDGETS] + pairs
    keys = [key for key in PUBLISHED if key in measured]
    return [_row(prepared, runs, *key) for key in keys + [key for key in measured if key not in keys]]


def _row(prepared: Prepared, runs: list[Run], detector: str, b: int) -> Row:
    parts = detector.split("+")
    alarms = np.any([prepared.false_alarms(part, b) for part in parts], axis=0)
    drifted = np.any([prepared.false_alarms_of_drift(part, b) for part in parts], axis=0)
    cells = {}
    for attack in ATTACKS:
        mine = [run for run in runs if run.attack == attack]
        exposure = np.array([min(run.exposure[part, b] for part in parts) for run in mine])
        account = np.searchsorted(prepared.eligible, [run.account for run in mine])
        cells[attack] = Cell(
            values=summary(exposure),
            intervals=intervals_of(exposure, account, accounts=len(prepared.eligible)),
            draws=draws_of(exposure, np.array([run.seed for run in mine])),
            published=PUBLISHED.get((detector, b), {}).get(attack),
            runs=len(mine),
        )
    nominal = len(parts) * (b + 1) / len(prepared.eligible)
    return Row(detector, b, nominal, float(alarms.mean()), float(drifted.mean()), cells)


def summary(exposure: np.ndarray) -> tuple[float, float, float]:
    """Share caught, median, 90th percentile over all runs."""
    median, p90 = np.quantile(exposure, (0.5, 0.9), method="inverted_cdf")
    return float(np.isfinite(exposure).mean()), float(median), float(p90)


def draws_of(exposure: np.ndarray, seed: np.ndarray) -> list[tuple[float, float]]:
    """The range of each number over the groups of five seeds."""
    group = seed // DRAW
    if group.max() == 0:
        return []
    numbers = np.array([summary(exposure[group == g]) for g in range(group.max() + 1)])
    return list(zip(numbers.min(axis=0).tolist(), numbers.max(axis=0).tolist(), strict=True))


def intervals_of(exposure: np.ndarray, account: np.ndarray, *, accounts: int) -> list[tuple[float, float]]:
    """Bootstrap of whole accounts, since runs on one account resemble one another; thresholds stay as they are."""
    drawn = resampled(exposure, account, accounts=accounts)
    bounds = (np.quantile(n, (0.025, 0.975), method="inverted_cdf") for n in drawn)
    return [(float(low), float(high)) for low, high in bounds]


def resampled(exposure: np.ndarray, account: np.ndarray, *, accounts: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """(shares, medians, p90s) with the accounts drawn again, always the same draws: two detectors can be compared."""
    order = np.argsort(exposure, kind="stable")
    exposure, account = exposure[order], account[order]
    drawn = np.random.default_rng(0).multinomial(accounts, np.full(accounts, 1 / accounts), size=RESAMPLES)
    upto = drawn[:, account].cumsum(axis=1)
    total = upto[:, -1]
    caught = upto[:, np.isfinite(exposure)].max(axis=1, initial=0)
    median, p90 = (exposure[(upto < q * total[:, None]).sum(axis=1)] for q in (0.5, 0.9))
    return caught / total, median, p90


def markdown(rows: list[Row]) -> str:
    """Per detector and budget: published, ours, ours / published, and the interval of the median."""
    head = ["detector", "false alarms per account-week", "", *ATTACKS]
    lines = [head, ["---"] * len(head)]
    for row in rows:
        cells = row.cells.values()
        first = [f"**{row.detector}**", f"{share(row.realised)} (nominal {share(row.nominal)})"]
        if any(cell.published for cell in cells):
            lines.append([*first, "published", *(_triple(cell.published) for cell in cells)])
            first = ["", ""]
        lines.append([*first, "here", *(_triple(cell.values) for cell in cells)])
        if any(cell.published for cell in cells):
            lines.append(["", "", "ratio", *(_ratios(cell) for cell in cells)])
        lines.append(["", "", "median, 95 %", *(_interval(cell) for cell in cells)])
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def verdict(rows: list[Row]) -> str:
    """How many published numbers are met, and those that are not, with what ours may be."""
    lines = []
    for row in rows:
        numbers = [(attack, cell, *number) for attack, cell in row.cells.items() for number in cell.compared()]
        missed = [number for number in numbers if not agrees(number[3], number[4])]
        if numbers:
            met = len(numbers) - len(missed)
            lines.append(f"- {row.detector}, b = {row.b}: {met} of {len(numbers)} within a tenth")
            lines.extend(_miss(*number) for number in missed)
    return "\n".join(lines)


def _miss(attack: str, cell: Cell, name: str, ours: float, theirs: float, ratio: float | None) -> str:
    place = NUMBERS.index(name)
    text = f"  - {attack} {name}: {number(ours)} for {number(theirs)}, 95 % {_range(cell.intervals[place])}"
    return text + (f", {DRAW} seeds at a time {_range(cell.draws[place])}" if cell.draws else "")


def false_alarms(rows: list[Row]) -> str:
    """Realised over nominal, for thresholds of the test week left one out and for thresholds of the fit days."""
    lines = [
        "| detector | nominal | realised / nominal | with thresholds of the fit days |",
        "| --- | --- | --- | --- |",
    ]
    for row in rows:
        ratios = (row.realised / row.nominal, row.drift / row.nominal)
        lines.append(f"| {row.detector} | {share(row.nominal)} | {ratios[0]:.2f} | {ratios[1]:.2f} |")
    return "\n".join(lines)


def as_json(rows: list[Row]) -> list[dict]:
    """The rows as plain values; null stands for an alarm that never came."""
    return [
        {
            "detector": row.detector,
            "b": row.b,
            "false_alarms": {
                "nominal": row.nominal,
                "realised": row.realised,
                "ratio": row.realised / row.nominal,
                "ratio_with_thresholds_of_fit_days": row.drift / row.nominal,
            },
            "attacks": {attack: _plain(cell) for attack, cell in row.cells.items()},
        }
        for row in rows
    ]


def _plain(cell: Cell) -> dict:
    def finite(value: float) -> float | None:
        return round(value, 4) if np.isfinite(value) else None

    compared = {name: (theirs, ratio) for name, _, theirs, ratio in cell.compared()}
    plain: dict = {"runs": cell.runs}
    for i, name in enumerate(NUMBERS):
        plain[name] = {"value": finite(cell.values[i]), "interval_95": [finite(bound) for bound in cell.intervals[i]]}
        if cell.draws:
            plain[name]["five_seeds_at_a_time"] = [finite(bound) for bound in cell.draws[i]]
        if name in compared:
            theirs, ratio = compared[name]
            plain[name] |= {"published": finite(theirs), "ratio": None if ratio is None else finite(ratio)}
    return plain


def share(value: float) -> str:
    """As the published table writes it."""
    return f"{value:.3f}".removeprefix("0")


def number(value: float) -> str:
    """Records, `-` for never; below one a share."""
    if not np.isfinite(value):
        return "-"
    return f"{value:.0f}" if value > 1 else f"{value:.2f}".removeprefix("0")


def _range(bounds: tuple[float, float]) -> str:
    return " to ".join(number(bound) for bound in bounds)


def _triple(values: tuple[float | None, ...] | None) -> str:
    texts = [number(value) for value in values or () if value is not None]
    return "/".join(texts[:2] if texts[1:] == ["-", "-"] else texts)


def _ratios(cell: Cell) -> str:
    return "/".join("-" if ratio is None else f"{ratio:.2f}" for *_, ratio in cell.compared())


def _interval(cell: Cell) -> str:
    bounds = cell.intervals[NUMBERS.index("median")]
    return _range(bounds) if np.isfinite(bounds[0]) else "-"
