"""By whom: the thief, the owner, or nobody can tell; session by session, then row by row.

A session is the thief's, for the first reason that holds:

| reason      | the session...                              | because                                               |
|-------------|---------------------------------------------|-------------------------------------------------------|
| `alert`     | raised an alert of the episode              | its evidence crossed a line of known rarity           |
| `weight`    | weighs ln 100 by itself; or ln 20, away     | an owner's does once in 100, or once in 20, at most   |
|             | from the owner's own place, and most of its | (e-value); a new place alone can weigh ln 20, so the  |
|             | patients were not to be expected            | patients must speak against the owner too             |
| `decided`   | is somebody else's, a person said           | see `tocsin.scope.decided`; all its rows are          |
| `network`   | shares with one of the thief's a network... | ...that is no habit of the owner                      |
| `device`    | shares with one of the thief's a device...  | ...that is no habit of the owner                      |

else it is doubtful:

| reason      | the session...                              | because                                               |
|-------------|---------------------------------------------|-------------------------------------------------------|
| `tipped`    | raised an alert, but weighs less than ln 20 | it added the last drop to what a thief's session      |
|             | and most of its patients were expected,     | had filled; a professional at work does that too      |
|             | while another session weighs that much      |                                                       |
| `unweighed` | has no weight: it was open as a rung ended  | what is not weighed is not vouched for                |
| `disputed`  | is the owner's and somebody else's:         | of two people who differ neither is believed          |
|             | two people said                             |                                                       |
| `notable`   | weighs more than ln 2 by itself             | the evidence is against the owner, if only a little   |
| `shared`    | shares a network or device with one of the  | the owner may have come from there all along          |
|             | thief's, and no habit is known of the owner |                                                       |
|             | or with one that is his by less than ln 100 | guilt is passed on only from what is surely his       |
| `strange`   | comes, after the thief's first, from a      | thieves change networks and machines; so do owners    |
|             | place all of which is new                   |                                                       |

else the owner's (`quiet`; `cleared` where a person said so, which beats all of the above). Within it each row is read
with its place and with what explain says of the patient:

| session  | place of the row is not the owner's | the place is not told       | it is the owner's habit              |
|----------|-------------------------------------|-----------------------------|--------------------------------------|
| thief's  | thief                               | unexplained: thief; else unsure | unexplained: thief; else unsure  |
| doubtful | unsure                              | unsure                      | unexplained: unsure; explained: owner |
| owner's  | owner                               | owner                       | owner                                |

On the owner's own place two people may sit in one session (a stolen token, a terminal left open): there, what nothing
explains is the thief's, and what is explained may be either's. Nobody whom the thief may have seen is called the
owner's for being explained alone: the session must also be free of the thief's mark.

The window begins with the first session that is the thief's or doubtful, at most `lookback_days` before the first
alert, and ends with the rows.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from tocsin.model.decision import Decision
from tocsin.model.episode import Episode
from tocsin.model.evidence import MICRONATS
from tocsin.model.exposure import BY
from tocsin.model.rows import MICROSECONDS_A_DAY
from tocsin.scope.columns import Columns, plain
from tocsin.scope.decided import CLEARED, DECIDED, DISPUTED, said_of
from tocsin.scope.places import FOREIGN, OWN, Dimension, Places, expected_sessions, explained, places_of

LOOKBACK_DAYS = 14
"""A thief who stays quiet for longer than that is looked for by hand. From: the lengths of the thefts in the range."""

LOUD = round(np.log(20) * MICRONATS)
"""Micro-nats. An e-value is 20 or more at most once in 20 sessions of an owner (Markov). Five regions of the range,
38,983 sessions of accounts that no thief held: once in 127."""

SURE = round(np.log(100) * MICRONATS)
"""Micro-nats. At most once in 100 (Markov); of the same sessions once in 1,560, in the worst region once in 450."""

NOTABLE = round(np.log(2) * MICRONATS)
"""Micro-nats: as the judge's line for a family that has evidence."""

REASONS = (
    "alert", "weight", "decided", "network", "device",  # the thief's
    "tipped", "unweighed", "disputed", "notable", "shared", "strange",  # doubtful
    "quiet", "cleared",  # the owner's
)  # fmt: skip
"""Why a session is whose it is."""

THIEF, UNSURE, OWNER = (BY.index(word) for word in ("thief", "unsure", "owner"))
(
    _ALERT, _WEIGHT, _DECIDED, _NETWORK, _DEVICE,
    _TIPPED, _UNWEIGHED, _DISPUTED, _NOTABLE, _SHARED, _STRANGE,
    _QUIET, _CLEARED,
) = range(len(REASONS))  # fmt: skip


@dataclass(frozen=True, slots=True)
class Whom:
    """The verdict on an account's rows and sessions."""

    by: np.ndarray
    """int8 per row, position in BY."""
    inside: np.ndarray
    """bool per row: within the window."""
    session: np.ndarray
    """int64 per row: which of the `reason`s is its session's."""
    reason: np.ndarray
    """int8 per session (rising ids), position in REASONS."""

    def session_by(self) -> np.ndarray:
        """int8 per session, position in BY."""
        return np.where(self.reason <= _DEVICE, THIEF, np.where(self.reason < _QUIET, UNSURE, OWNER)).astype(np.int8)


