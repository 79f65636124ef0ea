"""What the detectors count, once more: one row at a time, with sets and numbers that have names.

What a session has counted is kept by `Part`: a session that goes on over midnight begins to count anew. What several
sessions of an account share is kept by `Shared`. Some things are a session's own for longer than a day (`Met`).
"""

from __future__ import annotations

from dataclasses import dataclass, field

from parity.rivers import DAY, MARKED, MINUTE, Told
from tocsin.detect.detectors.sharing import LEAST
from tocsin.detect.registry import NAMES
from tocsin.model.explained import (
    NEW_ASSURANCE,
    NEW_CLIENT,
    NEW_COUNTRY,
    NEW_DEVICE,
    NEW_NETWORK,
    NEW_SERVICE,
    NEW_TO_ALL,
)

OPENINGS = ("read", "write", "export")


def is_opening(row: Told) -> bool:
    """A record was opened."""
    return row.action in OPENINGS and row.patient != 0 and row.outcome == "success"


@dataclass
class Part:
    """What a session has counted on a day."""

    counts: dict[str, int] = field(default_factory=lambda: dict.fromkeys(NAMES, 0))
    heights: dict[str, int] = field(default_factory=dict)
    """Of the walks."""
    opened: Told | None = None
    """The latest opening."""
    number: int | None = None
    """Local number of the patient met last."""
    surplus: int = 0
    """Searches not made before, less new patients."""
    fresh_at: int | None = None
    """When the latest new patient was opened."""
    gap: int | None = None
    """The latest interval between two of them."""

    def raise_to(self, name: str, value: int) -> None:
        """A count never falls."""
        self.counts[name] = max(self.counts[name], value)

    def walk(self, name: str, *, up: bool, down: bool) -> None:
        """One up, one down, never below zero; counted is the highest point."""
        self.heights[name] = max(self.heights.get(name, 0) + up - down, 0)
        self.raise_to(name, self.heights[name])


@dataclass
class Shared:
    """What the sessions of an account share."""

    windows: dict[str, tuple[int, int]] = field(default_factory=dict)
    """Detector -> the latest window of its clock, and what was counted in it."""
    day: int | None = None
    """The latest day on which it did something."""
    silent: int = 0
    """Days of silence before that one, while they still count."""
    row: tuple[Told, int] | None = None
    """The row before, and when."""
    known: bool = False
    """It has been met before."""
    changed: tuple[int, bool] | None = None
    """When its means of sign-in were last changed, and whether somebody did it who came in a new way."""

    def count(self, name: str, number: int, *, more: bool) -> int:
        """What was counted in a window so far, this row included."""
        window, count = self.windows.get(name, (number, 0))
        count = (count if window == number else 0) + more
        self.windows[name] = number, count
        return count

    def forget(self) -> None:
        """The day is over, or a rung has ended: what was counted is not counted again."""
        self.windows, self.silent = {}, 0


@dataclass
class Met:
    """Units and searches that sessions have met, and in which slice: forgotten when two others have passed."""

    slices: dict[tuple[int, str, int], int] = field(default_factory=dict)

    def open(self, day: int) -> None:
        """Forget what is old."""
        self.slices = {key: met for key, met in self.slices.items() if met >= day - 1}

    def is_new(self, session: int, kind: str, what: int, day: int) -> bool:
        """Whether a session meets it for the first time."""
        key = (session, kind, what)
        new = key not in self.slices
        self.slices.setdefault(key, day)
        return new


@dataclass(frozen=True)
class When:
    """Where a row is judged."""

    session: int
    at: int
    """The account's clock, which never goes back."""
    slice: int
    pooled: tuple[int, int, int]
    """What the pool says of the row: by place, target and tempo."""
    cohort: int
    """Sign-ups of others on its network."""


def count(row: Told, part: Part, shared: Shared, met: Met, when: When) -> None:
    """Let a session count a row."""
    _strangers(row, part, shared, met, when)
    _care(row, part)
    _sweep(row, part, met, when)
    _tempo(row, part, when.at)
    _entry(row, part, shared, when)
    if row.patient == MARKED and row.outcome == "success":
        part.raise_to("honey", 2 if row.action in OPENINGS else 1)


