"""The table of countries in force, in a file beside the judge's state, which only names it by its hash."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from tocsin import log, wiring
from tocsin.config import Settings
from tocsin.errors import Usage
from tocsin.explain.countries import NOWHERE, Countries, countries_in
from tocsin.main.saved import put_state, state_path

_PREFIX: Final = "countries-"


def wanted(settings: Settings, in_force: Countries) -> Countries:
    """The table that the settings name; where it cannot be read, the one in force goes on, with a warning.

    Raises `Usage` where none is in force.
    """
    try:
        return wiring.countries(settings, known=in_force)
    except Usage:
        if not in_force:
            raise
        log.warning("the table of countries cannot be read: the one before stays in force (`tocsin doctor` says why)")
        return in_force


def keep(settings: Settings, table: Countries) -> None:
    """Write the table. Raises `DiskFull`."""
    if table:
        put_state(_path(settings, table.of), table.line())


def kept(settings: Settings, name: str) -> Countries | None:
    """The table of this hash, "" for none; None if it is not there."""
    if not name:
        return NOWHERE
    try:
        table = countries_in(_path(settings, name).read_bytes())
    except (OSError, ValueError):
        return None
    return table if table.of == name else None


def drop_others(settings: Settings, name: str) -> None:
    """Delete tables that were in force before."""
    for path in state_path(settings).parent.glob(f"{_PREFIX}*"):
        if path != _path(settings, name):
            path.unlink(missing_ok=True)


def _path(settings: Settings, name: str) -> Path:
    return state_path(settings).with_name(f"{_PREFIX}{name}")
