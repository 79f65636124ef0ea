"""Shown: how surely a row exposes its patient, and what of them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import numpy as np
import pyarrow as pa

from tocsin.model.event import ACTIONS, CATEGORY_OF, OUTCOMES, bits_of
from tocsin.model.exposure import CERTAINTIES
from tocsin.scope.columns import Columns, dictionary, plain

NOT_EXPOSED = len(CERTAINTIES)
"""Weaker than the weakest certainty."""

CERTAINTY_OF = {
    "export": "exported",
    "read": "opened",
    "write": "opened",  # who writes to a record sees it
    "list": "listed",
    "search": "listed",  # names a patient only where the trail tells a result under this word
    "admin": "possible",  # names the record; the trail does not say that it was shown
    "credential": "possible",
}
"""Of an act that succeeded. Sign-ins and sign-outs show nobody."""

LISTING = bits_of("name", "birth", "sex")
"""What a listing shows unless the trail says more. From: the trail's contract, "Elements"."""

_PATIENT_RESOURCE = bits_of("local-number", "telephone")
"""Only the Patient resource (and RelatedPerson) shows these two together."""
_INS = bits_of("ins")
_LIST, _SEARCH = ACTIONS.index("list"), ACTIONS.index("search")


def certainty(columns: Columns) -> np.ndarray:
    """int8 per row, position in CERTAINTIES, or NOT_EXPOSED.

    A request that failed (4, 8) was refused and shows nothing; where the system failed (12), it may have answered.
    """
    table = np.full((len(ACTIONS), len(OUTCOMES)), NOT_EXPOSED, np.int8)
    for action, word in CERTAINTY_OF.items():
        table[ACTIONS.index(action), OUTCOMES.index("success")] = CERTAINTIES.index(word)
        table[ACTIONS.index(action), OUTCOMES.index("failed-system")] = CERTAINTIES.index("possible")
    return table[columns.action, columns.outcome]


def elements(rows: pa.Table, columns: Columns, services: Mapping[str, frozenset[str]]) -> np.ndarray:
    """uint32 per row: bit set over ELEMENTS.

    Where the row says nothing: of a listing LISTING, of anything else all that the service holds, for it may have been
    shown (LISTING where the catalogue does not know the service). A Patient resource shows the INS if the service
    holds national numbers.
    """
    said = plain(rows["elements"]).astype(np.uint32)
    service = dictionary(rows["service"])
    names = service.dictionary.to_pylist()
    held = np.array([*(_bits_held(services.get(name, ())) for name in names), 0], np.uint32)
    holds = held[service.indices.fill_null(len(names)).to_numpy(zero_copy_only=False)]
    listing = (columns.action == _LIST) | (columns.action == _SEARCH)
    unsaid = np.where(listing | (holds == 0), np.uint32(LISTING), holds)
    bits = np.where(said == 0, unsaid, said).astype(np.uint32)
    patient_resource = (said & _PATIENT_RESOURCE) == _PATIENT_RESOURCE
    return np.where(patient_resource, bits | (holds & np.uint32(_INS)), bits).astype(np.uint32)


def _bits_held(categories: Iterable[str]) -> int:
    held = set(categories)
    return bits_of(*(element for element, category in CATEGORY_OF.items() if category in held))
