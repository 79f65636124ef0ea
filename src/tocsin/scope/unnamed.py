"""Acts that showed patients whom the trail does not name: a search whose result is not told, a bulk export.

They expose nobody by name. They are counted, so that nobody reads "these and no others" where it cannot be said.
"""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import pyarrow as pa

from tocsin.model.decision import Decision
from tocsin.model.episode import Episode
from tocsin.model.event import ACTIONS, words
from tocsin.model.exposure import BY, UNNAMED
from tocsin.scope.columns import columns_of, plain
from tocsin.scope.exposures import constant
from tocsin.scope.shown import NOT_EXPOSED, certainty
from tocsin.scope.whom import LOOKBACK_DAYS, whom

_ADMIN = ACTIONS.index("admin")


def unnamed_of(
    episode: Episode,
    rows: pa.Table,
    sessions: pa.Table,
    *,
    decisions: Iterable[Decision] = (),
    lookback_days: int = LOOKBACK_DAYS,
) -> pa.Table:
    """Acts without a named patient in the window, by whom and by action (schema UNNAMED); arguments as `exposures_of`.

    A search is not counted where rows of the same request name its result. Rows of one request and query are one act;
    where one telling holds the query and another does not, the one that does is counted. `patients` adds up what the
    trail counts, 0 where it counts nothing.
    """
    columns = columns_of(rows)
    verdict = whom(episode, columns, sessions, decisions=decisions, lookback_days=lookback_days)
    told = np.unique(columns.request[columns.named & (columns.request != 0)])
    shows = (certainty(columns) != NOT_EXPOSED) & (columns.action != _ADMIN)
    chosen = np.flatnonzero(verdict.inside & ~columns.named & shows & ~np.isin(columns.request, told))
    table = pa.table(
        {
            "by": verdict.by[chosen],
            "action": columns.action[chosen],
            "request": columns.request[chosen],
            "event": np.where(columns.request[chosen] != 0, 0, columns.event[chosen, 1]),
            "query": plain(rows["query_hash"])[chosen],
            "page": plain(rows["page"])[chosen],
            "patients": plain(rows["patients"].fill_null(0))[chosen],
        }
    )
    acts = table.group_by(["action", "request", "event", "query", "page"]).aggregate(
        [("by", "min"), ("patients", "max")]
    )
    acts = acts.filter(pa.array(~_silent_tellings(acts)))
    counts = acts.group_by(["by_min", "action"]).aggregate([([], "count_all"), ("patients_max", "sum")])
    counts = counts.sort_by([("by_min", "ascending"), ("action", "ascending")])
    return pa.table(
        [
            constant(episode.id, len(counts)),
            words(plain(counts["by_min"]), BY),
            words(plain(counts["action"]), ACTIONS),
            counts["count_all"].cast(pa.int64()),
            counts["patients_max_sum"].cast(pa.int64()).fill_null(0),
        ],
        schema=UNNAMED,
    )


def _silent_tellings(acts: pa.Table) -> np.ndarray:
    """bool per act: it has a request but no query, and another telling of that request has one."""
    request, query = plain(acts["request"]), plain(acts["query"])
    return (request != 0) & (query == 0) & np.isin(request, request[query != 0])
