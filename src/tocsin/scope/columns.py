"""What scope reads of an account's rows, as vectors of one length."""

from __future__ import annotations

from dataclasses import dataclass, fields

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from tocsin.model.event import ACTIONS, OUTCOMES, codes_of, reasons_in
from tocsin.model.rows import MICROSECONDS_A_DAY

ABSENT = -1
"""Code of a place that the row does not name."""


@dataclass(frozen=True, slots=True)
class Columns:
    """Rows of one account. The order of rows means nothing here: every result is the same in any other."""

    event: np.ndarray
    """(n, 2) uint64: the two halves of the event id; they sort as the ids do."""
    at: np.ndarray
    """int64 microseconds UTC."""
    session: np.ndarray
    """uint64."""
    network: np.ndarray
    """int64 code; ABSENT if the row names none."""
    device: np.ndarray
    """int64 code; ABSENT if the row names none."""
    action: np.ndarray
    """int8, position in ACTIONS."""
    outcome: np.ndarray
    """int8, position in OUTCOMES."""
    reason: np.ndarray
    """int8, position in REASONS; what a region has added comes after."""
    request: np.ndarray
    """uint64; 0 if the row names none."""
    named: np.ndarray
    """bool: the row names a patient."""

    def __len__(self) -> int:
        return len(self.at)

    def days(self) -> np.ndarray:
        """int64 day numbers since 1970, UTC."""
        return self.at // MICROSECONDS_A_DAY

    def take(self, places: np.ndarray) -> Columns:
        """The rows at these places (positions or a mask)."""
        return Columns(**{f.name: getattr(self, f.name)[places] for f in fields(self)})


def columns_of(rows: pa.Table) -> Columns:
    """Vectors of a table of schema STORED_EVENT."""
    device = plain(rows["device"])
    _, device_code = np.unique(device, return_inverse=True)
    return Columns(
        event=_halves(rows["event_id"]),
        at=plain(rows["at"].cast(pa.int64())),
        session=plain(rows["session"]),
        network=codes(rows["network"]),
        device=np.where(device == 0, ABSENT, device_code).astype(np.int64),
        action=codes_of(rows["action"], ACTIONS),
        outcome=codes_of(rows["outcome"], OUTCOMES),
        reason=codes_of(rows["explained_by"], reasons_in(rows["explained_by"])),
        request=plain(rows["request"]),
        named=plain(pc.is_valid(rows["patient"])).astype(bool),
    )


def plain(column: pa.ChunkedArray) -> np.ndarray:
    """A column of numbers as a vector."""
    return column.to_numpy() if len(column) else np.zeros(0, np.int64)


def dictionary(column: pa.ChunkedArray) -> pa.DictionaryArray:
    """A column as one dictionary array, null where the value is."""
    if not pa.types.is_dictionary(column.type):
        column = column.dictionary_encode()
    combined = column.unify_dictionaries().combine_chunks()
    if isinstance(combined, pa.ChunkedArray):
        return combined.chunk(0) if combined.num_chunks else pa.array([], column.type)
    return combined


def codes(column: pa.ChunkedArray) -> np.ndarray:
    """int64 code of each value, ABSENT where it is null."""
    indices = dictionary(column).indices
    return indices.fill_null(ABSENT).to_numpy(zero_copy_only=False).astype(np.int64)


def _halves(column: pa.ChunkedArray) -> np.ndarray:
    if not len(column):
        return np.zeros((0, 2), np.uint64)
    ids = pa.concat_arrays(column.chunks)
    halves = np.frombuffer(ids.buffers()[1], ">u8", count=2 * len(ids), offset=16 * ids.offset)
    return halves.reshape(-1, 2).astype(np.uint64)
