"""Which references are one person, as it was known at a time: joined at read time, never written into the river."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from tocsin.door.columns import sortable

_ALWAYS = np.int64(np.iinfo(np.int64).min)


class Persons:
    """The versioned table reference -> person. A reference it does not have is its own person."""

    def __init__(self, table: pa.Table) -> None:
        """`table`: schema PERSON, in any order."""
        patients = sortable(table["patient"])
        known = table["known_at"].cast(pa.int64()).fill_null(int(_ALWAYS)).to_numpy()
        persons = sortable(table["person"])
        order = np.lexsort((persons, known, patients))
        self._persons = persons[order]
        self._patients, group = np.unique(patients[order], return_inverse=True)
        self._times = np.unique(known)
        # a version's place in one number: its reference, then the rank of the time at which it was known
        self._versions = group * (len(self._times) + 1) + np.searchsorted(self._times, known[order])

    def __len__(self) -> int:
        """How many references the table has."""
        return len(self._patients)

    def person_of(self, references: np.ndarray, *, at: np.ndarray | None = None) -> np.ndarray:
        """The person of each reference: shape (n,), dtype V17.

        `at`: int64 microseconds UTC, one for each reference; None means all that is known by now.
        """
        wanted = np.ascontiguousarray(references).view("S17")
        if not len(self._patients) or not len(wanted):
            return references.copy()
        distinct, places = np.unique(wanted, return_inverse=True)
        found = np.minimum(np.searchsorted(self._patients, distinct), len(self._patients) - 1)
        group = np.where(self._patients[found] == distinct, found, -1)[places]
        ranks = len(self._times) if at is None else np.searchsorted(self._times, at, side="right")
        last = np.searchsorted(self._versions, group * (len(self._times) + 1) + ranks, side="left") - 1
        known = (group >= 0) & (last >= 0)
        known &= self._versions[last] // (len(self._times) + 1) == group
        return np.where(known, self._persons[last], wanted).view("V17")
