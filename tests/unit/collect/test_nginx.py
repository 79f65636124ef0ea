"""Access logs under a mapping: what each line becomes, and that no line can hide."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path

import pytest

from tocsin.collect.formats.nginx import NginxParser
from tocsin.collect.mapping import read_mapping
from tocsin.door.references import REPLAY_EPOCH, REPLAY_KEY, KeyedReferences
from tocsin.model.block import Block, Parsed
from tocsin.model.event import EVENT, bits_of

TRAILS = Path(__file__).parents[2] / "trails/nginx"
PORTAL = (TRAILS / "portal.toml").read_text()
REFERENCES = KeyedReferences(REPLAY_KEY, REPLAY_EPOCH)


def parse(data: bytes, toml: str = PORTAL, **block: object) -> Parsed:
    return NginxParser(read_mapping(toml)).parse(
        Block(data, 3, 1000, **block),  # type: ignore[arg-type]
        source="portal",
        references=REFERENCES,
    )


def trail(name: str) -> Parsed:
    return parse((TRAILS / name).read_bytes())


def line(uri: str, **more: object) -> bytes:
    row = {
        "time_iso8601": "2025-09-04T08:00:00.5+02:00",
        "remote_user": "99700000003",
        "request_method": "GET",
        "request_uri": uri,
        "status": 200,
    }
    return json.dumps(row | more).encode() + b"\n"


def one(uri: str, **more: object) -> dict[str, object]:
    (row,) = parse(line(uri, **more)).events.to_pylist()
    return row


def test_a_morning_is_read() -> None:
    result = trail("portal_one_morning.json")
    assert result.events.schema == EVENT
    result.events.validate(full=True)
    assert result.lines == 120 == result.accepted + len(result.rejected)
    assert {rejected.reason for rejected in result.rejected} == {"not-an-audit-event"}
    assert result.accepted > 90
    assert set(result.events["service"].to_pylist()) == {"portal-one-morning"}


def test_a_read_names_its_patient_and_what_was_shown() -> None:
    row = one("/portail/patients/1234")
    assert row["action"] == "read"
    assert row["account"] == "99700000003"
    assert row["id_low"] == 1234
    assert row["elements"] & bits_of("telephone")
    assert str(row["at"]) == "2025-09-04 06:00:00.500000+00:00"
    assert (row["segment"], row["offset"]) == (3, 1000)


def test_a_search_says_what_it_selects_by() -> None:
    row = one("/portail/patients?nom=M%C3%A9rid&page=7")
    assert (row["action"], row["patient"]) == ("search", None)
    assert (row["query_kind"], row["query_head"], row["query_length"], row["page"]) == ("name", "MER", 5, 7)


@pytest.mark.parametrize(
    ("status", "outcome"),
    [(200, "success"), (304, "success"), ("403", "failed-request"), (404, "failed-request"), (502, "failed-system")],
)
def test_the_status_tells_the_outcome_and_a_failure_shows_nothing(status: object, outcome: str) -> None:
    row = one("/portail/patients/1234", status=status)
    assert row["outcome"] == outcome
    assert bool(row["elements"]) == (outcome == "success")


def test_a_path_spelt_otherwise_is_the_same_patient() -> None:
    result = trail("paths_spelt_otherwise.json")
    assert result.accepted == 6
    plain = one("/portail/patients/1234")["patient"]
    assert set(result.events["patient"].to_pylist()) == {plain}


@pytest.mark.parametrize(
    "name", ["user_agent_with_bytes_that_are_not_utf8.json", "user_agent_in_default_escaping.json"]
)
def test_an_odd_user_agent_does_not_hide_its_line(name: str) -> None:
    result = trail(name)
    assert result.rejected == ()
    assert all(result.events["device"].to_pylist())


def test_each_defect_has_its_reason() -> None:
    result = trail("one_defect_a_line.json")
    assert [rejected.reason for rejected in result.rejected] == [
        "no-time",
        "bad-time",
        "bad-time",
        "nobody",
        "bad-type",
        "not-an-audit-event",
        "not-json",
        "too-deep",
        "not-an-audit-event",
    ]
    assert result.events.num_rows == 0


def test_a_rejected_line_can_be_found_again() -> None:
    data = line("/portail/patients/1") + b"\r\n  \n{broken\r\n" + line("/portail/patients/2")
    result = parse(data)
    (rejected,) = result.rejected
    assert data[rejected.offset - 1000 :][: rejected.length] == b"{broken"
    assert (result.lines, result.accepted) == (3, 2)
    for offset, length in zip(result.events["offset"].to_pylist(), result.events["length"].to_pylist(), strict=True):
        assert data[offset - 1000 :][:length].startswith(b'{"time_iso8601"')
        assert data[offset - 1000 :][:length].endswith(b"}")


def test_overlong_lines_are_counted() -> None:
    result = parse(line("/portail/patients/1"), overlong=((5, 20_000_000),))
    assert Counter(rejected.reason for rejected in result.rejected) == {"too-long": 1}
    assert result.lines == 2


def test_an_empty_block_gives_no_rows() -> None:
    result = parse(b"\n\n")
    assert (result.lines, result.events.num_rows, result.events.schema) == (0, 0, EVENT)


def test_the_cut_into_blocks_changes_nothing() -> None:
    data = (TRAILS / "portal_one_morning.json").read_bytes()
    middle = data.index(b"\n", len(data) // 2) + 1
    parts = [
        NginxParser(read_mapping(PORTAL)).parse(Block(part, 3, at), source="portal", references=REFERENCES)
        for part, at in ((data[:middle], 1000), (data[middle:], 1000 + middle))
    ]
    assert [row for part in parts for row in part.events.to_pylist()] == parse(data).events.to_pylist()


def test_several_patients_in_one_request_are_several_rows() -> None:
    toml = PORTAL.replace("[query]", '[query]\npatient = ["id"]')
    result = parse(line("/portail/patients?id=11111&id=22222&id=11111") + line("/portail/patients/33333"), toml)
    assert result.accepted == 2
    assert result.events["row"].to_pylist() == [0, 1, 0]
    assert result.events["action"].to_pylist() == ["read", "read", "read"]
    assert sorted(result.identities["value"].to_pylist()) == ["11111", "22222", "33333"]
