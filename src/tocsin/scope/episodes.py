"""Episodes: alerts whose rungs follow each other, until the account stands on none, belong together."""

from __future__ import annotations

from collections.abc import Iterable

from tocsin.model.alert import Alert, Rung
from tocsin.model.episode import Episode, episode_id


def episodes(alerts: Iterable[Alert], rungs: Iterable[Rung], *, key: bytes = b"") -> list[Episode]:
    """One episode per account and climb, by time of opening, then id.

    A rung stands for its duration from the alert; climbing to another begins that one's duration. `end-sessions`
    stands longer while somebody goes on trying, which no alert tells: that may open a second episode, never lose one.
    `key`: see `episode_id`.
    """
    stands_us = {rung.name: rung.duration_us for rung in rungs}
    found: list[list[Alert]] = []
    for alert in sorted(alerts, key=lambda alert: (alert.account, alert.at)):
        last = found[-1][-1] if found else None
        if last and last.account == alert.account and alert.at < last.at + stands_us[last.rung]:
            found[-1].append(alert)
        else:
            found.append([alert])
    return sorted((_episode(climb, key) for climb in found), key=lambda episode: (episode.opened_at, episode.id))


def _episode(climb: list[Alert], key: bytes) -> Episode:
    account, opened_at = climb[0].account, climb[0].at
    return Episode(
        id=episode_id(account, opened_at, key=key), account=account, alerts=tuple(climb), opened_at=opened_at
    )
