"""An incident's indicators: the thief's ways, and nothing of anybody else's. Pure.

What leaves is made of the rows of the thief's own sessions, and of counts. Left behind on purpose:
- accounts, professionals, patients, names of services, clients, ids of events and tokens, and every text of a trail;
- the first letters of searches (`query_head`): they are the beginnings of patients' names;
- the device: the trail's column is a hash under the region's own key and matches nothing elsewhere, and what it is a
  hash of (a user agent) is a text that a person's software wrote;
- places of honest people: a network is left out if an owner or many honest accounts come from there.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from tocsin.model.campaign import Indicators, Place
from tocsin.model.event import CATEGORIES, elements_of
from tocsin.share.places import address_of, network_of

CROWDED: Final = 3
"""From so many honest accounts on, a network says more of them than of the thief: it does not leave."""
_SECOND_US: Final = 1_000_000
_MINUTE_US: Final = 60_000_000
_SHORT_QUERY: Final = 3
"""Letters: a search by so few is a sweep, if there are many (RNIV: three letters at least, with a birth date)."""
_OFTEN: Final = 5
"""From so many acts of a kind on it is a way of searching."""
_SHARE: Final = 0.2
_MODULO: Final = 4096
"""Of the column `id_low`."""


def indicators_of(
    rows: pa.Table,
    *,
    region: str,
    campaign: str,
    owners: Iterable[str],
    honest: Mapping[str, int],
    categories: Mapping[str, Iterable[str]],
    elements: int,
    accounts: int,
    patients: int,
    doubtful: int,
) -> Indicators | None:
    """Indicators of the thief's rows (STORED_EVENT); None if there are none.

    `owners`: networks in which the accounts' owners have been; `honest`: network -> accounts in no incident that have
    been there; `categories`: service -> categories of data it holds.
    """
    if not len(rows):
        return None
    at = rows["at"].cast(pa.int64()).to_numpy() // _SECOND_US * _SECOND_US  # whole seconds are enough, and are sent
    kept = {
        name
        for name in set(_texts(rows, "network"))
        if name and name not in set(owners) and honest.get(name, 0) < CROWDED
    }
    services = {name for name in _texts(rows, "service") if name}
    held = {category for name in services for category in categories.get(name, ())}
    tempo = _tempo(rows, at)
    return Indicators(
        region=region,
        campaign=campaign,
        first_at=int(at.min()),
        last_at=int(at.max()),
        networks=_places(rows, at, "network", kept),
        addresses=_places(rows, at, "address", kept),
        records_a_minute=int(np.median(tempo)) if len(tempo) else 0,
        records_at_most=int(tempo.max()) if len(tempo) else 0,
        searches=_searches(rows),
        hours=tuple(sorted({int(hour) for hour in at // 3_600_000_000 % 24})),
        kinds=tuple(category for category in CATEGORIES if category in held),
        elements=tuple(elements_of(elements)),
        accounts=accounts,
        patients=patients,
        doubtful=doubtful,
    )


def _texts(rows: pa.Table, column: str) -> list[str | None]:
    return rows[column].cast(pa.string()).to_pylist()


def _places(rows: pa.Table, at: np.ndarray, column: str, kept: set[str]) -> tuple[Place, ...]:
    """Distinct networks or addresses of the rows whose network may leave, by value."""
    found: dict[str, list[int]] = {}
    for value, network, when in zip(_texts(rows, column), _texts(rows, "network"), at.tolist(), strict=True):
        if value and network in kept:
            found.setdefault(value, []).append(when)
    read = network_of if column == "network" else address_of
    gathered: dict[str, list[int]] = {}
    for value, times in found.items():
        place = read(value)
        if place is not None:
            gathered.setdefault(str(place), []).extend(times)
    return tuple(
        Place(value=value, events=len(times), first_at=min(times), last_at=max(times))
        for value, times in sorted(gathered.items())
    )


def _tempo(rows: pa.Table, at: np.ndarray) -> np.ndarray:
    """Distinct patients in each minute in which any was shown."""
    named = pc.is_valid(rows["patient"]).to_numpy(zero_copy_only=False)
    if not named.any():
        return np.zeros(0, np.int64)
    table = pa.table({"minute": pa.array(at[named] // _MINUTE_US), "patient": rows["patient"].filter(pa.array(named))})
    counted = table.group_by("minute").aggregate([("patient", "count_distinct")])
    return counted["patient_count_distinct"].to_numpy()


def _searches(rows: pa.Table) -> tuple[str, ...]:
    """Which ways of searching he used, in the order of SEARCHES."""
    kind = np.array(_texts(rows, "query_kind"))
    length = rows["query_length"].to_numpy()
    action = np.array(_texts(rows, "action"))
    low = rows["id_low"].to_numpy()[np.isin(action, ("read", "list"))].astype(np.int64)
    steps = np.diff(low) % _MODULO
    neighbours = (low[1:] >= 0) & (low[:-1] >= 0) & ((steps == 1) | (steps == _MODULO - 1))
    names = kind == "name"
    ways = {
        "prefixes": _is_way(names & (length <= _SHORT_QUERY) & (length > 0), int(names.sum())),
        "neighbours": _is_way(neighbours, len(neighbours)),
        "pages": _is_way(rows["page"].to_numpy() > 1, len(rows)),
        "identifiers": _is_way(kind == "identifier", len(rows)),
        "lists": _is_way(action == "list", len(rows)),
    }
    return tuple(name for name, is_way in ways.items() if is_way)


def _is_way(told: np.ndarray, of: int) -> bool:
    count = int(told.sum())
    return count >= _OFTEN and count >= _SHARE * of
