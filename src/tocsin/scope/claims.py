"""Claims: what may be said of whose data, and which hours of which services nobody can answer for (pure).

A service is vouched for over a window if its trail counts itself (a sequence or a heartbeat, hour by hour), was not
silent when it usually speaks, had no line refused, and records the acts that show data. That nothing is missing is
never concluded from lines that are there: without a sequence or a heartbeat every hour is `uncounted`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from tocsin.model.coverage import CLINICAL, Claim, Coverage, Doubt, ServiceCoverage
from tocsin.model.event import CATEGORIES, CATEGORY_OF, bits_of
from tocsin.scope.silence import HOUR_US, silent_hours

RECORDS: Final = ("opened", "listed", "exported", "refused", "elements")
"""What a trail must record for a claim on whose data was shown. Words of `collect.watchable.CLAIMS`."""
SAMPLE: Final = 20
"""Events named as the evidence of a claim, at most."""


def coverage_of(
    hours: pa.Table,
    *,
    since: int,
    until: int,
    services: Mapping[str, str],
    watch: Iterable[tuple[str, str, str, str]],
    rejected: int,
    counted: Mapping[str, frozenset[int]] | None = None,
) -> Coverage:
    """What each service's trail answers for from `since` until `until` (microseconds UTC, whole hours are taken).

    `hours`: SERVICES_BY_HOUR over all that is kept, so that it is known when a service usually speaks; `services`: the
    catalogue, name -> categories joined by spaces; `watch`: (service, subject, verdict, reason) as `watchable` says;
    `rejected`: lines refused in the batches of the window; `counted`: service -> hours (since 1970) that its own
    sequence or heartbeat shows to be complete.
    """
    first, after = since // HOUR_US, -(-until // HOUR_US)
    window = range(first, max(after, first + 1))
    lines = _by_service(hours)
    recorded = _recorded(watch)
    told = [
        _service(name, services.get(name), lines.get(name), window, recorded.get(name, {}), (counted or {}).get(name))
        for name in sorted(lines.keys() | services.keys())
    ]
    return Coverage(since=window.start, until=window.stop, services=tuple(told), rejected=rejected)


def claims_of(exposures: pa.Table, unnamed: pa.Table, coverage: Coverage) -> tuple[Claim, ...]:
    """What may be said of each category of data, in the order of CATEGORIES.

    `exposures`: schema PICTURED; `unnamed`: schema UNNAMED.
    """
    by = exposures["by"].cast(pa.string())
    thief = exposures.filter(pc.is_in(by, pa.array(["thief", "unsure"])))
    certain = thief["certainty"].cast(pa.string())
    bits = thief["elements"].to_numpy() if len(thief) else np.zeros(0, np.uint32)
    possible = pc.equal(certain, "possible").to_numpy(zero_copy_only=False) if len(thief) else np.zeros(0, bool)
    persons = thief["person"].to_pylist()
    events = thief["events"].to_pylist()
    nameless = unnamed.filter(pc.is_in(unnamed["by"].cast(pa.string()), pa.array(["thief", "unsure"])))
    acts = pc.sum(nameless["acts"]).as_py() or 0
    return tuple(_claim(category, bits, possible, persons, events, acts, coverage) for category in CATEGORIES)


def spans(hours: Iterable[int]) -> tuple[tuple[int, int], ...]:
    """Rising hours as spans (first, hour after the last)."""
    found: list[tuple[int, int]] = []
    for hour in hours:
        if found and found[-1][1] == hour:
            found[-1] = (found[-1][0], hour + 1)
        else:
            found.append((hour, hour + 1))
    return tuple(found)


def _service(
    name: str,
    categories: str | None,
    lines: tuple[np.ndarray, np.ndarray] | None,
    window: range,
    recorded: Mapping[str, tuple[str, str]],
    counted: frozenset[int] | None,
) -> ServiceCoverage:
    hours, events = lines if lines is not None else (np.zeros(0, np.int64), np.zeros(0, np.int64))
    inside = (hours >= window.start) & (hours < window.stop)
    held = tuple((categories or "").split())
    doubts = [
        *_uncounted(window, counted),
        *_silent(hours, events, window),
        *_unrecorded(recorded, window),
        *_unheard(bool(events[inside].sum()), window),
    ]
    return ServiceCoverage(
        service=name,
        categories=tuple(category for category in CATEGORIES if category in held),
        clinical=not held or bool(set(held) & set(CLINICAL)),
        lines=int(events[inside].sum()),
        doubts=tuple(doubts),
    )


def _uncounted(window: range, counted: frozenset[int] | None) -> list[Doubt]:
    missing = tuple(hour for hour in window if counted is None or hour not in counted)
    if not missing:
        return []
    words = "the trail has neither sequence nor heartbeat" if counted is None else "its own count does not close"
    return [Doubt(why="uncounted", hours=spans(missing), words=f"{words}: whether lines are missing cannot be told")]


def _silent(hours: np.ndarray, events: np.ndarray, window: range) -> list[Doubt]:
    silent = tuple(int(hour) for hour in silent_hours(hours, events) if hour in window)
    if not silent:
        return []
    return [Doubt(why="silent", hours=spans(silent), words=f"{len(silent)} hours silent in which it usually speaks")]


def _unrecorded(recorded: Mapping[str, tuple[str, str]], window: range) -> list[Doubt]:
    lacking = [(subject, *recorded[subject]) for subject in RECORDS if recorded.get(subject, ("yes", ""))[0] != "yes"]
    return [
        Doubt(why="unrecorded", hours=spans(window), words=f"{subject}: {verdict} ({reason})")
        for subject, verdict, reason in lacking
    ]


def _unheard(spoke: bool, window: range) -> list[Doubt]:
    return [] if spoke else [Doubt(why="unheard", hours=spans(window), words="no line of it in the whole window")]


def _claim(
    category: str,
    bits: np.ndarray,
    possible: np.ndarray,
    persons: list[bytes],
    events: list[list[str]],
    unnamed: int,
    coverage: Coverage,
) -> Claim:
    mask = np.uint32(bits_of(*(element for element, of in CATEGORY_OF.items() if of == category)))
    shown = (bits & mask) != 0
    sure = np.flatnonzero(shown & ~possible)
    seen = {persons[place] for place in sure}
    maybe = {persons[place] for place in np.flatnonzero(shown & possible)} - seen
    holding = [one for one in coverage.services if category in one.categories or not one.categories]
    unvouched = tuple(one.service for one in holding if one.doubts)
    return Claim(
        subject=category,
        seen=len(seen),
        possible=len(maybe),
        unnamed=unnamed,
        vouched=bool(coverage.services) and not unvouched and not coverage.rejected,
        unvouched=unvouched,
        evidence=tuple(event for place in sure[:SAMPLE] for event in events[place][:1]),
    )


def _by_service(hours: pa.Table) -> dict[str, tuple[np.ndarray, np.ndarray]]:
    names = [name or "" for name in hours["service"].cast(pa.string()).to_pylist()]
    hour = hours["hour"].cast(pa.int64()).to_numpy() // HOUR_US
    events = hours["events"].to_numpy()
    told = np.array(names, object)
    return {name: (hour[told == name], events[told == name]) for name in set(names)}


def _recorded(watch: Iterable[tuple[str, str, str, str]]) -> dict[str, dict[str, tuple[str, str]]]:
    found: dict[str, dict[str, Any]] = {}
    for service, subject, verdict, reason in watch:
        found.setdefault(service, {})[subject] = (verdict, reason)
    return found
