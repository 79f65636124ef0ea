"""Questions answered by DuckDB, in process, over the Parquet parts in force. It reads, and reaches nothing else."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa

from tocsin.errors import StoreUnavailable
from tocsin.model.condition import Condition
from tocsin.model.event import STORED_EVENT
from tocsin.model.hit import HIT, HITS_BY, RoleOf, Wanted
from tocsin.store.engine import engine
from tocsin.store.files import REBUILD
from tocsin.store.interface import (
    BEARERS,
    DAYS_OF,
    EXPLANATIONS_BY,
    EXPLANATIONS_OF,
    MATCHES,
    ORIGINS,
    PATIENTS_OF,
    REJECTIONS_BY,
    SEEN,
    SERVICES_BY_HOUR,
    Kind,
)
from tocsin.store.parquet import ParquetParts
from tocsin.store.period import Period
from tocsin.store.shape import fitted
from tocsin.store.where import Where

# `at` is quoted everywhere: DuckDB 2.0 takes it for a keyword.
_COLUMNS = ", ".join(f'"{name}"' for name in STORED_EVENT.names)
_PART = "read_parquet($files, hive_partitioning = false)"
_ROWS = f'(SELECT * FROM {_PART} WHERE "at" >= $since AND "at" < $until)'

_OF = "account IN (SELECT unnest($accounts::VARCHAR[]))"
_BY_TIME = '"at", event_id, "row", batch'

_EVENTS = "count(DISTINCT event_id) AS events"
_FAILED = "count(DISTINCT event_id) FILTER (outcome <> 'success') AS failed"
_EXTENT = 'min("at") AS first_at, max("at") AS last_at'
_PATIENTS = "count(DISTINCT patient) AS patients_named"

_ACCESSES_OF = f"SELECT {_COLUMNS} FROM {_ROWS} WHERE {_OF} ORDER BY {_BY_TIME}"

_ACCESSES_TO = f"""
    SELECT {_COLUMNS} FROM {_ROWS} WHERE patient IN (SELECT unnest($patients::BLOB[])) ORDER BY {_BY_TIME}"""

_REQUESTS = f"""
    SELECT {_COLUMNS} FROM {_ROWS} WHERE request <> 0 AND request IN (SELECT unnest($ids::UBIGINT[]))
    ORDER BY request, {_BY_TIME}"""

_EVENT = f'SELECT {_COLUMNS} FROM {_ROWS} WHERE event_id = $event_id::BLOB ORDER BY "row", batch'

_PATIENTS_OF = f"""
    SELECT patient, {_EXTENT}, {_EVENTS},
        count(DISTINCT event_id) FILTER (outcome = 'success') AS shown,
        count(DISTINCT event_id) FILTER (outcome = 'success' AND action NOT IN ('list', 'search')) AS opened,
        coalesce(bit_or(elements) FILTER (outcome = 'success'), 0) AS elements
    FROM {_ROWS} WHERE {_OF} AND patient IS NOT NULL GROUP BY patient ORDER BY patient"""

_SEEN = f"SELECT account, {_EXTENT}, {_EVENTS} FROM {_ROWS} WHERE {_OF} GROUP BY account ORDER BY account"

_BEARERS = f"SELECT account, professional, {_EXTENT}, {_EVENTS} FROM {_ROWS} WHERE account IS NOT NULL"
_BY_BEARER = "GROUP BY account, professional ORDER BY account, professional"

_PROFESSIONALS_OF = f"{_BEARERS} AND professional IS NOT NULL AND {_OF} {_BY_BEARER}"

_ACCOUNTS_OF = f"{_BEARERS} AND professional IN (SELECT unnest($professionals::VARCHAR[])) {_BY_BEARER}"

_DAYS_OF = f"""
    SELECT account, "at"::DATE AS day, service, {_EVENTS}, {_FAILED}, {_PATIENTS}
    FROM {_ROWS} WHERE {_OF} GROUP BY ALL ORDER BY account, day, service NULLS FIRST"""

_ORIGIN = "account, network, device, client, assurance"
_ORIGINS = f"SELECT {_ORIGIN}, {_EXTENT}, {_EVENTS}, {_FAILED} FROM {_ROWS}"
_BY_ORIGIN = f"GROUP BY {_ORIGIN} ORDER BY {', '.join(f'{name} NULLS FIRST' for name in _ORIGIN.split(', '))}"

_ORIGINS_OF = f"{_ORIGINS} WHERE {_OF} {_BY_ORIGIN}"

_ACCOUNTS_FROM = f"""
    {_ORIGINS} WHERE network IN (SELECT unnest($networks::VARCHAR[]))
        OR (device <> 0 AND device IN (SELECT unnest($devices::UBIGINT[])))
    {_BY_ORIGIN}"""

_EXPLANATIONS_OF = f"""
    SELECT account, explained_by, {_EVENTS}, {_PATIENTS}
    FROM {_ROWS} WHERE {_OF} GROUP BY ALL ORDER BY account, explained_by"""

_EXPLANATIONS_BY = f"""
    SELECT service, explained_by, {_EVENTS}, {_PATIENTS}
    FROM {_ROWS} GROUP BY ALL ORDER BY service NULLS FIRST, explained_by"""

_SERVICES_BY_HOUR = f"""
    SELECT service, time_bucket(INTERVAL 1 HOUR, "at") AS hour, {_EVENTS}, {_FAILED},
        count(DISTINCT account) AS accounts, {_PATIENTS}
    FROM {_ROWS} GROUP BY ALL ORDER BY service NULLS FIRST, hour"""

_BEARERS_OF = pa.schema([("account", pa.string()), ("professional", pa.string())])
_ROLES = """LEFT JOIN (
        SELECT unnest($bearers::VARCHAR[]) AS its_account, unnest($professionals::VARCHAR[]) AS its_professional,
            unnest($roles::VARCHAR[]) AS role
    ) AS its ON account IS NOT DISTINCT FROM its_account AND professional IS NOT DISTINCT FROM its_professional"""

_HITS = """
    SELECT rule, min("at") AS "at", event_id, first(service ORDER BY "row", batch) AS service,
        first(account ORDER BY "row", batch) AS account
    FROM found GROUP BY rule, event_id ORDER BY event_id DESC, rule LIMIT $limit"""

_HITS_BY = f"""
    SELECT rule, account, "at"::DATE AS day, {_EVENTS}, min(event_id) AS example
    FROM found GROUP BY ALL ORDER BY rule, account NULLS FIRST, day"""

_REJECTIONS = f"""
    SELECT stream, reason, count(*) AS lines, sum(length)::BIGINT AS bytes
    FROM {_PART} GROUP BY ALL ORDER BY stream, reason"""

_COUNT = f"SELECT count(*) AS rows FROM {_PART}"
_COUNTED = pa.schema([("rows", pa.int64())])


@dataclass(frozen=True, slots=True)
class _Asked:
    """Which rows are asked about."""

    period: Period
    accounts: Sequence[str] | None = None
    batches: tuple[int, int] | None = None

    @property
    def rows(self) -> str:
        """As a table of a query."""
        accounts = f" AND {_OF}" if self.accounts is not None else ""
        batches = " AND batch > $after AND batch <= $upto" if self.batches else ""
        return f"{_ROWS[:-1]}{accounts}{batches})"

    @property
    def values(self) -> dict[str, Any]:
        """Its parameters."""
        values: dict[str, Any] = {} if self.accounts is None else {"accounts": list(self.accounts)}
        return values | (dict(zip(("after", "upto"), self.batches, strict=True)) if self.batches else {})


class DuckDBQuestions:
    """`interface.Questions` over `ParquetParts`. May be asked from several threads."""

    def __init__(self, parts: ParquetParts, *, memory_mb: int = 1024, threads: int = 2) -> None:
        """What does not fit in `memory_mb` is spilled to a folder inside the root."""
        self._parts = parts
        self._engine = engine(parts.layout, memory_mb=memory_mb, threads=threads)

    def accesses_of(
        self, accounts: Sequence[str], *, since: datetime | None = None, until: datetime | None = None
    ) -> pa.Table:
        """See `interface.Questions.accesses_of`."""
        return self._ask(_ACCESSES_OF, STORED_EVENT, Period.of(since, until), accounts=list(accounts))

    def accesses_to(
        self, patients: Sequence[bytes], *, since: datetime | None = None, until: datetime | None = None
    ) -> pa.Table:
        """See `interface.Questions.accesses_to`."""
        return self._ask(_ACCESSES_TO, STORED_EVENT, Period.of(since, until), patients=list(patients))

    def patients_of(
        self, accounts: Sequence[str], *, since: datetime | None = None, until: datetime | None = None
    ) -> pa.Table:
        """See `interface.Questions.patients_of`."""
        return self._ask(_PATIENTS_OF, PATIENTS_OF, Period.of(since, until), accounts=list(accounts))

    def seen(self, accounts: Sequence[str]) -> pa.Table:
        """See `interface.Questions.seen`."""
        return self._ask(_SEEN, SEEN, Period.of(None, None), accounts=list(accounts))

    def professionals_of(self, accounts: Sequence[str]) -> pa.Table:
        """See `interface.Questions.professionals_of`."""
        return self._ask(_PROFESSIONALS_OF, BEARERS, Period.of(None, None), accounts=list(accounts))

    def accounts_of(self, professionals: Sequence[str]) -> pa.Table:
        """See `interface.Questions.accounts_of`."""
        return self._ask(_ACCOUNTS_OF, BEARERS, Period.of(None, None), professionals=list(professionals))

    def days_of(
        self, accounts: Sequence[str], *, since: datetime | None = None, until: datetime | None = None
    ) -> pa.Table:
        """See `interface.Questions.days_of`."""
        return self._ask(_DAYS_OF, DAYS_OF, Period.of(since, until), accounts=list(accounts))

    def origins_of(
        self, accounts: Sequence[str], *, since: datetime | None = None, until: datetime | None = None
    ) -> pa.Table:
        """See `interface.Questions.origins_of`."""
        return self._ask(_ORIGINS_OF, ORIGINS, Period.of(since, until), accounts=list(accounts))

    def accounts_from(
        self,
        *,
        networks: Sequence[str] = (),
        devices: Sequence[int] = (),
        since: datetime | None = None,
        until: datetime | None = None,
    ) -> pa.Table:
        """See `interface.Questions.accounts_from`."""
        period = Period.of(since, until)
        return self._ask(_ACCOUNTS_FROM, ORIGINS, period, networks=list(networks), devices=list(devices))

    def explanations_of(
        self, accounts: Sequence[str], *, since: datetime | None = None, until: datetime | None = None
    ) -> pa.Table:
        """See `interface.Questions.explanations_of`."""
        return self._ask(_EXPLANATIONS_OF, EXPLANATIONS_OF, Period.of(since, until), accounts=list(accounts))

    def explanations_by(self, *, since: datetime | None = None, until: datetime | None = None) -> pa.Table:
        """See `interface.Questions.explanations_by`."""
        return self._ask(_EXPLANATIONS_BY, EXPLANATIONS_BY, Period.of(since, until))

    def services_by_hour(self, *, since: datetime | None = None, until: datetime | None = None) -> pa.Table:
        """See `interface.Questions.services_by_hour`."""
        return self._ask(_SERVICES_BY_HOUR, SERVICES_BY_HOUR, Period.of(since, until))

    def requests(self, ids: Sequence[int], *, since: datetime | None = None, until: datetime | None = None) -> pa.Table:
        """See `interface.Questions.requests`."""
        return self._ask(_REQUESTS, STORED_EVENT, Period.of(since, until), ids=list(ids))

    def event(self, event_id: bytes) -> pa.Table:
        """See `interface.Questions.event`."""
        return self._ask(_EVENT, STORED_EVENT, _moment_of(event_id), event_id=event_id)

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
        wanted, asked = Wanted({"": condition}, zone, role_of, honey), _Asked(Period.of(since, until))
        (where,), roles, values = self._looked_up(wanted, asked)
        question = f"""
            SELECT "at"::DATE AS day, service, account, {_EVENTS}, min(event_id) AS example
            FROM {_ROWS} {roles} WHERE {where}
            GROUP BY ALL ORDER BY day, service NULLS FIRST, account NULLS FIRST"""
        return self._ask(question, MATCHES, asked.period, **values)

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
        asked = _Asked(Period.of(since, until), accounts, batches)
        return self._found(_HITS, HIT, wanted, asked, limit=2**62 if limit is None else limit)

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
        return self._found(_HITS_BY, HITS_BY, wanted, _Asked(Period.of(since, until), accounts, batches))

    def rejections(self) -> pa.Table:
        """See `interface.Questions.rejections`."""
        return self._answer("rejected", _REJECTIONS, REJECTIONS_BY, None, {})

    def count(self, kind: Kind) -> int:
        """See `interface.Questions.count`."""
        return sum(self._answer(kind, _COUNT, _COUNTED, None, {}).column(0).to_pylist())

    def _found(self, question: str, schema: pa.Schema, wanted: Wanted, asked: _Asked, **values: Any) -> pa.Table:
        """A question about `found`: each row once for each rule that it matches. All rules are one scan."""
        if not wanted.conditions:
            return schema.empty_table()
        tests, roles, looked_up = self._looked_up(wanted, asked)
        found = f"""WITH found AS (
            SELECT *, unnest(list_where($rules::VARCHAR[], [{", ".join(tests)}])) AS rule
            FROM {asked.rows} {roles} WHERE {" OR ".join(tests)})"""
        values |= {"rules": list(wanted.conditions), **asked.values, **looked_up}
        return self._ask(f"{found} {question}", schema, asked.period, batches=asked.batches, **values)

    def _looked_up(self, wanted: Wanted, asked: _Asked) -> tuple[list[str], str, dict[str, Any]]:
        """The tests of rules, the join that gives roles, and the parameters of both.

        What the trail names is looked up first where a rule asks for it.
        """
        wheres = [
            Where(condition, lambda column: self._values(column, asked), name=f"p{number}_")
            for number, condition in enumerate(wanted.conditions.values())
        ]
        values: dict[str, Any] = {key: value for where in wheres for key, value in where.parameters.items()}
        fields = frozenset().union(*(where.fields for where in wheres))
        if fields & {"hour", "weekday"}:
            values["zone"] = wanted.zone
        if "honey" in fields:
            values["honey"] = list(wanted.honey)
        if "role" in fields:
            question = f"SELECT DISTINCT account, professional FROM {asked.rows}"
            bearers = self._ask(question, _BEARERS_OF, asked.period, batches=asked.batches, **asked.values).to_pylist()
            values["bearers"] = [one["account"] for one in bearers]
            values["professionals"] = [one["professional"] for one in bearers]
            values["roles"] = [wanted.role_of(one["account"], one["professional"]) for one in bearers]
        return [where.text for where in wheres], _ROLES if "role" in fields else "", values

    def _values(self, column: str, asked: _Asked) -> list[str]:
        """The texts that occur in a column of events."""
        question = f"SELECT DISTINCT {column} AS value FROM {asked.rows} WHERE {column} IS NOT NULL"
        schema = pa.schema([("value", pa.string())])
        return self._ask(question, schema, asked.period, batches=asked.batches, **asked.values).column(0).to_pylist()

    def _ask(
        self,
        question: str,
        schema: pa.Schema,
        period: Period,
        batches: tuple[int, int] | None = None,
        **values: Any,
    ) -> pa.Table:
        """A question about events, of which only the days of the period and the files of the batches are read."""
        values |= {"since": period.since, "until": period.until}
        return self._answer("events", question, schema, period, values, batches)

    def _answer(
        self,
        kind: Kind,
        question: str,
        schema: pa.Schema,
        period: Period | None,
        values: dict[str, Any],
        batches: tuple[int, int] | None = None,
    ) -> pa.Table:
        first, last = period.days if period else (None, None)
        for attempt in (1, 2):
            files = self._parts.layout.in_force(kind, first=first, last=last).files(batches=batches)
            if not files:
                return schema.empty_table()
            try:
                return fitted(self._run(question, values | {"files": [str(path) for path in files]}), schema)
            except duckdb.IOException as error:
                if attempt == 2 or all(path.exists() for path in files):
                    raise self._unanswered(files) from error  # else they were merged meanwhile: look again
            except (duckdb.Error, pa.ArrowException, ValueError) as error:
                raise self._unanswered(files) from error
        raise AssertionError("unreachable")

    def _run(self, question: str, values: dict[str, Any]) -> pa.Table:
        with self._engine.cursor() as cursor:
            return cursor.sql(question, params=values).to_arrow_table()

    def _unanswered(self, files: list[Path]) -> StoreUnavailable:
        for path in files:
            self._parts.check(path)
        return StoreUnavailable("The store did not answer.", advice=f"Give it more memory, or else: {REBUILD}")


def _moment_of(event_id: bytes) -> Period:
    """The microsecond an event id begins with: see `model.event.COLUMNS`."""
    at = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=int.from_bytes(event_id[:7], "big") - (1 << 55))
    return Period(at, at + timedelta(microseconds=1))
