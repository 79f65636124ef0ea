"""In which country a network lies, by a region's own table of address ranges; without one, nobody is anywhere.

A table is CSV, as the free "IP to country" tables are: first address, last address, two-letter country. Of IPv6 the
first 64 bits count: networks are kept as /48.
"""

from __future__ import annotations

import base64
import csv
import hashlib
import ipaddress
import itertools
import json
import re
import zlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from tocsin.errors import Usage

EXPECTED: Final = "Each line: first address,last address,two-letter country, as 192.0.2.0,192.0.2.255,FR."
_FORMAT: Final = "tocsin-countries/1"
_COUNTRY: Final = re.compile(r"[A-Za-z]{2}")
_UNKNOWN: Final = ("", "-", "--", "ZZ")
"""What tables write where they do not know."""
_BITS: Final = {4: (32, 0, "<u4"), 6: (128, 64, "<u8")}
"""Of each version: bits of an address, how many of the last do not count, how the rest is kept."""
_PRIVATE: Final = (
    *("0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12", "192.168.0.0/16"),
    *("::/64", "fc00::/7", "fe80::/10"),
)
"""Addresses that are in no country, whatever a table says."""


@dataclass(frozen=True, slots=True, eq=False)
class Ranges:
    """Ranges of addresses of one version, by rising address, none over another."""

    first: np.ndarray
    last: np.ndarray
    number: np.ndarray
    """uint16: the two letters."""

    def of(self, addresses: np.ndarray) -> np.ndarray:
        """uint16: the number of each address, 0 where no range holds it."""
        if not len(self.first):
            return np.zeros(len(addresses), np.uint16)
        place = np.searchsorted(self.first, addresses, side="right") - 1
        held = (place >= 0) & (addresses <= self.last[np.maximum(place, 0)])
        return np.where(held, self.number[place], 0).astype(np.uint16)


@dataclass(frozen=True, slots=True, eq=False)
class Countries:
    """A table of countries."""

    of: str
    """Hash of the file it was read from; "" for no table."""
    ranges: dict[int, Ranges]
    """By version of the address."""

    def __bool__(self) -> bool:
        return bool(self.of)

    def numbers(self, networks: Sequence[str]) -> list[int]:
        """A number for the country of each network or address, 0 for one that is private or that nobody knows."""
        found = np.zeros(len(networks), np.uint16)
        places: dict[int, list[tuple[int, int]]] = {4: [], 6: []}
        for place, text in enumerate(networks):
            address = _address(text.partition("/")[0])
            if address is not None:
                places[address.version].append((place, int(address) >> _BITS[address.version][1]))
        for version, some in places.items():
            if some and version in self.ranges:
                at = np.array([place for place, _ in some], np.int64)
                addresses = np.array([address for _, address in some], _BITS[version][2])
                private = _PRIVATES[version].of(addresses) != 0
                found[at] = np.where(private, 0, self.ranges[version].of(addresses))
        return [int(one) for one in found]

    def line(self) -> bytes:
        """As one line, for Tocsin's own trail: what is judged again is judged by the table of its time."""
        told = {
            str(version): {name: _packed(getattr(ranges, name)) for name in ("first", "last", "number")}
            for version, ranges in sorted(self.ranges.items())
        }
        return json.dumps({"format": _FORMAT, "of": self.of, "ranges": told}, sort_keys=True).encode() + b"\n"


def countries_in(line: bytes) -> Countries:
    """The reverse of `Countries.line`. Raises ValueError."""
    try:
        told: dict[str, Any] = json.loads(line)
        if told["format"] != _FORMAT:
            raise KeyError(_FORMAT)
        ranges = {
            int(version): Ranges(
                _unpacked(one["first"], _BITS[int(version)][2]),
                _unpacked(one["last"], _BITS[int(version)][2]),
                _unpacked(one["number"], "<u2"),
            )
            for version, one in told["ranges"].items()
        }
        return Countries(str(told["of"]), ranges)
    except (KeyError, TypeError, AttributeError, zlib.error):
        raise ValueError(f"not a {_FORMAT}") from None


