"""The ladder's lines: for each role, the weight at which each rung begins, by the first stratum that can say.

Strata back off: role, all roles of the region, then the factory; an account without a role is held against all. `ask`
may rest on an estimated line; a line that nothing can measure is estimated from the factory's tail, and `suspend` needs
two families of evidence besides.
"""

from __future__ import annotations

from dataclasses import dataclass

from tocsin.detect.calibration import ALL, ANY, Calibration, Trajectories, levels
from tocsin.model.alert import Rung

NEVER = 1 << 60
"""A line that nothing reaches."""


@dataclass(frozen=True, slots=True)
class Line:
    """Where a rung begins for a role."""

    weight: int
    """Micro-nats."""
    measured: bool
    stratum: str
    """Role whose weeks say so; "" for all."""
    calibration: str
    """Hash."""


@dataclass(frozen=True, slots=True)
class Ladder:
    """Rungs and the calibrations they are read from, the region's first."""

    rungs: tuple[Rung, ...]
    calibrations: tuple[Calibration, ...]

    def lines(self, role: str) -> list[Line]:
        """One line a rung, never falling from a rung to the next."""
        out: list[Line] = []
        for rung in self.rungs:
            line = self._line(rung.budget, role)
            if out and line.weight < out[-1].weight:
                line = Line(out[-1].weight, line.measured, line.stratum, line.calibration)
            out.append(line)
        return out

    def rarity(self, weight: int, role: str) -> tuple[float, bool, str]:
        """(N, measured, stratum): one account-week in N is as heavy."""
        for trajectories, stratum, _ in self._strata(role):
            if trajectories.weeks >= 100:
                n, measured = trajectories.one_in(weight)
                return n, measured, stratum
        return 1.0, False, ALL

    def _strata(self, role: str) -> list[tuple[Trajectories, str, Calibration]]:
        found = []
        for calibration in self.calibrations:
            for stratum in levels(role):
                told = stratum in calibration.trajectories
                if told and not (stratum == ALL != role and ANY in calibration.trajectories):
                    found.append((calibration.trajectories[stratum], stratum, calibration))
        return found

    def _line(self, budget: float, role: str) -> Line:
        strata = self._strata(role)
        for trajectories, stratum, calibration in strata:
            enough = 1 if stratum in (ALL, ANY) else 2
            if trajectories.weeks * budget >= enough:
                line = trajectories.line(budget)
                if line and line[1]:
                    return Line(line[0], True, stratum, calibration.hash)
        for trajectories, stratum, calibration in reversed(strata):
            line = trajectories.line(budget) if stratum in (ALL, ANY) else None
            if line:
                return Line(line[0], False, stratum, calibration.hash)
        return Line(NEVER, False, ALL, "")
