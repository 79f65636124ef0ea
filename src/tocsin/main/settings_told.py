"""What the judge is told through Tocsin's own trail: a line of settings, a line of a calibration."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import Any

from tocsin.config import RungSettings, Settings
from tocsin.config.sections import Explanation
from tocsin.detect.calibration import Calibration


def ladder_text(settings: Settings) -> str:
    """The settings that the judge reads, as one canonical line."""
    rungs = {name: asdict(rung) for name, rung in settings.ladder.items()}
    told: dict[str, Any] = {"ladder": rungs, "off": sorted(settings.switched_off)}
    if settings.explanations:
        told["explanations"] = {name: one.told() for name, one in settings.explanations.items()}
    return json.dumps(told, sort_keys=True)


def settings_in(text: str) -> Settings:
    """The settings of such a line, the others as they ship."""
    told = json.loads(text)
    ladder = {name: RungSettings(**rung) for name, rung in told["ladder"].items()}
    explanations = {name: Explanation(**one) for name, one in told.get("explanations", {}).items()}
    return Settings(ladder=ladder, switched_off=tuple(told["off"]), explanations=explanations)


def calibration_line(calibration: Calibration) -> bytes:
    """A calibration as one line; `Calibration.from_text` reads it."""
    return calibration.to_text().replace("\n", " ").encode() + b"\n"
