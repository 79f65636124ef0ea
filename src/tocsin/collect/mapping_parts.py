"""The parts of a mapping: what its TOML says, as frozen nouns. See `tocsin.collect.mapping`, which reads them."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Final

FORMATS: Final = ("nginx", "csv")
ENCODINGS: Final = ("utf-8", "latin-1", "cp1252")
"""All three keep ASCII bytes as they are, so lines and delimiters are found in the bytes."""

CAPTURES: Final = ("patient", "page", "name", "birth", "identifier")
"""Named groups that a path pattern may capture."""

QUERIES: Final = ("name", "birth", "identifier", "patient", "page", "offset", "count")
"""What a query parameter (in CSV: a column of search criteria) may be. `offset` and `count` make a page together."""

TIME_ALIASES: Final = {"$time_iso8601": "iso", "$msec": "epoch-s", "$time_local": "%d/%b/%Y:%H:%M:%S %z"}
"""nginx variables -> the format they are written in. From: nginx.org, ngx_http_core_module and log_module."""

NOT_RECORDED: Final = {
    "sign-ins": "nobody's arrival is in the trail",
    "failures": "refused and failed acts are not in the trail, or not told apart from the others",
    "searches": "searches are not in the trail",
    "query-text": "what was searched for is not in the trail",
    "pages": "the page of a result list is not in the trail",
    "list-results": "which patients a search showed is not in the trail",
    "patients": "which patient was opened is not in the trail",
    "elements": "which data of the patient was shown is not in the trail",
    "exports": "exports are not in the trail",
    "writes": "what was changed is not in the trail",
    "network": "the address of the client is not in the trail (or is always the proxy's)",
    "device": "the machine or program of the client is not in the trail",
    "client": "the application (OAuth client) is not in the trail",
    "token": "the token or session id is not in the trail",
    "request": "no request id joins two tellings of one act",
}
"""What a mapping may declare that its trail does not record. Each is either mapped or declared."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Time:
    """When it happened."""

    column: str
    clock: str | None
    """Column of the time of day, where the date stands alone in `column`; joined with one space."""
    format: str
    """`iso`, `epoch-s`, `epoch-ms`, or a strptime pattern."""
    timezone: str | None
    """IANA name of the zone of times without one. The hour that occurs twice in autumn is read as its first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Identifier:
    """An account or a patient: where its value stands, and the system it belongs to."""

    column: str | None
    system: str | None
    empty: tuple[str, ...] = ("", "-")
    """Values that mean nobody. From: nginx writes `-` for a variable that is not set."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Path:
    """Requests whose decoded path matches: what was done, and with what of whom."""

    match: re.Pattern[str]
    methods: tuple[str, ...]
    """Upper case; empty for any."""
    action: str | None
    """None: no act upon data; the line is rejected as `not-an-audit-event`."""
    elements: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Values:
    """A word by the value of a column: the first of table, then `otherwise`."""

    column: str | None
    values: dict[str, str]
    """Folded value of the trail -> word."""
    otherwise: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """What of the patient an act shows."""

    by_action: dict[str, tuple[str, ...]]
    column: str | None = None
    values: dict[str, tuple[str, ...]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Columns:
    """Columns that need no more than their name; None where the trail has none."""

    path: str | None
    """The request's path, with or without `?query`."""
    query: str | None
    """The query string, where `path` is without it."""
    method: str | None
    status: str | None
    """HTTP status: 2xx and 3xx success, 4xx failed-request, 5xx failed-system."""
    address: str | None
    device: str | None
    client: str | None
    token: str | None
    request: str | None
    professional: str | None
    purpose: str | None
    patients: str | None
    """How many patients, where the trail counts them without naming them."""
    bytes: str | None
    """Bytes sent. Accepted so that a mapping may say where they are; EVENT has no column for them yet."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Dialect:
    """How a CSV is written."""

    delimiter: str = ","
    quote: str | None = '"'
    encoding: str = "utf-8"
    header: bool = True
    """Whether each file begins with a line of names."""
    columns: tuple[str, ...] = ()
    """Names in order; `1`, `2`, ... when the file has no names. Empty: the parser is given the header line."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Mapping:
    """A trail that is not FHIR, told column by column."""

    format: str
    service: str | None
    service_column: str | None
    time: Time
    account: Identifier
    patient: Identifier
    separator: str | None
    """Between several patients in one value; None if a value is one patient."""
    action: Values
    paths: tuple[Path, ...]
    query: dict[str, tuple[str, ...]]
    """QUERIES -> parameter names (columns, in a CSV without `columns.query` and `columns.path`)."""
    outcome: Values
    shown: Shown
    columns: Columns
    dialect: Dialect
    not_recorded: tuple[str, ...]

    @property
    def query_in_columns(self) -> bool:
        """Whether search criteria stand in columns of their own, not in a query string."""
        return self.columns.query is None and self.columns.path is None

    def actions(self) -> set[str]:
        """Every action that a line can become."""
        words = {path.action for path in self.paths} | set(self.action.values.values()) | {self.action.otherwise}
        return {word for word in words if word is not None}

    def captures(self) -> set[str]:
        """Every named group of the path patterns."""
        return {name for path in self.paths for name in path.match.groupindex}

    def columns_read(self) -> tuple[str, ...]:
        """Names of the columns that the mapping reads, each once."""
        plain = [getattr(self.columns, name) for name in Columns.__slots__ if name != "bytes"]
        query = [name for names in self.query.values() for name in names] if self.query_in_columns else []
        tables = [self.action.column, self.outcome.column, self.shown.column]
        first = [self.service_column, self.time.column, self.time.clock, self.account.column, self.patient.column]
        return tuple(dict.fromkeys(name for name in [*first, *tables, *plain, *query] if name is not None))
