"""Settings: `tocsin.toml` and TOCSIN_* variables, typed. The only reader of the environment.

Every attribute's docstring is its entry in docs/reference/settings.md.
"""

from __future__ import annotations

import os
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from typing import Any, Final
from zoneinfo import ZoneInfo

from tocsin.config.sections import (
    Connector,
    Containment,
    Countries,
    Explanation,
    Identities,
    Organisation,
    Probe,
    Rules,
    Serving,
    Sharing,
)
from tocsin.config.tables import read_table, read_tables
from tocsin.errors import Usage
from tocsin.model.alert import RUNGS, Rung

_HOUR_US: Final = 3_600_000_000

LONGEST_HOURS: Final = 8_784
"""A rung may stand for a year; what is longer is no measure but a decision, and belongs to the provider."""


_REGION: Final = re.compile(r"[a-z0-9][a-z0-9-]{0,39}")
_TABLES: Final[dict[str, type]] = {
    "organisation": Organisation,
    "contain": Containment,
    "identities": Identities,
    "countries": Countries,
    "share": Sharing,
    "rules": Rules,
    "serve": Serving,
}
LANGUAGES: Final = ("fr", "en")
_LOCALE: Final = ("LC_ALL", "LC_MESSAGES", "LANG")
"""Variables that say in which language a person wants to be spoken to; the first that is set counts."""
_VARIABLES: Final = ("TOCSIN_CONFIG", "TOCSIN_STATE", "TOCSIN_KEY_FILE")
_TABLES_OF_TABLES: Final[dict[str, type]] = {"connectors": Connector, "probes": Probe}


@dataclass(frozen=True, slots=True)
class RungSettings:
    """One rung of the ladder, `[ladder.<name>]`."""

    budget: float
    """False alarms per account-week that the region accepts, above 0 and below 1."""
    hours: float
    """How long the rung stands; for `end-sessions`, how long without an event."""


