"""What was measured, in milliseconds: percentiles, a table."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

COLUMNS = ("p50", "p95", "p99", "max")


def row(what: str, took_ms: Sequence[float]) -> dict[str, Any]:
    """Percentiles by nearest rank: of 200, p99 is the third longest. Raises `IndexError` if nothing was measured."""
    ordered = sorted(took_ms)
    at = {f"p{share}_ms": round(ordered[-(-share * len(ordered) // 100) - 1], 1) for share in (50, 95, 99)}
    return {"what": what, "n": len(ordered), **at, "max_ms": round(ordered[-1], 1)}


def table(rows: Sequence[dict[str, Any]]) -> str:
    """The rows in Markdown."""
    lines = ["| ms | n | p50 | p95 | p99 | max |", "| --- | ---: | ---: | ---: | ---: | ---: |"]
    for one in rows:
        numbers = " | ".join(f"{one[f'{column}_ms']:,.0f}" for column in COLUMNS)
        lines.append(f"| {one['what']} | {one['n']} | {numbers} |")
    return "\n".join(lines)
