"""Which references are one person: only where a Patient says so, since when it says so, and loops end."""

from __future__ import annotations

import json

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from tocsin.collect.directory.draft import Said
from tocsin.collect.directory.merges import _Registry, joined
from tocsin.collect.directory.resources import Identifier
from tocsin.collect.directory.symbols import PATIENT, Symbols
from trails.directory import told

INS = "urn:oid:1.2.250.1.213.1.4.10"


def patient(id_: str, day: str = "", *, ins: str = "", links: tuple[tuple[str, str], ...] = (), **more: object) -> str:
    resource: dict[str, object] = {"resourceType": "Patient", "id": id_, **more}
    if day:
        resource["meta"] = {"lastUpdated": f"2025-09-{day}T00:00:00Z"}
    if ins:
        resource["identifier"] = [{"system": INS, "value": ins}]
    resource["link"] = [{"other": {"reference": f"Patient/{other}"}, "type": kind} for kind, other in links]
    return json.dumps(resource)


def persons(*lines: str) -> list[str]:
    found = told.persons(*told.reader_of(*lines))
    assert told.persons(*told.reader_of("\n".join(lines[::-1]))) == found
    return found


def test_a_patient_and_its_identifiers_are_one_person() -> None:
    assert persons(patient("a", "01", ins="99")) == [
        "Patient/a | Patient/a | 2025-09-01",
        f"{INS}|99 | Patient/a | 2025-09-01",
    ]


def test_two_records_with_one_ins_are_two_until_somebody_says_otherwise() -> None:
    assert persons(patient("a", "01", ins="99"), patient("b", "02", ins="99")) == [
        "Patient/a | Patient/a | 2025-09-01",
        "Patient/b | Patient/b | 2025-09-02",
        f"{INS}|99 | Patient/a | 2025-09-01",
        f"{INS}|99 | {INS}|99 | 2025-09-02",
    ]
    linked = persons(
        patient("a", "01", ins="99"),
        patient("b", "02", ins="99"),
        patient("a", "03", ins="99", links=(("replaced-by", "b"),)),
    )
    assert linked[1] == "Patient/a | Patient/b | 2025-09-03"
    assert f"{INS}|99 | Patient/b | 2025-09-03" in linked


def test_a_chain_of_merges_moves_everybody_and_a_correction_moves_them_back() -> None:
    assert persons(
        patient("a", "01", links=(("replaced-by", "b"),)),
        patient("b", "01"),
        patient("c", "02", links=(("replaces", "b"),)),
        patient("c", "03"),
    ) == [
        "Patient/a | Patient/b | 2025-09-01",
        "Patient/a | Patient/b | 2025-09-03",
        "Patient/a | Patient/c | 2025-09-02",
        "Patient/b | Patient/b | 2025-09-01",
        "Patient/b | Patient/b | 2025-09-03",
        "Patient/b | Patient/c | 2025-09-02",
        "Patient/c | Patient/c | 2025-09-02",
    ]


def test_a_loop_has_one_person_and_seealso_joins_nobody() -> None:
    assert persons(
        patient("b", links=(("replaced-by", "c"),)),
        patient("c", links=(("replaced-by", "b"), ("seealso", "d"), ("refer", "e"))),
        patient("d", links=(("replaced-by", "d"),)),
    ) == ["Patient/b | Patient/b | -", "Patient/c | Patient/b | -", "Patient/d | Patient/d | -"]


def test_the_insured_number_is_not_the_patient() -> None:
    own = {"system": "urn:oid:1.2.250.1.213.1.4.8", "value": "1"}
    insured = {"system": "urn:oid:1.2.250.1.213.1.4.8", "value": "2", "type": {"coding": [{"code": "NH"}]}}
    reader, references = told.reader_of(patient("a", identifier=[own, insured]))
    assert told.identities(reader) == ["Patient | a", "urn:oid:1.2.250.1.213.1.4.8 | 1"]
    assert len(told.persons(reader, references)) == 2


def test_an_identifier_cannot_pass_for_a_reference() -> None:
    assert persons(patient("a"), patient("b", identifier=[{"system": "Patient", "value": "a"}])) == [
        "Patient/a | Patient/a | -",
        "Patient/b | Patient/b | -",
    ]


@st.composite
def sayings(draw: st.DrawFn) -> list[Said]:
    """Versions of six records at four times, with identifiers and links among them."""
    some = st.integers(0, 5)
    out = []
    for number in range(draw(st.integers(0, 12))):
        record = draw(some)
        borne = tuple(sorted({6 + i for i in draw(st.lists(st.integers(0, 3), max_size=2))}))
        links = draw(st.lists(st.tuples(some, st.booleans()), max_size=2))
        merges = tuple((record, o) if mine else (o, record) for o, mine in links if o != record)
        out.append(Said(draw(st.integers(0, 3)), bytes([number]), record, borne, merges))
    return out


def symbols() -> Symbols:
    out = Symbols()
    for number in range(6):
        out.thing("Patient", str(number))
    for number in range(4):
        out.identifier(Identifier(system="s", value=str(number)), PATIENT)
    return out


def at(rows: list[tuple[int, int, int]], time: int) -> dict[int, int]:
    known: dict[int, int] = {}
    for symbol, person, _ in sorted((row for row in rows if row[2] <= time), key=lambda row: row[2]):
        known[symbol] = person
    return known


@given(sayings(), st.randoms())
def test_step_by_step_is_what_starting_anew_at_each_time_gives(said: list[Said], random) -> None:
    rows = list(joined(random.sample(said, len(said)), symbols()))
    for time in range(4):
        latest = {one.patient: one for one in sorted(said) if one.known <= time}
        anew = dict(_Registry(symbols()).learn(latest.values()))
        found = at(rows, time)
        assert {symbol: found.get(symbol, symbol) for symbol in range(10)} == {
            symbol: anew.get(symbol, symbol) for symbol in range(10)
        }
        assert all(found.get(person, person) == person for person in found.values())  # a person is their own person


@given(sayings())
def test_each_reference_has_one_person_at_a_time(said: list[Said]) -> None:
    rows = np.array(list(joined(said, symbols())), np.int64).reshape(-1, 3)
    assert len({(symbol, known) for symbol, _, known in rows.tolist()}) == len(rows)
