"""The mapping of a trail that is not FHIR: which column is what, and what the trail does not record.

A mapping is a TOML file that the operator writes or has drafted by `tocsin guess`. It is read strictly: a key that
nobody knows, a pattern that does not compile, a fact of the event that is neither mapped nor declared absent are
errors that say what to write. Reference with examples: docs/how-to/map-your-own-trail.md.
"""

from __future__ import annotations

import re
import tomllib
from datetime import datetime
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from tocsin.collect.mapping_parts import (
    CAPTURES,
    ENCODINGS,
    FORMATS,
    NOT_RECORDED,
    QUERIES,
    TIME_ALIASES,
    Columns,
    Dialect,
    Identifier,
    Mapping,
    Path,
    Shown,
    Time,
    Values,
)
from tocsin.collect.mapping_table import Table, refuse
from tocsin.model.event import ACTIONS, ELEMENTS, OUTCOMES

__all__ = [
    "CAPTURES", "ENCODINGS", "FORMATS", "NOT_RECORDED", "QUERIES", "TIME_ALIASES", "Columns", "Dialect",
    "Identifier", "Mapping", "Path", "Shown", "Time", "Values", "read_mapping", "undeclared",
]  # fmt: skip


def read_mapping(text: str) -> Mapping:
    """Read a mapping from TOML. Raises `Usage`, naming the key and what to write instead."""
    mapping = _assembled(text)
    _check_records(mapping)
    return mapping


def undeclared(text: str) -> tuple[str, ...]:
    """What a mapping without `[records]` would have to declare: words of NOT_RECORDED. For drafts."""
    return tuple(word for word, there in _present(_assembled(text)).items() if not there)


def _assembled(text: str) -> Mapping:
    try:
        root = Table(tomllib.loads(text))
    except tomllib.TOMLDecodeError as error:
        refuse("the file", f"is not TOML: {error}.", 'Texts stand between quotes: column = "name".')
    kind = root.word("format", FORMATS)
    if kind is None:
        refuse("format", "is missing.", 'Write format = "nginx" (JSON lines) or format = "csv".')
    dialect = _dialect(root, kind)
    service, service_column = _service(root.table("service"))
    patient = root.table("patient")
    mapping = Mapping(
        format=kind,
        service=service,
        service_column=service_column,
        time=_time(root.table("time")),
        account=_account(root.table("account")),
        patient=Identifier(
            column=patient.column("column"),
            system=patient.text("system", example='"Patient"'),
            empty=patient.texts("empty", example='["", "-"]') or ("", "-"),
        ),
        separator=patient.text("separator", example='","'),
        action=_values(root.table("action"), ACTIONS),
        paths=tuple(_path(table) for table in root.tables("path")),
        query=_query(root.table("query")),
        outcome=_values(root.table("outcome"), OUTCOMES),
        shown=_shown(root.table("elements")),
        columns=_columns(root.table("columns")),
        dialect=dialect,
        not_recorded=_not_recorded(root.table("records")),
    )
    patient.close()
    root.close()
    _check_parts(mapping)
    _check_columns(mapping)
    return mapping


def _service(table: Table) -> tuple[str | None, str | None]:
    name, column = table.text("name", example='"portal"'), table.column("column")
    table.close()
    if (name is None) == (column is None):
        refuse("[service]", "one of name and column is wanted.", 'Write name = "portal", or column = "host".')
    return name, column


def _time(table: Table) -> Time:
    column = table.column("column")
    if column is None:
        refuse("[time] column", "is missing.", 'Write column = "time_iso8601".')
    written = table.needed("format", example='"iso", "epoch-s", "epoch-ms" or "%d/%m/%Y %H:%M:%S"')
    time = Time(
        column=column,
        clock=table.column("clock"),
        format=TIME_ALIASES.get(written, written),
        timezone=table.text("timezone", example='"Europe/Paris"'),
    )
    table.close()
    _check_time(time)
    return time


