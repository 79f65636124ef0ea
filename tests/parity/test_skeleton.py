"""The accelerator has no meaning of its own: over any lines it gives what the ordinary parser gives."""

from __future__ import annotations

import json
import random
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tocsin.collect.formats import fhir
from tocsin.collect.formats.instant import microseconds_of
from tocsin.collect.formats.instants import microseconds
from tocsin.collect.formats.octets import words_of
from tocsin.collect.formats.skeleton import FhirParser
from tocsin.model.block import Block
from unit.collect.fhir_trails import REFERENCES, TRAILS

GOLDEN = [path.read_bytes().rstrip(b"\n") for path in sorted(TRAILS.glob("*.ndjson"))]
DOCUMENTS = [json.loads(path.read_bytes()) for path in sorted(TRAILS.glob("*.ndjson")) if "rejected" not in path.stem]


def agree(lines: list[bytes], parser: FhirParser | None = None, *, end: bytes = b"\n") -> FhirParser:
    """Both parsers over the lines; returns the accelerator, warm."""
    parser = parser or FhirParser()
    block = Block(b"".join(line + end for line in lines) + b"\n" * 80, 7, 1000)
    expected = fhir.parse(block, source="replay", references=REFERENCES)
    for _ in range(2):  # cold, then warm
        found = parser.parse(block, source="replay", references=REFERENCES)
        assert found.rejected == expected.rejected
        assert (found.lines, found.accepted) == (expected.lines, expected.accepted)
        assert found.identities.equals(expected.identities)
        if not found.events.equals(expected.events):
            assert found.events.to_pylist() == expected.events.to_pylist()
            raise AssertionError("equal rows, other dictionaries")
    return parser


def dumped(document: Any, *, spaces: bool = False, ascii_only: bool = False) -> bytes:
    separators = (", ", ": ") if spaces else (",", ":")
    return json.dumps(document, ensure_ascii=ascii_only, separators=separators).encode()


def taken(parser: FhirParser) -> int:
    return sum(shape.hits for shapes in parser._shapes.values() for shape in shapes)


def test_golden_lines_agree() -> None:
    agree(GOLDEN)
    parser = agree(GOLDEN * 5)
    assert taken(parser) > 3 * len(GOLDEN)  # it does work: most are taken by shapes


TEXT = st.one_of(
    st.sampled_from(
        ["", "x", "Patient/1", "Patient/2/_history/3", "https://x/fhir/Patient/9", "Observation/4", "#p1", "urn:uuid:1",
         "therap-e.region-a.example", "poste-14", "6580", "fhir.ficti.example", "2025-09-01T08:30:05Z",
         "2025-09-01T08:30:05.123+02:00", "2025-02-30T00:00:00Z", "110152", "24", "1", "AuditEvent", "\ue000",
         "\ue001x", "Patient/",
         "a/b", "é", "𝄞", "\0", "\\", '"', "Patient\u2028", "search-type", "5", "8"]
    ),
    st.text(max_size=20),
)  # fmt: skip


