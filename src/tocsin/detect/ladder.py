"""The ladder's lines: for each role and home, the weight at which each rung begins, by the first stratum that can say.

Strata back off: role x service, role, all roles of the region; an account without a role is held against all. Where a
region's own weeks are too few for a budget, the factory's precedent of so short a past is moved to where the region's
weeks lie, and the line is *estimated*; without a region, the factory's own weeks are measured. `suspend` needs two
families besides.
"""

from __future__ import annotations

from dataclasses import dataclass

from tocsin.detect.calibration import ALL, ANY, Calibration, Trajectories, line_strata
from tocsin.model.alert import Rung

NEVER = 1 << 60
"""A line that nothing reaches."""
ENOUGH = 10
"""Heavier weeks that must be expected before a region's own order statistic is a line: its standard error is then a
third of the tail's scale. With fewer, the factory's line is moved; see `Ladder._moved`."""
SAYABLE = 1 / 100
"""A region of fewer account-weeks than one in this share says nothing of how heavy its weeks are."""


@dataclass(frozen=True, slots=True)
class Line:
    """Where a rung begins for a role and a home."""

    weight: int
    """Micro-nats."""
    measured: bool
    stratum: str
    """Whose weeks say so; see `calibration.line_strata`."""
    calibration: str
    """Hash."""


@dataclass(frozen=True, slots=True)
class Ladder:
    """Rungs and the calibrations they are read from, the region's first."""

    rungs: tuple[Rung, ...]
    calibrations: tuple[Calibration, ...]

    def lines(self, role: str, home: str = "") -> list[Line]:
        """One line a rung, never falling from a rung to the next, for accounts at home in a service ("": in none)."""
        out: list[Line] = []
        for rung in self.rungs:
            line = self._line(rung.budget, role, home)
            if out and line.weight < out[-1].weight:
                line = Line(out[-1].weight, line.measured, line.stratum, line.calibration)
            out.append(line)
        return out

    def rarity(self, weight: int, role: str, home: str = "") -> tuple[float, bool, str]:
        """(N, measured, stratum): one account-week in N is as heavy."""
        moved = self._moved(role)
        for trajectories, stratum, calibration in self._strata(role, home):
            if moved and calibration is not self.calibrations[0]:
                break
            sayable = trajectories.weeks * SAYABLE >= 1
            if sayable and (not moved or weight <= trajectories.reached_by(ENOUGH / trajectories.weeks)):
                return *trajectories.one_in(weight), stratum
        if moved:
            stratum, later, shift = moved
            return later.one_in(weight - shift)[0], False, stratum
        return 1.0, False, ALL

    def _strata(self, role: str, home: str) -> list[tuple[Trajectories, str, Calibration]]:
        found = []
        for calibration in self.calibrations:
            for stratum in line_strata(role, home):
                told = stratum in calibration.trajectories
                if told and not (stratum == ALL != role and ANY in calibration.trajectories):
                    found.append((calibration.trajectories[stratum], stratum, calibration))
        return found

    def _moved(self, role: str) -> tuple[str, Trajectories, int] | None:
        """(stratum, the weeks that followed the factory's precedent, by how much this region's weigh more).

        None if the region stands on the factory alone. Compared where the region can be measured: at the weight that
        its ENOUGH-th heaviest week reached. Source: the index-flood method of Hosking and Wallis, *Regional Frequency
        Analysis*, 1997: a site with a short record has its own level, and the growth curve of the sites like it.
        """
        if len(self.calibrations) < 2 or not self.calibrations[-1].precedents:
            return None
        region, precedents = self.calibrations[0], self.calibrations[-1].precedents
        days = region.made_from.get("days", 0)
        precedent = next((one for one in reversed(precedents) if one.days <= days), precedents[0])
        stratum = ALL if role == ALL else ANY
        later = precedent.later.get(stratum)
        if later is None:
            return None
        own = region.trajectories.get(stratum)
        if own is None or own.weeks * SAYABLE < 1:
            return stratum, later, 0
        share = ENOUGH / own.weeks
        return stratum, later, own.reached_by(share) - precedent.past[stratum].reached_by(share)

    def _line(self, budget: float, role: str, home: str) -> Line:
        moved = self._moved(role)
        strata = self._strata(role, home)
        for trajectories, stratum, calibration in strata:
            if moved and calibration is not self.calibrations[0]:
                break
            enough = ENOUGH if moved else 1 if stratum in (ALL, ANY) else 2
            line = trajectories.line(budget) if trajectories.weeks * budget >= enough else None
            if line:
                return Line(line[0], True, stratum, calibration.hash)
        if moved:
            stratum, later, shift = moved
            line = later.line(budget)
            if line:
                return Line(line[0] + shift, False, stratum, self.calibrations[-1].hash)
        for trajectories, stratum, calibration in reversed(strata):
            line = trajectories.line(budget) if stratum in (ALL, ANY) else None
            if line:
                return Line(line[0], False, stratum, calibration.hash)
        return Line(NEVER, False, ALL, "")
