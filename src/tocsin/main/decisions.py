"""Decisions as lines of Tocsin's own trail, and as a table of the store."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import Any, Final

import pyarrow as pa

from tocsin.model.decision import WHAT, Decision

_time = pa.timestamp("us", tz="UTC")

DECISION: Final = pa.schema(
    [
        pa.field("what", pa.string(), nullable=False),
        pa.field("account", pa.string(), nullable=False),
        pa.field("about", pa.string(), nullable=False),
        pa.field("sessions", pa.list_(pa.uint64()), nullable=False),
        pa.field("events", pa.list_(pa.string()), nullable=False),
        pa.field("days", pa.list_(pa.int32()), nullable=False),
        pa.field("at", _time, nullable=False),
        pa.field("who", pa.string(), nullable=False),
        pa.field("why", pa.string(), nullable=False),
        pa.field("until", pa.int64(), nullable=False),
        pa.field("caps", pa.list_(pa.struct([("detector", pa.string()), ("up_to", pa.int64())])), nullable=False),
    ]
)
"""`model.decision.Decision`, one row each, in accepted order."""


_MOST: Final = 2**31 - 1
"""Of a count, so that a forged line cannot be more than a table holds."""


def line_of(decision: Decision) -> bytes:
    """A decision as a line of JSON."""
    return json.dumps(asdict(decision), ensure_ascii=True, sort_keys=True).encode() + b"\n"


def decisions_in(data: bytes) -> list[Decision]:
    """The decisions of some lines; a line that is none is passed over: nobody is accused or cleared by a torn one."""
    found = []
    for line in data.splitlines():
        try:
            told: dict[str, Any] = json.loads(line)
            made = Decision(
                **{
                    **told,
                    "sessions": tuple(int(one) for one in told.get("sessions", ())),
                    "events": tuple(str(one) for one in told.get("events", ())),
                    "days": tuple(int(one) for one in told.get("days", ())),
                    "caps": tuple((str(name), min(int(count), _MOST)) for name, count in told.get("caps", ())),
                }
            )
        except (ValueError, TypeError, AttributeError, RecursionError):
            continue
        if made.what in WHAT and isinstance(made.at, int) and made.who:
            found.append(made)
    return found


def decisions_table(decisions: list[Decision]) -> pa.Table:
    """Decisions as a table of schema DECISION."""
    rows = [
        asdict(one) | {"caps": [{"detector": name, "up_to": count} for name, count in one.caps]} for one in decisions
    ]
    columns = [
        pa.array([row["at"] for row in rows], pa.int64()).cast(pa.timestamp("us")).cast(_time)
        if one.name == "at"
        else pa.array([row[one.name] for row in rows], one.type)
        for one in DECISION
    ]
    return pa.table(columns, schema=DECISION)


def decisions_of(table: pa.Table) -> list[Decision]:
    """The reverse of `decisions_table`."""
    if not len(table):
        return []
    rows = table.set_column(table.schema.get_field_index("at"), "at", table["at"].cast(pa.int64())).to_pylist()
    lists = ("sessions", "events", "days")
    return [
        Decision(
            **{
                **row,
                **{name: tuple(row[name]) for name in lists},
                "caps": tuple((one["detector"], one["up_to"]) for one in row["caps"]),
            }
        )
        for row in rows
    ]
