"""What every store promises: parts (written by the folds) and questions (asked by scope, coverage and the console).

Derived data has a version, not migrations: whatever is here can be deleted and made anew from the ledger.
Times are aware datetimes; a period is half-open, `since <= at < until`, and `None` leaves an end open.
Both protocols raise `StoreUnavailable` for a part that is missing or torn; writing raises `DiskFull`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from typing import Any, Final, Literal, Protocol, get_args

import numpy as np
import pyarrow as pa

from tocsin.model.act import Act, Entry, Standing, State
from tocsin.model.condition import Condition
from tocsin.model.event import PATIENT_BYTES, STORED_EVENT
from tocsin.model.fact import FACT, PERSON
from tocsin.model.hit import RoleOf, Wanted

Kind = Literal["events", "facts", "persons", "rejected", "evidence", "alerts", "coverage", "sessions", "decisions"]
"""What a part holds."""

KINDS: Final[tuple[Kind, ...]] = get_args(Kind)

_text = pa.dictionary(pa.int32(), pa.string())
_word = pa.dictionary(pa.int8(), pa.string())
_time = pa.timestamp("us", tz="UTC")
_patient = pa.binary(PATIENT_BYTES)

REJECTED: Final = pa.schema(
    [
        pa.field("reason", _word, nullable=False),
        pa.field("stream", _text, nullable=False),
        pa.field("segment", pa.int32(), nullable=False),
        pa.field("offset", pa.int64(), nullable=False),
        pa.field("length", pa.int32(), nullable=False),
        pa.field("batch", pa.int32(), nullable=False),
    ]
)
"""Lines that were refused: `model.rejected.Rejected` with the stream and the batch they came in."""

SCHEMAS: Final[dict[Kind, pa.Schema]] = {
    "events": STORED_EVENT,
    "facts": FACT,
    "persons": PERSON,
    "rejected": REJECTED,
}
"""Kind -> schema. A kind that is not here keeps the schema of the first table written."""


class Parts(Protocol):
    """Derived tables in parts, one for each kind, day and batch. One writer, any number of readers."""

    def write(self, kind: Kind, table: pa.Table, *, day: date | None, batch: int) -> None:
        """Keep `table`, rows in the order given, as the part of this kind, UTC day and batch.

        Atomic: the part is there whole or not at all. Idempotent: it replaces the part of the same kind, day and
        batch. `day` is None for what belongs to no day (facts, persons). Events must lie within `day`.
        Raises `ValueError` for a table that does not fit the schema of its kind.
        """

    def read(self, kind: Kind, *, day: date | None = None, columns: Sequence[str] | None = None) -> pa.Table:
        """The rows of a kind (of one day, if given) in the order (day, batch, row as written); no day comes first.

        Columns have the types they were written with, dictionaries unified. A kind never written is an empty table
        (without columns, if it has no schema in `SCHEMAS`).
        """

    def days(self, kind: Kind) -> list[date]:
        """The UTC days that have a part, oldest first."""

    def batches(self, kind: Kind, day: date | None) -> list[int]:
        """The batches that have a part of this day (None: of no day), lowest first."""

    def ids(self, day: date, *, before: int | None = None) -> np.ndarray:
        """The distinct `event_id` stored for this day, sorted, dtype `S16` (for `stored`).

        `before` leaves out that batch and all later ones: a batch that is folded again after a crash must not find
        its own first attempt and take all its lines for duplicates.
        """

    def drop(self, *, after: int) -> int:
        """Delete the parts of batches after `after` that nothing merged stands for: how many there were.

        A stop between parts and the state that counts them leaves some behind, perhaps of other batches than the
        next attempt makes.
        """

    def compact(self, kind: Kind, *, before: date, many: int = 1) -> list[str]:
        """Merge parts into few files, sorted by account, so that a question about a few accounts reads little.

        Calendar months that end on or before `before` become one file each, if `many` of their parts are not merged
        yet; of the other months, every day that has many parts does (a live stream makes thousands), and so does what
        belongs to no day. Answers do not change:
        `read`, `days`, `batches` and `ids` give what they gave, and what was written may be written again. Idempotent,
        and safe to be killed at any moment: one rename puts the file in force and its parts out of it. Returns what
        was merged, as "2025-09", "2025-10-02" or "none".
        """

    def verify(self) -> int:
        """Read everything that counts, checksums included: how many files that is.

        Raises `StoreUnavailable` naming the first that is damaged. Questions read only what they need and do not
        check it; this does.
        """

    def clear(self) -> None:
        """Delete every part of this version."""


def stored(ids: np.ndarray, candidates: np.ndarray) -> np.ndarray:
    """Which candidates (any 16-byte dtype, shape (n,)) are among `ids` (from `Parts.ids`): bool, shape (n,)."""
    wanted = np.ascontiguousarray(candidates).view("S16").reshape(-1)
    if len(ids) == 0:
        return np.zeros(len(wanted), dtype=bool)
    place = np.searchsorted(ids, wanted)
    place[place == len(ids)] = 0
    return ids[place] == wanted


PATIENTS_OF: Final = pa.schema(
    [
        ("patient", _patient),
        ("first_at", _time),
        ("last_at", _time),
        ("events", pa.int64()),
        ("shown", pa.int64()),
        ("opened", pa.int64()),
        ("elements", pa.uint32()),
    ]
)
"""`Questions.patients_of`."""

SERVICES_BY_HOUR: Final = pa.schema(
    [
        ("service", _text),
        ("hour", _time),
        ("events", pa.int64()),
        ("failed", pa.int64()),
        ("accounts", pa.int64()),
        ("patients_named", pa.int64()),
    ]
)
"""`Questions.services_by_hour`."""

SEEN: Final = pa.schema([("account", _text), ("first_at", _time), ("last_at", _time), ("events", pa.int64())])
"""`Questions.seen`."""

BEARERS: Final = pa.schema(
    [("account", _text), ("professional", _text), ("first_at", _time), ("last_at", _time), ("events", pa.int64())]
)
"""`Questions.professionals_of` and `Questions.accounts_of`."""

DAYS_OF: Final = pa.schema(
    [
        ("account", _text),
        ("day", pa.date32()),
        ("service", _text),
        ("events", pa.int64()),
        ("failed", pa.int64()),
        ("patients_named", pa.int64()),
    ]
)
"""`Questions.days_of`."""

ORIGINS: Final = pa.schema(
    [
        ("account", _text),
        ("network", _text),
        ("device", pa.uint64()),
        ("client", _text),
        ("assurance", pa.uint8()),
        ("first_at", _time),
        ("last_at", _time),
        ("events", pa.int64()),
        ("failed", pa.int64()),
    ]
)
"""`Questions.origins_of` and `Questions.accounts_from`."""

EXPLANATIONS_OF: Final = pa.schema(
    [("account", _text), ("explained_by", _word), ("events", pa.int64()), ("patients_named", pa.int64())]
)
"""`Questions.explanations_of`."""

EXPLANATIONS_BY: Final = pa.schema(
    [("service", _text), ("explained_by", _word), ("events", pa.int64()), ("patients_named", pa.int64())]
)
"""`Questions.explanations_by`."""

REJECTIONS_BY: Final = pa.schema([("stream", _text), ("reason", _word), ("lines", pa.int64()), ("bytes", pa.int64())])
"""`Questions.rejections`."""

MATCHES: Final = pa.schema(
    [
        ("day", pa.date32()),
        ("service", _text),
        ("account", _text),
        ("events", pa.int64()),
        ("example", pa.binary(16)),
    ]
)
"""`Questions.matches`."""


class Questions(Protocol):
    """What is asked of the parts. Every answer is a table in a total order; nulls come first, texts by code point.

    `events` counts lines of the trail (distinct `event_id`), never rows; `failed` those whose outcome is not
    `success`; `patients_named` distinct references. A row without an account is nobody's: no account finds it.
    """

    def accesses_of(
        self, accounts: Sequence[str], *, since: datetime | None = None, until: datetime | None = None
    ) -> pa.Table:
        """What these accounts did: STORED_EVENT, by (at, event_id, row, batch)."""

    def accesses_to(
        self, patients: Sequence[bytes], *, since: datetime | None = None, until: datetime | None = None
    ) -> pa.Table:
        """Who was in these patients' records (references of 17 bytes): STORED_EVENT, by (at, event_id, row, batch)."""

    def patients_of(
        self, accounts: Sequence[str], *, since: datetime | None = None, until: datetime | None = None
    ) -> pa.Table:
        """Whose data these accounts reached: PATIENTS_OF, by patient.

        `shown` counts the events that succeeded, `opened` those of them that were more than a place in a list;
        `elements` is the union over the events that succeeded: a failed read exposes nothing.
        """

    def seen(self, accounts: Sequence[str]) -> pa.Table:
        """Since when, and until when, the trail knows these accounts: SEEN, by account; the unknown are left out."""

    def professionals_of(self, accounts: Sequence[str]) -> pa.Table:
        """Whom the trail names as professionals at work on these accounts: BEARERS, by (account, professional)."""

    def accounts_of(self, professionals: Sequence[str]) -> pa.Table:
        """The accounts on which the trail names these professionals: BEARERS, by (account, professional)."""

    def days_of(
        self, accounts: Sequence[str], *, since: datetime | None = None, until: datetime | None = None
    ) -> pa.Table:
        """How much these accounts did, UTC day by day and service by service: DAYS_OF, by (account, day, service)."""

    def origins_of(
        self, accounts: Sequence[str], *, since: datetime | None = None, until: datetime | None = None
    ) -> pa.Table:
        """From where these accounts came: ORIGINS, by (account, network, device, client, assurance)."""

    def accounts_from(
        self,
        *,
        networks: Sequence[str] = (),
        devices: Sequence[int] = (),
        since: datetime | None = None,
        until: datetime | None = None,
    ) -> pa.Table:
        """Who else came from these networks or these devices: ORIGINS, in the order of `origins_of`.

        Device 0 (the trail names none) is nobody's and finds nothing.
        """

    def explanations_of(
        self, accounts: Sequence[str], *, since: datetime | None = None, until: datetime | None = None
    ) -> pa.Table:
        """Why these accounts' accesses were to be expected: EXPLANATIONS_OF, by (account, explained_by)."""

    def explanations_by(self, *, since: datetime | None = None, until: datetime | None = None) -> pa.Table:
        """What each explanation carried in each service: EXPLANATIONS_BY, by (service, explained_by)."""

    def services_by_hour(self, *, since: datetime | None = None, until: datetime | None = None) -> pa.Table:
        """What each service told, UTC hour by hour: SERVICES_BY_HOUR, by (service, hour); silent hours are absent."""

    def requests(self, ids: Sequence[int], *, since: datetime | None = None, until: datetime | None = None) -> pa.Table:
        """Rows that bear one of these request ids: STORED_EVENT, by (request, at, event_id, row, batch).

        Request 0 (the trail names none) joins nothing.
        """

    def event(self, event_id: bytes) -> pa.Table:
        """The rows of one event, with segment, offset and length of its original: STORED_EVENT, by (row, batch)."""

    def matches(
        self,
        condition: Condition,
        *,
        zone: str,
        role_of: RoleOf,
        honey: Sequence[bytes] = (),
        since: datetime | None = None,
        until: datetime | None = None,
    ) -> pa.Table:
        """What a rule would have shown, UTC day by day: MATCHES, by (day, service, account).

        `zone` is that of hours and weekdays, `honey` the references of honey patients; `example` is the lowest
        `event_id` of those counted.
        """

    def hits(
        self,
        wanted: Wanted,
        *,
        since: datetime | None = None,
        until: datetime | None = None,
        accounts: Sequence[str] | None = None,
        batches: tuple[int, int] | None = None,
        limit: int | None = None,
    ) -> pa.Table:
        """What rules match: HIT, newest first (the highest event id), then by rule.

        `accounts`: of these alone; `batches`: of those after the first, up to the second; `limit`: at most so many.
        """

    def hits_by(
        self,
        wanted: Wanted,
        *,
        since: datetime | None = None,
        until: datetime | None = None,
        accounts: Sequence[str] | None = None,
        batches: tuple[int, int] | None = None,
    ) -> pa.Table:
        """The same, counted: HITS_BY, by (rule, account, day)."""

    def rejections(self) -> pa.Table:
        """How many lines were refused, where and why: REJECTIONS_BY, by (stream, reason)."""

    def count(self, kind: Kind) -> int:
        """Rows of a kind."""


