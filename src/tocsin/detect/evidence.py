"""Evidence in columns: what each row added to its account's day."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from tocsin.model.evidence import EVIDENCE
from tocsin.model.rows import Names


@dataclass(slots=True)
class Evidence:
    """Gains of rows, in columns."""

    event_hi: np.ndarray
    event_lo: np.ndarray
    at: np.ndarray
    account: np.ndarray
    session: np.ndarray
    gain: np.ndarray
    weight: np.ndarray

    def __len__(self) -> int:
        return len(self.at)

    def join(self, other: Evidence) -> Evidence:
        """These and others."""
        return Evidence(*(np.concatenate([getattr(self, name), getattr(other, name)]) for name in self.__slots__))


def evidence_table(evidence: list[Evidence], accounts: Names) -> pa.Table:
    """Evidence as a table of schema `EVIDENCE`, in accepted order."""
    if not evidence:
        return EVIDENCE.empty_table()
    columns = {name: np.concatenate([getattr(e, name) for e in evidence]) for name in Evidence.__slots__}
    order = np.lexsort((columns["event_lo"], columns["event_hi"]))
    ids = np.stack([columns["event_hi"], columns["event_lo"]], axis=1).astype(">u8")[order]
    names = pa.array(accounts.names, pa.string())
    return pa.table(
        [
            pa.FixedSizeBinaryArray.from_buffers(pa.binary(16), len(order), [None, pa.py_buffer(ids.tobytes())]),
            pa.array(columns["at"][order]).cast(pa.timestamp("us")).cast(pa.timestamp("us", tz="UTC")),
            pa.DictionaryArray.from_arrays(pa.array(columns["account"][order], pa.int32()), names),
            pa.array(columns["session"][order]),
            pa.array(columns["gain"][order]),
            pa.array(columns["weight"][order]),
        ],
        schema=EVIDENCE,
    )
