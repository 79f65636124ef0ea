"""FHIR times: a period includes its end, a day is a day of the region's zone, and nothing else passes for a time."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tocsin.collect.directory.times import NO_TIME, BadTime, Times


def micros(text: str) -> int:
    since = datetime.fromisoformat(text) - datetime(1970, 1, 1, tzinfo=UTC)
    return (since.days * 86_400 + since.seconds) * 1_000_000 + since.microseconds


@pytest.mark.parametrize(
    ("text", "zone", "first", "last"),
    [
        ("2025-09-01T10:00:00+02:00", "UTC", "2025-09-01T08:00:00Z", "2025-09-01T08:00:00Z"),
        ("2025-09-01T10:00:00.123456789Z", "UTC", "2025-09-01T10:00:00.123456Z", "2025-09-01T10:00:00.123456Z"),
        ("2025-09-01", "UTC", "2025-09-01T00:00:00Z", "2025-09-01T23:59:59.999999Z"),
        ("2025-09-01", "Europe/Paris", "2025-08-31T22:00:00Z", "2025-09-01T21:59:59.999999Z"),
        ("2025-09-01T10:00:00", "Europe/Paris", "2025-09-01T08:00:00Z", "2025-09-01T08:00:00Z"),
        ("2025-10-26", "Europe/Paris", "2025-10-25T22:00:00Z", "2025-10-26T22:59:59.999999Z"),
        ("2024-02", "UTC", "2024-02-01T00:00:00Z", "2024-02-29T23:59:59.999999Z"),
        ("2025-12", "UTC", "2025-12-01T00:00:00Z", "2025-12-31T23:59:59.999999Z"),
        ("2025", "UTC", "2025-01-01T00:00:00Z", "2025-12-31T23:59:59.999999Z"),
        ("2016-12-31T23:59:60Z", "UTC", "2017-01-01T00:00:00Z", "2017-01-01T00:00:00Z"),
        ("9999-12-31", "Europe/Paris", "9999-12-30T23:00:00Z", "9999-12-31T23:59:59.999999Z"),
        ("9999", "UTC", "9999-01-01T00:00:00Z", "9999-12-31T23:59:59.999999Z"),
    ],
)
def test_first_and_last_microsecond(text: str, zone: str, first: str, last: str) -> None:
    times = Times(ZoneInfo(zone))
    assert (times.first(text), times.last(text)) == (micros(first), micros(last))


NO_TIMES = """
soon|2025-9-1|2025-09-31|20250901|2025-W36-1|2025-09-01T25:00:00Z|20250901T100000Z|٢٠٢٥|+2025|0000|
2025-09-01T10:00:00+99:00|2025-09-01-01|-|2025-09-01 soon"""


@pytest.mark.parametrize("text", [*NO_TIMES.replace("\n", "").split("|"), ""])
def test_nothing_else_is_a_time(text: str) -> None:
    with pytest.raises(BadTime):
        Times().first(text)
    with pytest.raises(BadTime):
        Times().last(text)
    assert Times().known(text, None, "2025") == micros("2025-01-01T00:00:00Z")
    assert Times().known(text, None) == NO_TIME


@given(st.text(max_size=30) | st.from_regex(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)", fullmatch=True))
def test_any_text_is_a_time_or_a_bad_time(text: str) -> None:
    times = Times()
    try:
        first = times.first(text)
    except BadTime:
        return
    assert first <= times.last(text)