class Cases(Protocol):
    """Incidents, acts and their journal, and what was received or filed: small, transactional, several processes.

    Times are microseconds UTC. Every change of an act is a line of the journal in the same transaction.
    Raises `StoreUnavailable` if the file cannot be read, `DiskFull` if nothing was written.
    """

    def plan(self, acts: Iterable[Act], *, at: int, who: str, approve: bool = False) -> list[Standing]:
        """Write down acts that are not there yet as `planned`; where each stands, in the order given.

        With `approve`, those that are new or `planned` are `approved` too, in the same transaction.
        """
        ...

    def acts(self, *, incident: str | None = None, states: Iterable[State] | None = None) -> list[Standing]:
        """Acts by the time they were planned; those of one incident, those in some states."""
        ...

    def next_due(self, states: Iterable[State]) -> int | None:
        """When the first of the acts in some states is due; None if none of them ever is."""
        ...

    def act(self, act: str) -> Standing | None:
        """Where one act stands; None if there is none of this name."""
        ...

    def move(
        self,
        act: str,
        state: State,
        *,
        of: Iterable[State],
        at: int,
        who: str,
        detail: Mapping[str, Any] | None = None,
        before: Mapping[str, Any] | None = None,
        proof: Mapping[str, Any] | None = None,
        next_at: int = 0,
    ) -> Standing:
        """Bring an act from one of the states `of` into `state`, and write it into the journal.

        `begun` counts an attempt. Raises `Conflict` if it stands elsewhere by now: somebody was faster.
        """
        ...

    def journal(self, *, incident: str | None = None) -> list[Entry]:
        """Every line, oldest first. Raises `LedgerDamaged` where the chain of hashes breaks or ends too early."""
        ...

    def incident_of(self, episodes: Iterable[str]) -> dict[str, str]:
        """Episode -> incident, for those that were given one."""
        ...

    def assign(self, incident: str, episodes: Iterable[str], *, at: int) -> None:
        """Episodes belong to an incident from now on."""
        ...

    def keep(self, kind: str, name: str, data: Mapping[str, Any], *, at: int) -> bool:
        """Keep a document for good (`bundle`, `campaign`, `declaration`, `letters`); False if the name is taken."""
        ...

    def kept(self, kind: str) -> list[tuple[str, int, dict[str, Any]]]:
        """(name, when, document) of a kind, oldest first."""
        ...
