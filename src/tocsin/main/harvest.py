"""Harvests: whose data each episode exposed, as tables and as the replay contract writes them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from tocsin.config import Settings
from tocsin.main.tables import instant
from tocsin.model.alert import Alert
from tocsin.model.decision import Decision
from tocsin.model.episode import Episode
from tocsin.model.event import categories_of, elements_of
from tocsin.scope import episodes, exposures_of, unnamed_of
from tocsin.scope.whom import LOOKBACK_DAYS

_EARLIER = timedelta(days=60)
"""How far before the window an account's rows are read, to know what was its habit."""


@dataclass(frozen=True, slots=True)
class Harvest:
    """What one episode exposed."""

    episode: Episode
    exposures: pa.Table
    """Schema EXPOSURE."""
    unnamed: pa.Table
    """Schema UNNAMED."""

    def patients(self) -> list[bytes]:
        """References of the patients exposed."""
        return list(self.exposures["patient"].to_pylist())


def harvest(
    alerts: Iterable[Alert],
    settings: Settings,
    *,
    questions: Any,
    sessions: pa.Table,
    services: Mapping[str, str],
    decisions: Sequence[Decision] = (),
) -> list[Harvest]:
    """Scope every episode that the alerts come to.

    `services`: name -> data categories, joined by spaces; `decisions`: what people said, in accepted order.
    """
    held = {name: frozenset(categories.split()) for name, categories in services.items()}
    return [
        exposed(episode, *rows_of(episode, questions, sessions), held, decisions)
        for episode in episodes(alerts, settings.rungs())
    ]


def rows_of(episode: Episode, questions: Any, sessions: pa.Table) -> tuple[pa.Table, pa.Table]:
    """(rows, sessions) of an episode's account, from long enough before to know what was its habit."""
    since = datetime.fromtimestamp(episode.opened_at / 1e6, UTC) - timedelta(days=LOOKBACK_DAYS) - _EARLIER
    theirs = sessions.filter(pc.equal(sessions["account"].cast(pa.string()), episode.account))
    return questions.accesses_of([episode.account], since=since), theirs


def exposed(
    episode: Episode,
    rows: pa.Table,
    sessions: pa.Table,
    held: Mapping[str, frozenset[str]],
    decisions: Sequence[Decision],
) -> Harvest:
    """Scope one episode. `held`: service -> categories of data; `decisions`: what people said, in accepted order."""
    exposures = exposures_of(episode, rows, sessions, held, decisions=decisions)
    return Harvest(episode, exposures, unnamed_of(episode, rows, sessions, decisions=decisions))


def harvest_data(found: Harvest, identifiers: Mapping[bytes, tuple[str, str]] | None) -> list[dict[str, Any]]:
    """Exposures as the replay contract writes them; patients by identifier if identifiers are given."""
    columns = found.exposures.select(
        ["episode", "account", "patient", "elements", "certainty", "effect", "by"]
    ).to_pydict()
    first, last = (found.exposures[name].cast(pa.int64()).to_pylist() for name in ("first_at", "last_at"))
    return [
        {
            "incident": columns["episode"][i],
            "account": columns["account"][i],
            "patient": _named(columns["patient"][i], identifiers),
            "elements": elements_of(columns["elements"][i]),
            "categories": categories_of(columns["elements"][i]),
            "certainty": columns["certainty"][i],
            "effect": columns["effect"][i],
            "by": columns["by"][i],
            "first_at": instant(first[i]),
            "last_at": instant(last[i]),
        }
        for i in range(len(found.exposures))
    ]


def _named(reference: bytes, identifiers: Mapping[bytes, tuple[str, str]] | None) -> str:
    """The bare id of a FHIR record, `system|value` of an identifier, else the reference."""
    known = identifiers.get(reference) if identifiers else None
    if known is None:
        return reference.hex()
    system, value = known
    return value if system in ("Patient", "") else f"{system}|{value}"
