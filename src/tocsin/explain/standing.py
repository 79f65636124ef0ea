"""How an account came into being: who vouches for it on its first day, as far as was known at the time."""

from __future__ import annotations

from typing import Final

import numpy as np

from tocsin.explain.staff import Staff
from tocsin.model.explained import HELD, NOWHERE, PLACED, STRUCK_OFF, UNKNOWN
from tocsin.model.rows import MICROSECONDS_A_DAY, Rows

FIRST_WEEK: Final = 7
"""Days of a trail in which nearly everybody who works shows up."""


def unplaced(
    rows: Rows, new: np.ndarray, staff: Staff, actors: list[str | None], first_day: dict[int, int]
) -> np.ndarray:
    """int8 per row, as `Explained.unplaced`; `new`: rows of a newcomer's first day.

    `actors` and `first_day` are by account number.
    """
    found = np.zeros(len(rows), np.int8)
    places = np.flatnonzero(new)
    for account in np.unique(rows.account[places]).tolist():
        theirs, actor = places[rows.account[places] == account], actors[account]
        found[theirs] = _known(staff, actor, rows.at[theirs])
        since = int(rows.at[theirs[0]] // MICROSECONDS_A_DAY) - FIRST_WEEK
        others = (number for number, one in enumerate(actors) if actor and one == actor and number != account)
        if any(first_day[number] <= since for number in others if number in first_day):
            found[theirs] = np.maximum(found[theirs], HELD)
    return found


def _known(staff: Staff, actor: str | None, at: np.ndarray) -> np.ndarray:
    """int8 at each time (microseconds): who vouches for an actor, as a directory knew it then."""
    found = np.full(len(at), UNKNOWN, np.int8)
    if actor is None:
        return found
    known = staff.roles_known.get(actor)
    if known is not None:
        found[at >= known] = NOWHERE
    for post in staff.posts.get(actor, ()):
        found[(at >= max(post.starts, post.known_at)) & (at <= post.ends)] = PLACED
    if actor in staff.entrusted:
        found[:] = PLACED
    struck = staff.struck_off.get(actor)
    if struck:
        told = sorted(struck | staff.listed.get(actor, set()))
        over = np.array([False, *(when in struck for when in told)])  # what was told last holds, until then nothing
        found[over[np.searchsorted(told, at, side="right")]] = STRUCK_OFF
    return found
