"""Events met: which of some events no earlier batch brought, without reading the day's parts for each batch."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from typing import Final

import numpy as np
import pyarrow as pa

from tocsin.model.runs import add_run
from tocsin.store.interface import stored

DAYS_KEPT: Final = 4
"""Days whose ids stay in memory, 16 bytes an event; others are read again when they are touched."""


@dataclass(slots=True)
class Met:
    """Event ids by day: what the parts hold when the day is first touched, and what came since."""

    read: Callable[[int], np.ndarray]
    """Ids that the parts hold of a day, sorted, dtype S16."""
    runs: dict[int, list[np.ndarray]] = field(default_factory=dict)
    """Sorted runs, each at least twice as long as the next."""

    def new(self, day: int, events: pa.Table) -> pa.Table:
        """Those of some events of a day (each once) that were not met before; from now on they are."""
        ids = _ids(events)
        runs = self.runs.get(day)
        if runs is None:
            runs = self.runs[day] = [self.read(day)]
        fresh = np.ones(len(ids), bool)
        for run in runs:
            fresh &= ~stored(run, ids)
        add_run(runs, _distinct(ids[fresh]), lambda before, last: np.sort(np.concatenate([before, last])))
        return events if fresh.all() else events.filter(pa.array(fresh))

    def forget(self, *, but: Collection[int] = ()) -> None:
        """Keep the latest days only, and those of which the parts do not hold all that was met."""
        for day in sorted(self.runs)[:-DAYS_KEPT]:
            if day not in but:
                del self.runs[day]

    def clear(self) -> None:
        """Others have written parts: read them again."""
        self.runs.clear()


def _ids(events: pa.Table) -> np.ndarray:
    column = events["event_id"].combine_chunks()
    if isinstance(column, pa.ChunkedArray):
        column = column.chunk(0)
    return np.frombuffer(column.buffers()[1], "S16", count=len(column), offset=16 * column.offset)


def _distinct(ids: np.ndarray) -> np.ndarray:
    """Each once, of ids that rise."""
    return ids[np.append(True, ids[1:] != ids[:-1])] if len(ids) else ids
