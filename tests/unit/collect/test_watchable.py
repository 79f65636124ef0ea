"""What a trail lets Tocsin watch: the verdicts follow the columns and the declarations."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pytest

from tocsin.collect.formats.csv import CsvParser
from tocsin.collect.formats.nginx import NginxParser
from tocsin.collect.mapping import Mapping, read_mapping
from tocsin.collect.watchable import CLAIMS, FAMILIES, watchable
from tocsin.door.references import REPLAY_EPOCH, REPLAY_KEY, KeyedReferences
from tocsin.model.block import Block
from tocsin.model.event import EVENT

TRAILS = Path(__file__).parents[2] / "trails"
REFERENCES = KeyedReferences(REPLAY_KEY, REPLAY_EPOCH)


def portal() -> tuple[Mapping, pa.Table]:
    mapping = read_mapping((TRAILS / "nginx/portal.toml").read_text())
    block = Block((TRAILS / "nginx/portal_one_morning.json").read_bytes(), -1, 0)
    return mapping, NginxParser(mapping).parse(block, source="p", references=REFERENCES).events


def dossier() -> tuple[Mapping, pa.Table]:
    mapping = read_mapping((TRAILS / "csv/dossier.toml").read_text())
    block = Block((TRAILS / "csv/dossier_one_morning_latin1.csv").read_bytes(), -1, 0)
    return mapping, CsvParser(mapping).parse(block, source="d", references=REFERENCES).events


def verdicts(mapping: Mapping | None, events: pa.Table) -> dict[str, str]:
    return {watch.subject: watch.verdict for watch in watchable(mapping, events)}


def emptied(events: pa.Table, name: str) -> pa.Table:
    """The same events as from a trail that never fills the column."""
    field = EVENT.field(name)
    value = pa.nulls(len(events), field.type) if field.nullable else pa.array([0] * len(events), field.type)
    return events.set_column(EVENT.get_field_index(name), field, value)


def test_every_family_and_claim_is_judged_with_a_reason() -> None:
    found = watchable(*portal())
    assert [watch.subject for watch in found] == [*FAMILIES, *CLAIMS]
    assert all(watch.verdict in ("yes", "partly", "no") and watch.reason for watch in found)
    assert {watch.service for watch in found} == {"portal-one-morning"}


def test_an_access_log_sees_openings_not_listings() -> None:
    found = verdicts(*portal())
    assert {
        subject: found[subject] for subject in ("strangers", "pace", "sign-in", "export", "sharing")
    } == dict.fromkeys(("strangers", "pace", "sign-in", "export", "sharing"), "yes")
    assert (found["sweep"], found["honey"], found["token"]) == ("partly", "partly", "no")
    assert (found["opened"], found["listed"], found["refused"]) == ("yes", "no", "yes")


def test_a_table_without_searched_texts_sees_a_sweep_by_numbers_only() -> None:
    found = {watch.subject: watch for watch in watchable(*dossier())}
    assert found["sweep"].verdict == "partly"
    assert "number after number" in found["sweep"].reason
    assert found["elements"].verdict == "no"
    assert "assumed" in found["elements"].reason


@pytest.mark.parametrize(
    ("column", "subject", "verdict"),
    [
        ("account", "strangers", "no"),
        ("account", "pace", "no"),
        ("patient", "strangers", "no"),
        ("patient", "pace", "partly"),
        ("patient", "honey", "no"),
        ("patient", "opened", "no"),
        ("network", "sign-in", "partly"),
        ("device", "sharing", "partly"),
        ("page", "sweep", "partly"),
    ],
)
def test_a_column_never_filled_is_not_watched(column: str, subject: str, verdict: str) -> None:
    mapping, events = portal()
    assert verdicts(mapping, emptied(events, column))[subject] == verdict


def test_without_network_and_device_nothing_tells_a_sign_in() -> None:
    mapping, events = portal()
    found = verdicts(mapping, emptied(emptied(events, "network"), "device"))
    assert (found["sign-in"], found["sharing"]) == ("no", "no")


def test_one_address_for_everybody_is_a_proxy() -> None:
    mapping, events = portal()
    address = pa.array(["192.0.2.1"] * len(events)).dictionary_encode()
    events = events.set_column(EVENT.get_field_index("address"), EVENT.field("address"), address)
    repeated = pa.concat_tables([events, events])
    reasons = {watch.subject: watch.reason for watch in watchable(mapping, repeated)}
    assert "proxy" in reasons["sign-in"]


def test_a_declaration_is_believed_before_the_events() -> None:
    _, events = portal()
    text = (TRAILS / "nginx/portal.toml").read_text().replace("not_recorded = [", 'not_recorded = ["exports", ')
    found = verdicts(read_mapping(text), events)
    assert (found["export"], found["exported"]) == ("no", "no")


def test_no_export_in_a_sample_is_no_proof_that_exports_are_recorded() -> None:
    mapping, events = portal()
    events = events.filter(pc.not_equal(events["action"].cast(pa.string()), "export"))
    assert verdicts(mapping, events)["exported"] == "partly"


def test_elements_that_the_mapping_leaves_out_are_assumed_and_said_so() -> None:
    _, events = portal()
    text = (TRAILS / "nginx/portal.toml").read_text().replace('elements = ["document"]', "")
    assert verdicts(read_mapping(text), events)["contact"] == "partly"


def test_a_fhir_trail_is_judged_service_by_service_from_its_columns() -> None:
    events = pa.concat_tables([portal()[1], dossier()[1]])
    found = watchable(None, events)
    assert [watch.service for watch in found[:: len(FAMILIES) + len(CLAIMS)]] == [
        "dossier-one-morning-latin",
        "portal-one-morning",
    ]


def test_no_events_no_verdicts() -> None:
    assert watchable(None, EVENT.empty_table()) == []
