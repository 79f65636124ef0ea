"""Answers to FHIR senders: OperationOutcomes and Bundles that say what became of their lines, and nothing of them."""

from __future__ import annotations

import json
from typing import Any, Final

from tocsin.collect.transports.delivery import Answer

ISSUES_TOLD: Final = 100
"""Refused lines that an answer lists one by one."""

_CODES: Final = {
    "not-json": "structure",
    "not-utf8": "structure",
    "too-deep": "structure",
    "too-long": "too-long",
    "not-an-audit-event": "not-supported",
}
"""Reason -> FHIR issue type (http://hl7.org/fhir/R4/valueset-issue-type.html); `invalid` for the others."""


def refusal(code: str, words: str) -> dict[str, Any]:
    """An OperationOutcome with one error."""
    return {"resourceType": "OperationOutcome", "issue": [{"severity": "error", "code": code, "diagnostics": words}]}


def outcome(answer: Answer) -> dict[str, Any]:
    """What became of a resource, or of lines: one issue a refused line."""
    issues = [
        {"severity": "error", "code": _CODES.get(reason, "invalid"), "diagnostics": f"line {line + 1}: {reason}"}
        for line, reason in answer.refused[:ISSUES_TOLD]
    ]
    kept = answer.lines - len(answer.refused)
    words = f"{answer.lines} lines kept, {kept} understood, in batch {answer.batch}"
    issues.append({"severity": "information", "code": "informational", "diagnostics": words})
    return {"resourceType": "OperationOutcome", "issue": issues}


def bundle(answer: Answer, entries: int, *, kind: str) -> dict[str, Any]:
    """The answer to a Bundle, entry by entry."""
    refused = dict(answer.refused)
    told: list[dict[str, Any]] = []
    for entry in range(entries):
        reason = refused.get(entry)
        response: dict[str, Any] = {"status": "400 Bad Request" if reason else "201 Created"}
        if reason:
            response["outcome"] = refusal(_CODES.get(reason, "invalid"), reason)
        told.append({"response": response})
    return {"resourceType": "Bundle", "type": f"{kind}-response", "entry": told}


def written(told: dict[str, Any]) -> bytes:
    """As it is sent."""
    return json.dumps(told, separators=(",", ":")).encode()
