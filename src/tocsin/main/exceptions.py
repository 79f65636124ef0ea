"""Exceptions: what people expect of accounts, why, who answers for it, and until when.

An account has one at a time. It ends by itself, when it is withdrawn, when another takes its place, or when somebody
finds the account stolen.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from tocsin.detect.registry import NAMES
from tocsin.detect.weight import CONTENT, OWN_BINS, bins
from tocsin.errors import Usage
from tocsin.main.tables import instant
from tocsin.main.words import say
from tocsin.model.decision import Decision, exception_id
from tocsin.model.rows import MICROSECONDS_A_DAY

if TYPE_CHECKING:
    from tocsin.main.inspect import Reading

USUAL: Final = timedelta(days=30)
LONGEST: Final = timedelta(days=365)
EXCEPTED: Final = tuple(name for name in NAMES[:CONTENT] if not name.startswith("sharing"))
"""Detectors an exception may cover: what the account itself opens, lists and searches. Not what others do where it
works (`sharing` and its kin), not what is new about a sign-in, not honey."""


@dataclass(frozen=True, slots=True)
class Excepted:
    """An exception, and what became of it."""

    id: str
    account: str
    caps: tuple[tuple[str, int], ...]
    """(detector, count up to which it is no evidence)."""
    since: int
    until: int
    """Microseconds UTC: when it was made, and when it ends or ended."""
    who: str
    why: str
    ended: str
    """`in-force`, `expired`, `withdrawn`, `replaced` or `stolen`."""

    def data(self) -> dict[str, Any]:
        """As plain data, with a sentence in each language."""
        what = ", ".join(f"{name} ≤ {count}" for name, count in self.caps)
        until = instant(self.until)[:16].replace("T", " ")
        return {
            "exception": self.id,
            "account": self.account,
            "up_to": dict(self.caps),
            "since": instant(self.since),
            "until": instant(self.until),
            "who": self.who,
            "why": self.why,
            "state": self.ended,
            **say("exception", exception=self.id, until=until, why=self.why, who=self.who, what=what),
        }


_ENDS: Final = {"withdrawn": "withdrawn", "expected": "replaced", "true": "stolen", "challenge-failed": "stolen"}


def exceptions_of(decisions: Iterable[Decision], now: int) -> list[Excepted]:
    """Every exception that decisions (in accepted order) made, and how it stands at `now` (microseconds)."""
    told = list(decisions)
    found = []
    for place, one in enumerate(told):
        if one.what != "expected" or not one.caps:
            continue
        later = (next_ for next_ in told[place + 1 :] if next_.account == one.account and next_.what in _ENDS)
        end = next((next_ for next_ in later if next_.at < one.until), None)
        if end is not None and end.at <= now:
            until, ended = end.at, _ENDS[end.what]
        else:
            until, ended = one.until, "in-force" if now < one.until else "expired"
        found.append(Excepted(exception_id(one), one.account, one.caps, one.at, until, one.who, one.why, ended))
    return found


def in_force(decisions: Iterable[Decision], account: str, at: int) -> list[dict[str, Any]]:
    """The exceptions of an account that were in force at a time, as plain data."""
    return [
        one.data() for one in exceptions_of(decisions, at) if one.account == account and one.since <= at < one.until
    ]


def named(decisions: Iterable[Decision], name: str, now: int) -> Excepted:
    """The exception in force of this name. Raises `Usage`."""
    found = [one for one in exceptions_of(decisions, now) if one.id == name]
    if not found or found[-1].ended != "in-force":
        what = "no exception has this name" if not found else f"this exception is {found[-1].ended} already"
        raise Usage(what, advice="`tocsin exceptions` lists them.")
    return found[-1]


def ends_at(until: datetime | None, at: datetime) -> datetime:
    """When an exception ends: as said, or 30 days after it was made. Raises `Usage` beyond a year."""
    end = until or at + USUAL
    if not at < end <= at + LONGEST:
        raise Usage("an exception ends within a year of when it is made", advice="Say when: --until DATE.")
    return end


def caps_of(
    reading: Reading,
    account: str,
    sessions: Iterable[int],
    at: datetime,
    only: tuple[str, ...],
    *,
    alerted: Iterable[int] = (),
) -> tuple[tuple[str, int], ...]:
    """What these sessions and those of some days counted, or the heaviest of the week before `at`: (detector, count up
    to which). `alerted`: times on these days (microseconds), for what an alert weighs is a day (UTC).

    A count stands for its power of two: who is expected to open 40 may open 63. Raises `Usage` if there is nothing.
    """
    unknown = sorted(set(only) - set(EXCEPTED))
    if unknown:
        raise Usage(f"no exception covers '{unknown[0]}'", advice=f"One may cover: {', '.join(EXCEPTED)}.")
    rows = _meant(_rows(reading, account), set(sessions), {time // MICROSECONDS_A_DAY for time in alerted}, at)
    reached: Mapping[str, int] = {
        name: max((row["counts"][place] for row in rows), default=0)
        for place, name in enumerate(NAMES[:CONTENT])
        if name in EXCEPTED and (not only or name in only)
    }
    caps = tuple((name, _top_of(count)) for name, count in reached.items() if count > 0)
    if not caps:
        raise Usage(
            "there is nothing to expect: no detector of content counted anything",
            advice="An exception covers what is opened, listed and searched. If the owner was at work, say `false`.",
        )
    return caps


def _day_of(at: datetime) -> int:
    return int(at.timestamp()) // 86_400


def _rows(reading: Reading, account: str) -> list[dict[str, Any]]:
    table = reading.sessions()
    names = np.array(table["account"].cast("string").to_pylist(), object)
    rows: list[dict[str, Any]] = table.take(np.flatnonzero(names == account)).to_pylist()
    return rows


def _meant(rows: list[dict[str, Any]], wanted: set[int], days: set[int], at: datetime) -> list[dict[str, Any]]:
    meant = [
        row
        for row in rows
        if row["session"] in wanted or days & set(range(_day_of(row["started"]), _day_of(row["ended"]) + 1))
    ]
    if meant:
        return meant
    since = at.astimezone(UTC) - timedelta(days=7)
    lately = [row for row in rows if since <= row["ended"] <= at]
    return [max(lately, key=lambda row: (row["weight"], row["session"]))] if lately else []


def _top_of(count: int) -> int:
    """The greatest count of the same bin; the last bin has no end, and its counts are not told apart."""
    place = int(bins(np.array(count)))
    return (1 << place) - 1 if place < OWN_BINS - 1 else count
