"""The referee: the store as plain Python over lists of dictionaries, slow and obvious; for tests and tiny replays."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, date, datetime
from typing import Any

import numpy as np
import pyarrow as pa

from tocsin.model.condition import Condition
from tocsin.model.event import STORED_EVENT
from tocsin.model.hit import HIT, HITS_BY, RoleOf, Wanted
from tocsin.store.interface import (
    BEARERS,
    DAYS_OF,
    EXPLANATIONS_BY,
    EXPLANATIONS_OF,
    MATCHES,
    ORIGINS,
    PATIENTS_OF,
    REJECTIONS_BY,
    SCHEMAS,
    SEEN,
    SERVICES_BY_HOUR,
    Kind,
    Parts,
)
from tocsin.store.period import Period
from tocsin.store.shape import check_day, fitted, joined

Row = dict[str, Any]


class MemoryParts:
    """`interface.Parts` in a dictionary."""

    def __init__(self) -> None:
        self._tables: dict[tuple[Kind, date | None, int], pa.Table] = {}
        self._schemas: dict[Kind, pa.Schema] = dict(SCHEMAS)

    def write(self, kind: Kind, table: pa.Table, *, day: date | None, batch: int) -> None:
        """See `interface.Parts.write`."""
        table = fitted(table, self._schemas.get(kind, table.schema.remove_metadata()))
        check_day(kind, table, day)
        self._schemas.setdefault(kind, table.schema)
        self._tables[kind, day, batch] = table

    def read(self, kind: Kind, *, day: date | None = None, columns: Sequence[str] | None = None) -> pa.Table:
        """See `interface.Parts.read`."""
        if kind not in self._schemas:
            return pa.table({})
        places = [(its_day, batch) for its_day, batch in self._places(kind) if day in (None, its_day)]
        table = joined([self._tables[kind, *place] for place in places], self._schemas[kind])
        return table if columns is None else table.select(list(columns))

    def days(self, kind: Kind) -> list[date]:
        """See `interface.Parts.days`."""
        return sorted({day for day, _ in self._places(kind) if day is not None})

    def batches(self, kind: Kind, day: date | None) -> list[int]:
        """See `interface.Parts.batches`."""
        return [batch for its_day, batch in self._places(kind) if its_day == day]

    def ids(self, day: date, *, before: int | None = None) -> np.ndarray:
        """See `interface.Parts.ids`."""
        batches = [batch for batch in self.batches("events", day) if before is None or batch < before]
        columns = [self._tables["events", day, batch].column("event_id").to_pylist() for batch in batches]
        return np.array(sorted({event_id for column in columns for event_id in column}), dtype="S16")

    def drop(self, *, after: int) -> int:
        """See `interface.Parts.drop`."""
        found = [place for place in self._tables if place[2] > after]
        for place in found:
            del self._tables[place]
        return len(found)

    def compact(self, kind: Kind, *, before: date, many: int = 1) -> list[str]:
        """See `interface.Parts.compact`. There is nothing to gain here."""
        return []

    def verify(self) -> int:
        """See `interface.Parts.verify`."""
        return len(self._tables)

    def clear(self) -> None:
        """See `interface.Parts.clear`."""
        self._tables.clear()
        self._schemas = dict(SCHEMAS)

    def _places(self, kind: Kind) -> list[tuple[date | None, int]]:
        places = [(day, batch) for its_kind, day, batch in self._tables if its_kind == kind]
        return sorted(places, key=lambda place: (place[0] or date.min, place[1]))


class MemoryQuestions:
    """`interface.Questions` over any parts, one dictionary a row."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts

    def accesses_of(
        self, accounts: Sequence[str], *, since: datetime | None = None, until: datetime | None = None
    ) -> pa.Table:
        """See `interface.Questions.accesses_of`."""
        return _told(sorted(self._of(accounts, since, until), key=_by_time), STORED_EVENT)

    def accesses_to(
        self, patients: Sequence[bytes], *, since: datetime | None = None, until: datetime | None = None
    ) -> pa.Table:
        """See `interface.Questions.accesses_to`."""
        rows = [row for row in self._rows(since, until) if row["patient"] in patients and row["patient"] is not None]
        return _told(sorted(rows, key=_by_time), STORED_EVENT)

    def patients_of(
        self, accounts: Sequence[str], *, since: datetime | None = None, until: datetime | None = None
    ) -> pa.Table:
        """See `interface.Questions.patients_of`."""
        rows = [row for row in self._of(accounts, since, until) if row["patient"] is not None]
        return _told([_reached(patient, its) for (patient,), its in _groups(rows, "patient")], PATIENTS_OF)

    def seen(self, accounts: Sequence[str]) -> pa.Table:
        """See `interface.Questions.seen`."""
        groups = _groups(self._of(accounts, None, None), "account")
        return _told([{"account": account, **_extent(its), "events": _events(its)} for (account,), its in groups], SEEN)

    def professionals_of(self, accounts: Sequence[str]) -> pa.Table:
        """See `interface.Questions.professionals_of`."""
        return _bearers(row for row in self._of(accounts, None, None) if row["professional"] is not None)

    def accounts_of(self, professionals: Sequence[str]) -> pa.Table:
        """See `interface.Questions.accounts_of`."""
        rows = (row for row in self._rows(None, None) if row["account"] is not None)
        return _bearers(row for row in rows if row["professional"] is not None and row["professional"] in professionals)

    def days_of(
        self, accounts: Sequence[str], *, since: datetime | None = None, until: datetime | None = None
    ) -> pa.Table:
        """See `interface.Questions.days_of`."""
        rows = [{**row, "day": row["at"].date()} for row in self._of(accounts, since, until)]
        groups = _groups(rows, "account", "day", "service")
        answer = [
            {"account": account, "day": day, "service": service, **_counts(its), "patients_named": _patients(its)}
            for (account, day, service), its in groups
        ]
        return _told(answer, DAYS_OF)

    def origins_of(
        self, accounts: Sequence[str], *, since: datetime | None = None, until: datetime | None = None
    ) -> pa.Table:
        """See `interface.Questions.origins_of`."""
        return _origins(self._of(accounts, since, until))

    def accounts_from(
        self,
        *,
        networks: Sequence[str] = (),
        devices: Sequence[int] = (),
        since: datetime | None = None,
        until: datetime | None = None,
    ) -> pa.Table:
        """See `interface.Questions.accounts_from`."""
        rows = [
            row
            for row in self._rows(since, until)
            if (row["network"] is not None and row["network"] in networks)
            or (row["device"] != 0 and row["device"] in devices)
        ]
        return _origins(rows)

    def explanations_of(
        self, accounts: Sequence[str], *, since: datetime | None = None, until: datetime | None = None
    ) -> pa.Table:
        """See `interface.Questions.explanations_of`."""
        groups = _groups(self._of(accounts, since, until), "account", "explained_by")
        answer = [
            {"account": account, "explained_by": reason, "events": _events(its), "patients_named": _patients(its)}
            for (account, reason), its in groups
        ]
        return _told(answer, EXPLANATIONS_OF)

    def explanations_by(self, *, since: datetime | None = None, until: datetime | None = None) -> pa.Table:
        """See `interface.Questions.explanations_by`."""
        answer = [
            {"service": service, "explained_by": reason, "events": _events(its), "patients_named": _patients(its)}
            for (service, reason), its in _groups(self._rows(since, until), "service", "explained_by")
        ]
        return _told(answer, EXPLANATIONS_BY)

    def services_by_hour(self, *, since: datetime | None = None, until: datetime | None = None) -> pa.Table:
        """See `interface.Questions.services_by_hour`."""
        rows = [{**row, "hour": _hour(row["at"])} for row in self._rows(since, until)]
        answer = [
            {
                "service": service,
                "hour": hour,
                **_counts(its),
                "accounts": len({row["account"] for row in its} - {None}),
                "patients_named": _patients(its),
            }
            for (service, hour), its in _groups(rows, "service", "hour")
        ]
        return _told(answer, SERVICES_BY_HOUR)

    def requests(self, ids: Sequence[int], *, since: datetime | None = None, until: datetime | None = None) -> pa.Table:
        """See `interface.Questions.requests`."""
        rows = [row for row in self._rows(since, until) if row["request"] != 0 and row["request"] in ids]
        return _told(sorted(rows, key=lambda row: (row["request"], _by_time(row))), STORED_EVENT)

    def event(self, event_id: bytes) -> pa.Table:
        """See `interface.Questions.event`."""
        rows = [row for row in self._rows(None, None) if row["event_id"] == event_id]
        return _told(sorted(rows, key=lambda row: (row["row"], row["batch"])), STORED_EVENT)

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
        """See `interface.Questions.matches`."""
        wanted = Wanted({"": condition}, zone, role_of, honey)
        rows = [{**row, "day": row["at"].date()} for row in self._rows(since, until) if wanted.holds("", row)]
        answer = [
            {
                "day": day,
                "service": service,
                "account": account,
                "events": _events(its),
                "example": min(row["event_id"] for row in its),
            }
            for (day, service, account), its in _groups(rows, "day", "service", "account")
        ]
        return _told(answer, MATCHES)

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
        """See `interface.Questions.hits`."""
        found = self._found(wanted, self._rows(since, until), accounts, batches)
        groups = [
            {**min(its, key=lambda row: (row["row"], row["batch"])), "at": min(row["at"] for row in its)}
            for _, its in _groups(found, "rule", "event_id")
        ]
        groups.sort(key=lambda row: row["event_id"], reverse=True)  # stable: by rule where it is the same event
        return _told(groups[:limit], HIT)

    def hits_by(
        self,
        wanted: Wanted,
        *,
        since: datetime | None = None,
        until: datetime | None = None,
        accounts: Sequence[str] | None = None,
        batches: tuple[int, int] | None = None,
    ) -> pa.Table:
        """See `interface.Questions.hits_by`."""
        found = self._found(wanted, self._rows(since, until), accounts, batches)
        answer = [
            {
                "rule": rule,
                "account": account,
                "day": day,
                "events": _events(its),
                "example": min(row["event_id"] for row in its),
            }
            for (rule, account, day), its in _groups(found, "rule", "account", "day")
        ]
        return _told(answer, HITS_BY)

    @staticmethod
    def _found(
        wanted: Wanted, rows: list[Row], accounts: Sequence[str] | None, batches: tuple[int, int] | None
    ) -> list[Row]:
        """Each row once for each rule that it matches."""
        after, upto = batches or (-1, 2**31)
        return [
            {**row, "rule": rule, "day": row["at"].date()}
            for row in rows
            for rule in wanted.conditions
            if (accounts is None or row["account"] in accounts)
            and after < row["batch"] <= upto
            and wanted.holds(rule, row)
        ]

    def rejections(self) -> pa.Table:
        """See `interface.Questions.rejections`."""
        groups = _groups(self._parts.read("rejected").to_pylist(), "stream", "reason")
        answer = [
            {"stream": stream, "reason": reason, "lines": len(its), "bytes": sum(row["length"] for row in its)}
            for (stream, reason), its in groups
        ]
        return _told(answer, REJECTIONS_BY)

    def count(self, kind: Kind) -> int:
        """See `interface.Questions.count`."""
        return self._parts.read(kind).num_rows

    def _rows(self, since: datetime | None, until: datetime | None) -> list[Row]:
        period = Period.of(since, until)
        return [row for row in self._parts.read("events").to_pylist() if period.since <= row["at"] < period.until]

    def _of(self, accounts: Sequence[str], since: datetime | None, until: datetime | None) -> list[Row]:
        return [row for row in self._rows(since, until) if row["account"] is not None and row["account"] in accounts]


