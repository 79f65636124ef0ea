"""Drafts -> facts: groups become their members, symbols become names, once everything has been read."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import numpy as np
import pyarrow as pa

from tocsin.collect.directory.catalogue import Catalogue
from tocsin.collect.directory.columns import binary, numbered, times
from tocsin.collect.directory.draft import COLUMNS, KIND, Draft
from tocsin.collect.directory.symbols import GROUP, NOTHING
from tocsin.model.fact import FACT, KINDS

(LINE, KIND_AT, PATIENT_AT, ACTOR, PLACE, SERVICE, CODE, STARTS, ENDS, KNOWN) = range(len(COLUMNS))

_BY_ACTOR: Final = [KIND[kind] for kind in ("alias", "role", "roster")]
"""Kinds that say nothing without an actor."""
_BY_ANYBODY: Final = [KIND[kind] for kind in ("appointment", "referral", "care-team", "campaign", "task")]
"""Kinds that say nothing without an actor, a unit, an establishment or a service."""


class _Names:
    """Names of a column, by number; NOTHING is none."""

    def __init__(self) -> None:
        self.numbers: dict[str, int] = {}

    def number(self, name: str | None) -> int:
        return NOTHING if name is None else self.numbers.setdefault(name, len(self.numbers))


def facts_of(
    draft: Draft, catalogue: Catalogue, digests: np.ndarray, keyed: Callable[[np.ndarray], np.ndarray]
) -> pa.Table:
    """The table of facts (schema FACT) of all rows drafted so far; `digests`: S16, one a line;
    `keyed`: symbols of patients -> their references."""
    rows, digests = _distinct(draft.rows(), digests)
    rows = _members(rows, draft, catalogue)
    names = _Names()
    actor, role_place = _table(rows[:, ACTOR], lambda symbol: _actor(catalogue, names, symbol))
    unit, establishment = _table(rows[:, PLACE], lambda symbol: _unit(catalogue, names, symbol))
    role_unit, role_establishment = _table(role_place, lambda symbol: _unit(catalogue, names, symbol))
    from_role = (unit == NOTHING) & (establishment == NOTHING)
    unit = np.where(from_role, role_unit, unit)
    establishment = np.where(from_role, role_establishment, establishment)
    service, _ = _table(rows[:, SERVICE], lambda symbol: (names.number(catalogue.service(symbol)), NOTHING))
    kind = rows[:, KIND_AT]
    # a service belongs to the top of the chain; a row that is only about a service is not about its whole provider
    unit[kind == KIND["service"]] = NOTHING
    top, _ = _table(rows[:, PLACE], lambda symbol: (_top(catalogue, names, symbol), NOTHING))
    establishment = np.where(kind == KIND["service"], top, establishment)
    somewhere = (unit != NOTHING) | (establishment != NOTHING) | (service != NOTHING)
    keep = np.where(np.isin(kind, _BY_ANYBODY), (actor != NOTHING) | somewhere, True)
    keep &= np.where(np.isin(kind, _BY_ACTOR), actor != NOTHING, True)
    keep &= np.where(kind == KIND["roster"], somewhere, True)
    keep &= np.where(kind == KIND["unit"], (unit != NOTHING) & (unit != establishment), True)
    kept = rows[keep]
    texts = list(names.numbers)
    return pa.Table.from_arrays(
        [
            binary(digests[kept[:, LINE]]),
            pa.DictionaryArray.from_arrays(pa.array(kept[:, KIND_AT].astype(np.int8)), pa.array(KINDS, pa.string())),
            _patients(kept[:, PATIENT_AT], keyed),
            _words(actor[keep], texts),
            _words(unit[keep], texts),
            _words(establishment[keep], texts),
            _words(service[keep], texts),
            _words(kept[:, CODE], list(draft.codes)),
            *(times(kept[:, at]) for at in (STARTS, ENDS, KNOWN)),
        ],
        schema=FACT,
    )


def _distinct(rows: np.ndarray, digests: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Each line once, by digest: `line` becomes its place among the distinct digests."""
    first, place = numbered(digests)
    rows = rows[first[place[rows[:, LINE]]] == rows[:, LINE]]
    rows[:, LINE] = place[rows[:, LINE]]
    return rows[np.argsort(rows[:, LINE], kind="stable")], digests[first]


def _members(rows: np.ndarray, draft: Draft, catalogue: Catalogue) -> np.ndarray:
    """Rows about a group become one row for each member, known when both were; a group nobody describes has none."""
    if not len(rows):
        return rows
    sorts = np.array(draft.symbols.sorts, np.int8)
    grouped = (rows[:, PATIENT_AT] != NOTHING) & (sorts[rows[:, PATIENT_AT]] == GROUP)
    if not grouped.any():
        return rows
    counts = np.ones(len(rows), np.int64)
    members: list[np.ndarray] = []
    known: list[np.ndarray] = []
    listed: dict[int, list[tuple[int, int]]] = {}
    for at in np.flatnonzero(grouped).tolist():
        group = int(rows[at, PATIENT_AT])
        if group not in listed:
            found = catalogue.patients_of(group)
            listed[group] = sorted(found.items(), key=lambda one: draft.symbols.names[one[0]])
        counts[at] = len(listed[group])
        pairs = np.array(listed[group], np.int64).reshape(-1, 2)
        members.append(pairs[:, 0])
        known.append(pairs[:, 1])
    spread = np.repeat(rows, counts, axis=0)
    here = np.repeat(grouped, counts)
    spread[here, PATIENT_AT] = np.concatenate(members)
    spread[here, KNOWN] = np.maximum(spread[here, KNOWN], np.concatenate(known))
    return spread


def _table(symbols: np.ndarray, meaning: Callable[[int], tuple[int, int]]) -> tuple[np.ndarray, np.ndarray]:
    """Two numbers for each symbol, worked out once for each distinct one."""
    distinct, places = np.unique(symbols, return_inverse=True)
    found = np.array([meaning(symbol) for symbol in distinct.tolist()], np.int64).reshape(-1, 2)
    return found[places, 0], found[places, 1]


def _actor(catalogue: Catalogue, names: _Names, symbol: int) -> tuple[int, int]:
    name, organization = catalogue.actor(symbol)
    return names.number(name), organization


def _unit(catalogue: Catalogue, names: _Names, symbol: int) -> tuple[int, int]:
    unit, establishment = catalogue.unit(symbol)
    return names.number(unit), names.number(establishment)


def _top(catalogue: Catalogue, names: _Names, symbol: int) -> int:
    unit, establishment = catalogue.unit(symbol)
    return names.number(establishment or unit)


def _patients(symbols: np.ndarray, keyed: Callable[[np.ndarray], np.ndarray]) -> pa.Array:
    known = symbols != NOTHING
    found = np.zeros(len(symbols), "V17")
    found[known] = keyed(symbols[known])
    return binary(found, known)


def _words(numbers: np.ndarray, texts: list[str]) -> pa.DictionaryArray:
    """Numbers -> words, the dictionary in alphabetical order and without a word that no row has."""
    used, places = np.unique(numbers[numbers != NOTHING], return_inverse=True)
    words = [texts[number] for number in used.tolist()]
    order = sorted(range(len(words)), key=words.__getitem__)
    rank = np.empty(len(words), np.int32)
    rank[order] = np.arange(len(words), dtype=np.int32)
    indices = np.zeros(len(numbers), np.int32)
    indices[numbers != NOTHING] = rank[places]
    return pa.DictionaryArray.from_arrays(
        pa.array(indices, mask=numbers == NOTHING), pa.array([words[i] for i in order], pa.string())
    )
