"""The text of a drafted mapping, section by section."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass, fields
from typing import Final

from tocsin.collect.guess_columns import Found, has_zone, looks_like_ins, looks_like_rpps, time_format
from tocsin.collect.guess_paths import Cluster, cluster
from tocsin.collect.guess_words import action_of_word, elements_of_words, outcome_of_word
from tocsin.collect.mapping import Columns, Dialect, undeclared

CHECK: Final = "  # to check"
Record = dict[str, str]

LISTED: Final = ("name", "birth", "sex")
"""What a listing shows unless somebody says more. From: the contract of the trail, Elements."""

MOST_VALUES: Final = 40
"""Values of an action or object column drafted at most; seldom ones are rejected until mapped."""


@dataclass(frozen=True, slots=True)
class Draft:
    """A drafted mapping, or what it lacks."""

    toml: str
    missing: tuple[str, ...]


def draft(kind: str, *, found: dict[str, Found], records: list[Record], service: str, dialect: Dialect) -> Draft:
    """Write the mapping of a sample. Without a time, an account or anything that tells the act there is none."""
    missing = [what for role, what in (("time", "a time"), ("account", "an account")) if role not in found]
    if "action" not in found and "path" not in found:
        missing.append("an action or a path")
    if "time" in found and _time_format(found, records) is None:
        missing.append("a time in a format known here")
    if missing:
        return Draft("", tuple(missing))
    sections = [
        [f'format = "{kind}"'],
        _csv(dialect) if kind == "csv" else [],
        _service(found, service),
        _time(found, records),
        _account(found),
        *_acts(found, records),
        _outcome(found, records),
        _columns(found),
    ]
    body = "\n\n".join("\n".join(section) for section in sections if section) + "\n"
    return Draft(body + "\n" + "\n".join(_records(body)) + "\n", ())


def _quoted(value: str) -> str:
    """A TOML text: JSON's escapes are TOML's."""
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")


def _pattern(value: str) -> str:
    return _quoted(value) if "'" in value else f"'{value}'"


def _listed(values: tuple[str, ...] | list[str]) -> str:
    return "[" + ", ".join(_quoted(value) for value in values) + "]"


def _line(key: str, value: str, why: str, *, sure: bool = True) -> str:
    why = " ".join(why.split())
    return f"{key} = {value}  # {why}" + ("" if sure else CHECK)


def _named(key: str, one: Found) -> str:
    return _line(key, _quoted(one.column.name), one.why, sure=one.sure)


def _csv(dialect: Dialect) -> list[str]:
    lines = [
        "[csv]",
        f"delimiter = {_quoted(dialect.delimiter)}",
        _line("encoding", _quoted(dialect.encoding), "the sample reads so"),
    ]
    if dialect.header:
        return [*lines, "header = true", f"columns = {_listed(dialect.columns)}"]
    return [*lines, "header = false", f"fields = {len(dialect.columns)}"]


def _service(found: dict[str, Found], service: str) -> list[str]:
    if "service" in found:
        return ["[service]", _named("column", found["service"])]
    return ["[service]", _line("name", _quoted(service), "from the name of the file", sure=False)]


def _time_values(found: dict[str, Found], records: list[Record]) -> list[str]:
    time, clock = found["time"].column, found.get("clock")
    if clock is None or time_format(time.values) not in (None, "iso"):
        return time.values[:500]
    return [f"{record.get(time.name, '')} {record.get(clock.column.name, '')}" for record in records[:500]]


def _time_format(found: dict[str, Found], records: list[Record]) -> str | None:
    return time_format(_time_values(found, records))


def _time(found: dict[str, Found], records: list[Record]) -> list[str]:
    values = _time_values(found, records)
    written = time_format(values) or ""
    lines = ["[time]", _named("column", found["time"])]
    if "clock" in found and values != found["time"].column.values[:500]:
        lines.append(_named("clock", found["clock"]))
    lines.append(_line("format", _quoted(written), "most values read so", sure="/" not in written))
    if not written.startswith("epoch-") and "%z" not in written and not (written == "iso" and has_zone(values)):
        lines.append(_line("timezone", '"Europe/Paris"', "the times say no zone", sure=False))
    return lines


def _account(found: dict[str, Found]) -> list[str]:
    account = found["account"]
    lines = ["[account]", _named("column", account)]
    if looks_like_rpps(account.column.values):
        return [*lines, '# system = "https://rpps.esante.gouv.fr"  # the values look like RPPS' + CHECK]
    return [*lines, '# system = "https://sso.example"  # which directory names these accounts' + CHECK]


def _acts(found: dict[str, Found], records: list[Record]) -> list[list[str]]:
    """[patient], [action], [query], [elements] and the [[path]] patterns."""
    patterns, query = _patterns(found, records) if "path" in found else ([], {})
    captured = any("(?P<patient>" in one.pattern for one in patterns) or "patient" in query
    for kind in ("name", "birth", "page"):
        if "path" not in found and "query" not in found and f"query_{kind}" in found:
            query[kind] = (found[f"query_{kind}"].column.name,)
    action = _action(found["action"], records) if "action" in found else []
    return [
        _patient(found, patterns, captured),
        action,
        _query(query),
        _elements(found, action),
        *[_path(one) for one in patterns],
    ]


def _patient(found: dict[str, Found], patterns: list[Cluster], captured: bool) -> list[str]:
    one = found.get("patient")
    if one is None and not captured:
        return []
    lines = ["[patient]"] + ([_named("column", one)] if one else [])
    if one is not None and looks_like_ins(one.column.values):
        why = "the values look like national health numbers (NIR)"
        return [*lines, _line("system", '"urn:oid:1.2.250.1.213.1.4.8"', why, sure=False)]
    if any("/Patient/(?P<patient>" in one.pattern for one in patterns):
        return [*lines, _line("system", '"Patient"', "the paths are FHIR's")]
    return [*lines, _line("system", '"urn:local:patient"', 'which numbering: "Patient" if a FHIR id', sure=False)]


def _action(action: Found, records: list[Record]) -> list[str]:
    counts = Counter(value.strip() for value in action.column.values)
    lines = ["[action]", _named("column", action), "", "[action.values]"]
    unknown = []
    for value, seen in sorted(counts.items(), key=lambda item: (-item[1], item[0]))[:MOST_VALUES]:
        word = action_of_word(value)
        if word is None:
            unknown.append(_line(f"# {_quoted(value)}", '"read"', f"{seen} lines; no verb known here", sure=False))
        else:
            lines.append(_line(_quoted(value), f'"{word}"', f"{seen} lines"))
    if not any(" = " in line for line in lines[3:]):
        return ["[action]", _line("otherwise", '"read"', "no verb known in the sample", sure=False), *unknown]
    return _once(lines) + unknown


def _once(lines: list[str]) -> list[str]:
    """Values that differ only in case are one key: the first stays."""
    seen: set[str] = set()
    out = []
    for line in lines:
        key = line.partition(" = ")[0].casefold()
        if " = " not in line or key not in seen:
            out.append(line)
        seen.add(key)
    return out


def _query(query: dict[str, tuple[str, ...]]) -> list[str]:
    if not query:
        return []
    return ["[query]", *[_line(kind, _listed(names), "by its name", sure=False) for kind, names in query.items()]]


def _elements(found: dict[str, Found], action: list[str]) -> list[str]:
    if not action and "object" not in found:
        return []
    lines = ["[elements]"]
    if any('"list"' in line for line in action):
        lines.append(_line("list", _listed(LISTED), "what a listing usually shows", sure=False))
    known = {}
    if "object" in found:
        counts = Counter(value.strip() for value in found["object"].column.values)
        for value, _ in sorted(counts.items(), key=lambda item: (-item[1], item[0]))[:MOST_VALUES]:
            elements = elements_of_words([value, *value.split()])
            if elements:
                known[value] = elements
    if known:
        lines += [_named("column", found["object"]), "", "[elements.values]"]
        lines += _once([_line(_quoted(v), _listed(e), "by its name", sure=False) for v, e in known.items()])
    return lines if len(lines) > 1 else []


def _patterns(found: dict[str, Found], records: list[Record]) -> tuple[list[Cluster], dict[str, tuple[str, ...]]]:
    path, method, query = found["path"].column.name, found.get("method"), found.get("query")
    requests = []
    for record in records:
        target = record.get(path, "")
        if query is not None and "?" not in target and record.get(query.column.name, "-") not in ("", "-"):
            target += "?" + record[query.column.name]
        verb = record.get(method.column.name, "") if method else target.partition(" ")[0] if " " in target else ""
        requests.append((verb, target))
    paths = cluster(requests)
    return paths.clusters, paths.parameters


def _path(one: Cluster) -> list[str]:
    lines = ["[[path]]", f"match = {_pattern(one.pattern)}"]
    if one.method:
        lines.append(f'method = "{one.method}"')
    why = f"{one.seen} lines; {one.why}"
    if one.action is None:
        return [*lines, _line("ignore", "true", why, sure=one.sure)]
    lines.append(_line("action", f'"{one.action}"', why, sure=one.sure))
    if one.elements:
        lines.append(_line("elements", _listed(one.elements), "by the words of the path", sure=False))
    return lines


def _outcome(found: dict[str, Found], records: list[Record]) -> list[str]:
    if "status" in found:
        return []
    for role in ("outcome", "action"):
        values = sorted({value.strip() for value in found[role].column.values}) if role in found else []
        told = {value: outcome_of_word(value) for value in values[:MOST_VALUES]}
        if any(word == "failed-request" for word in told.values()):
            lines = ["[outcome]", _line("column", _quoted(found[role].column.name), "some values tell a failure")]
            lines += [
                _line("otherwise", '"success"', "what does not tell a failure", sure=False),
                "",
                "[outcome.values]",
            ]
            return lines + _once([f'{_quoted(value)} = "{word}"' for value, word in told.items() if word is not None])
    return []


def _columns(found: dict[str, Found]) -> list[str]:
    lines = [_named(f.name, found[f.name]) for f in fields(Columns) if f.name in found]
    if "path" in found and "method" not in found and any(" " in value for value in found["path"].column.values[:50]):
        lines.append(_line("method", _quoted(found["path"].column.name), "its first word"))
    if "professional" not in found and looks_like_rpps(found["account"].column.values):
        lines.append(_line("professional", _quoted(found["account"].column.name), "the accounts look like RPPS"))
    return ["[columns]", *lines] if lines else []


def _records(body: str) -> list[str]:
    words = undeclared(body)
    return [
        "[records]",
        "# Seen nowhere in the sample. What the service does record elsewhere, or seldom, must be mapped instead.",
        f"not_recorded = {_listed(words)}" + CHECK,
    ]
