"""Harvests: whose data each episode exposed, as tables and as the replay contract writes them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final

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

ROWS_AT_ONCE: Final = 200_000
"""Events of accounts that are read together: some 60 MB."""

_TOLD: Final = ["episode", "account", "patient", "elements", "certainty", "effect", "by", "first_at", "last_at"]
_MADE_AT_ONCE: Final = 10_000


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
) -> Iterator[Harvest]:
    """Scope every episode that the alerts come to.

    `services`: name -> data categories, joined by spaces; `decisions`: what people said, in accepted order.
    """
    held = {name: frozenset(categories.split()) for name, categories in services.items()}
    for episode, rows, theirs in rows_of_each(episodes(alerts, settings.rungs()), questions, sessions):
        yield exposed(episode, rows, theirs, held, decisions)


def rows_of_each(
    found: list[Episode], questions: Any, sessions: pa.Table
) -> Iterator[tuple[Episode, pa.Table, pa.Table]]:
    """(episode, rows, sessions) of each episode's account, from long enough before to know what was its habit.

    Accounts are asked for together, as many as have ROWS_AT_ONCE events: a question opens the file of every day.
    """
    accounts = sorted({episode.account for episode in found})
    their_sessions = _ByAccount(sessions, accounts)
    for group in _groups(found, _events_of(accounts, questions)):
        names = sorted({episode.account for episode in group})
        rows = _ByAccount(questions.accesses_of(names, since=min(map(_since, group))), names)
        for episode in group:
            yield episode, rows.of(episode.account, since=_since(episode)), their_sessions.of(episode.account)


def _since(episode: Episode) -> datetime:
    """From when an account's rows are read."""
    return datetime.fromtimestamp(episode.opened_at / 1e6, UTC) - timedelta(days=LOOKBACK_DAYS) - _EARLIER


def _events_of(accounts: list[str], questions: Any) -> dict[str, int]:
    seen = questions.seen(accounts) if accounts else None
    return dict(zip(seen["account"].to_pylist(), seen["events"].to_pylist(), strict=True)) if seen else {}


def _groups(found: list[Episode], events: Mapping[str, int]) -> Iterator[list[Episode]]:
    """Episodes in their order, in groups of accounts that have ROWS_AT_ONCE events together, or of one account."""
    group: list[Episode] = []
    names: set[str] = set()
    for episode in found:
        more = names | {episode.account}
        if group and sum(events.get(name, 0) for name in more) > ROWS_AT_ONCE:
            yield group
            group, more = [], {episode.account}
        group.append(episode)
        names = more
    if group:
        yield group


class _ByAccount:
    """Rows of some accounts, to be had account by account in the order in which they are."""

    def __init__(self, table: pa.Table, accounts: list[str]) -> None:
        self._table = table.filter(pc.is_in(table["account"].cast(pa.string()), pa.array(accounts, pa.string())))
        self._accounts = self._table["account"].cast(pa.string())

    def of(self, account: str, *, since: datetime | None = None) -> pa.Table:
        its = pc.equal(self._accounts, account)
        if since is not None:
            its = pc.and_(its, pc.greater_equal(self._table["at"], pa.scalar(since, self._table["at"].type)))
        return self._table.filter(its)


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


class Exposures:
    """Exposures as the replay contract writes them, each made as it is read: there may be millions of them.

    Iterated as often as one likes; what is held of each is some 80 bytes.
    """

    def __init__(self, identifiers: Mapping[bytes, tuple[str, str]] | None = None) -> None:
        """Patients are told by identifier if identifiers are given."""
        self.identifiers = identifiers
        self._tables: list[pa.Table] = []

    def add(self, found: Harvest) -> None:
        """What one episode exposed, after what was added before."""
        self._tables.append(found.exposures.select(_TOLD).combine_chunks())

    def patients(self) -> set[bytes]:
        """References of the patients exposed."""
        return {patient for table in self._tables for patient in table["patient"].to_pylist()}

    def __len__(self) -> int:
        return sum(map(len, self._tables))

    def __iter__(self) -> Iterator[dict[str, Any]]:
        for table in self._tables:
            for start in range(0, len(table), _MADE_AT_ONCE):
                yield from _data(table.slice(start, _MADE_AT_ONCE), self.identifiers)


def harvest_data(found: Harvest, identifiers: Mapping[bytes, tuple[str, str]] | None) -> list[dict[str, Any]]:
    """Exposures as the replay contract writes them; patients by identifier if identifiers are given."""
    return _data(found.exposures, identifiers)


def _data(exposures: pa.Table, identifiers: Mapping[bytes, tuple[str, str]] | None) -> list[dict[str, Any]]:
    columns = exposures.select(_TOLD[:-2]).to_pydict()
    first, last = (exposures[name].cast(pa.int64()).to_pylist() for name in _TOLD[-2:])
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
        for i in range(len(exposures))
    ]


def _named(reference: bytes, identifiers: Mapping[bytes, tuple[str, str]] | None) -> str:
    """The bare id of a FHIR record, `system|value` of an identifier, else the reference."""
    known = identifiers.get(reference) if identifiers else None
    if known is None:
        return reference.hex()
    system, value = known
    return value if system in ("Patient", "") else f"{system}|{value}"
