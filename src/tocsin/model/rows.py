"""Event rows as plain vectors: what explain and detect compute on, one array per column, same length, same order."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, field, fields

import numpy as np
import pyarrow as pa

from tocsin.model.event import ACTIONS, OUTCOMES, QUERY_KINDS, codes_of

NOBODY = -1
"""Account number of a row that names no account."""

MICROSECONDS_A_DAY = 86_400_000_000


@dataclass(slots=True)
class Names:
    """Numbers for names, in the order in which they were first met; saved and resumed with the judge's state."""

    names: list[str] = field(default_factory=list)
    numbers: dict[str, int] = field(default_factory=dict)
    _keys: np.ndarray = field(default_factory=lambda: np.zeros(0, np.uint64))

    def keys(self) -> np.ndarray:
        """uint64 key of each name, by number: the same whatever the order in which the names came."""
        if len(self._keys) < len(self.names):
            new = [key_of(name) for name in self.names[len(self._keys) :]]
            self._keys = np.concatenate([self._keys, np.array(new, np.uint64)])
        return self._keys

    def number(self, name: str) -> int:
        """The number of a name, a new one if it is new."""
        found = self.numbers.get(name)
        if found is None:
            found = self.numbers[name] = len(self.names)
            self.names.append(name)
        return found


@dataclass(slots=True, frozen=True)
class Rows:
    """Vectors over event rows in accepted order. Keys are 64-bit; 0 means that the trail gives none."""

    event_hi: np.ndarray
    """uint64: first 8 bytes of the event id, big-endian (begins with the time)."""
    event_lo: np.ndarray
    """uint64: the other 8 bytes."""
    at: np.ndarray
    """int64, microseconds UTC."""
    account: np.ndarray
    """int32 number of the account in `Names`; NOBODY if the row names none."""
    service: np.ndarray
    """int32 number of the service in its own `Names`; -1 if none."""
    client: np.ndarray
    """uint64 key."""
    network: np.ndarray
    """uint64 key."""
    device: np.ndarray
    """uint64 key."""
    assurance: np.ndarray
    """uint8, 0 to 4."""
    action: np.ndarray
    """int8, position in ACTIONS."""
    outcome: np.ndarray
    """int8, position in OUTCOMES."""
    patient: np.ndarray
    """uint64 key of the person (8 bytes of the reference); 0 if the row names none."""
    query_kind: np.ndarray
    """int8, position in QUERY_KINDS."""
    query_hash: np.ndarray
    """uint64."""
    page: np.ndarray
    """int32, 0 if not paged."""
    id_low: np.ndarray
    """int16, -1 if not numeric."""
    country: np.ndarray
    """uint16: a number for the country of the network; 0 where no table tells."""

    def __len__(self) -> int:
        return len(self.at)

    def take(self, places: np.ndarray) -> Rows:
        """The rows at these places (positions or a mask), in that order."""
        return Rows(**{f.name: getattr(self, f.name)[places] for f in fields(self)})

    def days(self) -> np.ndarray:
        """int64 day numbers since 1970, UTC: the slice each row belongs to."""
        return self.at // MICROSECONDS_A_DAY


def key_of(text: str) -> int:
    """64-bit key of a text, never 0: not a secret, only a number for a name (BLAKE2b-64)."""
    digest = hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=8).digest()
    return int.from_bytes(digest, "little") or 1


def mix(a: np.ndarray, b: np.ndarray | np.uint64 | int) -> np.ndarray:
    """Join two vectors of keys into one 64-bit key (splitmix64 finaliser); never 0."""
    with np.errstate(over="ignore"):
        x = a.astype(np.uint64)
        x *= np.uint64(0x9E3779B97F4A7C15)
        x += np.asarray(b).astype(np.uint64, copy=False)
        shifted = x >> np.uint64(30)
        x ^= shifted
        x *= np.uint64(0xBF58476D1CE4E5B9)
        x ^= np.right_shift(x, np.uint64(27), out=shifted)
        x *= np.uint64(0x94D049BB133111EB)
        x ^= np.right_shift(x, np.uint64(31), out=shifted)
    x[x == 0] = 1
    return x