def _told(rows: list[Row], schema: pa.Schema) -> pa.Table:
    columns = [[row[name] for row in rows] for name in schema.names]
    plain = [field.type.value_type if pa.types.is_dictionary(field.type) else field.type for field in schema]
    arrays = [pa.array(column, type_) for column, type_ in zip(columns, plain, strict=True)]
    return fitted(pa.table(arrays, names=schema.names), schema)


def _by_time(row: Row) -> tuple[datetime, bytes, int, int]:
    return row["at"], row["event_id"], row["row"], row["batch"]


def _groups(rows: Iterable[Row], *names: str) -> list[tuple[tuple[Any, ...], list[Row]]]:
    """Rows with the same values of some columns, by these values, null first."""
    groups: dict[tuple[Any, ...], list[Row]] = {}
    for row in rows:
        groups.setdefault(tuple(row[name] for name in names), []).append(row)
    return sorted(groups.items(), key=lambda group: [(value is not None, value) for value in group[0]])


def _events(rows: list[Row], that: Callable[[Row], bool] = lambda row: True) -> int:
    return len({row["event_id"] for row in rows if that(row)})


def _succeeded(row: Row) -> bool:
    return bool(row["outcome"] == "success")


def _opened(row: Row) -> bool:
    return _succeeded(row) and row["action"] not in ("list", "search")


