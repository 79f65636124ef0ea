"""Each row of the trail contract, on golden lines: what a BALP profile or plain R4 says, and the columns it becomes."""

from __future__ import annotations

from typing import Any

import pytest

from unit.collect.fhir_trails import ISSUER, golden, rows_of

PERSON = "name birth sex local-number telephone e-mail postal-address"
ACCOUNT = f"{ISSUER}|899700000005"

TABLE: dict[str, dict[str, Any]] = {
    # when
    "balp_patient_read": {
        "at": "2025-09-01T08:30:00.123456Z", "received_at": "2025-09-01T08:30:05.000000Z", "service": "therap-e",
        "account": ACCOUNT, "professional": "99700000005", "client": "logiciel-cabinet", "token": True,
        "address": "10.1.2.3", "network": "10.1.2.0/24", "device": True, "action": "read", "outcome": "success",
        "purpose": "TREAT", "request": True, "patient": "Patient|123", "id_low": 123, "elements": "clinical",
        "patients": None, "query_kind": "none", "page": 0, "query_hash": False, "row": 0,
    },
    "balp_read": {"action": "read", "patient": None, "elements": "", "id_low": -1},
    # what was asked for
    "balp_query": {
        "action": "search", "address": "10.1.2.3", "patient": None, "query_kind": "name", "query_length": 7,
        "query_head": "LEV", "page": 3, "query_hash": True, "elements": "",
    },
    "balp_patient_query_inside_one_record": {"action": "read", "query_kind": "patient", "elements": "clinical"},
    "balp_patient_query_lists": {
        "action": "list", "patient": "Patient|pat-000123", "id_low": 123, "elements": "name birth sex", "page": 3,
        "query_head": "MAR", "query_length": 3,
    },
    "query_as_cleaned_description": {"query_kind": "identifier", "query_length": 15, "query_head": None},
    "dicom_query_failed_in_the_system": {
        "action": "search", "outcome": "failed-system", "query_kind": "page", "page": 2,
    },
    # what was done
    "balp_create": {"action": "write", "patient": None, "elements": "document"},
    "balp_patient_create": {"action": "write", "patient": "Patient|123", "elements": "document"},
    "balp_patient_update": {"action": "write", "elements": "appointment"},
    "balp_patient_delete_client_is_the_application": {
        "action": "write", "address": "10.1.2.9", "client": "logiciel-cabinet", "device": True,
    },
    "balp_privacy_disclosure_source": {
        "action": "export", "address": "ws-7.region-b.example", "network": "ws-7.region-b.example",
        "elements": "document",
    },
    "balp_privacy_disclosure_recipient": {"action": "write", "address": "10.1.2.3"},
    "balp_authz_consent": {"action": "admin", "elements": ""},
    "operation_everything": {"action": "read", "query_kind": "patient", "elements": PERSON},
    "operation_match": {"action": "search", "query_kind": "name", "query_head": "MAR", "patient": None},
    "operation_export_named_by_subtype": {"action": "export", "elements": ""},
    "dicom_application_activity": {"action": "admin"},
    "dicom_security_attributes_changed": {"action": "credential", "patient": None},
    "lifecycle_access": {"action": "read", "elements": PERSON},
    "plain_r4_login": {
        "action": "sign-in", "outcome": "success", "at": "2025-09-01T08:30:05.500000Z", "account": "Practitioner/p-95",
        "professional": "Practitioner/p-95", "address": "127.0.0.1", "service": "hl7connect.example", "token": False,
    },
    "plain_r4_failed_login": {
        "action": "sign-in", "outcome": "failed-request", "account": "jeanne.ficti", "address": "203.0.113.9",
        "service": "Device/idp",
    },
    "plain_r4_logout": {"action": "sign-out", "outcome": "success", "account": "jeanne", "address": None},
    # who, and how well known
    "balp_saml_minimal": {"account": "https://idp.hopital-ficti.example|m.durand", "professional": None, "token": True},
    "balp_saml_comprehensive": {"professional": "99700000012", "assurance": 4, "purpose": "BTG"},
    "balp_oauth_opaque": {"account": "m.durand", "client": "logiciel-cabinet", "token": True},
    "balp_oauth_comprehensive": {
        "professional": "99700000020", "assurance": 3, "address": "2001:db8:1:2::5", "network": "2001:db8:1::/48",
    },
    "purpose_of_the_event": {
        "account": "https://rpps.esante.gouv.fr|99700000099", "professional": "99700000099", "purpose": "PATADMIN",
    },
    # from where: the roles swap, and either side may tell
    "client_telling_names_the_client_as_observer": {"address": "10.1.2.3", "service": "poste-14", "device": True},
    "plain_r4_read_by_a_workstation_told_as_source": {
        "address": "workstation1.ficti.example", "device": True, "patient": "Patient|example", "id_low": -1,
    },
    # whose
    "patient_by_identifier": {"patient": "urn:oid:1.2.250.1.213.1.4.10|299990100000123", "id_low": -1},
}  # fmt: skip


@pytest.mark.parametrize("name", TABLE)
def test_a_line_becomes_these_columns(name: str) -> None:
    (row,) = rows_of(golden(name))
    assert {column: row[column] for column in TABLE[name]} == TABLE[name]


def test_each_patient_of_a_line_is_a_row_in_its_place() -> None:
    rows = rows_of(golden("plain_r4_several_patients"))
    assert [(row["row"], row["patient"]) for row in rows] == [
        (0, "Patient|2"),
        (1, "Patient|1"),
        (2, "Patient|3"),
        (3, "Patient|2"),
    ]
    assert len({row["event_id"] for row in rows}) == 1