LADDER: Final = {
    "ask": RungSettings(budget=0.005, hours=12),
    "own-patients-only": RungSettings(budget=0.001, hours=24),
    "end-sessions": RungSettings(budget=0.0003, hours=0.5),
    "suspend": RungSettings(budget=0.00001, hours=72),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """What a region sets."""

    state: Path = Path("tocsin-state")
    """Folder of everything Tocsin keeps: ledger, vault, derived parts, calibration. Also TOCSIN_STATE."""
    zone: str = "Europe/Paris"
    """Time zone of days that a directory writes without one."""
    key_file: Path | None = None
    """File that holds the 32-byte pseudonym key; by default `key` in the state folder. Also TOCSIN_KEY_FILE."""
    language: str = "en"
    """Language of sentences at a terminal: `fr` or `en`; not set, that of the locale. `--lang` beats it."""
    memory_mb: int = 1024
    """Memory that questions to the store may use, in MiB."""
    workers: int = 2
    """Processes that parse."""
    switched_off: tuple[str, ...] = ()
    """Names of explanations that do not count in this region, `NAME = false` under `[explanations]`."""
    explanations: dict[str, Explanation] = field(default_factory=dict)
    """Explanations with other margins, and those of the region's own, `[explanations.NAME]`."""
    ladder: dict[str, RungSettings] = field(default_factory=lambda: dict(LADDER))
    """Budgets and durations of the rungs."""
    region: str = "region"
    """Name of the region: it signs what is shared and stands on what is drafted."""
    organisation: Organisation = field(default_factory=Organisation)
    """Who declares and writes letters, `[organisation]`."""
    connectors: dict[str, Connector] = field(default_factory=dict)
    """Where accounts are cut, `[connectors.NAME]`."""
    probes: dict[str, Probe] = field(default_factory=dict)
    """How services are asked whether an account is dead, `[probes.NAME]`."""
    contain: Containment = field(default_factory=Containment)
    """What is done without asking, `[contain]`."""
    identities: Identities = field(default_factory=Identities)
    """Where letters get names and addresses, `[identities]`."""
    countries: Countries = field(default_factory=Countries)
    """In which country a network lies, `[countries]`."""
    share: Sharing = field(default_factory=lambda: Sharing(trusted={}))
    """Whose bundles are believed, `[share]`."""
    rules: Rules = field(default_factory=Rules)
    """What is shown of single events, `[rules]`."""
    serve: Serving = field(default_factory=Serving)
    """What is watched as it happens, `[serve]`."""

    def without(self, *explanations: str) -> Settings:
        """The same, with these explanations switched off: what an exam compares with."""
        return replace(self, switched_off=tuple(sorted({*self.switched_off, *explanations})))

    def with_all(self) -> Settings:
        """The same, with every explanation that is known here counting."""
        return replace(self, switched_off=())

    def rungs(self) -> tuple[Rung, ...]:
        """The ladder, lowest rung first."""
        return tuple(
            Rung(name=name, budget=self.ladder[name].budget, duration_us=int(self.ladder[name].hours * _HOUR_US))
            for name in RUNGS
        )


def bare_environment() -> dict[str, str]:
    """The environment without what settings read of it: for a process that has a settings file of its own."""
    return {name: value for name, value in os.environ.items() if name not in _VARIABLES}


def settings(environ: Mapping[str, str] | None = None, *, file: Path | None = None) -> Settings:
    """Settings from a file (default: `tocsin.toml` in the working folder, if it is there) and the environment.

    Raises `Usage` that names the key, what was found and what is expected.
    """
    environ = os.environ if environ is None else environ
    path = file or Path(environ.get("TOCSIN_CONFIG", "tocsin.toml"))
    told: dict[str, Any] = {}
    if path.exists() or file is not None or "TOCSIN_CONFIG" in environ:
        told = _read(path)
    made = _from(told)
    made.setdefault("language", _language_of(environ))
    if "TOCSIN_STATE" in environ:
        made["state"] = Path(environ["TOCSIN_STATE"])
    if "TOCSIN_KEY_FILE" in environ:
        made["key_file"] = Path(environ["TOCSIN_KEY_FILE"])
    return Settings(**made)


def _language_of(environ: Mapping[str, str]) -> str:
    """The language of the locale, as far as Tocsin speaks it."""
    locale = next((environ[name] for name in _LOCALE if environ.get(name)), "")
    return "fr" if locale.lower().startswith("fr") else "en"


def _read(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text("utf-8"))
    except (OSError, UnicodeDecodeError) as problem:
        raise Usage(f"the settings file cannot be read ({type(problem).__name__})", advice="Check its path.") from None
    except tomllib.TOMLDecodeError as problem:
        raise Usage(f"the settings file is not TOML: {problem}") from None


def _from(told: dict[str, Any]) -> dict[str, Any]:
    made: dict[str, Any] = {}
    known = {f.name for f in fields(Settings)} - {"switched_off"}
    for key, value in told.items():
        if key not in known:
            raise Usage(f"unknown setting '{key}'", advice=f"Known: {', '.join(sorted(known))}.")
        if key == "ladder":
            made["ladder"] = _ladder(value)
        elif key == "explanations":
            made["switched_off"], made["explanations"] = _explanations(value)
        elif key in _TABLES:
            made[key] = read_table(_TABLES[key], value, key)
        elif key in _TABLES_OF_TABLES:
            made[key] = read_tables(_TABLES_OF_TABLES[key], value, key)
        else:
            made[key] = _plain(key, value)
    return made


def _plain(key: str, value: object) -> object:
    if key == "region":
        if not isinstance(value, str) or not _REGION.fullmatch(value):
            raise Usage(
                "'region' is not a short name", advice='Small letters, digits and hyphens: region = "neustrie".'
            )
        return value
    if key in ("state", "key_file"):
        if not isinstance(value, str):
            raise Usage(f"'{key}' is not a path")
        return Path(value)
    if key == "language":
        if value not in LANGUAGES:
            raise Usage("'language' is unknown", advice=f"Known: {', '.join(LANGUAGES)}.")
        return value
    if key == "zone":
        try:
            ZoneInfo(str(value))
        except (KeyError, ValueError, OSError):
            raise Usage(f"'zone' names no time zone: {value}", advice="Example: Europe/Paris.") from None
        return str(value)
    if not isinstance(value, int) or isinstance(value, bool) or value < 1:
        raise Usage(f"'{key}' is not a whole number above 0")
    return value


def _explanations(value: object) -> tuple[tuple[str, ...], dict[str, Explanation]]:
    """(names that are switched off, those that are told otherwise)."""
    if not isinstance(value, dict):
        raise Usage("'explanations' is not a table", advice="Write [explanations] colleague = false.")
    for name, said in value.items():
        if not _REGION.fullmatch(name):
            raise Usage(f"'explanations.{name}' is not a short name", advice="Small letters, digits and hyphens.")
        if not isinstance(said, bool | dict):
            raise Usage(f"'explanations.{name}' is not false, nor a table", advice="Write = false to switch it off.")
    off = tuple(sorted(name for name, said in value.items() if said is False))
    tables = {name: said for name, said in value.items() if isinstance(said, dict)}
    return off, read_tables(Explanation, tables, "explanations")


def _only(value: object, known: tuple[str, ...], table: str) -> None:
    for key in value if isinstance(value, dict) else ():
        if key not in known:
            raise Usage(f"unknown setting '{table}.{key}'", advice=f"Known: {', '.join(known)}.")


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _ladder(value: object) -> dict[str, RungSettings]:
    made = dict(LADDER)
    if not isinstance(value, dict):
        raise Usage("'ladder' is not a table", advice="Write [ladder.ask] budget = 0.005, hours = 12.")
    for name, rung in value.items():
        if name not in RUNGS or not isinstance(rung, dict):
            raise Usage(f"unknown rung '{name}'", advice=f"The rungs are {', '.join(RUNGS)}.")
        _only(rung, ("budget", "hours"), f"ladder.{name}")
        budget, hours = rung.get("budget", made[name].budget), rung.get("hours", made[name].hours)
        if not _is_number(budget) or not 0 < budget < 1:
            raise Usage(f"'ladder.{name}.budget' is not a number between 0 and 1")
        if not _is_number(hours) or not 0 < hours <= LONGEST_HOURS:
            raise Usage(f"'ladder.{name}.hours' is not a number above 0, at most {LONGEST_HOURS:,}")
        made[name] = RungSettings(float(budget), float(hours))
    return made
