"""Numbers for what references point at. They are resolved at the end: the order of files is free."""

from __future__ import annotations

import re
from array import array
from typing import Final

from tocsin.collect.directory.resources import Identifier, Reference

NOTHING: Final = -1
"""No reference, or one that points at nothing this room knows."""

(OTHER, PATIENT, PRACTITIONER, ROLE, ORGANIZATION, SERVICE, LOCATION, GROUP) = range(8)
"""What a symbol is."""

SORTS: Final = {
    "Patient": PATIENT,
    "Practitioner": PRACTITIONER,
    "PractitionerRole": ROLE,
    "Organization": ORGANIZATION,
    "HealthcareService": SERVICE,
    "Location": LOCATION,
    "Group": GROUP,
}

RPPS_SYSTEM: Final = "https://rpps.esante.gouv.fr"
IDNPS_SYSTEM: Final = "urn:oid:1.2.250.1.71.4.2.1"
"""IdNat_PS: one digit for the register, then its number; register 8 is RPPS. From: FR Core, practitioner."""

INS_SYSTEMS: Final = frozenset(f"urn:oid:1.2.250.1.213.1.4.{n}" for n in (8, 9, 10, 11))
"""NIR, NIA, test and demonstration matricules. From: FR Core, patient."""

_SORT_OF_SYSTEM: Final = {RPPS_SYSTEM: PRACTITIONER, IDNPS_SYSTEM: PRACTITIONER} | dict.fromkeys(INS_SYSTEMS, PATIENT)
_TARGET: Final = re.compile(r"(?:.*/)?([A-Z][A-Za-z]{1,40})/([^/?#\s]{1,256})(?:/_history(?:/[^/]*)?)?/?", re.DOTALL)


def target_of(reference: str) -> tuple[str, str] | None:
    """`(type, id)` of a relative or absolute reference, a version left out; None for any other text."""
    match = _TARGET.fullmatch(reference)
    return (match[1], match[2]) if match else None


class Symbols:
    """Each thing has one number, whatever the references to it look like.

    A thing is named by `Type/id`, or, where only an identifier is known, by sort, system and value.
    """

    def __init__(self) -> None:
        self.sorts = array("b")
        """The sort of each symbol."""
        self.names: list[str] = []
        """`Type/id`, or the identifier's value."""
        self.systems: list[str | None] = []
        """The identifier's system; None for a symbol named by `Type/id`."""
        self._by_reference: dict[str, int] = {}
        self._by_identifier: dict[tuple[int, str, str], int] = {}

    def __len__(self) -> int:
        return len(self.names)

    def thing(self, kind: str, id_: str | None) -> int:
        """The symbol of a resource by its own type and id; NOTHING if it has none that a reference could use."""
        return self.reference(f"{kind}/{id_}") if id_ else NOTHING

    def reference(self, text: str) -> int:
        """The symbol of a literal reference."""
        found = self._by_reference.get(text)
        return self._met(text) if found is None else found

    def of(self, reference: Reference | None, sort: int = OTHER) -> int:
        """The symbol of a Reference; `sort` is what the element can only mean when it holds a bare identifier."""
        if reference is None:
            return NOTHING
        found = self.reference(reference.reference) if reference.reference else NOTHING
        if found != NOTHING or reference.identifier is None:
            return found
        identifier = reference.identifier
        sort = SORTS.get(reference.type or "", sort) or _SORT_OF_SYSTEM.get(identifier.system or "", OTHER)
        return self.identifier(identifier, sort) if sort else NOTHING

    def identifier(self, identifier: Identifier, sort: int) -> int:
        """The symbol of what bears an identifier."""
        if not identifier.value:
            return NOTHING
        key = (sort, identifier.system or "", identifier.value)
        found = self._by_identifier.get(key)
        if found is None:
            found = self._by_identifier[key] = self._new(sort, identifier.value, key[1])
        return found

    def _met(self, text: str) -> int:
        target = target_of(text)
        sort = SORTS.get(target[0], OTHER) if target else OTHER
        if target is None or sort == OTHER:
            found = NOTHING
        elif (name := f"{target[0]}/{target[1]}") == text:
            found = self._new(sort, text, None)
        else:
            found = self.reference(name)
        self._by_reference[text] = found
        return found

    def _new(self, sort: int, name: str, system: str | None) -> int:
        self.sorts.append(sort)
        self.names.append(name)
        self.systems.append(system)
        return len(self.names) - 1
