"""The lines that each account is held to, by its role and the service it is at home in."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from tocsin.detect.ladder import Ladder, Line


@dataclass(slots=True)
class Lines:
    """The ladder's lines for the accounts that are known."""

    weights: np.ndarray = field(default_factory=lambda: np.zeros((0, 4), np.int64))
    """int64 (accounts, rungs), micro-nats."""
    _of: dict[tuple[str, str], list[Line]] = field(default_factory=dict)
    """(role, home) -> a line a rung."""

    def know(self, ladder: Ladder, roles: list[str], homes: list[str]) -> None:
        """Draw the lines of all accounts, by number."""
        pairs = list(zip(roles, homes, strict=True))
        place = {pair: number for number, pair in enumerate(dict.fromkeys(pairs))}
        for pair in place.keys() - self._of.keys():
            self._of[pair] = ladder.lines(*pair)
        drawn = np.array([[line.weight for line in self._of[pair]] for pair in place], np.int64)
        self.weights = drawn.reshape(-1, len(ladder.rungs))[[place[pair] for pair in pairs]]

    def line(self, role: str, home: str, rung: int) -> Line:
        """The line of a rung (1 to 4)."""
        return self._of[role, home][rung - 1]

    def forget(self) -> None:
        """The ladder or its calibrations have changed."""
        self._of.clear()
