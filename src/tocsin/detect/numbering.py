"""Number the sessions of a batch: account, client and device with gaps of at most 30 minutes."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from tocsin.detect.nulls import age_code
from tocsin.detect.segments import changes
from tocsin.detect.state import NOTHING, SESSION_COLUMNS, Sessions, held_at
from tocsin.detect.view import Picked
from tocsin.detect.weight import CONTENT
from tocsin.model.explained import Explained
from tocsin.model.rows import Rows, mix
from tocsin.model.session import GAP_US


@dataclass(slots=True)
class Numbered:
    """The sessions of a batch: vectors over sessions, and `seg` over rows in session order."""

    seg: np.ndarray
    first: np.ndarray
    continues: np.ndarray
    id: np.ndarray
    first_at: np.ndarray
    last_at: np.ndarray
    events: np.ndarray
    age: np.ndarray
    before: np.ndarray
    counts: np.ndarray
    carried: np.ndarray
    followed: np.ndarray
    """Open sessions, by position, that end because another of their key begins."""


def number(rows: Rows | Picked, explained: Explained | Picked, key: np.ndarray, held: Sessions) -> Numbered:
    """Cut rows (in session order) into sessions, and find the open session that each of them continues."""
    new_key = changes(key)
    heads = new_key.nonzero()[0]
    inside = np.searchsorted(held.key, key[heads])
    known = held_at(held.key, inside, key[heads])
    before = np.empty(len(key), np.int64)
    before[1:] = rows.at[:-1]
    before[heads] = rows.at[heads] - GAP_US - 1
    group = np.cumsum(new_key) - 1
    floor = before[heads]
    floor[known] = held.last_at[inside[known]]
    before = np.maximum(before, floor[group])  # an older trail may come after a newer one
    begins = rows.at - before > GAP_US
    start = begins | new_key
    seg = np.cumsum(start) - 1
    first = start.nonzero()[0]
    continues = ~begins[first]
    source = np.zeros(len(first), np.int64)
    source[continues] = inside[group[first[continues]]]

    def carry(values: np.ndarray, otherwise: np.ndarray) -> np.ndarray:
        out = otherwise.copy()
        out[continues] = values[source[continues]]
        return out

    zeros = np.zeros(len(first), np.int64)
    fresh_id = mix(mix(key[first], rows.event_hi[first]), rows.event_lo[first])
    return Numbered(
        seg=seg,
        first=first,
        continues=continues,
        id=carry(held.id, fresh_id),
        first_at=carry(held.first_at, rows.at[first]),
        last_at=carry(held.last_at, rows.at[first]),
        events=carry(held.events, zeros),
        age=carry(held.age, age_code(explained.age_days[first], explained.newcomer[first])),
        before=carry(held.before, np.full(len(first), NOTHING)),
        counts=carry(held.counts, np.zeros((len(first), CONTENT), np.int64)),
        carried=carry(held.carried, np.zeros((len(first), len(SESSION_COLUMNS)), np.int64)),
        followed=np.sort(inside[known & begins[heads]]),
    )
