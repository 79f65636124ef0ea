"""The explanations as data: `explanations.toml`, and what a region makes of it: off, other margins, one more."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from importlib import resources
from typing import Any, Final

from tocsin.errors import Usage
from tocsin.model.event import REASONS
from tocsin.model.rows import MICROSECONDS_A_DAY

KINDS: Final = ("appointment", "stay", "referral", "care-team", "campaign", "task")
"""Kinds of fact that name a patient and somebody: an explanation can be made of these."""
DECLARED: Final = ("campaign", "task")
"""Of them, what declares a job beforehand."""
_MARGINS: Final = ("appointment", "stay", "shared-unit", "referral", "care-team", "campaign", "task", "roster")
"""Explanations with a period, whose margins can be moved."""
_LONGEST_DAYS: Final = 3_660
_FURTHEST: Final = {"colleague": 40, "own-past": _LONGEST_DAYS, "common-mode": 366}
"""Days, at most: how far back a colleague may count, since alerts are remembered for so many days; for how long an
account's own past may be remembered after its last use; with how many days before today is compared."""
_LEAST: Final = {"own-past": 1, "common-mode": 7}
_MOST: Final = 64
"""How many explanations a region may add: a code is one byte."""


@dataclass(frozen=True, slots=True)
class Reason:
    """One way in which an access is to be expected."""

    name: str
    """One of REASONS, or what a region calls an explanation of its own."""
    before_us: int
    """Margin before the period of the fact, microseconds."""
    after_us: int
    """Margin after it, microseconds."""
    days: int
    """For `colleague`: how far back, in days; for `own-past`: how long after the last access; for `common-mode`: with
    how many days before; else 0."""
    fr: str
    en: str
    code: int
    """Position in REASONS; of an added one, beyond them."""
    kind: str = ""
    """Of an added one: the kind of fact it rests on, one of KINDS."""
    of_code: str = ""
    """Of an added one: the `code` that the fact must have; empty: any."""

    @property
    def declared(self) -> bool:
        """Whether it says that many patients are opened, though not why each of them is."""
        return (self.kind or self.name) in (*DECLARED, "common-mode")


def reasons(text: str | None = None) -> dict[str, Reason]:
    """The reasons that ship, by name, strongest first. `text` replaces the shipped explanations.toml."""
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
            code=REASONS.index(name),
        )
        for name, entry in tomllib.loads(text).items()
    }


def in_force(off: Iterable[str], told: Mapping[str, Mapping[str, Any]]) -> dict[str, Reason]:
    """The reasons of a region, strongest first, its own last.

    `off`: names that do not count; `told`: name -> what differs (`before`, `after`, `days`), or of a new one also
    `kind`, `code`, `fr`, `en`. Raises `Usage` for what makes no sense.
    """
    known = reasons()
    added = sorted(name for name in told if name not in known)
    if len(added) > _MOST:
        raise Usage(f"too many explanations of your own: {len(added)}", advice=f"At most {_MOST}.")
    for name in known:
        if name in told:
            known[name] = _moved(known[name], told[name])
    for place, name in enumerate(added):
        known[name] = _added(name, told[name], len(REASONS) + place)
    for name in off:
        if name not in known:
            raise Usage(f"unknown explanation '{name}'", advice=f"Known: {', '.join(known)}.")
        del known[name]
    return known


def _moved(reason: Reason, told: Mapping[str, Any]) -> Reason:
    """A reason that ships, with other margins."""
    allowed = ("before", "after") if reason.name in _MARGINS else ("days",) if reason.name in _FURTHEST else ()
    for key in told:
        if key not in allowed:
            can = f"It can have: {', '.join(allowed)}." if allowed else "It can only be switched off: write = false."
            raise Usage(f"'explanations.{reason.name}' has no '{key}'", advice=can)
    least = _LEAST.get(reason.name, 0)
    return replace(
        reason,
        before_us=_days(reason, told, "before", reason.before_us),
        after_us=_days(reason, told, "after", reason.after_us),
        days=_days(reason, told, "days", reason.days * MICROSECONDS_A_DAY, _FURTHEST.get(reason.name, 0), least)
        // MICROSECONDS_A_DAY,
    )


def _added(name: str, told: Mapping[str, Any], code: int) -> Reason:
    """A reason of the region's own."""
    if name in REASONS:
        raise Usage(f"'{name}' is no name for an explanation", advice="It means something else already.")
    kind, words = told.get("kind", ""), {language: str(told.get(language, "")).strip() for language in ("fr", "en")}
    if kind not in KINDS:
        raise Usage(
            f"unknown explanation '{name}'",
            advice=f"Those that ship: {', '.join(reasons())}. To add one, say on which kind of fact it rests: "
            f"kind = one of {', '.join(KINDS)}; and fr, en.",
        )
    if not all(words.values()):
        raise Usage(f"'explanations.{name}' needs words in both languages", advice='Write fr = "..." and en = "...".')
    if "days" in told:
        raise Usage(f"'explanations.{name}' has no 'days'", advice="It can have: before, after.")
    reason = Reason(name, 0, 0, 0, words["fr"], words["en"], code, kind, str(told.get("code", "")))
    return replace(reason, before_us=_days(reason, told, "before", 0), after_us=_days(reason, told, "after", 0))


def _days(
    reason: Reason, told: Mapping[str, Any], key: str, default_us: int, most: int = _LONGEST_DAYS, least: int = 0
) -> int:
    """Days of a margin in microseconds."""
    if key not in told:
        return default_us
    days = int(told[key])
    if not least <= days <= most:
        raise Usage(f"'explanations.{reason.name}.{key}' is not a number of days from {least} to {most:,}")
    return days * MICROSECONDS_A_DAY