def _texts(node: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    if isinstance(node, dict):
        return [found for key, value in node.items() for found in _texts(value, (*path, key))]
    if isinstance(node, list):
        return [found for key, value in enumerate(node) for found in _texts(value, (*path, key))]
    return [path] if isinstance(node, str) else []


def _with(document: Any, path: tuple[Any, ...], text: Any) -> Any:
    copy = json.loads(json.dumps(document))
    node = copy
    for key in path[:-1]:
        node = node[key]
    node[path[-1]] = text
    return copy


@st.composite
def lines_of_one_shape(draw: st.DrawFn) -> list[bytes]:
    """A document in several copies, of which each has some texts changed."""
    document = draw(st.sampled_from(DOCUMENTS))
    paths = _texts(document)
    form = {"spaces": draw(st.booleans()), "ascii_only": draw(st.booleans())}
    lines = [dumped(document, **form)] * 3
    for _ in range(draw(st.integers(1, 5))):
        changed = document
        for path in draw(st.lists(st.sampled_from(paths), max_size=3)):
            changed = _with(changed, path, draw(TEXT))
        lines.append(dumped(changed, **form))
    return draw(st.permutations(lines))


@settings(deadline=None, max_examples=300)
@given(lines_of_one_shape())
def test_changed_texts_agree(lines: list[bytes]) -> None:
    agree(lines)


MUTATIONS = [b"", b'"', b"\\", b"{", b"}", b"\xc3", b"\t", b" ", b"0", b"\r", b"/", b"x"]


@settings(deadline=None, max_examples=300)
@given(st.data())
def test_mutated_bytes_agree(data: st.DataObject) -> None:
    """One byte of a line is replaced, dropped or doubled, beside lines that are whole."""
    line = data.draw(st.sampled_from(GOLDEN))
    lines = [line] * 3
    for _ in range(4):
        place = data.draw(st.integers(0, len(line)))
        octets = data.draw(
            st.sampled_from([b"", b'"', b"\\", b"{", b"}", b"\xc3", b"\t", b" ", b"0", b"\r", b"/", b"x"])
        )
        lines.append((line[:place] + octets + line[place + data.draw(st.integers(0, 2)) :]).replace(b"\n", b""))
    agree(lines, end=data.draw(st.sampled_from([b"\n", b"\r\n"])))


ESCAPED = [b"\\u00e9", b"\\/", b"\\n", b"\\ud83d\\ude00", b"\\ud800", b"\\x", b"\\u12", b"\\u00zz", b"\\\\", b'\\"']


@pytest.mark.parametrize("escape", ESCAPED)
def test_escapes_agree_where_they_are_used_and_where_not(escape: bytes) -> None:
    document = json.dumps(DOCUMENTS[0] | {"id": "ID"}, separators=(",", ":")).encode()
    for target in (b'"ID"', b'"poste-14"', b'"therap-e"', b'"110152"', b'"AuditEvent"', b'"code"', b'"Patient/123"'):
        changed = document.replace(target, target[:-1] + escape + b'"')
        agree([document, changed] * 4)
        agree([changed] * 4)


def test_an_agent_that_becomes_the_observer_is_told_apart() -> None:
    """A comparison of two texts decides (plain R4, one machine told as source of a read): it holds for later lines."""
    document = json.loads((TRAILS / "plain_r4_read_by_a_workstation_told_as_source.ndjson").read_bytes())
    same = _with(document, ("source", "observer", "identifier", "value"), "6580")
    parser = agree([dumped(document)] * 4)
    agree([dumped(document), dumped(same)] * 4, parser)
    agree([dumped(same)] * 4)


def test_what_was_learned_from_other_trails_changes_nothing() -> None:
    """One parser over many blocks in random order, and a fresh one for each."""
    chance = random.Random(5)
    warm = FhirParser()
    for _ in range(20):
        lines = [chance.choice(GOLDEN) for _ in range(60)]
        agree(lines, warm)
        agree(lines)


def test_more_shapes_than_are_kept_agree() -> None:
    lines = [dumped({**DOCUMENTS[0], "x": [{"url": str(i // 4)}]}) for i in range(3000)]
    parser = agree(lines)
    for first in range(0, len(lines), 300):
        agree(lines[first : first + 300], parser)
    assert sum(len(shapes) for shapes in parser._shapes.values()) <= 512


ZONES = st.sampled_from(["Z", "+02:00", "-11:30", "+24:00", "+01:60", "", "z", "+0100"])
FRACTIONS = st.from_regex(r"(\.[0-9]{0,17})?", fullmatch=True)
INSTANTS = st.builds(lambda at, f, zone: at.isoformat(timespec="seconds") + f + zone, st.datetimes(), FRACTIONS, ZONES)


@st.composite
def marred(draw: st.DrawFn) -> str:
    """An instant of which one letter may be another."""
    text = draw(INSTANTS)
    place = draw(st.integers(0, len(text) - 1))
    return text[:place] + draw(st.sampled_from("0123456789/:;-.TZ+ é\x80\xff")) + text[place + 1 :]


@settings(max_examples=500)
@given(st.text("0123456789-:.TZtz+ ", max_size=33) | INSTANTS | marred())
def test_instants_agree(text: str) -> None:
    data = b"x" + text.encode() + bytes(64)
    at, good = microseconds(words_of(data), np.array([1]), np.array([len(text.encode())]))
    if good[0]:
        assert at[0] == microseconds_of(text)


@pytest.mark.parametrize("fraction", ["", ".1", ".123", ".1234567", ".123456789"])
@pytest.mark.parametrize("zone", ["Z", "+02:00", "-01:30"])
def test_common_instants_are_read_in_vectors(fraction: str, zone: str) -> None:
    text = "2024-02-29T23:59:58" + fraction + zone
    at, good = microseconds(words_of(text.encode() + bytes(64)), np.array([0]), np.array([len(text)]))
    assert good[0]
    assert at[0] == microseconds_of(text)
