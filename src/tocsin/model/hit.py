"""A hit: one event that one rule looks for. It is asked of the stored events, and stored nowhere."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final
from zoneinfo import ZoneInfo

import pyarrow as pa

from tocsin.model.condition import Condition, holds, tests_of, told_by

_text = pa.dictionary(pa.int32(), pa.string())

HIT: Final = pa.schema(
    [
        ("rule", _text),
        ("at", pa.timestamp("us", tz="UTC")),
        ("event_id", pa.binary(16)),
        ("service", _text),
        ("account", _text),
    ]
)
"""One event, once for each rule that any of its rows matches; service and account of the first of these rows."""

HITS_BY: Final = pa.schema(
    [("rule", _text), ("account", _text), ("day", pa.date32()), ("events", pa.int64()), ("example", pa.binary(16))]
)
"""Hits counted by rule, account and UTC day; `example` is the lowest event id of those counted."""

RoleOf = Callable[[str | None, str | None], str | None]
"""Account and professional, as the trail names them -> the code of the role, or None."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """Rules, and what they look up."""

    conditions: Mapping[str, Condition]
    """Rule -> what it asks of an event."""
    zone: str
    """Of hours and weekdays."""
    role_of: RoleOf
    """Asked only if a rule names a role."""
    honey: Sequence[bytes] = ()
    """References of honey patients."""

    def names(self, field: str) -> bool:
        """Whether a rule names this field."""
        return any(test.field == field for one in self.conditions.values() for test in tests_of(one))

    def holds(self, rule: str, row: Mapping[str, Any]) -> bool:
        """Whether a row of STORED_EVENT is what a rule looks for: what an engine's answer means."""
        role, honey = self.role_of(row["account"], row["professional"]), row["patient"] in self.honey
        return holds(self.conditions[rule], told_by(row, zone=ZoneInfo(self.zone), role=role, honey=honey))
