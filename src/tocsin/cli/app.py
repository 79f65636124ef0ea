"""The command line's app, and what its commands share: settings, and the only clock."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from cyclopts import App

from tocsin import __version__
from tocsin.config import Settings, settings

app = App(
    name="tocsin",
    version=__version__,
    help="""The alarm bell of shared health platforms.

Reads the audit trails of a region's shared services, weighs every access as evidence that somebody else holds the
account, and says whose data was exposed.

First steps: `tocsin demo` tells the whole story on a fictitious region. `tocsin replay FOLDER` judges a trail without
keeping anything. `tocsin import FOLDER` keeps it, then `tocsin alerts`, `tocsin explain ALERT` and `tocsin scope`.

Settings: tocsin.toml in the working folder, or TOCSIN_CONFIG, TOCSIN_STATE, TOCSIN_KEY_FILE.
Exit codes: 0 done, 1 failed, 2 usage, 3 source unreadable, 4 store, 5 ledger damaged, 6 disk full,
7 somebody decided otherwise, 8 a provider failed, 130 interrupted.
""",
    help_format="markdown",
    suppress_keyboard_interrupt=False,  # `main` says what is safe
)


def settings_of(state: Path | None) -> Settings:
    """The settings in force, with the state folder that a command was given."""
    made = settings()
    return replace(made, state=state) if state else made


def now() -> datetime:
    """The time, UTC."""
    return datetime.now(UTC)


def utc(at: datetime | None) -> datetime | None:
    """A time a person typed; without a zone it is UTC."""
    return at.replace(tzinfo=UTC) if at and at.tzinfo is None else at
