"""What a region does once the thief is out: owners and officers say what they know, papers are made, regions link."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from tocsin import wiring
from tocsin.config import Settings
from tocsin.errors import Usage
from tocsin.main import declare, documents, incident, stop, tell
from tocsin.main import link as share
from tocsin.main.decide import decide, in_doubt
from tocsin.main.demo import stage
from tocsin.model.act import NEVER, UNFINISHED

Clock = Callable[[], datetime]


def respond(settings: Settings, stolen: list[str], *, since: datetime, now: Clock) -> dict[str, Any]:
    """The owners look at what was done in their name, the officer becomes aware, and the papers are made.

    `since`: when the thief came; what is in doubt and older, the owners recognise.
    """
    for account in stolen:
        with suppress(Usage):  # no alert on it: he never came to use it
            _owner_looks(settings, account, since, now)
    name = incident_of(settings, stolen, now=now())
    if name is None:
        return {"at": now().isoformat(), "incident": None}
    decide(settings, "aware", name, who="Camille Exemple", why="les rappels de l'accueil", now=now())
    picture = incident.one(settings, name, now=now())
    dossier = documents.make_dossier(settings, name, out=None, now=now())
    draft = declare.make_draft(
        settings, name, form="cnil-initiale", aware_at=None, who=None, out=None, dry_run=False, now=now()
    )
    letters = tell.notify(
        settings, name, who="Dominique Exemple", reason="GDPR art. 34", write=True, out=None, now=now()
    )
    return {
        "at": now().isoformat(),
        "incident": name,
        "persons": letters["persons"],
        "acts": picture["acts"],
        "claims": picture.get("claims", []),
        "due": picture.get("due", []),
        "dossier": dossier["files"],
        "declaration": {"files": draft["files"], "deadline": draft["draft"]["deadline"]},
        "letters": letters,
    }


def _owner_looks(settings: Settings, account: str, since: datetime, now: Clock) -> None:
    """Session by session: that was me, that was not."""
    doubtful = in_doubt(settings, account)
    border = since.timestamp() * 1_000_000
    for what, sessions in (
        ("not-mine", [one["session"] for one in doubtful if one["started"] >= border]),
        ("mine", [one["session"] for one in doubtful if one["started"] < border]),
    ):
        if sessions:
            decide(settings, what, account, who="titulaire", why="de mémoire", sessions=sessions, now=now())


def settled(settings: Settings, *, wait_s: float, now: Clock) -> bool:
    """Whether every act has come to what it should; waits for it so long."""
    cases = wiring.cases(settings)
    until = now() + timedelta(seconds=wait_s)
    while True:
        left = [one for one in cases.acts(states=UNFINISHED) if one.next_at < NEVER]
        if not left or now() > until:
            return not left
        time.sleep(0.5)


def incident_of(settings: Settings, stolen: list[str], *, now: datetime) -> str | None:
    """The incident that the stolen accounts came to, of several the latest; None if nobody noticed."""
    found = [one for one in incident.listed(settings, now=now)["incidents"] if set(one["accounts"]) & set(stolen)]
    return str(max(found, key=lambda one: str(one["opened_at"]))["incident"]) if found else None


def link(folder: Path, incidents: Mapping[str, tuple[Settings, str | None]], *, now: Clock) -> list[str]:
    """Each region shares its incident with the others; the campaigns they find, in a sentence each."""
    shared = []
    for name, (settings, incident_id) in incidents.items():
        if incident_id is not None:
            out = folder / "shared" / f"{name}.json"
            share.share(settings, incident_id, who="Camille Exemple", out=out, dry_run=False, now=now())
            shared.append((name, out))
    sentences, linked = [], list[set[str]]()
    for name, (settings, _) in incidents.items():
        for other, bundle in shared:
            if other != name:
                share.receive(settings, bundle, now=now())
        for campaign in share.listing(settings, now=now())["campaigns"]:
            if {name, campaign["region"]} in linked:
                continue  # the other of the two has said so
            linked.append({name, campaign["region"]})
            strongest = campaign["matches"][0]
            sentences.append(f"{name} and {campaign['region']}: {strongest['words']} ({strongest['value']})")
    return sentences


def give_back(
    folder: Path, region: str, settings: Settings, live: Mapping[str, Any], account: str, *, now: Clock
) -> dict[str, Any]:
    """A new password first, then everything done to the account is taken back; she works, the thief does not."""
    stage.new_password(folder, live, region, account)
    undone = stop.undo(settings, account, who="Camille Exemple", why="rappel ; nouveau mot de passe", now=_us(now))
    return {
        "account": account.rpartition("|")[2],
        "undone": [(one["kind"], one["state"]) for one in undone["acts"]],
        "work": stage.works(folder, region, account, acts=3),
        "thief": stage.tries_again(folder, region, account),
    }


def slowest_cut(all_settings: list[Settings]) -> float | None:
    """Milliseconds from an account's suspension planned to its being read back inactive, the slowest of the demo."""
    took = []
    for settings in all_settings:
        planned: dict[str, int] = {}
        for entry in wiring.cases(settings).journal():
            if entry.state == "planned" and entry.detail.get("kind") == "suspend-account":
                planned[entry.act] = entry.at
            if entry.state == "proven" and entry.act in planned:
                took.append((entry.at - planned.pop(entry.act)) / 1000)
    return max(took, default=None)


def _us(now: Clock) -> Callable[[], int]:
    return lambda: int(now().timestamp() * 1_000_000)
