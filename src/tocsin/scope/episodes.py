"""Episodes: alerts whose rungs follow each other, until the account stands on none, are one incident."""

from __future__ import annotations

from collections.abc import Iterable

from tocsin.model.alert import Alert, Rung
from tocsin.model.incident import Incident, incident_id


def episodes(alerts: Iterable[Alert], rungs: Iterable[Rung], *, key: bytes = b"") -> list[Incident]:
    """One incident per account and episode, by time of opening, then id.

    A rung stands for its duration from the alert; climbing to another begins that one's duration. `end-sessions`
    stands longer while somebody goes on trying, which no alert tells: that may open a second incident, never lose one.
    `key`: see `incident_id`.
    """
    stands_us = {rung.name: rung.duration_us for rung in rungs}
    found: list[list[Alert]] = []
    for alert in sorted(alerts, key=lambda alert: (alert.account, alert.at)):
        last = found[-1][-1] if found else None
        if last and last.account == alert.account and alert.at < last.at + stands_us[last.rung]:
            found[-1].append(alert)
        else:
            found.append([alert])
    incidents = [_incident(episode, key) for episode in found]
    return sorted(incidents, key=lambda incident: (incident.opened_at, incident.id))


def _incident(episode: list[Alert], key: bytes) -> Incident:
    account, opened_at = episode[0].account, episode[0].at
    name = incident_id(account, opened_at, key=key)
    return Incident(id=name, account=account, alerts=tuple(episode), opened_at=opened_at)
