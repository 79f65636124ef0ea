"""What a detector sees: the rows of one batch in two orders, and what stood before.

*Session order*: by session, then accepted order; *account order*: by account, then accepted order. A detector gives one
whole number per row, in session order, which never falls within a session: how far the thing it watches has gone.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Protocol

import numpy as np

from tocsin.detect.segments import changes, ends_of, starts_of
from tocsin.model.event import ACTIONS
from tocsin.model.explained import Explained
from tocsin.model.rows import Rows

_OPENING = [ACTIONS.index(action) for action in ("read", "write", "export")]


class Picked:
    """Some rows of `Rows` or of `Explained`, in any order: a column is taken when it is first asked for."""

    def __init__(self, columns: Rows | Explained | Picked, places: np.ndarray) -> None:
        """The rows at these places."""
        self._columns: Rows | Explained
        self._places: np.ndarray
        if isinstance(columns, Picked):
            self._columns, self._places = columns._columns, columns._places[places]
        else:
            self._columns, self._places = columns, places

    def __getattr__(self, column: str) -> np.ndarray:
        """Called where the column was not asked for yet."""
        taken: np.ndarray = getattr(self._columns, column)[self._places]
        setattr(self, column, taken)
        return taken

    def __len__(self) -> int:
        return len(self._places)


@dataclass(slots=True)
class Carry:
    """State of one detector: per open session (in the order of the batch's sessions) and per account."""

    session: dict[str, np.ndarray]
    """Name -> int64 array over the sessions of the batch; a new session carries zeros."""
    account: dict[str, np.ndarray]
    """Name -> int64 array over the accounts of the batch (see `View.account_seg`)."""
    met: Callable[[np.ndarray], np.ndarray]
    """Which (session, something) keys were met before; uint64 in, bool out."""
    meet: list[tuple[np.ndarray, np.ndarray]]
    """Keys to remember as met, once the batch is committed, and the row of each."""


@dataclass(frozen=True, slots=True)
class Windows:
    """Tumbling windows [k w, (k + 1) w) of the rows' times, account by account, by account and window."""

    seg: np.ndarray
    """Number of its window for each row, 0, 1, ...; in account order."""
    first: np.ndarray
    """Position of the first row of each window, in account order."""
    number: np.ndarray
    """k, by window."""
    opening: np.ndarray
    closing: np.ndarray
    """The first and the last window of each account."""


@dataclass(frozen=True)
class View:
    """A batch. All vectors have one entry per row and are in session order unless said."""

    rows: Rows | Picked
    explained: Explained | Picked
    seg: np.ndarray
    """Session number within the batch, 0, 1, ..."""
    first: np.ndarray
    last: np.ndarray
    """Position of the first and the last row of each session."""
    session: np.ndarray
    """uint64 id of the session of each row."""
    goes_on: np.ndarray
    """bool: the session was open before this batch; by session."""
    account_order: np.ndarray
    """Positions (into session order) that put rows in account order."""
    account_seg: np.ndarray
    """Account number within the batch, 0, 1, ...; in account order."""
    marked: np.ndarray
    """bool: the row's patient is a honey patient."""
    pooled: np.ndarray
    """int64 (rows, 3): what other accounts did so far with what this row shares with them; see `pool`."""
    cohort: np.ndarray
    """int64: see `Cohort.count`."""

    @cached_property
    def opening(self) -> np.ndarray:
        """bool: a patient's record was read, written or exported."""
        rows = self.rows
        opening = np.logical_or.reduce([rows.action == action for action in _OPENING])
        return opening & (rows.patient != 0) & (rows.outcome == 0)

    @cached_property
    def account_first(self) -> np.ndarray:
        """Position of the first row of each account, in account order."""
        return starts_of(self.account_seg)

    @cached_property
    def account_last(self) -> np.ndarray:
        """Position of the last row of each account, in account order."""
        return ends_of(self.account_seg)

    @cached_property
    def _windows(self) -> dict[int, Windows]:
        return {}

    def windows(self, window_us: int) -> Windows:
        """The windows of that length in which the accounts are at work."""
        found = self._windows.get(window_us)
        if found is None:
            number = self.rows.at[self.account_order] // window_us
            new = changes(number) | changes(self.account_seg)
            seg, first = np.cumsum(new) - 1, new.nonzero()[0]
            opening, closing = seg[self.account_first], seg[self.account_last]
            found = self._windows[window_us] = Windows(seg, first, number[first], opening, closing)
        return found


class Detector(Protocol):
    """One way of watching. Each lives in a file of its own, with its source in the docstring."""

    @property
    def name(self) -> str:
        """Its name everywhere: settings, JSON, pages."""
        ...

    @property
    def family(self) -> str:
        """One of FAMILIES."""
        ...

    @property
    def session_state(self) -> tuple[str, ...]:
        """Names of what it keeps for an open session, each an int64 that begins at 0."""
        ...

    @property
    def account_state(self) -> tuple[str, ...]:
        """Names of what it keeps for an account, each an int64 that begins at 0; `count` does so every day."""
        ...

    def count(self, view: View, carry: Carry) -> np.ndarray:
        """int64 per row in session order, never falling within a session. Updates `carry` to the batch's end."""
        ...
