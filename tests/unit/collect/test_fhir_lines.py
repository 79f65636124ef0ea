"""What is a line, what is refused and why, and what holds whatever the bytes are."""

from __future__ import annotations

import hashlib
import json
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from tocsin.collect.formats.fhir import MAX_DEPTH, PRECEDENCE, parse
from tocsin.collect.formats.instant import microseconds_of
from tocsin.model.block import MAX_LINE_BYTES, Block
from tocsin.model.event import EVENT
from tocsin.model.rejected import REJECTIONS
from unit.collect.fhir_trails import REFERENCES, TRAILS, golden, parsed

GOOD = golden("balp_patient_read").rstrip(b"\n")


def reasons(data: bytes) -> list[str]:
    return [one.reason for one in parsed(data).rejected]


def changed(**fields: Any) -> bytes:
    return json.dumps({**json.loads(GOOD), "period": None, **fields}).encode()


@pytest.mark.parametrize("path", sorted(TRAILS.glob("rejected_*.ndjson")), ids=lambda path: path.stem)
def test_a_file_named_for_its_defect_is_refused_for_it(path: Any) -> None:
    (reason,) = reasons(path.read_bytes())
    assert path.stem.replace("_", "-").startswith(f"rejected-{reason}")


def test_every_reason_has_a_place_in_the_precedence() -> None:
    assert sorted(PRECEDENCE) == sorted(REJECTIONS)


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        (b"[]", "not-an-audit-event"),
        (b"7", "not-an-audit-event"),
        (b'{"resourceType":["AuditEvent"]}', "not-an-audit-event"),
        (b'{"resourceType":"AuditEvent","recorded":7', "not-json"),
        (b'{"resourceType":"AuditEvent","id":"\x00"}', "not-json"),
        (b'{"resourceType":"AuditEvent","id":"\\ud800"}', "not-json"),
        (b'{"resourceType":"AuditEvent","id":"\xed\xa0\x80"}', "not-utf8"),
        (b'{"a":' * (MAX_DEPTH + 1), "too-deep"),
        (b"[" * 100_000, "too-deep"),
        (b'{"a":' * 100_000 + b"1" + b"}" * 100_000, "too-deep"),
        (changed(recorded=7), "bad-type"),
        (changed(outcome={"code": "0"}), "bad-type"),
        (GOOD[:-1] + b',"recorded":7,"recorded":"2025-09-01T08:30:05Z"}', "bad-type"),
        (changed(recorded=None), "no-time"),
        (changed(recorded=""), "bad-time"),
        (changed(recorded="1989-12-31T23:59:59Z"), "bad-time"),
        (changed(recorded="2101-01-01T00:00:00Z"), "bad-time"),
        (changed(recorded="2025-02-29T00:00:00Z"), "bad-time"),
        (changed(period={"start": "yesterday"}), "bad-time"),
        (changed(agent=None, entity=None), "nobody"),
        (changed(agent=[{"who": {"display": "poste"}}], entity=[]), "nobody"),
        (changed(agent=None, entity=[{"role": {"code": "1"}, "what": {"reference": "#p"}}]), "nobody"),
    ],
)  # fmt: skip
def test_refused(line: bytes, reason: str) -> None:
    assert reasons(line) == [reason]


def test_a_line_of_sixteen_mebibytes_is_read_and_one_byte_more_is_too_long() -> None:
    room = MAX_LINE_BYTES - len(GOOD) - len(b',"x":""')
    line = GOOD[:-1] + b',"x":"' + b"y" * room + b'"}'
    assert reasons(line) == []
    assert reasons(line[:-2] + b'y"}') == ["too-long"]


def test_a_line_that_was_too_long_to_hand_over_is_a_line_and_refused() -> None:
    block = Block(GOOD + b"\n", 3, 1000, overlong=((10, 20_000_000),))
    result = parse(block, source="replay", references=REFERENCES)
    assert (result.lines, result.accepted) == (2, 1)
    assert [(one.reason, one.segment, one.offset, one.length) for one in result.rejected] == [
        ("too-long", 3, 10, 20_000_000)
    ]


