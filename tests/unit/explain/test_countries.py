"""A table of countries says what its ranges say, of any address, and a bad one is refused by its line."""

from __future__ import annotations

import ipaddress
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tocsin.errors import Usage
from tocsin.explain.countries import EXPECTED, NOWHERE, Countries, countries_in, read_countries

TABLE = """first,last,country
1.0.0.0,1.0.0.255,AU
"1.0.1.0","1.0.3.255","CN","China"
# a remark
81.2.69.0,81.2.69.255,fr

198.51.100.0,198.51.100.255,ZZ
2a01:e00::,2a01:e00:ffff:ffff:ffff:ffff:ffff:ffff,FR
192.168.0.0,192.168.255.255,US
"""


def letters(table: Countries, *networks: str) -> list[str]:
    return [f"{number >> 8:c}{number & 255:c}" if number else "" for number in table.numbers(networks)]


def test_an_address_or_a_network_lies_where_the_table_says() -> None:
    table = read_countries(TABLE.encode("utf-8-sig"))
    told = ("1.0.0.0/24", "1.0.0.255", "1.0.2.0/24", "81.2.69.0/24", "2a01:e00:12::/48", "2a01:e01::/48", "9.9.9.9")
    assert letters(table, *told) == ["AU", "AU", "CN", "FR", "FR", "", ""]
    assert letters(table, "198.51.100.0/24", "192.168.1.0/24", "wks-12", "", "::1", "fe80::1") == [""] * 6


def test_without_a_table_nobody_is_anywhere() -> None:
    assert not NOWHERE
    assert NOWHERE.numbers(["1.0.0.0/24", "2a01:e00::/48"]) == [0, 0]


@st.composite
def tables(draw: st.DrawFn) -> list[tuple[str, str, str]]:
    """Ranges of both versions, none over another, in any order."""
    told: list[tuple[str, str, str]] = []
    for kind, shift in ((ipaddress.IPv4Address, 0), (ipaddress.IPv6Address, 80)):
        ends = sorted(draw(st.sets(st.integers(1 << 24, (1 << 24) + 400), max_size=12)))
        for first, last in pairwise(ends):
            if draw(st.booleans()):
                pair = (kind(first << shift), kind((last << shift) - 1))
                told.append((str(pair[0]), str(pair[1]), draw(st.sampled_from(("FR", "ES", "DE")))))
    return draw(st.permutations(told))


@settings(max_examples=150, deadline=None, derandomize=True)
@given(tables(), st.lists(st.integers((1 << 24) - 2, (1 << 24) + 402), max_size=20))
def test_of_any_table_the_answer_is_that_of_a_search_line_by_line(
    told: list[tuple[str, str, str]], numbers: list[int]
) -> None:
    if not told:
        return
    table = read_countries("\n".join(",".join(one) for one in told).encode())
    networks = [f"{ipaddress.IPv4Address(number)}/32" for number in numbers]
    networks += [f"{ipaddress.IPv6Address(number << 80)}/48" for number in numbers]
    ranges = [(*(ipaddress.ip_address(end) for end in one[:2]), one[2]) for one in told]

    def searched(network: str) -> str:
        address = ipaddress.ip_address(network.partition("/")[0])
        held = (land for first, last, land in ranges if first.version == address.version and first <= address <= last)
        return next(held, "")

    assert letters(table, *networks) == [searched(network) for network in networks]
    again = countries_in(table.line())
    assert again.of == table.of
    assert again.numbers(networks) == table.numbers(networks)
    assert again.line() == table.line()


@pytest.mark.parametrize(
    ("table", "said"),
    [
        ("a,b,c\n1.0.0.0,1.0.0.255,FRA", "line 2 of the table of countries names no country by two letters"),
        ("1.0.0.0,1.0.0.255,FR\nhere,there,FR", "line 2 of the table of countries does not begin with two addresses"),
        ("1.0.0.0,1.0.0.255,FR\n1.0.1.0", "line 2 of the table of countries does not begin with two addresses"),
        ("1.0.0.9,1.0.0.1,FR", "line 1 of the table of countries is no range"),
        ("1.0.0.0,2a01::,FR", "line 1 of the table of countries is no range"),
        ("1.0.0.0,1.0.0.9,FR\n1.0.0.9,1.0.1.0,ES", "line 2 of the table of countries lies over the range of line 1"),
        ("first,last,country", "holds no range"),
        ("", "holds no range"),
    ],
)
def test_a_bad_table_is_refused_by_its_line(table: str, said: str) -> None:
    with pytest.raises(Usage, match=said) as refused:
        read_countries(table.encode())
    assert EXPECTED in str(refused.value)


def test_what_is_no_text_is_refused() -> None:
    with pytest.raises(Usage, match="is no text"):
        read_countries(b"\xff\xfe\x00")


@pytest.mark.parametrize("line", [b"{}", b"[]", b'{"format": "tocsin-countries/1"}'])
def test_a_line_that_is_none_is_an_error(line: bytes) -> None:
    with pytest.raises(ValueError, match="tocsin-countries"):
        countries_in(line)
