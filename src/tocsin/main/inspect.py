"""Inspect: what a person asks of a region's state, without holding it. One function per command."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from tocsin import wiring
from tocsin.config import Settings
from tocsin.errors import Usage
from tocsin.explain.staff import Staff
from tocsin.main.decisions import decisions_of
from tocsin.main.exceptions import exceptions_of
from tocsin.main.harvest import Harvest, harvest_data
from tocsin.main.hits import beside, switched_on
from tocsin.main.present import present
from tocsin.main.recorded import recorded
from tocsin.main.saved import folded_in, not_written_yet, state_path
from tocsin.main.serve.outbox import fresh_alerts, key_of
from tocsin.main.study import study
from tocsin.main.tables import alert_data, alert_id, alerts_of, instant
from tocsin.model.alert import Alert
from tocsin.model.decision import Decision
from tocsin.model.event import categories_of, elements_of
from tocsin.scope.silence import HOUR_US, silent_hours

_SHOWN_BYTES = 2_000
"""How much of a refused line `rejected` shows."""


class Reading:
    """A region's derived parts, to read: of the batches that are folded, so that no half of one is ever shown."""

    def __init__(self, settings: Settings) -> None:
        present(settings, folded=True)
        self.settings = settings
        self.folded = folded_in(state_path(settings))
        self.parts = wiring.parts(settings.state / "derived", upto=self.folded)
        self.questions = wiring.questions(settings, self.parts)

    def alerts(self) -> list[Alert]:
        """Every alert, oldest first: those of the parts, and those just told that no part holds yet."""
        fresh = fresh_alerts(self.settings, folded=self.folded)
        written = alerts_of(self.parts.read("alerts")) if self.parts.days("alerts") else []
        known = set(map(key_of, written))
        fresh = [alert for alert in fresh if key_of(alert) not in known]
        return sorted([*written, *fresh], key=lambda alert: (alert.at, alert.account))

    def alert(self, name: str) -> Alert:
        """One alert by its name (or the beginning of it). Raises `Usage`."""
        if not name.strip():
            raise Usage("no alert is named", advice="`tocsin alerts` lists them.")
        found = [alert for alert in self.alerts() if alert_id(alert).startswith(name)]
        if len(found) != 1:
            what = "no alert has" if not found else f"{len(found)} alerts have"
            raise Usage(f"{what} the name {name}", advice="`tocsin alerts` lists them.")
        return found[0]

    def sessions(self) -> pa.Table:
        """Every session (schema SESSION), those that may still go on included."""
        going_on = not_written_yet(state_path(self.settings))
        if not self.parts.days("sessions"):
            return going_on
        written = self.parts.read("sessions")
        unheard_of = pc.invert(pc.is_in(going_on["session"], written["session"].combine_chunks()))
        return pa.concat_tables([written, going_on.filter(unheard_of)]).unify_dictionaries()

    def decisions(self) -> list[Decision]:
        """What people said, in accepted order."""
        return decisions_of(self.parts.read("decisions")) if self.parts.batches("decisions", None) else []

    def staff(self) -> Staff:
        """The directory as explain reads it."""
        staff = Staff()
        staff.learn(self.parts.read("facts"))
        return staff


def alerts(settings: Settings) -> dict[str, Any]:
    """Every alert, oldest first, with the rules that are on and that its account matched on its days."""
    reading, on = Reading(settings), switched_on(settings)
    found = reading.alerts()
    return {
        "alerts": [
            {"alert": alert_id(alert), **alert_data(alert), "rules": rules}
            for alert, rules in zip(found, beside(reading, found, on), strict=True)
        ],
        "rules_unread": list(on.unread),
    }


def exceptions(settings: Settings, *, everyone: bool, now: datetime) -> dict[str, Any]:
    """Exceptions in force, or every one that ever was."""
    found = exceptions_of(Reading(settings).decisions(), round(now.timestamp() * 1_000_000))
    return {"exceptions": [one.data() for one in found if everyone or one.ended == "in-force"]}


