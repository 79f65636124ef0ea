"""Small rivers for the two folds: rows in plain Python, as vectors for the judge, and how Hypothesis draws them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from hypothesis import strategies as st

from tocsin.detect.calibration import SIGN_IN_CODES, Calibration
from tocsin.detect.judge import Judge
from tocsin.detect.ladder import Line
from tocsin.detect.nulls import CAP
from tocsin.detect.registry import NAMES
from tocsin.detect.weight import Weigher
from tocsin.model.alert import RUNGS, Rung
from tocsin.model.event import ACTIONS, OUTCOMES, QUERY_KINDS, REASONS
from tocsin.model.explained import NEW_COUNTRY, NEW_SERVICE, NEW_TO_ALL, Explained
from tocsin.model.rows import MICROSECONDS_A_DAY, Names, Rows

SECOND = 1_000_000
MINUTE = 60 * SECOND
HOUR = 60 * MINUTE
DAY = MICROSECONDS_A_DAY
MONDAY = 20_361
"""2025-09-29."""

ACCOUNTS = ("dr.ferrand", "ide|418", "Zoé")
ROLES = ["60", "", "60"]
HOMES = ["", "", "lab"]
MARKED = 900
"""A honey patient."""


@dataclass(frozen=True, kw_only=True)
class Told:
    """One row, and what explain says of it."""

    event: int
    """Tells events of one moment apart; rows of one event share it."""
    at: int
    account: int = 0
    client: int = 0
    device: int = 0
    network: int = 0
    assurance: int = 0
    service: int = 0
    action: str = "read"
    outcome: str = "success"
    patient: int = 0
    query_hash: int = 0
    page: int = 0
    id_low: int = -1
    country: int = 0
    reason: str = "unexplained"
    fresh: bool = False
    fresh_listed: bool = False
    unit: int = 0
    ward: int = 0
    novelty: int = 0
    unsettled: int = 0
    age_days: int = 0
    declared: bool = False
    newcomer: bool = False
    unplaced: int = 0

    @property
    def id(self) -> int:
        """128 bits, the time first, as `model.event` makes them."""
        return (self.at + (1 << 55)) << 72 | self.event

    @property
    def stranger(self) -> bool:
        """A first opening that nothing explains."""
        return self.fresh and self.reason == "unexplained"


def rows_of(told: list[Told]) -> Rows:
    """The rows as vectors."""
    return Rows(
        event_hi=np.array([t.id >> 64 for t in told], np.uint64),
        event_lo=np.array([t.id & (1 << 64) - 1 for t in told], np.uint64),
        at=np.array([t.at for t in told], np.int64),
        account=np.array([t.account for t in told], np.int32),
        service=np.array([t.service for t in told], np.int32),
        client=np.array([t.client for t in told], np.uint64),
        network=np.array([t.network for t in told], np.uint64),
        device=np.array([t.device for t in told], np.uint64),
        assurance=np.array([t.assurance for t in told], np.uint8),
        action=np.array([ACTIONS.index(t.action) for t in told], np.int8),
        outcome=np.array([OUTCOMES.index(t.outcome) for t in told], np.int8),
        patient=np.array([t.patient for t in told], np.uint64),
        query_kind=np.full(len(told), QUERY_KINDS.index("none"), np.int8),
        query_hash=np.array([t.query_hash for t in told], np.uint64),
        page=np.array([t.page for t in told], np.int32),
        id_low=np.array([t.id_low for t in told], np.int16),
        country=np.array([t.country for t in told], np.uint16),
    )


def explained_of(told: list[Told]) -> Explained:
    """What explain says of them, as vectors."""
    return Explained(
        reason=np.array([REASONS.index(t.reason) for t in told], np.int8),
        fresh=np.array([t.fresh for t in told], bool),
        fresh_listed=np.array([t.fresh_listed for t in told], bool),
        unit=np.array([t.unit for t in told], np.uint64),
        ward=np.array([t.ward for t in told], np.uint64),
        novelty=np.array([t.novelty for t in told], np.uint8),
        unsettled=np.array([t.unsettled for t in told], np.uint8),
        age_days=np.array([t.age_days for t in told], np.int32),
        declared=np.array([t.declared for t in told], bool),
        newcomer=np.array([t.newcomer for t in told], bool),
        unplaced=np.array([t.unplaced for t in told], np.int8),
    )


@dataclass(frozen=True)
class FixedLadder:
    """A ladder whose lines are given: the same for every role, a little lower for whoever is at home somewhere."""

    rungs: tuple[Rung, ...]
    weights: tuple[int, ...]
    calibrations: tuple[Calibration, ...] = ()

    def lines(self, role: str, home: str = "") -> list[Line]:
        """The given weights, less one part in ten for each letter of the home."""
        return [Line(weight * (10 - len(home)) // 10, True, role + home, "h") for weight in self.weights]

    def rarity(self, weight: int, role: str, home: str = "") -> tuple[float, bool, str]:
        """Any figure that follows the weight."""
        return float(max(weight, 1)), True, role + home


def ladder_of(nats: tuple[float, ...], durations_us: tuple[int, ...]) -> FixedLadder:
    """A ladder of four rungs."""
    rungs = tuple(
        Rung(name=name, budget=0.01, duration_us=duration) for name, duration in zip(RUNGS, durations_us, strict=True)
    )
    return FixedLadder(rungs, tuple(round(line * 1e6) for line in nats))


def calibration_of(index: float = 1.2) -> Calibration:
    """Every count with the survival (1 + x)^-index, sign-ins seldom new; accounts of role 60 and settled ones steadier.

    Not so `listed`, which everybody's days reach: it speaks for the owner, and the more the further it goes.
    """
    x = np.arange(CAP + 1)
    seen = np.array([0.9, 0.015, 0.02, 0.01, 0.01, 0.005, 0.005, 0.0025, 0, 0.015, 0, 0.01, 0, 0.005, 0, 0.0025])
    assert len(seen) == SIGN_IN_CODES

    def tables(steeper: float) -> dict[str, np.ndarray]:
        counted = {name: (1.0 + x) ** -(index * steeper + i / 50) for i, name in enumerate(NAMES)}
        return counted | {"listed": np.where(x < 40, 1.0, 0.5), "sign-in": seen}

    strata = {"/": 1.0, "60/": 1.3, "/newcomer": 0.7, "/settled": 1.1, "60/settled": 1.4, "60/recent": 1.2}
    return Calibration(nulls={stratum: tables(steeper) for stratum, steeper in strata.items()}, trajectories={})


def judge_of(ladder: Any, *calibrations: Calibration, contain: bool = True, climbing: bool = True) -> Judge:
    """A judge that knows ACCOUNTS."""
    accounts = Names()
    for name in ACCOUNTS:
        accounts.number(name)
    judge = Judge(
        ladder=ladder,
        weigher=Weigher(calibrations),
        accounts=accounts,
        marks=np.array([MARKED], np.uint64),
        contain=contain,
        climbing=climbing,
    )
    judge.know(ROLES, HOMES)
    return judge


@dataclass
class Course:
    """What came of a river."""

    rows: list[tuple[bool, int]] = field(default_factory=list)
    """(held, session id), by row."""
    alerts: list[dict[str, Any]] = field(default_factory=list)
    evidence: list[tuple[int, ...]] = field(default_factory=list)
    """(event id, account, session, gain, weight), by event."""
    finished: list[list[tuple[Any, ...]]] = field(default_factory=list)
    """By slice: what was handed out when it opened."""
    stood: list[set[tuple[int, int]]] = field(default_factory=list)
    """By slice: what it was told when it closed."""


Slices = list[tuple[int, list[Told]]]


def cut(told: list[Told], size: int | None) -> Iterator[list[Told]]:
    """Parts of at most `size` rows; None: all at once."""
    for start in range(0, len(told), size or max(len(told), 1)):
        yield told[start : start + (size or len(told))]


def fold(judge: Judge, slices: Slices, *, size: int | None = None) -> Course:
    """Run the judge over a river in batches of `size` rows."""
    course = Course()
    for day, told in slices:
        course.finished.append(sorted(sessions_of(judge.open_slice(day))))
        for part in cut(told, size):
            judged = judge.judge(rows_of(part), explained_of(part))
            course.rows.extend(zip(judged.held.tolist(), judged.session.tolist(), strict=True))
            course.alerts.extend(_alert(alert) for alert in judged.alerts)
            for e in judged.evidence:
                ids = [hi << 64 | lo for hi, lo in zip(e.event_hi.tolist(), e.event_lo.tolist(), strict=True)]
                course.evidence.extend(
                    zip(ids, e.account.tolist(), e.session.tolist(), e.gain.tolist(), e.weight.tolist(), strict=True)
                )
        course.stood.append(set(judge.standing_days(day)))
    course.evidence.sort(key=lambda noted: noted[0])  # stable: the rows of an event stay in order
    return course


def sessions_of(sessions: Any) -> list[tuple[Any, ...]]:
    """SESSION_FACTS of each."""
    return [tuple(int(getattr(sessions, name)[i]) for name in SESSION_FACTS) for i in range(len(sessions))]


SESSION_FACTS = ("account", "last_at", "id", "first_at", "events", "age", "weight")


def _alert(alert: Any) -> dict[str, Any]:
    return {name: getattr(alert, name) for name in alert.__slots__}


# -- what Hypothesis draws ---------------------------------------------------------------------------------------------

PAUSES = (0, 0, 1, SECOND, MINUTE, 10 * MINUTE, 30 * MINUTE - 1, 30 * MINUTE, 30 * MINUTE + 1, 2 * HOUR, 7 * HOUR)

FIELDS: dict[str, tuple[Any, ...]] = {
    "pause": PAUSES,
    "account": (0, 0, 0, 1, 1, 2, -1),
    "client": (0, 5),
    "device": (0, 8, 9),
    "network": (0, 70, 71),
    "service": (0, 1),
    "action": ("read", "read", "read", "read", "list", "search", "export", "write", "sign-in", "credential"),
    "outcome": ("success", "success", "success", "failed-request"),
    "patient": (0, 901, 902, 903, MARKED),
    "query_hash": (0, 40, 41, 42),
    "page": (0, 0, 1, 2, 9),
    "id_low": (-1, 0, 1, 2, 4095),
    "reason": ("unexplained", "unexplained", "unexplained", REASONS[1], "stay"),
    "fresh": (True, True, False),
    "fresh_listed": (True, False),
    "unit": (0, 501, 502, 503),
    "ward": (0, 601, 601, 602),
    "novelty": (0, 0, 0, 1, 2, 4, 8, 15),
    "unsettled": (0, 3, 3, NEW_TO_ALL | 3, NEW_COUNTRY | 1, NEW_SERVICE, NEW_SERVICE | 3),
    "age_days": (0, 3, 9),
    "declared": (False, False, False, True),
    "newcomer": (False, False, True),
    "unplaced": (0, 1, 2, 4, 8),
}
"""What a row is drawn from: most of all, what some detector looks at."""

_ROW = st.fixed_dictionaries(
    {name: st.sampled_from(values) for name, values in FIELDS.items()}
    | {
        "same_event": st.sampled_from((False, False, False, True)),
        "late": st.sampled_from((False, False, False, False, True)),
    }
)


BEGINS = (0, 0, MINUTE, 20 * HOUR, DAY - 20 * MINUTE)
"""When the rows of a slice begin: often so that sessions go on over midnight."""


def _slice_of(day: int, begins: int, drawn: list[dict[str, Any]], *, late: bool, first: int) -> list[Told]:
    """Rows of one slice in accepted order: first what came in time, then a second batch with what came late."""
    told: list[tuple[bool, Told]] = []
    at = day * DAY + begins
    for number, row in enumerate(drawn, first):
        row = dict(row)
        at = min(at + row.pop("pause"), (day + 1) * DAY - 1)
        same, came_late = row.pop("same_event"), row.pop("late") and late
        event = number
        if same and told:  # one more patient of the event before
            before = told[-1][1]
            came_late, event, at = told[-1][0], before.event, before.at
            row |= {name: getattr(before, name) for name in ("account", "client", "device", "network")}
        told.append((came_late, Told(event=event, at=at, **row)))
    return [t for late_ones in (False, True) for came_late, t in told if came_late is late_ones]


@st.composite
def rivers(draw: st.DrawFn, *, late: bool = True, most: int = 14, days: int = 4) -> Slices:
    """A few slices, some days apart at times, or of a day that was there before: a batch that came late."""
    slices: Slices = []
    day = MONDAY
    for number in range(draw(st.integers(1, days))):
        begins, rows = draw(st.sampled_from(BEGINS)), draw(st.lists(_ROW, max_size=most))
        slices.append((day, _slice_of(day, begins, rows, late=late, first=number * most)))
        day += draw(st.sampled_from((1, 1, 1, 2, 5, 0, -1, -4) if late else (1, 1, 1, 2, 5)))
    return slices


ladders = st.builds(
    ladder_of,
    st.sampled_from(
        (
            (0.4, 1.0, 1.6, 2.4),
            (0.4, 0.4, 0.4, 0.4),
            (1.0, 2.0, 2.2, 9.0),
            (0.5, 50.0, 50.0, 50.0),
            (0.2, 0.3, 0.6, 5.0),
        )
    ),
    st.sampled_from(
        (
            (12 * HOUR, 24 * HOUR, 30 * MINUTE, 72 * HOUR),
            (10 * MINUTE, 20 * MINUTE, 5 * MINUTE, 15 * MINUTE),
            (2 * HOUR, HOUR, 30 * MINUTE, 10 * MINUTE),
        )
    ),
)
