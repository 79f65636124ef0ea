"""Evidence in columns: what each row added to its account's day."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np
import pyarrow as pa

from tocsin.model.evidence import EVIDENCE
from tocsin.model.rows import Names

EVENTS_SHOWN: Final = 10
"""Of an alert."""


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


def heaviest_events(
    recent: Mapping[int, Iterable[Evidence]], account: int, *, since: int, crossed: tuple[int, int]
) -> tuple[str, ...]:
    """Ids of the events that added most to an account's weight since a time, the one that crossed a line included."""
    found: dict[tuple[int, int], int] = {(int(crossed[0]), int(crossed[1])): 1 << 60}
    for one in (evidence for runs in recent.values() for evidence in runs):
        for i in np.flatnonzero((one.account == account) & (one.gain > 0) & (one.at >= since)).tolist():
            event = (int(one.event_hi[i]), int(one.event_lo[i]))
            found[event] = max(found.get(event, 0), int(one.gain[i]))
    ranked = sorted(found, key=lambda event: (-found[event], event))[:EVENTS_SHOWN]
    return tuple(f"{hi:016x}{lo:016x}" for hi, lo in ranked)


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
