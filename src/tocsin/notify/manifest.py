"""The printer's list: one line a letter, with no identity in it. A spreadsheet that opens it runs nothing."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable
from dataclasses import asdict, dataclass, fields
from typing import Any, Final

_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r")


@dataclass(frozen=True, slots=True, kw_only=True)
class Printed:
    """One letter, as the printer knows it."""

    number: int
    """1, 2, ...: its place in the merged file."""
    reference: str
    file: str
    """Its own file."""
    first_page: int
    """Its first page in the merged file, from 1."""
    pages: int
    sha256: str
    """Of its own file."""


def csv_of(printed: Iterable[Printed]) -> bytes:
    """UTF-8, semicolons, a heading; a cell that a spreadsheet would take for a formula is quoted away."""
    sink = io.StringIO()
    writer = csv.writer(sink, delimiter=";", lineterminator="\r\n")
    writer.writerow([field.name for field in fields(Printed)])
    for one in printed:
        writer.writerow([_safe(value) for value in asdict(one).values()])
    return sink.getvalue().encode("utf-8")


def json_of(printed: Iterable[Printed], **about: Any) -> dict[str, Any]:
    """The same, with what is the same for all."""
    letters = [asdict(one) for one in printed]
    return {**about, "count": len(letters), "pages": sum(one["pages"] for one in letters), "letters": letters}


def _safe(value: object) -> str:
    """From: OWASP, CSV injection."""
    text = " ".join(str(value).splitlines())
    return f"'{text}" if text.startswith(_FORMULA) else text
