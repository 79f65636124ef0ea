"""Draft the mapping of a trail from a sample of it: what is guessed says why, what is unsure says `# to check`.

The draft is for a person who knows the service: half an hour of reading instead of a day of writing. The same
sample gives the same draft, byte for byte. Names of columns, values of actions and parts of paths enter the draft;
accounts, patients and what was searched for do not.
"""

from __future__ import annotations

import csv
import io
import re
from dataclasses import dataclass
from typing import Final

import msgspec

from tocsin.collect.guess_columns import Column, fits, recognise
from tocsin.collect.guess_draft import draft
from tocsin.collect.mapping import Dialect

DELIMITERS: Final = (";", ",", "\t", "|")
MOST_LINES: Final = 20_000
"""Lines of the sample that are looked at: enough for rare paths, read in about a second."""


@dataclass(frozen=True, slots=True)
class Guess:
    """What a sample seems to be."""

    format: str
    """`fhir`, `nginx`, `csv`, or `unknown`."""
    toml: str
    """The draft; empty for FHIR, which needs none, and for what is not understood."""
    notes: tuple[str, ...]
    """What the person should know or do, one sentence each."""


def guess(sample: bytes, name: str) -> Guess:
    """Draft a mapping from the beginning of a file. `name` is the file's name: it gives the service its first name."""
    lines = _lines(sample)
    if not lines:
        return Guess("unknown", "", ("The sample holds no line.",))
    if sample[:2] == b"\x1f\x8b" or sample[:4] == b"\x28\xb5\x2f\xfd":
        return Guess("unknown", "", ("The sample is compressed: give its text.",))
    service = re.sub(r"[\W\d_]+", "-", name.rpartition("/")[2].partition(".")[0]).strip("-").lower() or "service"
    if lines[0].lstrip()[:1] in (b"{", b"["):
        return _json(lines, service)
    try:
        return _csv(lines, service)
    except csv.Error:
        return Guess("unknown", "", ("Neither JSON lines nor a CSV that reads as one.",))


def _lines(sample: bytes) -> list[bytes]:
    """Whole lines that are not blank; the last one is left out if it may be cut."""
    whole = sample if sample.endswith(b"\n") or sample.count(b"\n") < 2 else sample[: sample.rindex(b"\n")]
    lines = [line.rstrip(b"\r") for line in whole.removeprefix(b"\xef\xbb\xbf").split(b"\n")]
    return [line for line in lines if line.strip()][:MOST_LINES]


def _json(lines: list[bytes], service: str) -> Guess:
    rows = []
    for line in lines:
        try:
            row = msgspec.json.decode(line)
        except (msgspec.DecodeError, UnicodeDecodeError):
            continue
        if isinstance(row, dict):
            rows.append(row)
    if any("resourceType" in row for row in rows):
        return Guess("fhir", "", ("The file is FHIR: no mapping needed.",))
    if len(rows) * 2 < len(lines):
        return Guess("unknown", "", ("One JSON object on each line is wanted.",))
    names = list(dict.fromkeys(name for row in rows for name in row))
    columns = [Column(name, [_text(row[name]) for row in rows if _filled(row.get(name))]) for name in names]
    found = recognise(columns)
    records = [{name: _text(value) for name, value in row.items()} for row in rows]
    return _guess("nginx", found=found, records=records, service=service, dialect=Dialect())


def _csv(lines: list[bytes], service: str) -> Guess:
    encoding = _encoding(b"\n".join(lines))
    text = [line.decode(encoding, "replace") for line in lines if b"\r" not in line]
    delimiter = _delimiter(text) if text else None
    if delimiter is None:
        return Guess("unknown", "", ("Neither JSON lines nor a CSV: no delimiter gives lines of equal length.",))
    rows = list(csv.reader(text, delimiter=delimiter))
    header = _is_header(rows[0])
    names = rows[0] if header else [str(i) for i in range(1, len(rows[0]) + 1)]
    body = [row for row in rows[header:] if len(row) == len(names)]
    columns = [Column(name, [row[i] for row in body if _filled(row[i])]) for i, name in enumerate(names)]
    records = [dict(zip(names, row, strict=True)) for row in body]
    dialect = Dialect(delimiter=delimiter, encoding=encoding, header=header, columns=tuple(names))
    return _guess("csv", found=recognise(columns), records=records, service=service, dialect=dialect)


def _guess(kind: str, **parts: object) -> Guess:
    written = draft(kind, **parts)  # type: ignore[arg-type]
    if written.missing:
        return Guess("unknown", "", tuple(f"No column looks like {what}." for what in written.missing))
    unsure = written.toml.count("# to check")
    return Guess(kind, written.toml, (f"{unsure} guesses are marked `# to check`.",) if unsure else ())


def _filled(value: object) -> bool:
    return value is not None and value not in ("", "-")


def _text(value: object) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    return value if isinstance(value, str) else "" if value is None else str(value)


def _encoding(sample: bytes) -> str:
    """UTF-8 if it reads so; else cp1252 if it holds signs that latin-1 has not (the euro, the typographic quotes)."""
    try:
        sample.decode()
    except UnicodeDecodeError:
        return "cp1252" if re.search(rb"[\x80-\x9f]", sample) else "latin-1"
    return "utf-8"


def _delimiter(text: list[str]) -> str | None:
    """The sign that gives most lines the same number of fields, the most fields; None if none gives two."""
    best, chosen = (0.0, 0), None
    for delimiter in DELIMITERS:
        counts = [len(row) for row in csv.reader(io.StringIO("\n".join(text[:500])), delimiter=delimiter)]
        usual = max(set(counts), key=lambda n: (counts.count(n), n))
        score = (round(counts.count(usual) / len(counts), 1), usual)
        if usual > 1 and score > best:
            best, chosen = score, delimiter
    return chosen


def _is_header(row: list[str]) -> bool:
    """Whether a row is names: filled, all different, and none of them a number, a time or an address."""
    values = any(re.fullmatch(r"[0-9.,:/ -]+", cell) or fits("address", [cell]) for cell in row)
    return all(row) and len(set(row)) == len(row) and not values
