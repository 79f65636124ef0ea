"""Who is to be told, of what: exposures of an incident, joined person by person.

Of two words for one person the stronger holds, as everywhere (`model.exposure`); only what was done by the stronger is
counted, so that what the owner saw at work stays out of a letter about the thief.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import pyarrow as pa

from tocsin.model.exposure import BY, CERTAINTIES, EFFECTS

TOLD: Final = ("thief", "unsure")
"""Of BY: who gets a letter. Nobody is told of what the professional did at work."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Concerned:
    """A person, by reference, and what of theirs was exposed."""

    person: bytes
    """Reference of the person (17 bytes)."""
    records: tuple[bytes, ...]
    """References of the exposed records of this person, sorted."""
    by: str
    """One of TOLD."""
    certainty: str
    """The strongest of CERTAINTIES."""
    effect: str
    """The strongest of EFFECTS."""
    elements: int
    """Bit set over ELEMENTS."""
    first_at: int
    """Microseconds UTC."""
    last_at: int
    """Microseconds UTC."""


def concerned_of(exposures: pa.Table) -> list[Concerned]:
    """Everybody to be told, by reference. `exposures`: schema `model.picture.PICTURED`."""
    gathered: dict[bytes, list[_Row]] = {}
    for row in _rows(exposures):
        gathered.setdefault(row.person, []).append(row)
    told = (_joined(person, rows) for person, rows in sorted(gathered.items()))
    return [one for one in told if one.by in TOLD]


@dataclass(frozen=True, slots=True)
class _Row:
    person: bytes
    record: bytes
    by: int
    certainty: int
    effect: int
    elements: int
    first_at: int
    last_at: int


def _rows(table: pa.Table) -> list[_Row]:
    columns = (
        table["person"].to_pylist(),
        table["patient"].to_pylist(),
        *(
            [words.index(word) for word in table[name].cast(pa.string()).to_pylist()]
            for name, words in (("by", BY), ("certainty", CERTAINTIES), ("effect", EFFECTS))
        ),
        table["elements"].to_pylist(),
        *(table[name].cast(pa.int64()).to_pylist() for name in ("first_at", "last_at")),
    )
    return [_Row(*values) for values in zip(*columns, strict=True)]


def _joined(person: bytes, rows: list[_Row]) -> Concerned:
    by = min(row.by for row in rows)
    counted = [row for row in rows if row.by == by]
    elements = 0
    for row in counted:
        elements |= row.elements
    return Concerned(
        person=person,
        records=tuple(sorted({row.record for row in counted})),
        by=BY[by],
        certainty=CERTAINTIES[min(row.certainty for row in counted)],
        effect=EFFECTS[min(row.effect for row in counted)],
        elements=elements,
        first_at=min(row.first_at for row in counted),
        last_at=max(row.last_at for row in counted),
    )
