"""The directory reader on anything: no exception, every line counted, and no order of lines or blocks matters."""

from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tocsin.collect.directory import DirectoryReader
from tocsin.collect.directory.decode import _SHAPES
from tocsin.collect.directory.resources import Resource
from tocsin.door.references import REPLAY_KEY, KeyedReferences
from tocsin.model.block import Block
from tocsin.model.fact import FACT, PERSON
from tocsin.model.rejected import REJECTIONS
from trails.directory import told


def fresh() -> DirectoryReader:
    return DirectoryReader(KeyedReferences(key=REPLAY_KEY, epoch=0))


def tables(reader: DirectoryReader) -> list[object]:
    return [table.to_pylist() for table in (reader.facts(), reader.persons(), reader.identities())]


WRONG = {
    b"\xff{}": "not-utf8",
    b'{"resourceType":"Observation","x":"\xe9"}': "not-utf8",
    b"{": "not-json",
    b'{"resourceType":"Patient"} x': "not-json",
    b"[1]": "bad-type",
    b"{}": "bad-type",
    b'{"resourceType":5}': "bad-type",
    b'{"resourceType":"AuditEvent"}': "bad-type",
    b'{"resourceType":"Patient","x":' + b"[" * 100_000 + b"]" * 100_000 + b"}": "too-deep",
    b'{"resourceType":"Encounter","period":{"start":"2025-09-01"}}': "nobody",
    b'{"resourceType":"Encounter","subject":{"reference":"Patient/1"},"period":{"end":"soon"}}': "bad-time",
    b'{"resourceType":"Encounter","subject":{"reference":"Patient/1"},"period":{"end":"2025-02-30"}}': "bad-time",
    b'{"resourceType":"Patient","id":"1","deceasedDateTime":"20250901T10:00:00Z"}': "bad-time",
    b'{"resourceType":"Appointment","participant":[{"actor":{"reference":"Patient/1"}}]}': "no-time",
    b'{"resourceType":"Task","code":{"text":"campaign"},"owner":{"reference":"Practitioner/1"}}': "nobody",
    b'{"resourceType":"Task","code":{"text":"migration"}}': "nobody",
}


@pytest.mark.parametrize(("line", "reason"), WRONG.items(), ids=lambda one: str(one)[:40])
def test_a_wrong_line_is_a_result_with_its_place(line: bytes, reason: str) -> None:
    reader = fresh()
    reader.add("x", Block(b"\n \r\n" + line + b"\r\n\n" + line, 3, 1000))
    first, second = reader.rejected()
    assert (first.reason, first.segment, first.offset, first.length) == (reason, 3, 1004, len(line))
    assert (second.reason, second.offset) == (reason, 1004 + len(line) + 3)
    assert reader.facts().num_rows == 0
    assert reader.lines == {"x": 2}


def test_an_overlong_line_is_counted_where_it_stands() -> None:
    reader = fresh()
    reader.add("x", Block(b"", 3, 0, ((5, 17_000_000),)))
    assert [(r.reason, r.offset, r.length) for r in reader.rejected()] == [("too-long", 5, 17_000_000)]


def test_other_resources_carry_no_fact_and_are_not_wrong() -> None:
    reader = fresh()
    reader.add("x", Block(b'\xef\xbb\xbf{"resourceType":"Observation"}\n{"resourceType":"Device","id":[]}', 0, 0))
    assert reader.rejected() == ()
    assert reader.lines == {"x": 2}


def test_nothing_read_gives_empty_tables() -> None:
    assert fresh().facts().schema == FACT
    assert fresh().persons().schema == PERSON
    assert [len(table) for table in tables(fresh())] == [0, 0, 0]


@pytest.mark.parametrize("text", ['"\\ud800"', "9" * 5000, "1e999", "-0.0", '"\\u0000"', '"' + "/" * 10_000 + '"'])
def test_hostile_values_anywhere(text: str) -> None:
    for kind, shape in _SHAPES.items():
        for field in shape.fields:  # type: ignore[attr-defined]
            reader = fresh()
            reader.add("x", Block(f'{{"resourceType":"{kind}","{field.encode_name}":{text}}}'.encode(), 0, 0))
            tables(reader)


