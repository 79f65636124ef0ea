"""Beside a process that holds the ledger: what others put into Tocsin's own trail is handed in to it.

`writing` gives the region itself if nobody holds it, else this: the same two calls, and what a calibration learns from.
"""

from __future__ import annotations

from datetime import datetime
from types import TracebackType
from typing import Any

import numpy as np

from tocsin import wiring
from tocsin.config import Settings
from tocsin.detect.calibration import Calibration
from tocsin.errors import LedgerHeld
from tocsin.main.decisions import line_of
from tocsin.main.intake import Progress, unheard
from tocsin.main.region import CALIBRATION, SAID, Region
from tocsin.main.saved import marked_in, state_path
from tocsin.main.serve.inbox import hand_in
from tocsin.main.settings_told import calibration_line
from tocsin.model.decision import Decision


class Beside:
    """A region that another process holds: read as of its last checkpoint, written through its inbox."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self.parts: Any = wiring.parts(settings.state / "derived")

    @property
    def marked(self) -> np.ndarray:
        """References of honey patients (V17)."""
        return marked_in(state_path(self._settings))

    def put_calibration(self, calibration: Calibration, *, now: datetime) -> int:
        """Put a calibration in force; the number of its batch, which is folded."""
        return hand_in(self._settings, CALIBRATION, calibration_line(calibration))

    def put_decision(self, decision: Decision, *, now: datetime) -> int:
        """Let a decision flow in; the number of its batch, which is folded."""
        return hand_in(self._settings, SAID, line_of(decision))

    def __enter__(self) -> Beside:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        pass


def writing(settings: Settings, *, now: datetime, progress: Progress = unheard) -> Region | Beside:
    """The region, to put something into its trail: opened, or beside the process that holds it."""
    try:
        return Region.open(settings, now=now, progress=progress)
    except LedgerHeld:
        return Beside(settings)
