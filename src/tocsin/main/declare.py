"""Declare: a draft of a declaration, kept with its version. Nothing is filed: a named person does that elsewhere."""

from __future__ import annotations

import json
from dataclasses import asdict, replace
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from tocsin import wiring
from tocsin.config import Settings
from tocsin.declare import Due, Facts, due
from tocsin.declare.cnil_initiale import TEMPLATE, draft
from tocsin.errors import Usage
from tocsin.main.decide import decide
from tocsin.main.documents import folder_of, put
from tocsin.main.establish import picture
from tocsin.main.inspect import Reading
from tocsin.main.tables import instant
from tocsin.main.typeset import readable
from tocsin.model.picture import Picture

FORMS: Final = {"cnil-initiale": (draft, TEMPLATE)}
"""Form -> what drafts it, and the template of its PDF."""
KEPT: Final = "declaration"
"""Kind of document in the cases."""
_CHANGES: Final = ("version", "made_at", "made", "deadline")
"""What differs between two drafts that say the same."""


def make_draft(
    settings: Settings,
    name: str,
    *,
    form: str,
    aware_at: datetime | None,
    who: str | None,
    out: Path | None,
    dry_run: bool,
    now: datetime,
) -> dict[str, Any]:
    """Draft a declaration of an incident, as JSON and PDF; a draft that says the same again keeps its version.

    `aware_at`, `who`: when the controller became aware, and who says so; it is recorded as a decision.
    """
    if form not in FORMS:
        raise Usage(f"unknown form '{form}'", advice=f"Known: {', '.join(FORMS)}.")
    _check(aware_at, who, now)
    reading = Reading(settings)
    cases = wiring.cases(settings)
    known = picture(reading, cases, name, now)
    if aware_at is not None and who is not None:
        _not_before(aware_at, known)
        if dry_run:
            known = _as_if_aware(known, aware_at, who)
        else:
            decide(settings, "aware", known.incident.id, who=who, why="", at=aware_at, now=now)
            known = picture(Reading(settings), cases, known.incident.id, now)
    told = _drafted(settings, known, form, cases)
    if dry_run:
        return {"draft": told, "kept": False, "files": []}
    if told["new"]:
        told = _keep(cases, told, now)
    del told["new"]
    folder, stem = folder_of(settings, known.incident.id, out), f"{form}-v{told['version']}"
    written = {
        f"{stem}.json": (json.dumps(told, ensure_ascii=False, indent=1) + "\n").encode(),
        f"{stem}.pdf": wiring.typesetter()(FORMS[form][1], told),
    }
    files = [str(put(folder / file, content)) for file, content in written.items()]
    return {"draft": told, "kept": True, "files": files}


def _not_before(aware_at: datetime, known: Picture) -> None:
    """A typing error in a date runs the clock from a day that nobody meant, for good. Raises `Usage`."""
    first = known.instants.possible_from
    if aware_at.timestamp() * 1_000_000 < first:
        raise Usage(
            f"that lies before the first act that the trail shows, {instant(first)[:19]} UTC",
            done="Nothing was recorded.",
            advice="Check the date: of several the earliest counts, and none is taken back. If it is so, say it with "
            "`tocsin decide aware INCIDENT --at TIME --who NAME`.",
        )


def _drafted(settings: Settings, known: Picture, form: str, cases: Any) -> dict[str, Any]:
    names = (known.incident.id, *known.incident.absorbed)
    before = [told for _, _, told in cases.kept(KEPT) if told["incident"] in names and told["form"] == form]
    told = readable(
        FORMS[form][0](
            known,
            organisation=asdict(settings.organisation),
            clock=clock_of(known, form),
            zone=settings.zone,
            version=len(before) + 1,
        )
    )
    same = bool(before) and _says(before[-1]) == _says(told)
    return {**(told | {"version": before[-1]["version"]} if same else told), "new": not same}


def clock_of(known: Picture, form: str) -> Due:
    """Where the obligation of a form stands."""
    return next(one for one in due(known.instants, Facts(), known.made_at) if one.obligation.key == form)


def _keep(cases: Any, told: dict[str, Any], now: datetime) -> dict[str, Any]:
    """Keep a draft for good; where somebody else took its version meanwhile, it gets the next."""
    at = int(now.timestamp() * 1_000_000)
    while True:
        kept = {key: value for key, value in told.items() if key != "new"}
        if cases.keep(KEPT, f"{told['incident']}/{told['form']}-v{told['version']}", kept, at=at):
            return told
        told = {**told, "version": told["version"] + 1}


def _says(told: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in told.items() if key not in _CHANGES}


def _as_if_aware(known: Picture, at: datetime, who: str) -> Picture:
    aware = int(at.timestamp() * 1_000_000)
    return replace(known, instants=replace(known.instants, aware=aware, aware_who=who, aware_evidence="(dry run)"))


def _check(aware_at: datetime | None, who: str | None, now: datetime) -> None:
    if (aware_at is None) != (who is None):
        raise Usage("awareness is said by a person, with its time", advice="Give both: --aware-at TIME --who NAME.")
    if aware_at is not None and aware_at > now:
        raise Usage("nobody can have become aware in the future", advice="Times are UTC unless they say their zone.")
