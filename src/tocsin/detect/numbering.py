"""Number the sessions of a batch: account, client and device with gaps of at most 30 minutes."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from tocsin.detect.state import NOTHING, SESSION_COLUMNS, Sessions
from tocsin.detect.view import Picked
from tocsin.detect.weight import CONTENT
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


def number(rows: Rows | Picked, key: np.ndarray, age: np.ndarray, held: Sessions) -> Numbered:
    """Cut rows (in session order) into sessions, and find the open session that each of them continues."""
    new_key = np.r_[True, key[1:] != key[:-1]] if len(key) else np.zeros(0, bool)
    place = np.searchsorted(held.key, key[new_key])
    inside = np.minimum(place, max(len(held) - 1, 0))
    known = (held.key[inside] == key[new_key]) & (place < len(held)) if len(held) else np.zeros(len(place), bool)
    before = np.empty(len(key), np.int64)
    before[1:] = rows.at[:-1]
    heads = np.flatnonzero(new_key)
    before[heads] = rows.at[heads] - GAP_US - 1
    group = np.cumsum(new_key) - 1
    floor = before[heads]
    floor[known] = held.last_at[inside[known]]
    before = np.maximum(before, floor[group])  # an older trail may come after a newer one
    begins = rows.at - before > GAP_US
    start = begins | new_key
    seg = np.cumsum(start) - 1
    first = np.flatnonzero(start)
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
        age=carry(held.age, age[first]),
        before=carry(held.before, np.full(len(first), NOTHING)),
        counts=carry(held.counts, np.zeros((len(first), CONTENT), np.int64)),
        carried=carry(held.carried, np.zeros((len(first), len(SESSION_COLUMNS)), np.int64)),
    )
