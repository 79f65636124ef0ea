"""Study: every episode scoped, its trace read, episodes joined into incidents that keep their ids.

(1) alerts -> episodes, each with its exposures, the verdict on its sessions and the trace of whoever was there
(2) how many others are found at the places of those traces
(3) links with reasons; what they join, and what was joined before, is one incident
(4) ids are given, kept, and handed on where two incidents turn out to be one
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from tocsin.door.persons import Persons
from tocsin.errors import Usage
from tocsin.main.harvest import Harvest, exposed, rows_of_each
from tocsin.model.incident import Incident
from tocsin.model.picture import PICTURED
from tocsin.scope import episodes, sessions_by
from tocsin.triage import Crowd, Trace, grouped, links_of, trace_of
from tocsin.triage.links import NEAR_DAYS

if TYPE_CHECKING:
    from tocsin.main.inspect import Reading

MERGED = "merged"
"""Kind of document in the cases: an incident that turned out to be another one."""


@dataclass(frozen=True, slots=True)
class Study:
    """Every episode, and the incidents they come to."""

    harvests: Mapping[str, Harvest]
    """By `Episode.id`."""
    verdicts: Mapping[str, pa.Table]
    """Schema SCOPED_SESSION, by `Episode.id`."""
    traces: Mapping[str, Trace]
    """By `Episode.id`."""
    incidents: tuple[Incident, ...]
    """By time of opening."""
    persons: Persons

    def incident(self, name: str) -> Incident:
        """One incident by its id, the beginning of it, or an id that it absorbed. Raises `Usage`."""
        if not name.strip():  # a variable of a shell that is not set must not mean the only one there is
            raise Usage("no incident is named", advice="`tocsin incident` lists them.")
        exact = [one for one in self.incidents if name == one.id or name in one.absorbed]
        found = exact or [one for one in self.incidents if one.id.startswith(name)]
        if len(found) != 1:
            what = "no incident has" if not found else f"{len(found)} incidents have"
            raise Usage(f"{what} the name {name}", advice="`tocsin incident` lists them.")
        return found[0]


def study(reading: Reading, cases: Any, now: datetime) -> Study:
    """Scope and join everything; incidents that are new get their id in the cases, for good."""
    # (1)
    staff, sessions = reading.staff(), reading.sessions()
    persons = Persons(reading.parts.read("persons"))
    held = {name: frozenset(told.split()) for name, told in staff.categories_of_service.items()}
    decisions = reading.decisions()
    harvests, verdicts, traces = {}, {}, {}
    told_of = episodes(reading.alerts(), reading.settings.rungs())
    for episode, rows, theirs in rows_of_each(told_of, reading.questions, sessions):
        found = exposed(episode, rows, theirs, held, decisions)
        verdict = sessions_by(episode, rows, theirs, decisions=decisions)
        harvests[episode.id], verdicts[episode.id] = found, verdict
        traces[episode.id] = trace_of(
            episode, rows, verdict, patients=_taken(found.exposures, persons), professionals=_actors(rows, staff)
        )
    # (2), (3)
    links = links_of(traces.values(), _crowd(reading, traces.values(), len(persons)))
    opened = [harvest.episode for harvest in harvests.values()]
    given = cases.incident_of(harvests)
    told = grouped(opened, links, given)
    # (4)
    _give(told, given, cases, now)
    merged = {name: document["into"] for name, _, document in cases.kept(MERGED)}
    return Study(harvests, verdicts, traces, tuple(_with_absorbed(one, merged) for one in told), persons)


def pictured(exposures: Iterable[pa.Table], persons: Persons) -> pa.Table:
    """Exposures of several episodes in one table (schema PICTURED), each with the person whose record it is."""
    tables = list(exposures)
    if not tables or not sum(map(len, tables)):
        return PICTURED.empty_table()
    table = pa.concat_tables(tables).unify_dictionaries()
    return table.append_column("person", _persons(table, persons)).cast(PICTURED)


def _persons(table: pa.Table, persons: Persons) -> pa.Array:
    references = np.frombuffer(b"".join(table["patient"].to_pylist()), "V17")
    return pa.array([one.tobytes() for one in persons.person_of(references)], PICTURED.field("person").type)


def _taken(exposures: pa.Table, persons: Persons) -> frozenset[bytes]:
    theirs = exposures.filter(pc.equal(exposures["by"].cast(pa.string()), "thief"))
    return frozenset(_persons(theirs, persons).to_pylist()) if len(theirs) else frozenset()


def _actors(rows: pa.Table, staff: Any) -> frozenset[str]:
    pairs = rows.select(["account", "professional"]).group_by(["account", "professional"]).aggregate([])
    accounts, professionals = (pairs[name].cast(pa.string()).to_pylist() for name in ("account", "professional"))
    told = {staff.actor(account or "", of) for account, of in zip(accounts, professionals, strict=True)}
    return frozenset(actor for actor in told if actor)


def _crowd(reading: Reading, traces: Iterable[Trace], patients: int) -> Crowd:
    """Accounts that came from the places of traces without a doubt on them, while the thieves were at it and before."""
    known = list(traces)
    networks = sorted({network for trace in known for network in trace.networks})
    devices = sorted({device for trace in known for device in trace.devices})
    if not networks and not devices:
        return Crowd(patients=patients)
    since = datetime.fromtimestamp(min(trace.began for trace in known) / 1e6, UTC) - timedelta(days=NEAR_DAYS)
    doubtful = {(trace.episode.account, place) for trace in known for place in (*trace.networks, *trace.devices)}
    return Crowd(
        on_network=_others(reading.questions.accounts_from(networks=networks, since=since), "network", doubtful),
        on_device=_others(reading.questions.accounts_from(devices=devices, since=since), "device", doubtful),
        patients=patients,
    )


def _others(origins: pa.Table, column: str, doubtful: set[tuple[str, Any]]) -> dict[Any, int]:
    pairs = zip(origins["account"].cast(pa.string()).to_pylist(), origins[column].to_pylist(), strict=True)
    found: dict[Any, int] = {}
    for account, place in set(pairs):
        if place is not None and (account, place) not in doubtful:
            found[place] = found.get(place, 0) + 1
    return found


def _give(told: list[Incident], given: Mapping[str, str], cases: Any, now: datetime) -> None:
    """Write down whose episodes are new, and which incident another one was."""
    at = int(now.timestamp() * 1_000_000)
    for incident in told:
        new = [episode.id for episode in incident.episodes if given.get(episode.id) != incident.id]
        for name in incident.absorbed:
            cases.keep(MERGED, name, {"into": incident.id}, at=at)
        if new:
            cases.assign(incident.id, new, at=at)


def _with_absorbed(incident: Incident, merged: Mapping[str, str]) -> Incident:
    """The incident with every id that was ever handed on to it, by name."""
    names, grew = set(incident.absorbed), True
    while grew:
        more = {name for name, into in merged.items() if into == incident.id or into in names} - names
        grew = bool(more)
        names |= more
    return Incident(
        id=incident.id,
        episodes=incident.episodes,
        links=incident.links,
        opened_at=incident.opened_at,
        absorbed=tuple(sorted(names - {incident.id})),
    )
