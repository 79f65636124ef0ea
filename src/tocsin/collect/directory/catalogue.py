"""What the directory says of its own things, kept until every reference to them is known.

Of several versions of one resource the latest names it (meta.lastUpdated, then the bytes): a professional's RPPS or a
service's name is who they are, not when. What was in force at a time is told by the facts' own periods and `known`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Generic, TypeVar

from tocsin.collect.directory.symbols import IDNPS_SYSTEM, NOTHING, RPPS_SYSTEM, SORTS, Symbols
from tocsin.collect.directory.times import NO_TIME

T = TypeVar("T")
Version = tuple[int, bytes]
"""(known, line digest): what makes one version later than another, in whatever order they are read."""


class Latest(Generic[T]):
    """The latest value said of each symbol."""

    def __init__(self) -> None:
        self._kept: dict[int, tuple[Version, T]] = {}

    def say(self, symbol: int, version: Version, value: T) -> None:
        """Take in what a version says; an earlier one changes nothing."""
        kept = self._kept.get(symbol)
        if kept is None or version > kept[0]:
            self._kept[symbol] = (version, value)

    def get(self, symbol: int, otherwise: T) -> T:
        """What the latest version said of a symbol."""
        kept = self._kept.get(symbol)
        return otherwise if kept is None else kept[1]

    def __contains__(self, symbol: int) -> bool:
        return symbol in self._kept


class Catalogue:
    """Who professionals are, where units stand, what services are called."""

    def __init__(self, symbols: Symbols) -> None:
        self.symbols = symbols
        self.rpps: Latest[str] = Latest()
        """Practitioner -> RPPS."""
        self.bearer: Latest[int] = Latest()
        """Identifier symbol -> the practitioner or organization that bears it."""
        self.roles: Latest[tuple[int, int]] = Latest()
        """PractitionerRole -> (practitioner, organization)."""
        self.part_of: Latest[int] = Latest()
        """Organization -> the one it is part of, or NOTHING."""
        self.services: Latest[str] = Latest()
        """HealthcareService -> its name in the trail."""
        self.locations: Latest[tuple[int, int]] = Latest()
        """Location -> (managing organization, the location it is part of)."""
        self.members: dict[int, dict[int, int]] = {}
        """Group -> member (patient or group) -> when it was first known to be one."""

    def actor(self, symbol: int) -> tuple[str | None, int]:
        """A professional's name and the organization that the role says; `(None, organization)` of a vacant role."""
        organization = NOTHING
        if symbol in self.roles:
            symbol, organization = self.roles.get(symbol, (NOTHING, NOTHING))
        if symbol == NOTHING:
            return None, organization
        symbol = self.bearer.get(symbol, symbol)
        return self.rpps.get(symbol, self._own_name(symbol)), organization

    def _own_name(self, symbol: int) -> str:
        system, value = self.symbols.systems[symbol], self.symbols.names[symbol]
        if system is None:
            return value
        return rpps_of(system, value) or (f"{system}|{value}" if system else value)

    def unit(self, symbol: int) -> tuple[str | None, str | None]:
        """`(unit, establishment)` of an Organization or Location. An organization nobody describes is a unit."""
        if symbol != NOTHING and self.symbols.sorts[symbol] == SORTS["Location"]:
            symbol = self._manager(symbol)
        if symbol == NOTHING:
            return None, None
        symbol = self.bearer.get(symbol, symbol)
        if symbol not in self.part_of:
            return self._own_name(symbol), None
        top = self.top(symbol)
        return (self._own_name(symbol) if top != symbol else None), self._own_name(top)

    def top(self, organization: int) -> int:
        """The top of the chain of partOf; of a loop, its first name in the alphabet."""
        organization = self.bearer.get(organization, organization)
        return walk(organization, lambda one: self.bearer.get(up := self.part_of.get(one, NOTHING), up), self._own_name)

    def _manager(self, location: int) -> int:
        seen = set()
        while location != NOTHING and location not in seen:
            seen.add(location)
            organization, above = self.locations.get(location, (NOTHING, NOTHING))
            if organization != NOTHING:
                return organization
            location = above
        return NOTHING

    def service(self, symbol: int) -> str | None:
        """A service's name in the trail; None if the catalogue does not have it."""
        if symbol == NOTHING or self.symbols.systems[symbol] is not None:
            return None if symbol == NOTHING else self.symbols.names[symbol]
        return self.services.get(symbol, "") or None

    def patients_of(self, group: int) -> dict[int, int]:
        """The patients of a group and of the groups in it, with the time at which each was known to be one."""
        found: dict[int, int] = {}
        seen: dict[int, int] = {}
        pending = [(group, NO_TIME)]
        while pending:
            one, since = pending.pop()
            for member, known in self.members.get(one, {}).items():
                known = max(known, since)
                kept = found if self.symbols.sorts[member] == SORTS["Patient"] else seen
                if member not in kept or known < kept[member]:
                    kept[member] = known
                    if kept is seen:
                        pending.append((member, known))
        return found


def walk(start: int, onward: Callable[[int], int], name: Callable[[int], str]) -> int:
    """The end of a chain. A loop has no end: then the member whose name comes first stands for it."""
    path = [start]
    seen = {start}
    while (after := onward(path[-1])) != NOTHING:
        if after in seen:
            return min(path[path.index(after) :], key=name)
        path.append(after)
        seen.add(after)
    return path[-1]


def rpps_of(system: str | None, value: str | None) -> str | None:
    """The RPPS (11 digits) that an identifier carries, `8`+RPPS included. Its key is not checked: the national test
    data breaks it."""
    if system not in (RPPS_SYSTEM, IDNPS_SYSTEM) or not value:
        return None
    value = value.strip()
    if len(value) == 12 and value[0] == "8":
        value = value[1:]
    return value if len(value) == 11 and value.isascii() and value.isdigit() else None
