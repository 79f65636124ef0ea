"""What was done, from the codes of an AuditEvent: `type`, `subtype`, `action`."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from tocsin.collect.rows import OPERATIONS

_BY_ACTION: Final = "by-action"
"""The code says on what, the letter of `action` says how."""


def _table(rows: dict[str, str]) -> dict[str, str]:
    return {code: action for action, codes in rows.items() for code in codes.split()}


_REST: Final = _table(
    {
        "read": "read vread history history-instance history-type history-system",
        "search": "search search-type search-system search-compartment",
        "write": "create update patch delete",
        "operation": "operation",
        "admin": "capabilities",
        _BY_ACTION: "batch transaction",
    }
)
"""HL7 restful-interaction."""

_DICOM: Final = _table(
    {
        "admin": "110100 110101 110108 110113 110120 110121",
        "credential": "110137",
        "export": "110102 110104 110106",
        "write": "110105 110107",
        "search": "110112",
        "sign-in": "110114 110122",
        "sign-out": "110123",
        _BY_ACTION: "110103 110109 110110 110111",
    }
)
"""DICOM PS3.16 CID 400 and 401: audit event ids and types."""

_LIFECYCLE: Final = _table(
    {
        "read": "access decrypt report",
        "export": "disclose transmit extract output",
        "write": "amend append archive attest deidentify deprecate destroy encrypt hold link merge originate "
        "pseudonymize reactivate receive reidentify restore transform translate unhold unlink unmerge verify",
    }
)
"""ISO 21089 lifecycle events (HL7 iso-21089-lifecycle, the hyphenated doubles included by `_plain`)."""

_IHE: Final = _table(
    {
        "search": "ITI-9 ITI-18 ITI-21 ITI-22 ITI-38 ITI-45 ITI-47 ITI-55 ITI-66 ITI-67 ITI-78 ITI-81 ITI-83 ITI-119",
        "read": "ITI-39 ITI-43 ITI-68",
        "write": "ITI-41 ITI-42 ITI-44 ITI-65 ITI-93 ITI-104 ITI-105 ITI-106",
        "sign-in": "ITI-40 ITI-71",
        "admin": "ITI-20 ITI-102 ITI-103",
    }
)
"""IHE ITI transactions (`urn:ihe:event-type-code`): queries, retrievals, submissions, tokens."""

_LETTER: Final = {"C": "write", "U": "write", "D": "write", "R": "read", "E": "search"}
"""AuditEvent.action; E, execute, is what searches bear."""


def action_of(types: Iterable[str], subtypes: Iterable[str], letter: str | None, *, names_patient: bool) -> str:
    """One of `rows.RAW_ACTIONS`. The subtype says more than the type, and both more than the letter.

    An operation is known by the first subtype with its name; else it stays `operation` and its query tells.
    Without any known code: `read` if a patient is named (exposure is supposed, not excluded), else `admin`.
    """
    subtypes = list(subtypes)
    for code in subtypes:
        if code in OPERATIONS:
            return OPERATIONS[code]
    for codes, tables in ((subtypes, (_REST, _DICOM, _LIFECYCLE)), (subtypes, (_IHE,)), (types, _ALL)):
        for code in codes:
            for table in tables:
                action = table.get(_plain(code)) if table is _LIFECYCLE else table.get(code)
                if action:
                    return _LETTER.get(letter or "R", "read") if action == _BY_ACTION else action
    return _LETTER.get(letter or "", "read" if names_patient else "admin")


_ALL: Final = (_DICOM, _LIFECYCLE, _REST, _IHE)


def _plain(code: str) -> str:
    """`access-view` and `access` are one event of the life cycle."""
    return code if code in _LIFECYCLE else code.partition("-")[0] if code.islower() else code
