"""From references to people: the vault gives identifiers (reason, name, receipt), the source gives names and addresses.

A person is one human, however many records they have: who stands for whom is what the directory declares
(`door.persons`). Records are never joined here to find an address.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any, Protocol

from tocsin.door.identities import Found, Identifier, Source
from tocsin.door.people import addressee_of, is_replaced
from tocsin.model.addressee import Addressee, Queued

_OF_THE_PERSON = ("deceased", "protected")


class Reveals(Protocol):
    """The vault, as far as it is needed here."""

    def reveal(self, references: Any, *, reason: str, who: str, now: datetime) -> dict[bytes, Identifier]:
        """See `Vault.reveal`."""
        ...


def addressees(
    persons: Mapping[bytes, Sequence[bytes]],
    *,
    vault: Reveals,
    source: Source,
    reason: str,
    who: str,
    now: datetime,
    today: date,
) -> dict[bytes, Addressee | Queued]:
    """Person -> whom to write to, or why nobody. `persons`: person (a reference) -> the records that were exposed.

    The receipt is on the disk before anything is read. Raises what `Vault.reveal` and `Source.find` raise.
    """
    asked = {reference for person, records in persons.items() for reference in (person, *records)}
    identifiers = vault.reveal(asked, reason=reason, who=who, now=now)
    return addressees_of(persons, identifiers, source=source, today=today)


def addressees_of(
    persons: Mapping[bytes, Sequence[bytes]],
    identifiers: Mapping[bytes, Identifier],
    *,
    source: Source,
    today: date,
) -> dict[bytes, Addressee | Queued]:
    """The same, where the vault has answered already."""
    found = source.find(set(identifiers.values())) if identifiers else {}
    return {
        person: _addressee(person, records, identifiers, found, today) for person, records in sorted(persons.items())
    }


def _addressee(
    person: bytes, records: Sequence[bytes], identifiers: Mapping[bytes, Identifier], found: Found, today: date
) -> Addressee | Queued:
    known = [reference for reference in dict.fromkeys((person, *records)) if reference in identifiers]
    if not known:
        return Queued("unknown")
    matches = {reference: found.get(identifiers[reference], []) for reference in known}
    if any(len(match) > 1 for match in matches.values()):
        return Queued("several")
    distinct = {str(match[0].get("id")): match[0] for match in matches.values() if match}
    standing = {name: one for name, one in distinct.items() if not is_replaced(one)}
    if not distinct:
        return Queued("not-found")
    for one in distinct.values():  # what any record of the person says of these, it says of the person
        said = addressee_of(one, today=today)
        if isinstance(said, Queued) and said.reason in _OF_THE_PERSON:
            return said
    if matches.get(person) and not is_replaced(matches[person][0]):  # what stands for the others speaks for itself
        return addressee_of(matches[person][0], today=today)
    if not standing:
        return Queued("replaced")
    return addressee_of(next(iter(standing.values())), today=today) if len(standing) == 1 else Queued("several")
