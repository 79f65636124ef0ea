"""Exposures: one row per episode, account and patient.

(1) rows in the window that may have shown a named patient, each with its certainty, its elements and by whom
(2) tellings of one act (same patient, same request id) are joined: the act is as sure as its surest telling, and by
    the strongest of BY that a telling gives
(3) a patient is exposed by the strongest of BY among the acts on them; what the others did is no exposure and is not
    counted: the elements that only the owner saw stay out of the thief's
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from tocsin.model.decision import Decision
from tocsin.model.episode import Episode
from tocsin.model.event import ACTIONS, PATIENT_BYTES, words
from tocsin.model.exposure import BY, CERTAINTIES, EFFECTS, EVENTS_SHOWN, EXPOSURE
from tocsin.scope.columns import Columns, columns_of, dictionary
from tocsin.scope.shown import NOT_EXPOSED, certainty, elements
from tocsin.scope.whom import LOOKBACK_DAYS, whom

_WRITE = ACTIONS.index("write")


@dataclass(frozen=True, slots=True)
class Acts:
    """Acts on named patients, in order of patient, then surest first, then oldest."""

    patient: np.ndarray
    """int64: place of the patient among the references, which rise."""
    by: np.ndarray
    certainty: np.ndarray
    elements: np.ndarray
    wrote: np.ndarray
    first_at: np.ndarray
    last_at: np.ndarray
    event: np.ndarray
    """(n, 2) uint64: the event that proves it: of the surest telling, the first."""

    def take(self, places: np.ndarray) -> Acts:
        """The acts at these places (positions or a mask)."""
        return Acts(**{f.name: getattr(self, f.name)[places] for f in fields(self)})


def exposures_of(
    episode: Episode,
    rows: pa.Table,
    sessions: pa.Table,
    services: Mapping[str, frozenset[str]],
    *,
    decisions: Iterable[Decision] = (),
    lookback_days: int = LOOKBACK_DAYS,
) -> pa.Table:
    """Whose data an episode exposed (schema EXPOSURE).

    `rows` (STORED_EVENT, any order): all that is stored of the account, without what was held; `sessions` (SESSION):
    its finished and open sessions; `services`: name -> categories of data it holds. Patients stay references.
    """
    columns = columns_of(rows)
    verdict = whom(episode, columns, sessions, decisions=decisions, lookback_days=lookback_days)
    sure = certainty(columns)
    # (1)
    counted = np.flatnonzero(verdict.inside & columns.named & (sure != NOT_EXPOSED))
    if not len(counted):
        return EXPOSURE.empty_table()
    chosen = rows.take(pa.array(counted))
    columns = columns.take(counted)
    references, patient = _patients(chosen["patient"])
    # (2)
    acts = _acts(patient, verdict.by[counted], sure[counted], elements(chosen, columns, services), columns)
    # (3)
    strongest = np.minimum.reduceat(acts.by, _starts(acts.patient))
    _, seg = np.unique(acts.patient, return_inverse=True)
    return _table(episode, references, acts.take(acts.by == strongest[seg]))


def _patients(column: pa.ChunkedArray) -> tuple[pa.Array, np.ndarray]:
    """(the references, rising; the place of each row's among them)."""
    encoded = dictionary(column)
    order = pc.sort_indices(encoded.dictionary.cast(pa.binary()))
    rank = np.empty(len(order), np.int64)
    rank[order.to_numpy()] = np.arange(len(order))
    return encoded.dictionary.take(order), rank[encoded.indices.to_numpy()]


def _acts(patient: np.ndarray, by: np.ndarray, sure: np.ndarray, bits: np.ndarray, columns: Columns) -> Acts:
    hi, lo = columns.event.T
    # Without a request id an event is an act of its own; its id's first half is far above any position in {0, 1}.
    one = np.where(columns.request != 0, columns.request, lo)
    two = np.where(columns.request != 0, np.uint64(0), hi)
    order = np.lexsort((lo, hi, sure, two, one, patient))
    starts = _starts(patient[order], one[order], two[order])
    first = order[starts]
    acts = Acts(
        patient=patient[first],
        by=np.minimum.reduceat(by[order], starts),
        certainty=sure[first],
        elements=np.bitwise_or.reduceat(bits[order], starts),
        wrote=np.logical_or.reduceat(columns.action[order] == _WRITE, starts),
        first_at=np.minimum.reduceat(columns.at[order], starts),
        last_at=np.maximum.reduceat(columns.at[order], starts),
        event=columns.event[first],
    )
    return acts.take(np.lexsort((acts.event[:, 1], acts.event[:, 0], acts.certainty, acts.patient)))


def _table(episode: Episode, references: pa.Array, acts: Acts) -> pa.Table:
    starts = _starts(acts.patient)
    size = np.diff(np.r_[starts, len(acts.patient)])
    by, patient = acts.by[starts], acts.patient[starts]
    altered = np.logical_or.reduceat(acts.wrote, starts)
    columns = [
        constant(episode.id, len(starts)),
        constant(episode.account, len(starts)),
        references.take(pa.array(patient)).cast(pa.binary(PATIENT_BYTES)),
        pa.array(np.bitwise_or.reduceat(acts.elements, starts)),
        words(acts.certainty[starts], CERTAINTIES),
        words(np.where(altered, EFFECTS.index("altered"), EFFECTS.index("read")), EFFECTS),
        words(by, BY),
        times(np.minimum.reduceat(acts.first_at, starts)),
        times(np.maximum.reduceat(acts.last_at, starts)),
        pa.array(size.astype(np.int32)),
        _events(acts, starts, size),
    ]
    return pa.table(columns, schema=EXPOSURE).take(pa.array(np.lexsort((patient, by))))


def _events(acts: Acts, starts: np.ndarray, size: np.ndarray) -> pa.ListArray:
    """The first EVENTS_SHOWN event ids of each patient."""
    rank = np.arange(len(acts.patient)) - np.repeat(starts, size)
    hi, lo = acts.event[rank < EVENTS_SHOWN].T
    ids = [f"{a:016x}{b:016x}" for a, b in zip(hi.tolist(), lo.tolist(), strict=True)]
    offsets = np.r_[0, np.cumsum(np.minimum(size, EVENTS_SHOWN))].astype(np.int32)
    return pa.ListArray.from_arrays(pa.array(offsets), pa.array(ids, pa.string()))


def _starts(*keys: np.ndarray) -> np.ndarray:
    """Where a new combination of sorted keys begins."""
    change = np.zeros(len(keys[0]), bool)
    change[:1] = True
    for key in keys:
        change[1:] |= key[1:] != key[:-1]
    return np.flatnonzero(change)


def constant(text: str, length: int) -> pa.DictionaryArray:
    """A column that says the same in every row."""
    return pa.DictionaryArray.from_arrays(pa.array(np.zeros(length, np.int32)), pa.array([text], pa.string()))


def times(microseconds: np.ndarray) -> pa.Array:
    """A column of times, from microseconds UTC."""
    return pa.array(microseconds.astype(np.int64)).cast(pa.timestamp("us", tz="UTC"))
