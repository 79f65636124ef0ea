"""The parts of a document: sections of sentences and tables, each with its evidence."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any


def sentence(text: str, *evidence: str) -> dict[str, Any]:
    """A sentence, and the ids of what it rests on."""
    return {"text": text, "evidence": [one for one in dict.fromkeys(evidence) if one]}


def cell(text: str, below: str) -> dict[str, str]:
    """A cell of two lines, the second of lesser weight."""
    return {"text": text, "below": below}


def table(
    caption: str,
    head: Sequence[str],
    rows: Sequence[Sequence[Any]],
    *,
    widths: Sequence[int],
    numbers: Sequence[int] = (),
) -> dict[str, Any]:
    """A table with a caption and a head; the first cell of a row is its heading; `numbers`: columns of numbers.

    `widths`: shares of the width of a printed page.
    """
    plain = [[one if isinstance(one, dict) else cell(one, "") for one in row] for row in rows]
    return {"caption": caption, "head": list(head), "rows": plain, "widths": list(widths), "numbers": list(numbers)}


def section(
    name: str, title: str, *, paragraphs: Sequence[dict[str, Any]] = (), tables: Sequence[dict[str, Any]] = ()
) -> dict[str, Any]:
    """A section under a heading of the second level; tables without rows are left out."""
    return {
        "id": name,
        "title": title,
        "paragraphs": list(paragraphs),
        "tables": [one for one in tables if one["rows"]],
    }


def short(account: str) -> str:
    """The value of an account, without the system before it."""
    return account.rpartition("|")[2]