def hash_of(table: bytes) -> str:
    """Names a table by its bytes."""
    return hashlib.blake2b(table, digest_size=16).hexdigest()


def read_countries(table: bytes) -> Countries:
    """A table from the bytes of its CSV. Raises `Usage` that names the first line that makes no sense."""
    try:
        text = table.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise Usage("the table of countries is no text", advice=f"UTF-8 CSV, .gz or not. {EXPECTED}") from None
    told: dict[int, list[tuple[int, int, int, int]]] = {4: [], 6: []}
    for line, version, first, last, country in _ranges(text.splitlines()):
        told[version].append((first, last, country, line))
    if not any(told.values()):
        raise Usage("the table of countries holds no range", advice=EXPECTED)
    return Countries(hash_of(table), {version: _sorted(some, version) for version, some in told.items() if some})


def _ranges(lines: Iterable[str]) -> Iterator[tuple[int, int, int, int, int]]:
    """(line, version, first, last, number) of every range whose country is known."""
    reader, begun = csv.reader(lines), False
    try:
        for row in reader:
            line = reader.line_num
            if not row or row[0].startswith("#"):
                continue
            first, last = (_address(one.strip()) for one in (row[:2] if len(row) > 2 else ("", "")))
            if first is None or last is None:
                if not begun and not any(letter.isdigit() for letter in row[0]):
                    begun = True
                    continue  # a header
                raise _wrong(line, "does not begin with two addresses and a country")
            if first.version != last.version or int(first) > int(last):
                raise _wrong(line, "is no range: its last address does not follow its first")
            begun, country = True, row[2].strip().upper()
            if country in _UNKNOWN:
                continue
            if not _COUNTRY.fullmatch(country):
                raise _wrong(line, "names no country by two letters")
            yield line, first.version, int(first), int(last), ord(country[0]) << 8 | ord(country[1])
    except csv.Error:
        raise _wrong(reader.line_num, "is not CSV") from None


def _sorted(told: list[tuple[int, int, int, int]], version: int) -> Ranges:
    told.sort()
    for before, after in itertools.pairwise(told):
        if after[0] <= before[1]:
            raise _wrong(max(before[3], after[3]), f"lies over the range of line {min(before[3], after[3])}")
    told = _joined(told)
    _, shift, kind = _BITS[version]
    first = np.array([one[0] >> shift for one in told], kind)
    kept = np.flatnonzero(np.r_[True, first[1:] != first[:-1]])  # of several in one /64 the first
    last = np.array([one[1] >> shift for one in told], kind)
    return Ranges(first[kept], last[kept], np.array([one[2] for one in told], "<u2")[kept])


def _joined(told: list[tuple[int, int, int, int]]) -> list[tuple[int, int, int, int]]:
    """One range for those of one country that follow one another."""
    joined = told[:1]
    for one in told[1:]:
        before = joined[-1]
        if one[0] == before[1] + 1 and one[2] == before[2]:
            joined[-1] = (before[0], one[1], *before[2:])
        else:
            joined.append(one)
    return joined


def _wrong(line: int, what: str) -> Usage:
    return Usage(f"line {line} of the table of countries {what}", advice=EXPECTED)


def _address(text: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        return ipaddress.ip_address(text)
    except ValueError:
        return None


def _packed(array: np.ndarray) -> str:
    return base64.b64encode(zlib.compress(array.tobytes())).decode()


def _unpacked(text: str, kind: str) -> np.ndarray:
    return np.frombuffer(zlib.decompress(base64.b64decode(text)), kind)


def _privates() -> dict[int, Ranges]:
    told: dict[int, list[tuple[int, int, int, int]]] = {4: [], 6: []}
    for text in _PRIVATE:
        network = ipaddress.ip_network(text)
        told[network.version].append((int(network[0]), int(network[-1]), 1, 0))
    return {version: _sorted(some, version) for version, some in told.items()}


_PRIVATES: Final = _privates()
NOWHERE: Final = Countries("", {})
"""No table."""
