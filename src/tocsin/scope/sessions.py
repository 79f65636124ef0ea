"""The sessions of an episode's window, with whose they are and why: what is shown to whoever must answer for it."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import pyarrow as pa

from tocsin.model.decision import Decision
from tocsin.model.episode import Episode
from tocsin.model.event import words
from tocsin.model.exposure import BY, SCOPED_SESSION
from tocsin.scope.columns import columns_of
from tocsin.scope.exposures import constant, times
from tocsin.scope.whom import LOOKBACK_DAYS, REASONS, whom


def sessions_by(
    episode: Episode,
    rows: pa.Table,
    sessions: pa.Table,
    *,
    decisions: Iterable[Decision] = (),
    lookback_days: int = LOOKBACK_DAYS,
) -> pa.Table:
    """One row per session that reaches into the window (schema SCOPED_SESSION); arguments as for `exposures_of`."""
    columns = columns_of(rows)
    verdict = whom(episode, columns, sessions, decisions=decisions, lookback_days=lookback_days)
    inside = np.flatnonzero(verdict.inside)
    which, seg = np.unique(verdict.session[inside], return_inverse=True)
    ids = np.unique(columns.session)[which]
    at = columns.at[inside]
    started = np.full(len(which), np.iinfo(np.int64).max, np.int64)
    ended = np.full(len(which), np.iinfo(np.int64).min, np.int64)
    np.minimum.at(started, seg, at)
    np.maximum.at(ended, seg, at)
    table = pa.table(
        [
            constant(episode.id, len(which)),
            pa.array(ids.astype(np.uint64)),
            words(verdict.session_by()[which], BY),
            words(verdict.reason[which], REASONS),
            times(started),
            times(ended),
            pa.array(np.bincount(seg, minlength=len(which)).astype(np.int64)),
        ],
        schema=SCOPED_SESSION,
    )
    return table.take(pa.array(np.lexsort((ids, started))))