def whom(
    episode: Episode,
    columns: Columns,
    sessions: pa.Table,
    *,
    decisions: Iterable[Decision] = (),
    lookback_days: int = LOOKBACK_DAYS,
) -> Whom:
    """Say of every row by whom it was done.

    `sessions`: schema SESSION, those of the account; `decisions`: what people said, in accepted order.
    """
    ids, seg = np.unique(columns.session, return_inverse=True)
    if not len(ids):
        return Whom(*(np.zeros(0, dtype) for dtype in (np.int8, bool, np.int64, np.int8)))
    weight, weighed = _weights(ids, sessions)
    started = _earliest(columns.at, seg, len(ids))
    ended = -_earliest(-columns.at, seg, len(ids))
    said = said_of(episode, columns, decisions)
    cleared, decided = said.sessions == CLEARED, said.sessions == DECIDED
    reach = ended >= episode.opened_at - lookback_days * MICROSECONDS_A_DAY

    # (1) what is suspect by itself
    reason = np.full(len(ids), _QUIET, np.int8)
    reason[weight > NOTABLE] = _NOTABLE
    reason[~weighed] = _UNWEIGHED
    alerted = np.isin(ids, np.array([alert.session for alert in episode.alerts], np.uint64)) & ~cleared
    # (2) what the owner's habits were before
    began = int(started[alerted].min(initial=episode.opened_at))
    quiet = (reason == _QUIET) & ~alerted
    places = places_of(columns, quiet=quiet[seg], before=began // MICROSECONDS_A_DAY, vouched=cleared[seg])
    # (3) what is the thief's by itself
    away = _any(places.kind() != OWN, seg, len(ids))
    expected = _any(expected_sessions(columns), seg, len(ids))
    loud = (weight >= SURE) | ((weight >= LOUD) & away & ~expected)
    reason[loud] = _WEIGHT
    little = alerted & weighed & (weight < LOUD) & expected
    tipped = little & (loud & reach).any()
    reason[alerted] = _ALERT
    reason[tipped] = _TIPPED
    reason[~reach] = _QUIET
    reason[decided], reason[said.sessions == DISPUTED], reason[cleared] = _DECIDED, _DISPUTED, _CLEARED
    reach = (reach | decided) & ~cleared
    # (4) who shares the thief's place, or comes from a strange one
    surely = (reason == _ALERT) | decided | ((reason == _WEIGHT) & (weight >= SURE))
    _link(reason, seg, reach, places, surely=surely, nobody_before=not bool((started < began).any()))
    since = int(started[reason <= _DEVICE].min(initial=began))
    strange = _any(places.strange_throughout(), seg, len(ids))
    reason[(reason == _QUIET) & reach & strange & (started >= since)] = _STRANGE
    # (5) row by row
    opened = int(started[reason < _QUIET].min(initial=began))
    by = _rows_by(reason[seg], places.kind(), explained(columns))
    by[said.mine] = OWNER
    return Whom(by, columns.at >= opened, seg, reason)


def _weights(ids: np.ndarray, sessions: pa.Table) -> tuple[np.ndarray, np.ndarray]:
    """(micro-nats, whether there is one) of each session; the heaviest where it is told twice."""
    weight = np.full(len(ids), np.iinfo(np.int64).min, np.int64)
    told = plain(sessions["session"]).astype(np.uint64)
    place = np.minimum(np.searchsorted(ids, told), len(ids) - 1)
    here = ids[place] == told
    np.maximum.at(weight, place[here], plain(sessions["weight"])[here])
    return weight, weight > np.iinfo(np.int64).min


def _link(
    reason: np.ndarray, seg: np.ndarray, reach: np.ndarray, places: Places, *, surely: np.ndarray, nobody_before: bool
) -> None:
    """Give to the thief every session that shares an unestablished network or device with one surely his, to the end.

    Where the owner has no habit a link only raises a doubt, unless the account was not at work before at all; so does
    a link to a session that is his by a little weight.
    """
    count = len(reason)
    sources, before = surely & (reason <= _DEVICE), -1
    while int(sources.sum()) != before:
        before = int(sources.sum())
        for word, dimension in ((_NETWORK, places.network), (_DEVICE, places.device)):
            shared = _any(_shared(dimension, sources[seg]), seg, count) & reach
            if dimension.telling or nobody_before:
                reason[shared & (reason > _DEVICE)] = word
                sources = sources | shared
            else:
                reason[shared & (reason > _SHARED)] = _SHARED
    for dimension in (places.network, places.device):
        shared = _any(_shared(dimension, (reason <= _DEVICE)[seg]), seg, count) & reach
        reason[shared & (reason > _SHARED)] = _SHARED


def _shared(dimension: Dimension, theirs: np.ndarray) -> np.ndarray:
    """bool per row: it comes from something new that the thief's rows came from."""
    return dimension.new & np.isin(dimension.code, np.unique(dimension.code[theirs & dimension.new]))


def _rows_by(reason: np.ndarray, place: np.ndarray, expected: np.ndarray) -> np.ndarray:
    """The second table of the module."""
    thief, doubtful = reason <= _DEVICE, (reason > _DEVICE) & (reason < _QUIET)
    by = np.full(len(reason), OWNER, np.int8)
    by[doubtful & ~((place == OWN) & expected)] = UNSURE
    by[thief] = UNSURE
    by[thief & ((place == FOREIGN) | ~expected | (reason == _DECIDED))] = THIEF
    return by


def _earliest(values: np.ndarray, seg: np.ndarray, count: int) -> np.ndarray:
    found = np.full(count, np.iinfo(np.int64).max, np.int64)
    np.minimum.at(found, seg, values)
    return found


def _any(flags: np.ndarray, seg: np.ndarray, count: int) -> np.ndarray:
    return np.bincount(seg[flags], minlength=count) > 0