def references_of(column: pa.ChunkedArray | pa.Array) -> np.ndarray:
    """A column of 17-byte references as an array of dtype V17; null becomes zero bytes."""
    if isinstance(column, pa.ChunkedArray):
        column = column.combine_chunks() if column.num_chunks != 1 else column.chunk(0)
    if isinstance(column, pa.ChunkedArray):  # no chunk at all
        return np.zeros(0, "V17")
    if column.null_count:
        column = column.fill_null(b"\0" * 17)
    raw = np.frombuffer(column.buffers()[1], np.uint8, count=17 * len(column), offset=17 * column.offset)
    return raw.reshape(-1, 17).view("V17").ravel()


def keys_of_references(references: np.ndarray) -> np.ndarray:
    """V17 references -> uint64 keys, 8 bytes of the digest: odds of 3 in 10^6 that two of 10^7 share one."""
    raw = np.ascontiguousarray(references).view(np.uint8).reshape(-1, 17)
    return np.ascontiguousarray(raw[:, 1:9]).view("<u8").ravel()


def _plain(column: pa.ChunkedArray) -> np.ndarray:
    return column.to_numpy() if column.num_chunks else np.zeros(0, column.type.to_pandas_dtype())


def _numbers(
    column: pa.ChunkedArray, translate: Callable[[list[str]], list[int]], none: int, dtype: type
) -> np.ndarray:
    column = column.unify_dictionaries().combine_chunks()
    if isinstance(column, pa.ChunkedArray):
        if not column.num_chunks:
            return np.zeros(0, dtype)
        column = column.chunk(0)
    table: np.ndarray = np.array([*translate(column.dictionary.to_pylist()), none], dtype=dtype)
    indices = column.indices.fill_null(len(column.dictionary)) if column.null_count else column.indices
    return table[indices.to_numpy(zero_copy_only=False)]


def rows_of(
    events: pa.Table,
    *,
    accounts: Names,
    services: Names,
    person_of: Callable[[np.ndarray], np.ndarray] = lambda references: references,
    country_of: Callable[[list[str]], list[int]] | None = None,
) -> Rows:
    """Vectors of a table of events (schema EVENT, any chunks), numbering its accounts and services.

    `person_of` joins references to persons (V17 in, V17 out); by default each record is its own person. `country_of`
    gives numbers for the countries of networks, 0 for none.
    """
    ids = events["event_id"].combine_chunks() if events["event_id"].num_chunks != 1 else events["event_id"].chunk(0)
    if len(events):
        halves = np.frombuffer(ids.buffers()[1], ">u8", count=2 * len(ids), offset=16 * ids.offset).reshape(-1, 2)
    else:
        halves = np.zeros((0, 2), np.uint64)
    references = references_of(events["patient"])
    named = keys_of_references(references) != 0 if len(references) else np.zeros(0, bool)
    patient = np.zeros(len(events), np.uint64)
    if named.any():
        patient[named] = keys_of_references(person_of(references[named]))

    def keys(column: str) -> np.ndarray:
        return _numbers(events[column], lambda names: [key_of(name) for name in names], 0, np.uint64)

    return Rows(
        event_hi=halves[:, 0].astype(np.uint64),
        event_lo=halves[:, 1].astype(np.uint64),
        at=_plain(events["at"].cast(pa.int64())),
        account=_numbers(events["account"], lambda names: [accounts.number(n) for n in names], NOBODY, np.int32),
        service=_numbers(events["service"], lambda names: [services.number(n) for n in names], -1, np.int32),
        client=keys("client"),
        network=keys("network"),
        device=_plain(events["device"]),
        assurance=_plain(events["assurance"]),
        action=codes_of(events["action"], ACTIONS),
        outcome=codes_of(events["outcome"], OUTCOMES),
        patient=patient,
        query_kind=codes_of(events["query_kind"], QUERY_KINDS),
        query_hash=_plain(events["query_hash"]),
        page=_plain(events["page"]),
        id_low=_plain(events["id_low"]),
        country=_numbers(events["network"], country_of, 0, np.uint16)
        if country_of
        else np.zeros(len(events), np.uint16),
    )
