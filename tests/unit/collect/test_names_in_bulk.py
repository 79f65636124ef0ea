"""What is read of many names at once is what is read of each."""

from __future__ import annotations

import re

import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st

from tocsin.collect.formats import names

PLAIN = st.from_regex(r"Patient/[A-Za-z0-9.-]{1,12}", fullmatch=True)
ODD = st.sampled_from(
    [
        "Patient/",
        "Patient/é",
        "Patient/1/_history/2",
        "https://x/fhir/Patient/9",
        "#p1",
        "Patient/1\n",
        "Patient/٣",
        "x",
    ]
)
SYSTEMS = st.sampled_from(["Patient", "urn:oid:1.2.250.1.213.1.4.8", "urn:x"])
IDS = st.one_of(st.from_regex(r"[0-9]{1,20}", fullmatch=True), st.sampled_from(["a12", "a1234", "٣", ""]))


@given(st.lists(PLAIN) | st.lists(PLAIN | ODD))
def test_references(values: list[str]) -> None:
    ids = names.plain_ids(pa.array(values, pa.string()))
    if ids is not None:
        assert [(names.PATIENT, one) for one in ids.to_pylist()] == [names.record_of(None, value) for value in values]
    assert (ids is None) <= any(re.fullmatch(r"Patient/[A-Za-z0-9.-]+", value) is None for value in values)


@given(SYSTEMS, st.lists(st.from_regex(r"[0-9]{1,20}", fullmatch=True)) | st.lists(IDS))
def test_low_bits(system: str, values: list[str]) -> None:
    told = names.id_lows_of(system, pa.array(values, pa.string()))
    assert told.tolist() == [names.id_low_of(system, value) for value in values]
