"""What the judge was told, kept as columns for those that are compared with it: the same acts, the same reasons."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field, fields

import numpy as np

from tocsin.explain.explainer import Explainer
from tocsin.model.explained import NEW_CLIENT, NEW_DEVICE, NEW_NETWORK, Explained
from tocsin.model.rows import Names, Rows

_NEW_PLACE = NEW_NETWORK | NEW_DEVICE | NEW_CLIENT


@dataclass(frozen=True, slots=True)
class Acts:
    """Rows that name an account, one entry each."""

    account: np.ndarray
    """int32 numbers of `Names`."""
    at: np.ndarray
    """int64 microseconds."""
    action: np.ndarray
    """int8, position in ACTIONS; -1 if it failed."""
    patient: np.ndarray
    """uint64 key of the person; 0 if none."""
    unit: np.ndarray
    """uint64 key of the unit of a stranger: first opened here, and nothing explains it; else 0."""
    new_place: np.ndarray
    """bool: the account's first row from this network, device or client."""

    def __len__(self) -> int:
        return len(self.at)

    def take(self, places: np.ndarray) -> Acts:
        """The acts at these places (positions or a mask)."""
        return Acts(*(getattr(self, one.name)[places] for one in fields(self)))

    def renumbered(self, names: Names, into: Names) -> Acts:
        """The same, with the numbers that other `Names` give."""
        number = np.array([into.number(name) for name in names.names], np.int32)
        return Acts(number[self.account], *(getattr(self, one.name) for one in fields(self)[1:]))

    def of(self, accounts: Collection[int]) -> Acts:
        """The acts of some accounts."""
        return self.take(np.isin(self.account, np.array(sorted(accounts), np.int32)))

    def in_order(self) -> Acts:
        """By account, then time."""
        return self.take(np.lexsort((self.at, self.account)))


def joined(parts: list[Acts]) -> Acts:
    """Acts after one another."""
    return Acts(*(np.concatenate([getattr(part, one.name) for part in parts]) for one in fields(Acts)))


@dataclass(slots=True)
class Watched(Explainer):
    """Explain as it is, with what went through it kept until it is taken."""

    seen: list[Acts] = field(default_factory=list)

    @classmethod
    def of(cls, explainer: Explainer) -> Watched:
        """In the place of an explainer into which nothing has gone yet."""
        return cls(**{one.name: getattr(explainer, one.name) for one in fields(explainer) if one.init})

    def remember(self, rows: Rows, explained: Explained) -> None:
        """Take in the rows, and keep them."""
        some = rows.account >= 0
        self.seen.append(
            Acts(
                rows.account[some],
                rows.at[some],
                np.where(rows.outcome == 0, rows.action, -1).astype(np.int8)[some],
                rows.patient[some],
                explained.unit[some],
                (explained.novelty[some] & _NEW_PLACE) != 0,
            )
        )
        Explainer.remember(self, rows, explained)

    def taken(self) -> Acts:
        """What was kept, and is no longer."""
        kept, self.seen = self.seen, []
        return joined(kept)
