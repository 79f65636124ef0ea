"""The exposure: what of one patient an episode laid open, how surely, and by whom.

Vocabularies are ordered, strongest first: of two words for one patient the earlier one holds.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import pyarrow as pa

from tocsin.model.event import PATIENT_BYTES

BY: Final = (
    "thief",  # somebody else, for a reason that `tocsin.scope.whom` names
    "unsure",  # the thief or the owner: the trail cannot tell them apart
    "owner",  # the professional, at work
)

CERTAINTIES: Final = (
    "exported",  # taken away in a file
    "opened",  # read, or written
    "listed",  # shown among the results of a search
    "possible",  # the system failed, or the trail does not say what was shown: it may have been
)

EFFECTS: Final = ("altered", "read")

EVENTS_SHOWN: Final = 20
"""At most so many events prove an exposure; `acts` says how many there are."""

_word = pa.dictionary(pa.int8(), pa.string())
_text = pa.dictionary(pa.int32(), pa.string())
_time = pa.timestamp("us", tz="UTC")

EXPOSURE: Final = pa.schema(
    [
        pa.field("episode", _text, nullable=False),
        pa.field("account", _text, nullable=False),
        pa.field("patient", pa.binary(PATIENT_BYTES), nullable=False),
        pa.field("elements", pa.uint32(), nullable=False),
        pa.field("certainty", _word, nullable=False),
        pa.field("effect", _word, nullable=False),
        pa.field("by", _word, nullable=False),
        pa.field("first_at", _time, nullable=False),
        pa.field("last_at", _time, nullable=False),
        pa.field("acts", pa.int32(), nullable=False),
        pa.field("events", pa.list_(pa.string()), nullable=False),
    ]
)
"""One row per episode, account and patient; sorted by episode, by (in the order of BY) and patient."""

COLUMNS: Final = {
    "episode": "`Episode.id`",
    "account": "as the trail names it",
    "patient": "reference of the record (17 bytes); persons are joined at read time",
    "elements": "bit set over ELEMENTS: the union of what the counted acts showed",
    "certainty": "the strongest of CERTAINTIES among the counted acts",
    "effect": "`altered` if a counted act wrote, or may have written, to the record",
    "by": "the strongest of BY among all acts on the patient; only acts by that one are counted in the other columns",
    "first_at": "UTC microseconds: time of the first counted act",
    "last_at": "UTC microseconds: time of the last counted act",
    "acts": "counted acts; two tellings of one act (same request id) count once",
    "events": "ids (hexadecimal) of at most EVENTS_SHOWN events, one per act, surest first, then oldest",
}

UNNAMED: Final = pa.schema(
    [
        pa.field("episode", _text, nullable=False),
        pa.field("by", _word, nullable=False),
        pa.field("action", _word, nullable=False),
        pa.field("acts", pa.int64(), nullable=False),
        pa.field("patients", pa.int64(), nullable=False),
    ]
)
"""Acts that showed patients whom the trail does not name: how many, and how many patients where the trail counts
them. They expose nobody by name, and must not be forgotten for that."""

SCOPED_SESSION: Final = pa.schema(
    [
        pa.field("episode", _text, nullable=False),
        pa.field("session", pa.uint64(), nullable=False),
        pa.field("by", _word, nullable=False),
        pa.field("reason", _word, nullable=False),
        pa.field("started", _time, nullable=False),
        pa.field("ended", _time, nullable=False),
        pa.field("rows", pa.int64(), nullable=False),
    ]
)
"""The sessions of an episode's window with the verdict on each and its reason (see `tocsin.scope.whom`), by time."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Count:
    """Persons of whom one element was shown, so surely and by that one."""

    element: str
    """One of ELEMENTS."""
    by: str
    """One of BY: the strongest for this person and element."""
    certainty: str
    """One of CERTAINTIES: the strongest among the acts by that one. Of a person's acts one may have shown less."""
    persons: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Sums:
    """Persons and records of an incident, each counted once under the strongest of what was done to them."""

    persons: dict[str, int]
    """By -> persons."""
    records: dict[str, int]
    """By -> records (references)."""
    certainties: dict[str, dict[str, int]]
    """By -> certainty -> persons."""
    sure: dict[str, int]
    """`persons`, `records`: those by the thief, without those whose data was only possibly shown."""
    altered: int
    """Persons to whose record somebody not the owner wrote, or may have written."""
    seal: str
    """`SC-` and 12 hexadecimal digits: the name of the list that was counted."""
