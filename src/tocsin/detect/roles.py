"""The role of each account, as numbers, and its key."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True, slots=True)
class Roles:
    """The role of each account, by number."""

    names: tuple[str, ...]
    codes: np.ndarray
    """int64 by account: position in `names`."""
    keys: np.ndarray
    """uint64 by account, whatever its number: see `Names.keys`."""

    @classmethod
    def of(cls, roles: list[str], keys: np.ndarray) -> Roles:
        """From a role code and a key for each account."""
        names = tuple(sorted(set(roles)))
        place = {name: i for i, name in enumerate(names)}
        return cls(names, np.array([place[role] for role in roles], np.int64), keys[: len(roles)])
