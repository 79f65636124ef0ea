"""What a detector sees: the rows of one batch in two orders, and what stood before.

*Session order*: by session, then accepted order; *account order*: by account, then accepted order. A detector gives one
whole number per row, in session order, which never falls within a session: how far the thing it watches has gone.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from tocsin.model.explained import Explained
from tocsin.model.rows import Rows


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
class View:
    """A batch. All vectors have one entry per row and are in session order unless said."""

    rows: Rows
    explained: Explained
    seg: np.ndarray
    """Session number within the batch, 0, 1, ..."""
    first: np.ndarray
    last: np.ndarray
    """Position of the first and the last row of each session."""
    session: np.ndarray
    """uint64 id of the session of each row."""
    account_order: np.ndarray
    """Positions (into session order) that put rows in account order."""
    account_seg: np.ndarray
    """Account number within the batch, 0, 1, ...; in account order."""
    marked: np.ndarray
    """bool: the row's patient is a honey patient."""
    pooled: np.ndarray
    """int64 (rows, 3): what other accounts did so far with what this row shares with them; see `pool`."""


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
