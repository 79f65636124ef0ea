"""Groups: linked episodes are one incident. An id once given stays; of two that turn out to be one the older stays."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from itertools import pairwise

from tocsin.model.episode import Episode
from tocsin.model.incident import LINKS, Incident, Link, incident_id


def grouped(episodes: Iterable[Episode], links: Iterable[Link], given: Mapping[str, str]) -> list[Incident]:
    """The incidents that episodes come to, by time of opening, then id; the same for any order of what is given.

    `given`: episode -> the incident it belongs to since earlier. Episodes of one incident stay together even where
    the link has gone since: acts, declarations and letters bear its id, and only a person takes them apart.
    """
    by_id = {episode.id: episode for episode in episodes}
    told = sorted((link for link in links if {link.first, link.second} <= by_id.keys()), key=_place)
    kept = _kept(by_id, told, given)
    root = _components(sorted(by_id), [*told, *kept])
    members: dict[str, list[Episode]] = defaultdict(list)
    for name, episode in by_id.items():
        members[root[name]].append(episode)
    found = [_incident(sorted(group, key=_since), [*told, *kept], given) for group in members.values()]
    return sorted(found, key=lambda incident: (incident.opened_at, incident.id))


def _incident(group: list[Episode], links: list[Link], given: Mapping[str, str]) -> Incident:
    ids = {episode.id for episode in group}
    names = list(dict.fromkeys(given[episode.id] for episode in group if episode.id in given))
    return Incident(
        id=names[0] if names else incident_id(ids),
        episodes=tuple(group),
        links=tuple(link for link in links if link.first in ids),
        opened_at=group[0].opened_at,
        absorbed=tuple(names[1:]),
    )


def _kept(by_id: Mapping[str, Episode], told: list[Link], given: Mapping[str, str]) -> list[Link]:
    """What holds together those that were given one id and that no link joins any more."""
    root = _components(sorted(by_id), told)
    members: dict[str, dict[str, str]] = defaultdict(dict)
    for episode in sorted(by_id.values(), key=_since):
        if episode.id in given:
            members[given[episode.id]].setdefault(root[episode.id], episode.id)
    words = "told as one incident before; what joined them then no longer does"
    fr = "dits un même incident auparavant ; ce qui les liait alors ne les lie plus"
    return [
        Link(first=min(pair), second=max(pair), kind="kept", words=words, fr=fr)
        for parts in members.values()
        for pair in pairwise(parts.values())
    ]


def _components(names: list[str], links: Iterable[Link]) -> dict[str, str]:
    """Union-find: name -> the first name of its component."""
    parent = {name: name for name in names}

    def top(name: str) -> str:
        while parent[name] != name:
            parent[name] = parent[parent[name]]
            name = parent[name]
        return name

    for link in links:
        first, second = sorted((top(link.first), top(link.second)))
        parent[second] = first
    return {name: top(name) for name in names}


def _since(episode: Episode) -> tuple[int, str]:
    return episode.opened_at, episode.id


def _place(link: Link) -> tuple[str, str, int, str]:
    return link.first, link.second, LINKS.index(link.kind), link.words
