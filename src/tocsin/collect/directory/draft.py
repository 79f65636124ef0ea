"""Facts before their references are resolved: whole numbers only, one flat array."""

from __future__ import annotations

from array import array
from typing import Final, NamedTuple

import numpy as np

from tocsin.collect.directory.resources import Identifier, Period, Reference
from tocsin.collect.directory.symbols import (
    GROUP,
    LOCATION,
    NOTHING,
    ORGANIZATION,
    PATIENT,
    PRACTITIONER,
    ROLE,
    SERVICE,
    Symbols,
)
from tocsin.collect.directory.times import NO_TIME, Times
from tocsin.model.fact import KINDS

KIND: Final = {kind: i for i, kind in enumerate(KINDS)}
COLUMNS: Final = ("line", "kind", "patient", "actor", "place", "service", "code", "starts", "ends", "known")
"""Of a draft row. `patient`, `actor`, `place`, `service` are symbols, `code` a number of `Draft.codes`; `patient` may
be a Group, `place` an Organization or a Location."""

Who = tuple[int, int, int]
"""(actor, place, service): where a reference to whoever acts belongs; NOTHING in the other two."""

NOBODY: Final[Who] = (NOTHING, NOTHING, NOTHING)

_SLOT: Final = {PRACTITIONER: 0, ROLE: 0, ORGANIZATION: 1, LOCATION: 1, SERVICE: 2}


class Said(NamedTuple):
    """What one version of a Patient says of who is who."""

    known: int
    digest: bytes
    patient: int
    identifiers: tuple[int, ...]
    merges: tuple[tuple[int, int], ...]
    """(the record that is no more, the one that stands for it)."""


class Draft:
    """What the families of resources write their rows to."""

    def __init__(self, times: Times) -> None:
        self.times = times
        self.symbols = Symbols()
        self.codes: dict[str, int] = {}
        self.line = 0
        """Number of the line being read."""
        self.said: list[Said] = []
        """What Patients say of who is who."""
        self.updated = NO_TIME
        """meta.lastUpdated of the resource being read."""
        self._rows = array("q")

    def row(
        self,
        kind: int,
        known: int,
        *,
        patient: int = NOTHING,
        who: Who = NOBODY,
        code: int = NOTHING,
        starts: int = NO_TIME,
        ends: int = NO_TIME,
    ) -> None:
        """One row of the resource being read; a fact that was never said to be known is known from its start."""
        self._rows.extend((self.line, kind, patient, *who, code, starts, ends, starts if known == NO_TIME else known))

    def rows(self) -> np.ndarray:
        """All rows so far: shape (n, 10), int64, columns as in COLUMNS. A copy."""
        return np.array(self._rows, np.int64).reshape(-1, len(COLUMNS))

    def cut(self, length: int) -> None:
        """Forget the rows after the first `length` numbers: the resource was refused half way."""
        del self._rows[length:]

    def __len__(self) -> int:
        return len(self._rows)

    def code(self, text: str | None) -> int:
        """The number of a code."""
        return NOTHING if not text else self.codes.setdefault(text, len(self.codes))

    def patients(self, reference: Reference | None) -> int:
        """The symbol of a Patient or of a Group of them."""
        found = self.symbols.of(reference, PATIENT)
        return found if found != NOTHING and self.symbols.sorts[found] in (PATIENT, GROUP) else NOTHING

    def who(self, reference: Reference | None, sort: int = PRACTITIONER) -> Who:
        """Whoever acts: a professional, a unit or a service."""
        found = self.symbols.of(reference, sort)
        return NOBODY if found == NOTHING else self.slot(found)

    def slot(self, symbol: int) -> Who:
        """A symbol in the column it belongs to."""
        slot = _SLOT.get(self.symbols.sorts[symbol])
        if slot == 0:
            return symbol, NOTHING, NOTHING
        if slot == 1:
            return NOTHING, symbol, NOTHING
        return (NOTHING, NOTHING, symbol) if slot == 2 else NOBODY

    def named_service(self, name: str) -> int:
        """The symbol of a service known by its name in the trail."""
        return self.symbols.identifier(Identifier(value=name), SERVICE)

    def place(self, reference: Reference | None) -> int:
        """The symbol of an Organization or Location."""
        return self.who(reference, ORGANIZATION)[1]

    def known(self, *otherwise: str | None) -> int:
        """When the resource being read was known: meta.lastUpdated, else the first of `otherwise` that is a time."""
        return self.updated if self.updated != NO_TIME else self.times.known(*otherwise)

    def period(self, period: Period | None) -> tuple[int, int]:
        """First and last microsecond of a period. Raises `BadTime`: a fact without its end would explain for ever."""
        if period is None:
            return NO_TIME, NO_TIME
        return self.times.first(period.start), self.times.last(period.end)


def ended(ends: int, known: int, *, over: bool) -> int:
    """The end of what is said to be over: its own, else when that was known."""
    return known if over and ends == NO_TIME else ends
