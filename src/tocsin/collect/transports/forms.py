"""What a sender posts -> the lines that the ledger keeps."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import msgspec

RESOURCE_TYPES: Final = ("application/fhir+json", "application/json")
LINES_TYPES: Final = ("application/fhir+ndjson", "application/x-ndjson", "application/ndjson")


@dataclass(frozen=True, slots=True)
class Posted:
    """A body as lines."""

    data: bytes
    entries: int = 1
    bundle: str = ""
    """`batch` or `transaction`, if it is a Bundle whose entries these are."""


class _Entry(msgspec.Struct):
    resource: msgspec.Raw = msgspec.Raw(b"null")


class _Bundle(msgspec.Struct):
    resourceType: str  # FHIR's name
    type: str
    entry: list[_Entry] = []


_bundles: Final = msgspec.json.Decoder(_Bundle)


def resource(body: bytes) -> Posted:
    """One resource, which becomes one line: JSON means the same when its line ends are spaces."""
    return Posted(_line(body))


def lines(body: bytes) -> Posted:
    """NDJSON: as it is."""
    data = body if body.endswith(b"\n") else body + b"\n"
    return Posted(data, data.count(b"\n"))


def bundle(body: bytes) -> Posted:
    """A Bundle of AuditEvents, one line an entry. What is no such Bundle is one line, which the parser will refuse."""
    try:
        found = _bundles.decode(body)
    except (msgspec.MsgspecError, RecursionError, UnicodeDecodeError):
        return resource(body)
    if found.resourceType != "Bundle" or found.type not in ("batch", "transaction"):
        return resource(body)
    data = b"".join(_line(bytes(entry.resource)) for entry in found.entry)
    return Posted(data, len(found.entry), found.type)


def _line(raw: bytes) -> bytes:
    return raw.replace(b"\r", b" ").replace(b"\n", b" ") + b"\n"
