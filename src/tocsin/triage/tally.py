"""Tallies: persons by element, certainty and by whom; and the seal that names the list they were counted on."""

from __future__ import annotations

import hashlib
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from tocsin.model.coverage import Coverage
from tocsin.model.event import ELEMENTS, codes_of
from tocsin.model.exposure import BY, CERTAINTIES, Count, Sums

OTHERS: Final = ("thief", "unsure")
"""Of BY: those whose acts expose."""


def counts_of(exposures: pa.Table) -> tuple[Count, ...]:
    """Persons by element, certainty and by whom (`exposures`: schema PICTURED), in the order of the vocabularies."""
    found = []
    bits = exposures["elements"].to_numpy()
    for place, element in enumerate(ELEMENTS):
        rows = np.flatnonzero((bits >> np.uint32(place)) & np.uint32(1))
        for (by, certainty), persons in sorted(_strongest(exposures, rows, "person").items()):
            found.append(Count(element=element, by=BY[by], certainty=CERTAINTIES[certainty], persons=persons))
    return tuple(found)


def sums_of(exposures: pa.Table) -> Sums:
    """Persons and records, each counted once (`exposures`: schema PICTURED)."""
    every = np.arange(len(exposures))
    persons, records = (_strongest(exposures, every, column) for column in ("person", "patient"))
    others = pc.is_in(exposures["by"].cast(pa.string()), pa.array(OTHERS))
    altered = exposures.filter(pc.and_(others, pc.equal(exposures["effect"].cast(pa.string()), "altered")))
    return Sums(
        persons={word: _total(persons, by) for by, word in enumerate(BY)},
        records={word: _total(records, by) for by, word in enumerate(BY)},
        certainties={
            word: {name: persons.get((by, sure), 0) for sure, name in enumerate(CERTAINTIES)}
            for by, word in enumerate(BY)
        },
        sure={name: _sure(counted) for name, counted in (("persons", persons), ("records", records))},
        altered=len(pc.unique(altered["person"])),
        seal=seal_of(exposures),
    )


def seal_of(exposures: pa.Table) -> str:
    """The name of the list that was counted: the same list gives the same name, any other another.

    `SC-` and 12 hexadecimal digits: BLAKE2b-48 of its rows in their order of episode, by and patient.
    """
    digest = hashlib.blake2b(digest_size=6)
    columns = ["episode", "patient", "elements", "certainty", "effect", "by", "events"]
    for row in sorted(map(str, exposures.select(columns).to_pylist())):
        digest.update(row.encode() + b"\n")
    return f"SC-{digest.hexdigest()}"


def _strongest(exposures: pa.Table, rows: np.ndarray, column: str) -> dict[tuple[int, int], int]:
    """(by, certainty) -> how many different values of a column have this as their strongest, among some rows."""
    if not len(rows):
        return {}
    encoded = exposures[column].combine_chunks().dictionary_encode()
    who = encoded.indices.to_numpy(zero_copy_only=False)[rows]
    by = codes_of(exposures["by"], BY)[rows]
    sure = codes_of(exposures["certainty"], CERTAINTIES)[rows]
    order = np.lexsort((sure, by, who))
    first = order[np.r_[True, np.diff(who[order]) != 0]]
    pairs, counted = np.unique(np.stack([by[first], sure[first]], axis=1), axis=0, return_counts=True)
    return {(int(b), int(c)): int(n) for (b, c), n in zip(pairs.tolist(), counted, strict=True)}


def _sure(counted: dict[tuple[int, int], int]) -> int:
    thief, possible = BY.index("thief"), CERTAINTIES.index("possible")
    return sum(number for (by, certainty), number in counted.items() if by == thief and certainty != possible)


def _total(counted: dict[tuple[int, int], int], by: int) -> int:
    return sum(number for (whose, _), number in counted.items() if whose == by)


def coverage_seal(coverage: Coverage) -> str:
    """The name of what is said about what the trail answers for: `CV-` and 12 hexadecimal digits."""
    return f"CV-{hashlib.blake2b(repr(coverage).encode(), digest_size=6).hexdigest()}"
