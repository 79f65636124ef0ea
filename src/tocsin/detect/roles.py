"""The role of each account, as numbers."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True, slots=True)
class Roles:
    """The role of each account, by number."""

    names: tuple[str, ...]
    codes: np.ndarray
    """int64 by account: position in `names`."""

    @classmethod
    def of(cls, roles: list[str]) -> Roles:
        """From a role code for each account."""
        names = tuple(sorted(set(roles)))
        place = {name: i for i, name in enumerate(names)}
        return cls(names, np.array([place[role] for role in roles], np.int64))