def test_what_is_forgotten_says_nothing_and_does_not_linger() -> None:
    patient = b'{"resourceType":"Patient","id":"1","identifier":[{"system":"urn:x","value":"7"}]}\n[]\n'
    reader, once = fresh(), fresh()
    reader.add("Patient", Block(b'{"resourceType":"Patient","id":"2"}\nx\n', 1, 0))
    reader.forget()
    assert tables(reader) == tables(fresh())
    for one in (reader, once):
        one.add("Patient", Block(patient, 1, 0))
    assert tables(reader) == tables(once)


@given(st.binary(max_size=200))
def test_any_bytes(data: bytes) -> None:
    reader = fresh()
    reader.add("x", Block(data, 0, 0))
    tables(reader)
    assert {one.reason for one in reader.rejected()} <= set(REJECTIONS)
    assert len(reader.rejected()) <= reader.lines["x"]


IDS = st.sampled_from(["1", "2", "3"])
REFERENCES = st.builds(
    "{}{}/{}".format,
    st.sampled_from(["", "https://d.example/fhir/"]),
    st.sampled_from(["Patient", "Practitioner", "PractitionerRole", "Organization", "HealthcareService", "Location"])
    | st.just("Group"),
    IDS,
)
TIMES = st.sampled_from(["2025", "2025-09", "2025-09-01", "2025-09-01T10:00:00Z", "9999-12-31", "soon", "", "0000"])
JUNK = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=3) | st.just([]) | st.just({})


def filled(shape: object) -> st.SearchStrategy[object]:
    """Values for a field: mostly such as fit its shape, now and then anything."""
    match type(shape).__name__:
        case "UnionType":
            fit = st.one_of(*(filled(one) for one in shape.types if type(one).__name__ != "NoneType"))
        case "StructType":
            fit = st.fixed_dictionaries({}, optional={f.encode_name: filled(f.type) for f in shape.fields})
        case "ListType":
            fit = st.lists(filled(shape.item_type), max_size=2)
        case "StrType":
            fit = REFERENCES | TIMES | IDS | st.sampled_from(["campaign", "audit", "replaced-by", "replaces"])
        case "BoolType":
            fit = st.booleans()
        case _:
            fit = st.integers()
    return st.integers(0, 19).flatmap(lambda one: JUNK if one == 0 else fit)


def resource(kind: str) -> st.SearchStrategy[str]:
    fields = {f.encode_name: filled(f.type) for f in _SHAPES[kind].fields}  # type: ignore[attr-defined]
    return st.fixed_dictionaries({"resourceType": st.just(kind)}, optional=fields).map(json.dumps)


RESOURCES = st.sampled_from(sorted(_SHAPES)).flatmap(resource)


@settings(max_examples=150, deadline=None)
@given(st.lists(RESOURCES, max_size=12), st.randoms())
def test_no_order_of_lines_or_blocks_matters(lines: list[str], random) -> None:
    together, apart = fresh(), fresh()
    together.add("x", Block("\n".join(lines).encode(), 0, 0))
    shuffled = random.sample(lines, len(lines)) + random.sample(lines, len(lines) // 2)  # and some twice
    for line in shuffled:
        apart.add("y", Block(line.encode(), 0, 0))
    assert together.facts().equals(apart.facts())
    assert together.persons().equals(apart.persons())
    assert together.identities().equals(apart.identities())


@settings(deadline=None)
@given(RESOURCES)
def test_asking_in_between_changes_nothing(line: str) -> None:
    reader = fresh()
    reader.add("x", Block(line.encode(), 0, 0))
    first = tables(reader)
    assert tables(reader) == first


def test_every_resource_has_its_family() -> None:
    from tocsin.collect.directory.reader import FAMILIES

    assert {shape.__name__ for shape in FAMILIES} == set(_SHAPES)
    assert all(issubclass(shape, Resource) for shape in FAMILIES)
    assert tuple(name for name in FACT.names if name != "fact_id") == told.COLUMNS