def _check_time(time: Time) -> None:
    where = "[time] format"
    zoned = time.format.startswith("epoch-") or "%z" in time.format
    if time.format in ("epoch-s", "epoch-ms"):
        if time.clock is not None:
            refuse("[time] clock", "a number of seconds has no separate time of day.", "Remove clock.")
    elif time.format != "iso" and not _tells_an_instant(time.format):
        refuse(
            where,
            f'"{time.format}" does not tell the day and the hour.',
            'Write "iso", "epoch-s", "epoch-ms", or a pattern such as "%d/%m/%Y %H:%M:%S".',
        )
    if zoned and time.timezone is not None:
        refuse("[time] timezone", "these times carry their zone.", "Remove timezone.")
    if not zoned and time.format != "iso" and time.timezone is None:
        refuse("[time] timezone", "times without a zone need one.", 'Write timezone = "Europe/Paris".')
    if time.timezone is not None:
        try:
            ZoneInfo(time.timezone)
        except (ZoneInfoNotFoundError, ValueError):
            refuse("[time] timezone", "no such zone.", 'Write an IANA name: timezone = "Europe/Paris".')


def _tells_an_instant(pattern: str) -> bool:
    """Whether a time written with the pattern is read back to the minute."""
    sample = datetime(2031, 12, 30, 23, 58)  # noqa: DTZ001  a wall-clock time on purpose
    try:
        back = datetime.strptime(sample.strftime(pattern.replace("%z", "+0000")), pattern)  # noqa: DTZ007
    except ValueError:
        return False
    return back.replace(tzinfo=None) == sample


def _account(table: Table) -> Identifier:
    column = table.column("column")
    if column is None:
        refuse("[account] column", "is missing.", 'Write column = "remote_user": a trail without accounts is no trail.')
    account = Identifier(
        column=column,
        system=table.text("system", example='"https://sso.region.example"'),
        empty=table.texts("empty", example='["", "-"]') or ("", "-"),
    )
    table.close()
    return account


def _values(table: Table, vocabulary: tuple[str, ...]) -> Values:
    values = Values(
        column=table.column("column"),
        values=table.table("values").values_of_words(vocabulary),
        otherwise=table.word("otherwise", vocabulary),
    )
    table.close()
    if values.values and values.column is None:
        refuse(f"[{table.where}] column", "is missing.", f"Name the column that [{table.where}.values] is about.")
    if values.column is not None and not values.values:
        refuse(f"[{table.where}.values]", "is empty.", f'Write [{table.where}.values] then "READ" = "{vocabulary[0]}".')
    return values


def _path(table: Table) -> Path:
    pattern = table.needed("match", example='"^/patients/(?P<patient>[0-9]+)$"')
    try:
        match = re.compile(pattern)
    except re.error as error:
        refuse(table.place("match"), f"the pattern does not compile: {error}.", "Write a Python regular expression.")
    for name in match.groupindex:
        if name not in CAPTURES:
            refuse(table.place("match"), f"no such capture as {name}.", f"Name it one of {', '.join(CAPTURES)}.")
    ignore = table.flag("ignore", False)
    action = table.word("action", ACTIONS)
    if ignore == (action is not None):
        refuse(table.place("action"), "an action or ignore is wanted.", 'Write action = "read", or ignore = true.')
    path = Path(
        match=match,
        methods=tuple(method.upper() for method in table.texts("method", example='"GET"')),
        action=action,
        elements=table.words("elements", ELEMENTS),
    )
    table.close()
    return path


def _query(table: Table) -> dict[str, tuple[str, ...]]:
    query = {kind: table.texts(kind, example='["nom"]') for kind in QUERIES}
    table.close()
    return {kind: names for kind, names in query.items() if names}


def _shown(table: Table) -> Shown:
    by_action = {action: table.words(action, ELEMENTS) for action in ACTIONS if table.has(action)}
    column, values = table.column("column"), table.table("values").lists_of_words(ELEMENTS)
    table.close()
    if (column is None) != (not values):
        refuse("[elements]", "column and values go together.", 'Write column = "table" and [elements.values].')
    return Shown(by_action=by_action, column=column, values=values)


def _columns(table: Table) -> Columns:
    columns = Columns(**{name: table.column(name) for name in Columns.__slots__})
    table.close()
    return columns


def _dialect(root: Table, kind: str) -> Dialect:
    if kind == "nginx":
        if root.has("csv"):
            refuse("[csv]", "an nginx trail has no CSV dialect.", 'Remove it, or write format = "csv".')
        return Dialect()
    table = root.table("csv")
    header = table.flag("header", True)
    number = table.count("fields")
    columns = table.texts("columns", example='["date", "login"]')
    quoted, quote = table.flag("quoted", True), table.text("quote", example="'\"'") or '"'
    dialect = Dialect(
        delimiter=table.text("delimiter", example='";"') or ",",
        quote=quote if quoted else None,
        encoding=table.word("encoding", ENCODINGS) or "utf-8",
        header=header,
        columns=columns or tuple(str(i) for i in range(1, (number or 0) + 1)),
    )
    table.close()
    _check_dialect(dialect, number)
    return dialect