@pytest.mark.parametrize(
    "line",
    [
        changed(recorded="2025-09-01t08:30:05z"),
        changed(period={"start": "2025-09-01T08:30:05Z"}, recorded="never"),
        changed(period={}, recorded="2025-09-01T08:30:05Z"),
        changed(id="\0"),
        changed(agent=None),
        changed(entity=None),
        changed(x=[{"y": "[" * 500}] * 100),
    ],
)  # fmt: skip
def test_accepted(line: bytes) -> None:
    assert reasons(line) == []


def test_of_two_equal_keys_the_last_counts() -> None:
    line = GOOD[:-1] + b',"recorded":"2025-12-24T00:00:00Z"}'
    assert parsed(line).events["received_at"][0].as_py().month == 12


@pytest.mark.parametrize("before", [b"", b"\xef\xbb\xbf", b"\n\n", b" \t\r\n"])
@pytest.mark.parametrize("after", [b"", b"\n", b"\r\n", b"\n \r\n\n"])
def test_line_ends_marks_and_blank_lines_are_no_part_of_a_line(before: bytes, after: bytes) -> None:
    result = parsed(before + GOOD + after, offset=500)
    (row,) = result.events.to_pylist()
    assert (result.lines, row["offset"], row["length"]) == (1, 500 + len(before), len(GOOD))
    assert row["event_id"][7:] == hashlib.blake2b(b"replay\0" + GOOD, digest_size=9).digest()
    at = 1756715400123456
    assert row["event_id"][:7] == (at + 2**55).to_bytes(7, "big")


@pytest.mark.parametrize(
    ("text", "microseconds"),
    [
        ("2025-09-01T08:30:00Z", 1756715400000000),
        ("2025-09-01T08:30:00.123456789Z", 1756715400123456),
        ("2025-09-01T08:30:00.1+02:00", 1756708200100000),
        ("2025-09-01T14:00:00+05:30", 1756715400000000),
        ("2025-09-01T08:30:60Z", 1756715460000000),
        ("2025-09-01T08:30:60.9Z", 1756715460000000),
        ("2025-09-01T08:30Z", 1756715400000000),
        ("2025-09-01T08:30:00-0000", 1756715400000000),
        ("2024-02-29T00:00:00Z", 1709164800000000),
        ("2025-09-01T08:30:00", None),
        ("2025-09-01", None),
        ("2025-09-01T24:00:00Z", None),
        ("2025-09-01T08:30:00.Z", None),
        ("2025-09-01 08:30:00Z", None),
        ("2025-09-01T08:30:00Z ", None),
        ("٢٠٢٥-09-01T08:30:00Z", None),
    ],
)  # fmt: skip
def test_instants(text: str, microseconds: int | None) -> None:
    assert microseconds_of(text) == microseconds


# Whatever the bytes are ------------------------------------------------------------------------------------------

PIECES = st.sampled_from(
    [GOOD, b"\n", b"\r\n", b"{", b"}", b'"', b"\\", b"\xff", b"\xef\xbb\xbf", b"\0", b"  ", b"[" * 70, b'{"a":1}']
)
BYTES = st.one_of(st.binary(max_size=200), st.lists(PIECES, max_size=12).map(b"".join))


@given(BYTES)
@example(b"\xef")
@example(b"\r")
def test_any_bytes_are_lines_accepted_or_refused(data: bytes) -> None:
    result = parsed(data)
    assert result.lines == result.accepted + len(result.rejected)
    assert result.events.schema == EVENT
    assert sum(row == 0 for row in result.events["row"].to_pylist()) == result.accepted


@given(st.lists(st.binary(max_size=50).map(lambda line: line.replace(b"\n", b" ")) | st.just(GOOD), max_size=6))
def test_where_a_block_is_cut_does_not_matter(lines: list[bytes]) -> None:
    """Lines one by one, or all in one block: the same rows, the same refusals."""
    whole = parsed(b"".join(line + b"\n" for line in lines))
    rows, rejected, offset = [], [], 0
    for line in lines:
        part = parsed(line + b"\n", offset=offset)
        rows += part.events.to_pylist()
        rejected += part.rejected
        offset += len(line) + 1
    assert whole.events.to_pylist() == rows
    assert list(whole.rejected) == rejected
