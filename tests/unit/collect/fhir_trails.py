"""What the tests of FHIR trails share: golden lines, one row in readable words, a key that is published."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from tocsin.collect.formats.fhir import parse
from tocsin.door.references import REPLAY_EPOCH, REPLAY_KEY, KeyedReferences
from tocsin.model.block import Block, Parsed
from tocsin.model.event import elements_of

TRAILS = Path(__file__).parents[2] / "trails" / "fhir"
REFERENCES = KeyedReferences(REPLAY_KEY, REPLAY_EPOCH)
ISSUER = "https://auth.region-a.example"


def parsed(data: bytes, *, offset: int = 0) -> Parsed:
    return parse(Block(data, -1, offset), source="replay", references=REFERENCES)


def golden(name: str) -> bytes:
    return (TRAILS / f"{name}.ndjson").read_bytes()


def rows_of(data: bytes) -> list[dict[str, Any]]:
    """Rows with the patient as `system|value`, keyed texts as True or False, and elements as words."""
    result = parsed(data)
    records = {one["patient"]: f"{one['system']}|{one['value']}" for one in result.identities.to_pylist()}
    rows = result.events.to_pylist()
    for row in rows:
        row["patient"] = records.get(row["patient"])
        row["elements"] = " ".join(elements_of(row["elements"]))
        row |= {keyed: row[keyed] != 0 for keyed in ("token", "device", "request", "query_hash")}
        row |= {time: row[time].strftime("%Y-%m-%dT%H:%M:%S.%fZ") for time in ("at", "received_at")}
    return rows
