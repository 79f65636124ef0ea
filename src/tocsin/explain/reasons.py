"""The explanations as data: `explanations.toml`, read once, with the margins in microseconds."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from importlib import resources

from tocsin.model.event import REASONS
from tocsin.model.rows import MICROSECONDS_A_DAY


@dataclass(frozen=True, slots=True)
class Reason:
    """One way in which an access is to be expected."""

    name: str
    """One of REASONS."""
    before_us: int
    """Margin before the period of the fact, microseconds."""
    after_us: int
    """Margin after it, microseconds."""
    days: int
    """For `colleague`: how far back, in days; else 0."""
    fr: str
    en: str

    @property
    def code(self) -> int:
        """Position in REASONS."""
        return REASONS.index(self.name)


def reasons(text: str | None = None) -> dict[str, Reason]:
    """The reasons in force, by name, strongest first. `text` replaces the shipped explanations.toml."""
    if text is None:
        text = resources.files("tocsin.explain").joinpath("explanations.toml").read_text("utf-8")
    return {
        name: Reason(
            name=name,
            before_us=int(entry.get("before", 0)) * MICROSECONDS_A_DAY,
            after_us=int(entry.get("after", 0)) * MICROSECONDS_A_DAY,
            days=int(entry.get("days", 0)),
            fr=entry["fr"],
            en=entry["en"],
        )
        for name, entry in tomllib.loads(text).items()
    }