def _counts(rows: list[Row]) -> Row:
    return {"events": _events(rows), "failed": _events(rows, lambda row: not _succeeded(row))}


def _patients(rows: list[Row]) -> int:
    return len({row["patient"] for row in rows} - {None})


def _extent(rows: list[Row]) -> Row:
    times = [row["at"] for row in rows]
    return {"first_at": min(times), "last_at": max(times)}


def _reached(patient: bytes, rows: list[Row]) -> Row:
    elements = 0
    for row in rows:
        if _succeeded(row):
            elements |= row["elements"]
    counts = {"events": _events(rows), "shown": _events(rows, _succeeded), "opened": _events(rows, _opened)}
    return {"patient": patient, **_extent(rows), **counts, "elements": elements}


def _bearers(rows: Iterable[Row]) -> pa.Table:
    groups = _groups(rows, "account", "professional")
    return _told(
        [
            {"account": account, "professional": professional, **_extent(its), "events": _events(its)}
            for (account, professional), its in groups
        ],
        BEARERS,
    )


def _origins(rows: list[Row]) -> pa.Table:
    names = ("account", "network", "device", "client", "assurance")
    groups = _groups(rows, *names)
    return _told([dict(zip(names, key, strict=True)) | _extent(its) | _counts(its) for key, its in groups], ORIGINS)


def _hour(at: datetime) -> datetime:
    return at.astimezone(UTC).replace(minute=0, second=0, microsecond=0)
