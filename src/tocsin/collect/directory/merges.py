"""Which references are one person, and since when that is known.

Two records are one person only if a Patient resource says so (`link`: replaced-by, replaces). Sharing an identifier is
not enough, not even an INS: a number typed into the wrong record, or a parent's, would give one person's accesses to
another, and an incident would warn the wrong one. So an identifier that unlinked records share stands for itself.
Each Patient's latest version at a time is what it says then: a link or an identifier it no longer has is no more, and
from then on the records are two again.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from itertools import chain, groupby

from tocsin.collect.directory.catalogue import walk
from tocsin.collect.directory.draft import Said
from tocsin.collect.directory.symbols import NOTHING, Symbols

Joined = tuple[int, int, int]
"""(patient, person, known): symbols, and microseconds or NO_TIME."""


def joined(said: Iterable[Said], symbols: Symbols) -> Iterator[Joined]:
    """Reference -> person, one row each time that changes."""
    versions = set(said)
    entangled = _entangled(versions)
    for one in versions - entangled:
        yield one.patient, one.patient, one.known
        for identifier in one.identifiers:
            if identifier != one.patient:
                yield identifier, one.patient, one.known
    registry = _Registry(symbols)
    for known, told in groupby(sorted(entangled), key=lambda one: one.known):
        for symbol, person in registry.learn(told):
            yield symbol, person, known


def _entangled(versions: set[Said]) -> set[Said]:
    """All but the ordinary: one version, no link to or from it, identifiers that no other record bears."""
    patients = Counter([one.patient for one in versions])
    bearers = Counter(chain.from_iterable([one.identifiers for one in versions]))
    records = {patient for patient, count in patients.items() if count > 1}
    records |= {record for one in versions for merge in one.merges for record in merge}
    shared = {identifier for identifier, count in bearers.items() if count > 1}
    return {one for one in versions if one.patient in records or not shared.isdisjoint(one.identifiers)}


class _Registry:
    """What is known so far. Only what a new version touches is worked out anew."""

    def __init__(self, symbols: Symbols) -> None:
        self._names = symbols.names
        self._said: dict[int, Said] = {}
        self._claims: dict[int, dict[int, None]] = {}
        """Identifier -> the records that bear it."""
        self._merges: dict[int, dict[tuple[int, int], None]] = {}
        """Record -> (who says so, the record that stands for it)."""
        self._stands: dict[int, int] = {}
        self._merged: dict[int, dict[int, None]] = {}
        """The reverse of `_stands`."""
        self._persons: dict[int, int] = {}

    def learn(self, versions: Iterable[Said]) -> list[tuple[int, int]]:
        """Take in what was said at one time; the symbols whose person is now another, with that person."""
        records: dict[int, None] = {}
        identifiers: dict[int, None] = {}
        for version in versions:
            before = self._said.get(version.patient)
            if before is not None:
                self._withdraw(before, records, identifiers)
            self._state(version, records, identifiers)
        for record in list(records):
            self._point(record)
        for record in self._upstream(records):
            records[record] = None
            if record in self._said:
                identifiers.update(dict.fromkeys(self._said[record].identifiers))
        return self._changed(records, identifiers)

    def _withdraw(self, said: Said, records: dict[int, None], identifiers: dict[int, None]) -> None:
        for identifier in said.identifiers:
            del self._claims[identifier][said.patient]
            identifiers[identifier] = None
        for gone, stands in said.merges:
            self._merges[gone].pop((said.patient, stands), None)
            records[gone] = None

    def _state(self, said: Said, records: dict[int, None], identifiers: dict[int, None]) -> None:
        self._said[said.patient] = said
        records[said.patient] = None
        for identifier in said.identifiers:
            self._claims.setdefault(identifier, {})[said.patient] = None
            identifiers[identifier] = None
        for gone, stands in said.merges:
            self._merges.setdefault(gone, {})[said.patient, stands] = None
            records[gone] = None

    def _point(self, record: int) -> None:
        """Which record stands for this one: what it says itself goes before what others say, then the name."""
        told = self._merges.get(record)
        stands = min(told, key=lambda one: (one[0] != record, self._names[one[1]]))[1] if told else NOTHING
        before = self._stands.get(record, NOTHING)
        if before == stands:
            return
        if before != NOTHING:
            del self._merged[before][record]
        if stands == NOTHING:
            del self._stands[record]
        else:
            self._stands[record] = stands
            self._merged.setdefault(stands, {})[record] = None

    def _upstream(self, records: Iterable[int]) -> list[int]:
        seen = dict.fromkeys(records)
        pending = list(seen)
        while pending:
            for one in self._merged.get(pending.pop(), ()):
                if one not in seen:
                    seen[one] = None
                    pending.append(one)
        return list(seen)

    def _root(self, record: int) -> int:
        if record not in self._stands:
            return record
        return walk(record, lambda one: self._stands.get(one, NOTHING), self._names.__getitem__)

    def _changed(self, records: Iterable[int], identifiers: Iterable[int]) -> list[tuple[int, int]]:
        persons = {record: self._root(record) for record in records}
        for identifier in identifiers:
            if identifier not in persons:
                bearers = {self._root(record) for record in self._claims[identifier]}
                persons[identifier] = bearers.pop() if len(bearers) == 1 else identifier
        changed = [(symbol, person) for symbol, person in persons.items() if self._persons.get(symbol) != person]
        self._persons.update(changed)
        return changed