def _check_dialect(dialect: Dialect, number: int | None) -> None:
    for key, value in (("delimiter", dialect.delimiter), ("quote", dialect.quote or '"')):
        if len(value) != 1 or not value.isascii() or value in "\r\n":
            refuse(f"[csv] {key}", "one ASCII character is wanted.", 'Write delimiter = ";" and quote = \'"\'.')
    if dialect.delimiter == dialect.quote:
        refuse("[csv] quote", "is also the delimiter.", "Write quote = '\"'.")
    if not dialect.header and not dialect.columns:
        refuse("[csv] fields", "a file without names needs their number.", "Write fields = 12 (columns are 1 to 12).")
    if len(set(dialect.columns)) != len(dialect.columns):
        refuse("[csv] columns", "a name stands twice.", "Give each column a name of its own.")
    if number is not None and len(dialect.columns) != number:
        refuse("[csv] fields", "is not the number of columns.", f"Write fields = {len(dialect.columns)}, or remove it.")


def _not_recorded(table: Table) -> tuple[str, ...]:
    words = table.words("not_recorded", tuple(NOT_RECORDED))
    table.close()
    return words


def _check_parts(mapping: Mapping) -> None:
    """Refuse parts that need another part."""
    if mapping.paths and mapping.columns.path is None:
        refuse("[columns] path", "is missing, and [[path]] reads it.", 'Write path = "request_uri".')
    if any(path.methods for path in mapping.paths) and mapping.columns.method is None:
        refuse("[columns] method", "is missing, and [[path]] method reads it.", 'Write method = "request_method".')
    if not mapping.actions():
        refuse(
            "[action]", "nothing says what was done.", "Write [[path]] patterns, or [action] with column and values."
        )
    named = mapping.patient.column or "patient" in mapping.captures() or "patient" in mapping.query
    if named and mapping.patient.system is None:
        refuse(
            "[patient] system",
            "is missing.",
            'Write system = "Patient" if the number is a FHIR id, else a name of the numbering: system = "urn:ipp".',
        )
    if mapping.columns.status is not None and mapping.outcome.column is not None:
        refuse("[outcome] column", "[columns] status tells the outcome already.", "Keep one of them.")


def _check_columns(mapping: Mapping) -> None:
    """Refuse a column that the CSV does not have."""
    names = mapping.dialect.columns
    if mapping.format == "csv" and names:
        for name in mapping.columns_read():
            if name not in names:
                refuse("[csv] columns", f'has no "{name}".', f"Columns: {', '.join(names)}.")


def _present(mapping: Mapping) -> dict[str, bool]:
    """For each word of NOT_RECORDED, whether the mapping maps it."""
    actions, captures, columns = mapping.actions(), mapping.captures(), mapping.columns
    patient = mapping.patient.column is not None or "patient" in captures or "patient" in mapping.query
    return {
        "sign-ins": "sign-in" in actions,
        "failures": columns.status is not None or mapping.outcome.column is not None,
        "searches": bool(actions & {"search", "list"}),
        "query-text": bool({"name", "birth", "identifier"} & (set(mapping.query) | captures)),
        "pages": bool({"page", "offset"} & (set(mapping.query) | captures)),
        "list-results": "list" in actions and patient,
        "patients": patient,
        "elements": bool(mapping.shown.by_action or mapping.shown.column or any(p.elements for p in mapping.paths)),
        "exports": "export" in actions,
        "writes": "write" in actions,
        "network": columns.address is not None,
        "device": columns.device is not None,
        "client": columns.client is not None,
        "token": columns.token is not None,
        "request": columns.request is not None,
    }


def _check_records(mapping: Mapping) -> None:
    """Every fact is mapped or declared absent: silence would be read as `it did not happen`."""
    present = _present(mapping)
    owed = [word for word, there in present.items() if not there and word not in mapping.not_recorded]
    if owed:
        listed = ", ".join(f'"{word}"' for word in (*mapping.not_recorded, *owed))
        refuse(
            "[records] not_recorded",
            f"neither mapped nor declared absent: {', '.join(owed)}.",
            f"Map them, or write not_recorded = [{listed}].",
        )
    for word in ("network", "device", "client", "token", "request"):
        if present[word] and word in mapping.not_recorded:
            refuse("[records] not_recorded", f"{word} has a column.", f'Remove the column, or "{word}" from the list.')
