"""Traces: what the doubtful sessions of an episode show of whoever was there, and how many others are found there."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from tocsin.model.episode import Episode

DOUBTFUL = ("thief", "unsure")
"""Sessions that speak of a thief, surest first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Trace:
    """Where the thief of one episode came from, and what was taken."""

    episode: Episode
    began: int
    """First act of a doubtful session, microseconds UTC; the first alert where there is no such session."""
    ended: int
    """Last act of a doubtful session, microseconds UTC."""
    first_event: str = ""
    """Id (hex) of the event at `began`; empty where there is no doubtful session."""
    last_event: str = ""
    """Id (hex) of the event at `ended`."""
    sure_began: int
    """As `began`, of the thief's sessions alone; of the doubtful ones where none is surely his."""
    sure_ended: int
    sure_first_event: str = ""
    sure_last_event: str = ""
    sessions: tuple[int, int] = (0, 0)
    """How many sessions are the thief's, how many doubtful."""
    networks: Mapping[str, str] = field(default_factory=dict)
    """Network -> the surest of DOUBTFUL among its sessions. Those of the owner's own quiet sessions are left out."""
    devices: Mapping[int, str] = field(default_factory=dict)
    """Device (keyed hash) -> likewise."""
    addresses: Mapping[str, str] = field(default_factory=dict)
    """Address -> likewise."""
    services: Mapping[str, str] = field(default_factory=dict)
    """Service -> the surest of DOUBTFUL among its sessions, the owner's services too."""
    professionals: frozenset[str] = frozenset()
    """Whose the account is, as trail or directory say: an RPPS or a Practitioner."""
    patients: frozenset[bytes] = frozenset()
    """Persons whom the thief took (by `thief`)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Crowd:
    """How many people are found at a place without a doubt on them: a place full of people joins nobody."""

    on_network: Mapping[str, int] = field(default_factory=dict)
    """Network -> other accounts that came from it."""
    on_device: Mapping[int, int] = field(default_factory=dict)
    """Device -> other accounts that came from it."""
    patients: int = 0
    """Patients whom the region knows; 0: unknown."""


def trace_of(
    episode: Episode,
    rows: pa.Table,
    verdicts: pa.Table,
    *,
    patients: frozenset[bytes],
    professionals: frozenset[str],
) -> Trace:
    """Read the trace of an episode off its account's rows (STORED_EVENT) and the verdicts (SCOPED_SESSION) on sessions.

    `patients`: the persons whom scope says the thief took; `professionals`: whose the account is.
    """
    by = dict(zip(verdicts["session"].to_pylist(), verdicts["by"].cast(pa.string()).to_pylist(), strict=True))
    of = {word: [session for session, whose in by.items() if whose == word] for word in DOUBTFUL}
    doubtful = _of_sessions(rows, [*of["thief"], *of["unsure"]])
    rest = rows.filter(pc.invert(_among(rows, [*of["thief"], *of["unsure"]])))
    networks, devices, addresses = (_places(rows, of, rest, column) for column in ("network", "device", "address"))
    began, ended, first, last = _span(doubtful, episode)
    sure = _of_sessions(rows, of["thief"])
    sure_began, sure_ended, sure_first, sure_last = _span(sure if len(sure) else doubtful, episode)
    return Trace(
        episode=episode,
        began=began,
        ended=ended,
        first_event=first,
        last_event=last,
        sure_began=sure_began,
        sure_ended=sure_ended,
        sure_first_event=sure_first,
        sure_last_event=sure_last,
        sessions=(len(of["thief"]), len(of["unsure"])),
        networks=networks,
        devices={device: by for device, by in devices.items() if device},  # 0: the trail names none
        addresses=addresses,
        services=_places(rows, of, rest.slice(0, 0), "service"),
        professionals=professionals,
        patients=patients,
    )


def _span(rows: pa.Table, episode: Episode) -> tuple[int, int, str, str]:
    """(first, last) time and (first, last) event of rows; the episode's alerts where there is no row."""
    if not len(rows):
        return episode.opened_at, episode.alerts[-1].at, "", ""
    ordered = rows.select(["at", "event_id"]).sort_by([("at", "ascending"), ("event_id", "ascending")])
    at, ids = ordered["at"].cast(pa.int64()), ordered["event_id"]
    return at[0].as_py(), at[-1].as_py(), ids[0].as_py().hex(), ids[-1].as_py().hex()


def _places(rows: pa.Table, of: Mapping[str, list[int]], rest: pa.Table, column: str) -> dict[Any, str]:
    own = _distinct(rest, column)
    found = {}
    for word in reversed(DOUBTFUL):
        found.update(dict.fromkeys(_distinct(_of_sessions(rows, of[word]), column) - own, word))
    return found


def _among(rows: pa.Table, sessions: list[int]) -> pa.ChunkedArray:
    return pc.is_in(rows["session"], pa.array(sessions, pa.uint64()))


def _of_sessions(rows: pa.Table, sessions: list[int]) -> pa.Table:
    return rows.filter(_among(rows, sessions))


def _distinct(rows: pa.Table, column: str) -> frozenset[Any]:
    values = rows[column]
    if pa.types.is_dictionary(values.type):
        values = values.cast(values.type.value_type)
    return frozenset(pc.unique(values.drop_null()).to_pylist())
