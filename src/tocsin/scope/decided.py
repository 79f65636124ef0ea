"""What people said of an account's sessions and lines: it beats what the evidence says.

| a person said                         | of                                       | the sessions are            |
|---------------------------------------|------------------------------------------|-----------------------------|
| `true`, `challenge-failed`            | the sessions that raised its alerts      | the thief's, all of them    |
| `challenge-passed`                    | the same                                 | the owner's                 |
| `false`, `expected`                   | every session begun by then              | the owner's                 |
| `not-mine`                            | the sessions named, those of the lines   | the thief's, all of them    |
| `mine`                                | the sessions named                       | the owner's                 |
| `mine`                                | lines named                              | those lines are the owner's |

Of one person the last word counts. Where two people differ nobody is believed: the session is `disputed`, and whom it
exposed is `unsure`, until they agree.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from tocsin.model.decision import SOMEBODY_ELSE, THE_OWNER, Decision
from tocsin.model.episode import Episode
from tocsin.scope.columns import Columns

NOTHING, DECIDED, DISPUTED, CLEARED = 0, 1, 2, 3


@dataclass(frozen=True, slots=True)
class Said:
    """What was said."""

    sessions: np.ndarray
    """int8 per session (rising ids): NOTHING, DECIDED (the thief's), DISPUTED or CLEARED (the owner's)."""
    mine: np.ndarray
    """bool per row: the owner says of this line that it was hers."""


def said_of(episode: Episode, columns: Columns, decisions: Iterable[Decision]) -> Said:
    """What was said of the sessions of these rows. `decisions` in accepted order; others' accounts are passed over."""
    ids, seg = np.unique(columns.session, return_inverse=True)
    started = np.full(len(ids), np.iinfo(np.int64).max, np.int64)
    np.minimum.at(started, seg, columns.at)
    words: dict[tuple[int, str], int] = {}
    mine = np.zeros(len(columns), bool)
    for decision in decisions:
        if decision.account != episode.account or decision.what not in (*SOMEBODY_ELSE, *THE_OWNER):
            continue
        lines = _lines(columns, decision.events)
        verdict = DECIDED if decision.what in SOMEBODY_ELSE else CLEARED
        if decision.what == "mine" and decision.events:
            mine |= lines
        else:
            mine &= ~(lines & (verdict == DECIDED))
            for place in _about(decision, episode, ids, started, np.unique(seg[lines])):
                words[place, decision.who] = verdict
    sessions = np.zeros(len(ids), np.int8)
    for (place, _), verdict in words.items():
        sessions[place] = verdict if sessions[place] in (NOTHING, verdict) else DISPUTED
    return Said(sessions, mine)


def _about(
    decision: Decision, episode: Episode, ids: np.ndarray, started: np.ndarray, of_lines: np.ndarray
) -> list[int]:
    """Places of the sessions that a decision is about."""
    if decision.what in ("false", "expected") and not decision.sessions:
        return list(np.flatnonzero(started <= decision.at).tolist())
    named: set[int] = set(decision.sessions)
    if not named and not decision.events:
        named = {alert.session for alert in episode.alerts if alert.at <= decision.at}
    found = np.flatnonzero(np.isin(ids, np.array(sorted(named), np.uint64)))
    return sorted({*found.tolist(), *of_lines.tolist()})


def _lines(columns: Columns, events: tuple[str, ...]) -> np.ndarray:
    """bool per row: its event is one of these (hexadecimal ids; what is none is passed over)."""
    known = [bytes.fromhex(event) for event in events if len(event) == 32 and not set(event) - set("0123456789abcdef")]
    if not known or not len(columns):
        return np.zeros(len(columns), bool)
    wanted = np.frombuffer(b"".join(known), ">u8").reshape(-1, 2).astype(np.uint64)
    return (columns.event[:, None, :] == wanted[None]).all(axis=2).any(axis=1)
