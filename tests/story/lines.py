"""Lines of a trail written by hand: one good one, and what can be wrong with it."""

from __future__ import annotations

import json
from typing import Any


def event(number: int = 0, *, account: str = "a.martin", patient: str | None = None, **other: Any) -> dict[str, Any]:
    """A good read of one patient at a minute of 2025-09-01; `other` replaces whole elements, None takes one away."""
    made: dict[str, Any] = {
        "resourceType": "AuditEvent",
        "type": {"system": "http://terminology.hl7.org/CodeSystem/audit-event-type", "code": "rest"},
        "subtype": [{"system": "http://hl7.org/fhir/restful-interaction", "code": "read"}],
        "action": "R",
        "recorded": f"2025-09-01T{8 + number // 60 % 12:02d}:{number % 60:02d}:00Z",
        "outcome": "0",
        "agent": [{"who": {"identifier": {"system": "https://sso.example", "value": account}}, "requestor": True}],
        "source": {"site": "portal", "observer": {"display": "portal"}},
        "entity": [
            {
                "what": {"reference": f"Patient/{patient or number}"},
                "type": {"code": "1"},
                "role": {"code": "1"},
            }
        ],
    }
    made |= other
    return {name: value for name, value in made.items() if value is not None}


def line(number: int = 0, **other: Any) -> bytes:
    """A good line."""
    return json.dumps(event(number, **other), ensure_ascii=False).encode()


GOOD = tuple(line(number) for number in range(20))

BAD: dict[str, tuple[bytes, str]] = {
    "cut off": (GOOD[0][:200], "not-json"),
    "empty object": (b"{}", "not-an-audit-event"),
    "a list": (b"[" + GOOD[0] + b"]", "not-an-audit-event"),
    "null": (b"null", "not-an-audit-event"),
    "two objects": (GOOD[0] + GOOD[1], "not-json"),
    "another resource": (b'{"resourceType":"Patient","id":"1"}', "not-an-audit-event"),
    "latin-1": (line(1, account="a.guérin").decode().encode("latin-1"), "not-utf8"),
    "utf-16": (GOOD[0].decode().encode("utf-16-be"), "not-utf8|not-json"),
    "nul bytes": (b"\0" * 500, "not-json"),
    "a nul byte inside": (GOOD[0].replace(b"portal", b"por\0tal"), "not-json"),
    "no agent and no patient": (line(0, agent=None, entity=None), "nobody"),
    "agents are empty and no patient": (line(0, agent=[], entity=[]), "nobody"),
    "no time": (line(0, recorded=None), "no-time"),
    "a naive time": (line(0, recorded="2025-09-01T08:00:00"), "bad-time"),
    "a time that is a number": (line(0, recorded=1756713600), "bad-time|bad-type"),
    "the year 1": (line(0, recorded="0001-01-01T00:00:00Z"), "bad-time"),
    "the year 9999": (line(0, recorded="9999-12-31T23:59:59Z"), "bad-time"),
    "the 30th of February": (line(0, recorded="2025-02-30T00:00:00Z"), "bad-time"),
    "a zone of 99 hours": (line(0, recorded="2025-09-01T08:00:00+99:00"), "bad-time"),
    "an agent that is a text": (line(0, agent="a.martin"), "bad-type"),
    "100,000 deep": (b'{"resourceType":"AuditEvent","x":' + b"[" * 100_000 + b"]" * 100_000 + b"}", "too-deep"),
    "100,000 deep and not closed": (b'{"a":' * 100_000, "too-deep|not-json"),
}
"""What is wrong with a line -> the line, and the reasons for which it may be rejected, joined by bars."""

ODD: dict[str, bytes] = {
    "no agent but a patient": line(101, agent=None),
    "a zone of 14 hours": line(102, recorded="2025-09-01T22:00:00+14:00"),
    "a zone of a quarter of an hour": line(103, recorded="2025-09-01T08:00:00.123456789-09:45"),
    "a key twice": line(104)[:-1] + b',"outcome":"8"}',
    "a byte order mark": b"\xef\xbb\xbf" + line(105),
    "spaces around": b"   " + line(106) + b"  \t",
    "a carriage return": line(107) + b"\r",
    "elements nobody knows": line(108, extension=[{"url": "x", "valueString": "y" * 5000}], zzz={"a": [1]}),
    "a name in every script": line(109, account="Ngũgĩ-李-😀-עמית"),
}
"""What is odd with a line that is accepted all the same."""
