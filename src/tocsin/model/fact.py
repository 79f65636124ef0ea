"""The fact: what a directory, a schedule or a ward says, and when that was known.

One Arrow schema for all kinds, one row per fact and patient (or per fact where no patient is meant).
Names of actors, units and establishments are the directory's own: an actor is an RPPS where one is known, else
`Practitioner/<id>`; units and establishments are `Organization/<id>`; a service is its name in the trail.
"""

from __future__ import annotations

from typing import Final

import pyarrow as pa

from tocsin.model.event import PATIENT_BYTES

KINDS: Final = (
    "alias",  # `code` is another name of `actor`: `Practitioner/<id>`, `system|value`, or a bare identifier value
    "struck-off",  # the directory says that `actor` exercises no more
    "role",  # `actor` works in `unit` or `establishment`, as `code`, during the period (a locum's has an end)
    "unit",  # `unit` is part of `establishment` (the top of the chain of partOf)
    "service",  # `service` is provided by `establishment`; `code`: its data categories, joined by a space
    "stay",  # `patient` is in `unit` during the period; `actor` takes part, one row a participant, or null
    "appointment",  # `patient` meets `actor` and/or in `unit` / `service`
    "referral",  # `patient` was referred: by or to `actor` or `unit`; `code`: requester | performer
    "care-team",  # `actor` (or `unit`) is in the care team of `patient`
    "roster",  # `actor` is on call for `unit`, `service` or `establishment` during the period
    "campaign",  # `actor` carries out a declared campaign on `patient`
    "task",  # `actor` has a declared job; `code`: migration | identity-vigilance | audit; `patient` null: all
    "deceased",  # `patient` died at `starts`
)

_text = pa.dictionary(pa.int32(), pa.string())
_time = pa.timestamp("us", tz="UTC")

FACT: Final = pa.schema(
    [
        pa.field("fact_id", pa.binary(16), nullable=False),
        pa.field("kind", pa.dictionary(pa.int8(), pa.string()), nullable=False),
        pa.field("patient", pa.binary(PATIENT_BYTES)),
        pa.field("actor", _text),
        pa.field("unit", _text),
        pa.field("establishment", _text),
        pa.field("service", _text),
        pa.field("code", _text),
        pa.field("starts", _time),
        pa.field("ends", _time),
        pa.field("known_at", _time),
    ]
)

COLUMNS: Final = {
    "fact_id": "BLAKE2b-128 of the resource's original bytes: the same resource twice is one fact",
    "kind": "one of KINDS",
    "patient": "keyed reference, as in the event; null where no patient is meant",
    "actor": "RPPS, else `Practitioner/<id>`",
    "unit": "`Organization/<id>` of a unit (it is partOf another)",
    "establishment": "`Organization/<id>` at the top of the chain",
    "service": "the service's name in the trail",
    "code": "what the kind says it is",
    "starts": "UTC microseconds; null: always was",
    "ends": "UTC microseconds; null: still is",
    "known_at": "UTC microseconds: meta.lastUpdated, else created / authoredOn / recorded, else `starts`; null: always "
    "known. An access may be explained only by what was known when it happened",
}

PERSON: Final = pa.schema(
    [
        pa.field("patient", pa.binary(PATIENT_BYTES), nullable=False),
        pa.field("person", pa.binary(PATIENT_BYTES), nullable=False),
        pa.field("known_at", _time),
    ]
)
"""Reference -> person (itself a reference), versioned by `known_at`: joined at read time, so that a merge or a
correction never rewrites the river."""