def _strangers(row: Told, part: Part, shared: Shared, met: Met, when: When) -> None:
    counts, new = part.counts, row.fresh and not row.declared
    counts["strangers"] += row.stranger
    counts["reach"] += new and bool(row.unsettled & NEW_SERVICE)
    for name, flag, width in (
        ("strangers-today", row.stranger, DAY),
        ("pace-minute", new, MINUTE),
        ("pace-hour", new, 60 * MINUTE),
    ):
        so_far = shared.count(name, when.at // width, more=flag)
        part.raise_to(name, so_far if flag else 0)
    if row.unit and met.is_new(when.session, "unit", row.unit, when.slice):
        counts["units"] += 1


def _care(row: Told, part: Part) -> None:
    """What was opened, and left after one look."""
    opening, before = is_opening(row), part.opened
    moved_on = opening and before is not None and before.patient != row.patient
    glanced = moved_on and before is not None and before.stranger
    left = moved_on and before is not None and before.fresh and not before.declared
    part.walk("excess", up=row.stranger, down=opening and row.reason != "unexplained")
    part.walk("glances", up=glanced, down=opening and row.reason != "unexplained")
    part.walk("without-care", up=left, down=opening and not row.fresh and not left)
    part.opened = row if opening else before


def _sweep(row: Told, part: Part, met: Met, when: When) -> None:
    part.counts["listed"] += row.fresh_listed and row.reason == "unexplained"
    if (row.fresh or row.fresh_listed) and row.id_low >= 0:
        if part.number is not None and (row.id_low - part.number) % 4096 in (1, 4095):
            part.counts["neighbours"] += 1
        part.number = row.id_low
    asked = row.action in ("search", "list") and row.query_hash != 0
    part.surplus += asked and met.is_new(when.session, "search", row.query_hash, when.slice)
    part.surplus -= row.fresh
    part.raise_to("searches-unopened", part.surplus)
    part.raise_to("pages", row.page)


def _tempo(row: Told, part: Part, now: int) -> None:
    if not row.fresh or row.declared:
        return
    gap = now - part.fresh_at if part.fresh_at is not None else 0
    even = gap > 0 and part.gap is not None and 2 * gap < 3 * part.gap and 2 * part.gap < 3 * gap
    uneven = gap > 0 and part.gap is not None and not even
    part.walk("tempo", up=even, down=uneven)
    part.fresh_at = now
    if gap > 0:
        part.gap = gap


_SHARED = ("sharing", "sharing-target", "sharing-tempo")


def _entry(row: Told, part: Part, shared: Shared, when: When) -> None:
    """How the account is entered, and from where."""
    day = when.at // DAY
    if day != shared.day:
        shared.silent = max(day - shared.day - 1, 0) if shared.day is not None else 0
        shared.day = day
    part.raise_to("absence", shared.silent)
    if not shared.known and row.newcomer and row.age_days == 0:
        part.raise_to("enrolment", max(row.unplaced, 16) if row.unplaced and when.cohort >= 3 else row.unplaced)
    shared.known = True
    failed = row.action == "sign-in" and row.outcome != "success"
    part.raise_to("refusals", shared.count("refusals", day, more=failed))
    moved = shared.row is not None and _has_moved(*shared.row, row, when.at)
    part.raise_to("two-places", shared.count("two-places", day, more=moved))
    if row.device or row.network:
        shared.row = row, when.at
    _change(row, part, shared, when)
    part.counts["sign-in"] |= (
        1 * bool(row.novelty & NEW_NETWORK)
        | 2 * bool(row.novelty & (NEW_DEVICE | NEW_CLIENT))
        | 4 * bool(row.novelty & NEW_ASSURANCE)
        | 8 * bool(row.novelty & NEW_NETWORK and row.unsettled & NEW_TO_ALL)
        | 16 * bool(row.novelty & NEW_NETWORK and row.unsettled & NEW_COUNTRY)
    )
    shown = part.counts["sign-in"] & 3
    for name, others, own in zip(_SHARED, when.pooled, (row.stranger, row.stranger, row.fresh), strict=True):
        part.raise_to(name, others if own and shown and others >= LEAST else 0)


def _change(row: Told, part: Part, shared: Shared, when: When) -> None:
    """How the account signs in was changed, and then somebody came in a new way."""
    new = bool(row.unsettled & (NEW_NETWORK | NEW_DEVICE | NEW_CLIENT))
    if row.action == "credential" and row.outcome == "success":
        shared.changed = when.at, new
    elif new and shared.changed is not None and when.at - shared.changed[0] <= 7 * DAY:
        part.raise_to("changed-key", 1 + shared.changed[1])


def _has_moved(before: Told, then: int, row: Told, now: int) -> bool:
    """From one place to another within ten minutes, and one of them is new."""
    here, there = (row.device, row.network), (before.device, before.network)
    new = (row.unsettled | before.unsettled) & (NEW_DEVICE | NEW_NETWORK)
    return here != there and any(here) and any(there) and now - then <= 10 * MINUTE and bool(new)