def scope(
    settings: Settings,
    *,
    account: str | None,
    reveal: str | None,
    who: str | None,
    now: datetime,
) -> dict[str, Any]:
    """Episodes, incident by incident, and whose data each exposed; identifiers only with a reason and a receipt."""
    if who is not None and reveal is None:
        raise Usage("--who alone reveals nothing", advice="Say why too: --reveal REASON --who NAME.")
    reading = Reading(settings)
    known = study(reading, wiring.cases(settings), now)
    meant = [(incident, episode) for incident in known.incidents for episode in incident.episodes]
    if account is not None:
        meant = [(incident, one) for incident, one in meant if any(_meant(account, alert) for alert in one.alerts)]
        if not meant:
            from tocsin.main.decide import subject_of  # which stands on this module

            subject_of(reading, account)  # says so if nobody has this name
            raise Usage("no alert concerns this account", advice="`tocsin alerts` lists accounts and alerts.")
    found = [(incident.id, known.harvests[episode.id]) for incident, episode in meant]
    identifiers = None
    if reveal is not None:
        references = wiring.region_references(settings)
        wanted = {patient for _, one in found for patient in one.patients()}
        identifiers = wiring.vault(settings, references).reveal(wanted, reason=reveal, who=who or "", now=now)
    return {
        "incidents": [_incident_data(name, one) for name, one in found],
        "exposures": [
            {**row, "incident": name, "episode": row["incident"]}
            for name, one in found
            for row in harvest_data(one, identifiers)
        ],
    }


def coverage(settings: Settings, *, since: datetime | None, until: datetime | None) -> dict[str, Any]:
    """Per service and hour: received, failed, silent; what was rejected; and what each trail cannot record."""
    reading = Reading(settings)
    hours = reading.questions.services_by_hour(since=since, until=until)
    service = hours["service"].cast(pa.string()).to_pylist()
    hour = hours["hour"].cast(pa.int64()).to_numpy() // HOUR_US
    events = hours["events"].to_numpy()
    told = []
    for name in sorted({name or "" for name in service}):
        mine = np.array([(one or "") == name for one in service], bool)
        silent = silent_hours(hour[mine], events[mine])
        told.append(
            {
                "service": name,
                "received": int(events[mine].sum()),
                "failed": int(hours["failed"].to_numpy()[mine].sum()),
                "first": instant(int(hour[mine].min()) * HOUR_US),
                "last": instant((int(hour[mine].max()) + 1) * HOUR_US),
                "hours": int(mine.sum()),
                "silent": [instant(int(h) * HOUR_US) for h in silent],
            }
        )
    rejected = reading.questions.rejections().to_pylist()
    return {
        "services": told,
        "rejected": rejected,
        "watch": [asdict(watch) for watch in recorded(reading, reading.parts.days("events"))],
    }


def rejected(settings: Settings, *, show: int) -> dict[str, Any]:
    """Lines that were refused: counted, each with its place, and the first `show` as they stand in the ledger."""
    reading = Reading(settings)
    lines = reading.parts.read("rejected").to_pylist()
    shown = []
    if show > 0 and lines:
        ledger = wiring.ledger_view(settings)
        for line in lines[:show]:
            data = ledger.read(line["segment"], line["offset"], min(line["length"], _SHOWN_BYTES))
            shown.append({**line, "text": ascii(data.decode("utf-8", "backslashreplace"))[1:-1]})
    return {"rejected": reading.questions.rejections().to_pylist(), "lines": lines, "shown": shown}


def _meant(name: str, alert: Alert) -> bool:
    """Whether a person means this alert: by the account's whole name, its value alone, or the alert's name."""
    return name in (alert.account, alert.account.rpartition("|")[2], alert_id(alert))


def _incident_data(name: str, found: Harvest) -> dict[str, Any]:
    by = found.exposures["by"].cast(pa.string())
    thief = found.exposures.filter(pc.not_equal(by, "owner"))
    bits = thief["elements"].to_pylist()
    union = int(np.bitwise_or.reduce(np.array(bits, np.uint32))) if bits else 0
    return {
        "incident": name,
        "episode": found.episode.id,
        "account": found.episode.account,
        "opened_at": instant(found.episode.opened_at),
        "alerts": [alert_id(alert) for alert in found.episode.alerts],
        "rungs": [alert.rung for alert in found.episode.alerts],
        "patients": {name: int(pc.sum(pc.equal(by, name)).as_py() or 0) for name in ("thief", "unsure", "owner")},
        "elements": elements_of(union),
        "categories": categories_of(union),
        "unnamed": found.unnamed.select(["by", "action", "acts", "patients"]).to_pylist(),
    }
