"""The command line's app, and what its commands share: settings, and the only clock."""

from __future__ import annotations

import os
import pwd
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from cyclopts import App

from tocsin import __version__
from tocsin.config import Settings, settings
from tocsin.errors import StoreUnavailable

app = App(
    name="tocsin",
    version=__version__,
    help="""The alarm bell of shared health platforms.

Reads the audit trails of a region's shared services, weighs every access as evidence that somebody else holds the
account, and says whose data was exposed.

First steps: `tocsin demo` tells the whole story on three fictitious regions. `tocsin replay FOLDER` judges a trail
without keeping anything. `tocsin import FOLDER` keeps it, then `tocsin alerts`, `tocsin explain ALERT` and
`tocsin scope`.

Settings: tocsin.toml in the working folder, or TOCSIN_CONFIG, TOCSIN_STATE, TOCSIN_KEY_FILE.
Exit codes: 0 done, 1 failed, 2 usage, 3 source unreadable, 4 store, 5 ledger damaged, 6 disk full,
7 somebody decided otherwise, 8 a provider failed, 130 interrupted.
""",
    help_format="markdown",
    suppress_keyboard_interrupt=False,  # `main` says what is safe
)


def settings_of(state: Path | None) -> Settings:
    """The settings in force, with the state folder that a command was given. Raises `StoreUnavailable` if another user
    owns it and keeps it shut."""
    made = settings()
    made = replace(made, state=state) if state else made
    _open_to_us(made.state)
    return made


def _open_to_us(state: Path) -> None:
    try:
        owner = state.stat().st_uid
    except PermissionError:
        whose = "that owns it"
    except OSError:  # not there yet
        return
    else:
        if os.access(state, os.R_OK | os.X_OK):
            return
        whose = _name_of(owner)
    raise StoreUnavailable(
        f"the state folder {state} is shut to {_name_of(os.geteuid())}",
        advice=f"Give the command as the user {whose}, by sudo -u.",
    )


def _name_of(user: int) -> str:
    try:
        return pwd.getpwuid(user).pw_name
    except KeyError:
        return f"user {user}"


def now() -> datetime:
    """The time, UTC."""
    return datetime.now(UTC)


def utc(at: datetime | None) -> datetime | None:
    """A time a person typed; without a zone it is UTC."""
    return at.replace(tzinfo=UTC) if at and at.tzinfo is None else at
