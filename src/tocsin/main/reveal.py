"""Reveal: what a reference stands for, with a reason, a name and a receipt."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from tocsin import wiring
from tocsin.config import Settings
from tocsin.door.addressees import addressees_of
from tocsin.errors import Usage
from tocsin.main.present import present
from tocsin.model.addressee import QUEUE, Addressee, Queued
from tocsin.model.event import PATIENT_BYTES


def reveal(
    settings: Settings, references: Sequence[str], *, who: str, reason: str, identity: bool, now: datetime
) -> dict[str, Any]:
    """Identifiers of some references, with a receipt; with `identity`, names and addresses too. Raises `Usage`."""
    wanted = [_reference(one) for one in references]
    present(settings)
    source = wiring.identities(settings) if identity else None
    vault = wiring.vault(settings, wiring.region_references(settings))
    known = vault.reveal(wanted, reason=reason, who=who, now=now)
    told = [{"reference": one.hex(), **_identifier(known.get(one))} for one in wanted]
    if source is None:
        return {"revealed": told}
    today = now.astimezone(ZoneInfo(settings.zone)).date()
    found = addressees_of({one: (one,) for one in wanted}, known, source=source, today=today)
    return {"revealed": [{**one, **_person(found[wanted[place]])} for place, one in enumerate(told)]}


def _reference(text: str) -> bytes:
    try:
        reference = bytes.fromhex(text)
    except ValueError:
        reference = b""
    if len(reference) != PATIENT_BYTES:
        raise Usage("a reference has 34 hexadecimal digits", advice="They stand in `tocsin scope --json FILE`.")
    return reference


def _identifier(known: tuple[str, str] | None) -> dict[str, str | None]:
    system, value = known or (None, None)
    return {"system": system, "value": value}


def _person(found: Addressee | Queued) -> dict[str, Any]:
    if isinstance(found, Queued):
        return {"queued": found.reason, "why": QUEUE[found.reason]}
    return {"name": found.name, "lines": list(found.lines), "minor": found.minor, "language": found.language}
