"""Thieves for the twin (pure): rows that a thief on a real account would leave on a night, made from the account's own.

Source of the paces: the incident of September 2025 in three French regions (ARS communiqués) and the injected streams
by which detectors are measured on CLUE-LDS (1/s, 1/30 s, 1/5 min).
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import pyarrow as pa

from tocsin.model.event import EVENT

SECOND_US: Final = 1_000_000
DAY_US: Final = 86_400 * SECOND_US
PAGE: Final = 20
"""Patients that a search of the prefix sweep lists; the first and every eighth after it are opened."""
_LETTERS: Final = "abcdefghijklmnopqrstuvwxyz"


@dataclass(frozen=True, slots=True)
class Behaviour:
    """One way to take patients."""

    name: str
    title: str
    patients: int
    pause_s: float
    """Seconds between two acts."""
    spread: float
    """Of the pause: standard deviation of its logarithm."""
    sweep: bool = False
    """By searches that list; see PAGE."""
    own_unit: bool = False
    """Only patients whom colleagues of the account have opened of late, and the account itself has not."""


BEHAVIOURS: Final = (
    Behaviour("bulk", "one patient a second", 300, 1, 0.08),
    Behaviour("medium", "one patient every 30 seconds", 150, 30, 0.4),
    Behaviour("slow", "one patient every five minutes", 80, 300, 0.3),
    Behaviour("prefix-sweep", "searches by two letters, in the order of the alphabet", 600, 4, 0.35, sweep=True),
    Behaviour("own-unit", "patients of the account's own colleagues", 40, 60, 0.6, own_unit=True),
)


@dataclass(frozen=True, slots=True)
class Theft:
    """A thief on an account: the rows to put into the night, and what the judge may be held against."""

    behaviour: str
    account: str
    rows: pa.Table
    """Schema EVENT, in the order of time."""


def theft(
    behaviour: Behaviour,
    own: pa.Table,
    loot: np.ndarray,
    *,
    day: int,
    token: bytes,
    rng: np.random.Generator,
) -> Theft:
    """Let a thief take `loot` (references, V17, in this order) with an account whose rows of the day are `own`.

    `own`: schema EVENT, one account, one UTC day (`day`, since 1970), at least one patient opened. The thief comes from
    a network (of the range that RFC 3849 keeps for documentation) and a machine that nobody has; both follow from
    `token`, which must be another one for each thief.
    """
    opened = own.filter(pa.array(opens(own)))
    template = opened.slice(int(rng.integers(len(opened))), 1)
    acts = _swept(loot) if behaviour.sweep else [("read", one, -1) for one in loot]
    moves = np.array([kind != "list" or place == 0 for place, (kind, _, _) in _within(acts)])
    steps = np.where(moves, behaviour.pause_s * rng.lognormal(0, behaviour.spread, len(acts)), 0.0)
    lasts = steps.sum()
    times = own["at"].cast(pa.int64()).to_numpy()
    latest = (day + 1) * DAY_US - int((lasts + 60) * SECOND_US)
    begins = min(int(rng.integers(times.min(), times.max() + 1)), latest)
    begins = max(begins, day * DAY_US)
    at = begins + (np.cumsum(steps) * SECOND_US).astype(np.int64)
    fits = at < (day + 1) * DAY_US
    at, acts = at[fits], [act for act, fine in zip(acts, fits.tolist(), strict=True) if fine]
    return Theft(behaviour.name, _text(template, "account"), _rows(template, acts, at, token))


def opens(rows: pa.Table) -> np.ndarray:
    """bool per row: a patient was opened (read or written, with success)."""
    action, outcome = (rows[name].cast(pa.string()).to_numpy(zero_copy_only=False) for name in ("action", "outcome"))
    return np.isin(action, ("read", "write")) & (outcome == "success") & rows["patient"].is_valid().to_numpy()


def lists(rows: pa.Table) -> np.ndarray:
    """bool per row: a patient was listed by a search."""
    return (rows["action"].cast(pa.string()).to_numpy(zero_copy_only=False) == "list") & (
        rows["patient"].is_valid().to_numpy()
    )


def moved(events: pa.Table, days: int) -> pa.Table:
    """Events (schema EVENT) so many days later, with the ids that go with it."""
    if not len(events):
        return events
    by = days * DAY_US
    for name in ("at", "received_at"):
        later = pa.array(events[name].cast(pa.int64()).to_numpy() + by)
        events = events.set_column(events.schema.get_field_index(name), EVENT.field(name), _times(later))
    raw = np.frombuffer(b"".join(events["event_id"].to_pylist()), np.uint8).reshape(-1, 16).copy()
    raw[:, :7] = _stamp(events["at"].cast(pa.int64()).to_numpy())
    ids = pa.array([one.tobytes() for one in raw], EVENT.field("event_id").type)
    return events.set_column(events.schema.get_field_index("event_id"), EVENT.field("event_id"), ids)


def _stamp(at: np.ndarray) -> np.ndarray:
    """The seven bytes by which the ids of these times begin."""
    return (at + (1 << 55)).astype(">u8").view(np.uint8).reshape(-1, 8)[:, 1:]


def _swept(loot: np.ndarray) -> list[tuple[str, Any, int]]:
    """(action, reference, search) of each act: PAGE are listed, then some of them opened, then the next search."""
    acts = []
    for search, start in enumerate(range(0, len(loot), PAGE)):
        page = loot[start : start + PAGE]
        acts += [("list", one, search) for one in page]
        acts += [("read", one, -1) for one in page[::8]]
    return acts


def _within(acts: list[tuple[str, Any, int]]) -> list[tuple[int, tuple[str, Any, int]]]:
    """Each act with its place in its search."""
    return [(place % (PAGE + len(range(0, PAGE, 8))), act) for place, act in enumerate(acts)]


def _rows(template: pa.Table, acts: list[tuple[str, Any, int]], at: np.ndarray, token: bytes) -> pa.Table:
    """Rows like the template's, with the acts and the thief's own network and machine."""
    count = len(acts)
    rows = template.take(pa.array(np.zeros(count, np.int64)))
    key = [_key(token, "request", search if search >= 0 else f"r{place}") for place, (_, _, search) in enumerate(acts)]
    network = _network(token)
    heads = [_LETTERS[s // 26 % 26] + _LETTERS[s % 26] if s >= 0 else None for _, _, s in acts]
    met: dict[int, int] = {}
    number = []
    for _, _, search in acts:  # a row's place in its line: a search tells all it lists in one
        number.append(met.get(search, 0) if search >= 0 else 0)
        met[search] = number[-1] + 1
    digest = [hashlib.blake2b(token + str(k).encode(), digest_size=9).digest() for k in key]
    first: dict[int, int] = {}
    for one, moment in zip(key, at.tolist(), strict=True):
        first.setdefault(one, moment)
    stamps = _stamp(np.array([first[one] for one in key], np.int64))
    told: dict[str, Any] = {
        "event_id": [stamp.tobytes() + tail for stamp, tail in zip(stamps, digest, strict=True)],
        "row": number,
        "at": _times(pa.array([first[one] for one in key])),
        "received_at": _times(pa.array([first[one] for one in key])),
        "token": [_key(token, "token")] * count,
        "address": [network.replace("::/48", "::1")] * count,
        "network": [network] * count,
        "device": [_key(token, "device")] * count,
        "action": [kind for kind, _, _ in acts],
        "outcome": ["success"] * count,
        "request": key,
        "patient": [bytes(one) for _, one, _ in acts],
        "patients": [None] * count,
        "query_kind": ["name" if search >= 0 else "none" for _, _, search in acts],
        "query_length": [2 if search >= 0 else 0 for _, _, search in acts],
        "query_head": heads,
        "page": [0] * count,
        "id_low": [-1] * count,
        "query_hash": [one if search >= 0 else 0 for one, (_, _, search) in zip(key, acts, strict=True)],
    }
    for name, values in told.items():
        field = EVENT.field(name)
        column = values if isinstance(values, pa.Array) else _column(values, field.type)
        rows = rows.set_column(rows.schema.get_field_index(name), field, column)
    return rows.select(EVENT.names)


def _column(values: list[Any], kind: pa.DataType) -> pa.Array:
    if pa.types.is_dictionary(kind):
        return pa.array(values, kind.value_type).dictionary_encode().cast(kind)
    return pa.array(values, kind)


def _times(at: pa.Array) -> pa.Array:
    return at.cast(pa.timestamp("us")).cast(EVENT.field("at").type)


def _key(token: bytes, *of: object) -> int:
    """A 64-bit number that only this thief has; never 0."""
    text = token + "/".join(map(str, of)).encode()
    return int.from_bytes(hashlib.blake2b(text, digest_size=8).digest(), "little") or 1


def _network(token: bytes) -> str:
    """A /48 of 2001:db8::/32, which no network has (RFC 3849)."""
    return f"2001:db8:{hashlib.blake2b(token, digest_size=2).hexdigest().lstrip('0') or '1'}::/48"


def _text(rows: pa.Table, name: str) -> str:
    told: str = rows[name].cast(pa.string())[0].as_py()
    return told
