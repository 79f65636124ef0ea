"""Patient -> a death, identities for the vault, and which references are one person."""

from __future__ import annotations

from typing import Final

import numpy as np

from tocsin.collect.directory.catalogue import Catalogue, Version
from tocsin.collect.directory.draft import KIND, Draft, Said
from tocsin.collect.directory.resources import Identifier, Patient
from tocsin.collect.directory.symbols import NOTHING, PATIENT, Symbols
from tocsin.model.block import References

_DECEASED = KIND["deceased"]
_NIR: Final = "urn:oid:1.2.250.1.213.1.4.8"
_INSURED: Final = "NH"
"""Identifier type of the NSS: the billing number, perhaps the insured parent's, under the same system as the patient's
own INS. From: FR Core 2.2, FRCorePatientProfile."""


def patient(resource: Patient, draft: Draft, catalogue: Catalogue, version: Version) -> None:
    """A row if the patient died; and what `persons` and the vault need, kept in `draft.said`."""
    symbols = draft.symbols
    identifiers = [symbols.identifier(i, PATIENT) for i in resource.identifier if _is_own(i)]
    identifiers = [symbol for symbol in dict.fromkeys(identifiers) if symbol != NOTHING]
    own = symbols.thing("Patient", resource.id)
    if own == NOTHING and identifiers:  # no reference can name it: its first identifier does
        own = identifiers[0]
    if own == NOTHING:
        return
    merges = _merges(resource, own, draft) if resource.link else ()
    draft.said.append(Said(*version, own, tuple(identifiers), merges))
    if resource.deceasedDateTime is not None:
        draft.row(_DECEASED, version[0], patient=own, starts=draft.times.first(resource.deceasedDateTime))


def _is_own(identifier: Identifier) -> bool:
    """Not the insured's number, and not a system that would pass for a FHIR reference."""
    if identifier.system == "Patient":
        return False
    if identifier.system != _NIR or identifier.type is None:
        return True
    return not any(coding.code == _INSURED for coding in identifier.type.coding)


def _merges(resource: Patient, own: int, draft: Draft) -> tuple[tuple[int, int], ...]:
    """`replaced-by` and `replaces` say that two records are one person; `refer` and `seealso` do not."""
    merges = []
    for link in resource.link:
        other = draft.patients(link.other)
        if other in (NOTHING, own) or draft.symbols.sorts[other] != PATIENT or draft.symbols.systems[other] is not None:
            continue
        if link.type == "replaced-by":
            merges.append((own, other))
        elif link.type == "replaces":
            merges.append((other, own))
    return tuple(merges)


class Keyed:
    """The keyed references of patient symbols, each worked out once."""

    def __init__(self, symbols: Symbols, references: References) -> None:
        self._symbols = symbols
        self._references = references
        self._found = np.zeros(0, "V17")

    def of(self, wanted: np.ndarray) -> np.ndarray:
        """References of symbols: shape (n,), dtype V17."""
        if len(self._found) < len(self._symbols):
            self._extend()
        return self._found[wanted]

    def _extend(self) -> None:
        new = np.arange(len(self._found), len(self._symbols))
        self._found = np.concatenate([self._found, np.zeros(len(new), "V17")])
        sorts = np.frombuffer(bytes(self._symbols.sorts), np.int8)
        of_patients = new[sorts[new] == PATIENT].tolist()
        by_system: dict[str, list[int]] = {}
        for symbol, system in zip(of_patients, systems_of(self._symbols, of_patients), strict=True):
            by_system.setdefault(system, []).append(symbol)
        for system, symbols in by_system.items():
            self._found[symbols] = self._references.patients(system, values_of(self._symbols, symbols))


def systems_of(symbols: Symbols, numbers: list[int]) -> list[str]:
    """Of each symbol `Patient` for a FHIR reference, else the identifier's system."""
    systems = symbols.systems
    return ["Patient" if (system := systems[number]) is None else system for number in numbers]


def values_of(symbols: Symbols, numbers: list[int]) -> list[str]:
    """Of each symbol the id of a FHIR reference, else the identifier's value."""
    names, systems = symbols.names, symbols.systems
    return [names[number].removeprefix("Patient/") if systems[number] is None else names[number] for number in numbers]
