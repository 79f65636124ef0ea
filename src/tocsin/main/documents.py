"""Documents of an incident: the dossier. What is made is written whole or not at all, for its owner alone to read."""

from __future__ import annotations

import os
from datetime import datetime
from pathlib import Path
from typing import Any

from tocsin import wiring
from tocsin.config import Settings
from tocsin.declare import Due, Facts, due
from tocsin.errors import TocsinError
from tocsin.main.establish import picture
from tocsin.main.inspect import Reading
from tocsin.main.typeset import readable
from tocsin.model import french
from tocsin.model.picture import Picture
from tocsin.triage.dossier import TEMPLATE, dossier, page


def make_dossier(settings: Settings, name: str, *, out: Path | None, now: datetime) -> dict[str, Any]:
    """Write the dossier of an incident as a page and as a PDF; what it says, and where it is."""
    known = picture(Reading(settings), wiring.cases(settings), name, now)
    data = readable(
        dossier(
            known,
            dues=dues_in_french(known, settings.zone),
            organisation=settings.organisation.name,
            zone=settings.zone,
        )
    )
    folder = folder_of(settings, known.incident.id, out)
    written = {"dossier.html": page(data).encode(), "dossier.pdf": wiring.typesetter()(TEMPLATE, data)}
    return {
        "incident": known.incident.id,
        "files": [str(put(folder / name, content)) for name, content in written.items()],
        "dossier": data,
    }


def dues_in_french(known: Picture, zone: str, facts: Facts | None = None) -> list[dict[str, Any]]:
    """Where each obligation in force stands, as documents say it."""
    found = due(known.instants, facts or Facts(), known.made_at)
    return [_due(one, known, zone) for one in found if one.state not in ("not-in-force", "not-applicable")]


def folder_of(settings: Settings, incident: str, out: Path | None) -> Path:
    """Where documents of an incident go: `out`, else the state's own folder."""
    folder = out or settings.state / "documents" / incident
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    except OSError as problem:
        raise TocsinError(f"the folder for documents cannot be made ({problem.strerror})") from None
    return folder


def put(path: Path, content: bytes) -> Path:
    """Write a file whole or not at all, for its owner alone."""
    scratch = path.with_name(path.name + ".tmp")
    scratch.unlink(missing_ok=True)
    descriptor = os.open(scratch, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    scratch.replace(path)
    return path


def _due(one: Due, known: Picture, zone: str) -> dict[str, Any]:
    rule = one.obligation
    since = "" if one.elapsed_since == "trigger" else " depuis la détection"
    first = next((moment.evidence[0] for moment in known.timeline if moment.kind == "alert"), "")
    return {
        "title": rule.title,
        "article": rule.article,
        "recipient": rule.recipient,
        "state": french.DUE[one.state],
        "deadline": french.moment(one.deadline, zone) if one.deadline is not None else rule.words,
        "elapsed": french.lasting(one.elapsed) + since,
        "asked": list(one.asked),
        "evidence": known.instants.aware_evidence if rule.trigger == "aware" and one.triggered_at else first,
    }
