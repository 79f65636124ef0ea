"""One account's events in order, its own and the injected ones, and what each of them is."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from .load import DAY, Log
from .touches import Touches

GAP = 30 * 60
"""A session is over when nothing happened for longer than this."""


@dataclass(frozen=True)
class Events:
    """Events to be judged, oldest first."""

    t: np.ndarray
    path: np.ndarray
    opening: np.ndarray
    injected: np.ndarray

    @classmethod
    def own(cls, log: Log, account: int, *, injected: bool = False) -> "Events":
        rows = log.rows_of[account]
        return cls(log.t[rows], log.path[rows], log.opening[rows], np.full(len(rows), injected))

    def between(self, start: float = -np.inf, end: float = np.inf) -> "Events":
        kept = (self.t >= start) & (self.t < end)
        return Events(self.t[kept], self.path[kept], self.opening[kept], self.injected[kept])

    def joined(self, other: "Events") -> "Events":
        """Both, in order of time; of the same second, ours first."""
        t = np.concatenate([self.t, other.t])
        order = np.argsort(t, kind="stable")
        columns = zip(
            (self.path, self.opening, self.injected), (other.path, other.opening, other.injected), strict=True
        )
        return Events(t[order], *(np.concatenate(pair)[order] for pair in columns))


@dataclass(frozen=True)
class Stream:
    """What a detector sees of one account. Columns run parallel to `events`; each looks only backwards."""

    log: Log
    touches: Touches
    account: int
    events: Events
    live_colleagues: bool = False
    """Whether folders that the thief opened on an earlier day make colleagues, as they would in service.

    The published table has it false: colleagues come from the log as it was recorded. See docs/explanation/clue.md.
    """

    @cached_property
    def t(self) -> np.ndarray:
        return self.events.t

    @cached_property
    def folder(self) -> np.ndarray:
        return self.log.folder_of[self.events.path]

    @cached_property
    def unit(self) -> np.ndarray:
        return self.log.unit_of[self.events.path]

    @cached_property
    def new(self) -> np.ndarray:
        """Openings of a path that this account has not touched before."""
        return first_of_its_kind(self.events.path) & self.events.opening

    @cached_property
    def unexplained(self) -> np.ndarray:
        """New, in a folder and a unit never touched by the account, and no colleague was there in the last seven days.

        Colleagues are those of the start of the (UTC) day: what is touched today explains nothing today.
        """
        unexplained = self.new & first_of_its_kind(self.folder) & first_of_its_kind(self.unit)
        day, colleagues = None, None
        for i in np.flatnonzero(unexplained):
            at = int(self.t[i])
            if day != at // DAY * DAY:
                day = at // DAY * DAY
                colleagues = self._colleagues(day)
            unexplained[i] = not self.touches.explained(
                self.events.path[i], self.folder[i], at=at, colleagues=colleagues
            )
        return unexplained

    def _colleagues(self, day: int) -> np.ndarray:
        if self.live_colleagues:
            folders = np.unique(self.folder[self.t < day])
        else:
            folders = self.touches.folders(self.account, day=day)
        return self.touches.colleagues(self.account, folders, day=day)


def sessions(t: np.ndarray) -> np.ndarray:
    """The number of the session of each event."""
    return np.cumsum(np.diff(t, prepend=t[:1]) > GAP)


def first_of_its_kind(column: np.ndarray) -> np.ndarray:
    mask = np.zeros(len(column), dtype=bool)
    mask[np.unique(column, return_index=True)[1]] = True
    return mask
