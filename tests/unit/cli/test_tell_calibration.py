"""A calibration, told: the lines of all, and those of roles and homes where they are others."""

from __future__ import annotations

from typing import Any

import pytest

from tocsin.cli.tell.keep import tell_calibration
from tocsin.main.words import stratum_of


def line(role: str, home: str, weight: float, stratum: str) -> dict[str, Any]:
    """The line of `ask`."""
    return {
        "role": role,
        "home": home,
        "rung": "ask",
        "budget": 0.005,
        "weight": weight,
        "measured": True,
        "stratum": stratum,
        "whose": stratum_of(stratum),
        "from": "region",
    }


def test_lines_are_told_where_they_differ_from_those_above(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Promise: a role is told if its lines are not those of all, a home if its lines are not those of its role."""
    monkeypatch.setenv("COLUMNS", "200")
    asked = {"answered": 0, "rightly": 0, "asked": 0}
    lines = [
        line("", "", 5, ""),
        line("21", "", 5, ""),
        line("60", "", 6, "60"),
        line("60", "dpi", 4, "60@dpi"),
        line("60", "[lab]", 6, "60"),
    ]
    tell_calibration(
        {"calibration": "c", "in_force": True, "stolen": 0, "answered": 0, "precision": asked, "lines": lines}
    )
    told = [" ".join(row.split()) for row in capsys.readouterr().out.splitlines() if "ask" in row]
    assert told == [
        "(all) ask 0.005 5.00 measured of all accounts region",
        "60 ask 0.005 6.00 measured of role 60 region",
        "60 at home in dpi ask 0.005 4.00 measured of role 60 at work mostly in dpi region",
    ]


def test_names_of_services_are_no_markup(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "200")
    asked = {"answered": 0, "rightly": 0, "asked": 0}
    told = {"calibration": "c", "in_force": True, "stolen": 0, "answered": 0, "precision": asked}
    tell_calibration(told | {"lines": [line("60", "[lab]", 4, "60@[lab]")]})
    out = capsys.readouterr().out
    assert "60 at home in [lab]" in out
    assert "at work mostly in [lab]" in out
