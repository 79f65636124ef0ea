"""A block: some whole lines of a source, and where they stand."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Protocol

import numpy as np
import pyarrow as pa

from tocsin.model.rejected import Rejected

MAX_LINE_BYTES: Final = 16 * 1024 * 1024
"""A longer line is rejected as `too-long`. From: the trail contract."""


@dataclass(frozen=True, slots=True)
class Block:
    """Whole lines, each ended by a line feed (the last line of a file may lack it)."""

    data: bytes
    segment: int
    """Ledger segment; -1 if none."""
    offset: int
    """Byte of the segment at which `data` begins."""
    overlong: tuple[tuple[int, int], ...] = ()
    """(offset, length) of lines over MAX_LINE_BYTES that are in the ledger but not in `data`."""


@dataclass(frozen=True, slots=True)
class Parsed:
    """What a parser makes of a block. `lines = events + len(rejected)`, duplicates not yet told apart."""

    events: pa.Table
    """Schema EVENT, in the order of the lines; several rows for a line that names several patients."""
    identities: pa.Table
    """Schema IDENTITY: the distinct identifiers of patients in this block. For the door's vault, nowhere else."""
    rejected: tuple[Rejected, ...]
    lines: int
    """Lines that are not blank, the overlong included."""
    accepted: int
    """Lines that became at least one event row."""


IDENTITY: Final = pa.schema(
    [
        pa.field("patient", pa.binary(17), nullable=False),
        pa.field("system", pa.string(), nullable=False),
        pa.field("value", pa.string(), nullable=False),
    ]
)
"""Reference -> identifier. `system` is "Patient" and `value` the id for a FHIR reference."""


class References(Protocol):
    """What a parser may ask of the door: keyed names for identities, nothing back."""

    def patients(self, system: str, values: list[str]) -> np.ndarray:
        """References of records: array of shape (n,), dtype `V17`. A FHIR reference has the system "Patient"."""

    def keyed(self, domain: str, values: list[str]) -> np.ndarray:
        """Keyed BLAKE2b-64 of texts, shape (n,), uint64, never 0; `domain` keeps tokens, devices, queries apart."""
