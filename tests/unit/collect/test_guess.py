"""A draft reads back, accepts its own sample, says why, and leaks no identity."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from tocsin.collect.formats.csv import CsvParser
from tocsin.collect.formats.nginx import NginxParser
from tocsin.collect.guess import Guess, guess
from tocsin.collect.mapping import read_mapping
from tocsin.door.references import REPLAY_EPOCH, REPLAY_KEY, KeyedReferences
from tocsin.model.block import Block, Parsed

TRAILS = Path(__file__).parents[2] / "trails"
PORTAL = (TRAILS / "nginx/portal_one_morning.json").read_bytes()
DOSSIER = (TRAILS / "csv/dossier_one_morning_latin1.csv").read_bytes()
NUMBERED = (TRAILS / "csv/no_header_utf8_with_mark.csv").read_bytes()


def imported(sample: bytes, drafted: Guess) -> Parsed:
    mapping = read_mapping(drafted.toml)
    parser = NginxParser(mapping) if mapping.format == "nginx" else CsvParser(mapping)
    references = KeyedReferences(REPLAY_KEY, REPLAY_EPOCH)
    return parser.parse(Block(sample, -1, 0), source="sample", references=references)


def access_log(*targets: str, **more: str) -> bytes:
    rows = [
        {"msec": 1756965600.25 + i, "remote_user": f"u{i % 3}", "request": f"GET {target} HTTP/1.1"} | more
        for i, target in enumerate(targets)
    ]
    return b"".join(json.dumps(row).encode() + b"\n" for row in rows)


@pytest.mark.parametrize(
    ("sample", "name", "kind", "accepted"),
    [
        (PORTAL, "portal.json", "nginx", 0.8),  # the rest are pages' files and machines' requests
        (DOSSIER, "dossier.csv", "csv", 1.0),
        (NUMBERED, "export.csv", "csv", 1.0),
    ],
)
def test_a_sample_is_accepted_under_its_draft(sample: bytes, name: str, kind: str, accepted: float) -> None:
    drafted = guess(sample, name)
    assert drafted.format == kind
    result = imported(sample, drafted)
    assert result.accepted >= accepted * result.lines
    assert {rejected.reason for rejected in result.rejected} <= {"not-an-audit-event"}
    assert result.identities.num_rows > 0


@pytest.mark.parametrize("sample", [PORTAL, DOSSIER, NUMBERED])
def test_the_same_sample_gives_the_same_draft(sample: bytes) -> None:
    assert guess(sample, "a.x") == guess(sample, "a.x")


@pytest.mark.parametrize("sample", [PORTAL, DOSSIER, NUMBERED])
def test_a_cut_last_line_changes_nothing(sample: bytes) -> None:
    last = sample.rstrip(b"\n").rindex(b"\n")
    assert guess(sample[: last + 9], "a.x") == guess(sample[: last + 1], "a.x")


def test_each_guessed_column_says_why_and_what_to_check() -> None:
    failed = "04/09/2025 12:00:00;u006;Médecin;ÉCHEC CONNEXION;;PC-0003;10.1.2.24;KO\n".encode("latin-1")
    toml = guess(DOSSIER + failed, "dossier.csv").toml
    assert 'column = "Utilisateur"  # named Utilisateur' in toml
    assert 'timezone = "Europe/Paris"  # the times say no zone  # to check' in toml
    assert 'encoding = "latin-1"' in toml
    assert '"DÉCONNEXION" = "sign-out"' in toml
    assert '"ÉCHEC CONNEXION" = "sign-in"' in toml
    assert '"KO" = "failed-request"' in toml
    assert re.search(r"not_recorded = \[.*\]  # to check", toml)


def test_paths_are_clustered_and_the_patient_captured() -> None:
    mapping = read_mapping(guess(PORTAL, "portal.json").toml)
    actions = {path.match.pattern: path.action for path in mapping.paths}
    assert actions["^/portail/patients/(?P<patient>[0-9]+)$"] == "read"
    assert actions["^/portail/patients$"] == "search"
    assert actions["^/auth/login$"] == "sign-in"
    assert actions["^/static/.*\\.[a-z0-9]+$"] is None
    assert mapping.query == {"name": ("nom",), "page": ("page",)}


def test_files_of_the_pages_never_hide_a_patient() -> None:
    """`/patients/1234/x.js` is appended by a thief, not by the service."""
    drafted = guess(PORTAL, "portal.json")
    line = {"time_iso8601": "2025-09-04T08:00:00Z", "remote_user": "u", "request_method": "GET", "status": 200}
    target = {"request_uri": "/static/../portail/patients/1234"}
    result = imported(json.dumps(line | target).encode(), drafted)
    assert result.events["action"].to_pylist() == ["read"]


def test_a_request_line_tells_path_and_method() -> None:
    sample = access_log(*[f"/dossiers/{i}" for i in range(1000, 1020)])
    drafted = guess(sample, "x.json")
    mapping = read_mapping(drafted.toml)
    assert (mapping.time.format, mapping.columns.path, mapping.columns.method) == ("epoch-s", "request", "request")
    result = imported(sample, drafted)
    assert result.accepted == 20
    assert str(result.events["at"][0].as_py()) == "2025-09-04 06:00:00.250000+00:00"


def test_a_fhir_server_behind_a_proxy_has_fhir_patients() -> None:
    sample = access_log(*[f"/fhir/Patient/{i}" for i in range(1000, 1020)])
    assert 'system = "Patient"  # the paths are FHIR\'s' in guess(sample, "x.json").toml


def test_fhir_needs_no_mapping() -> None:
    drafted = guess(b'{"resourceType":"AuditEvent","recorded":"2025-09-04T08:00:00Z"}\n', "AuditEvent.ndjson")
    assert drafted == Guess("fhir", "", ("The file is FHIR: no mapping needed.",))


@pytest.mark.parametrize(
    "sample", [b"", b"\n\n", b"\x1f\x8b\x08\x00abc\n", b"just a sentence\nand another\n", b"[1,\n2]\n", b"a;b\n1;2\n"]
)
def test_what_is_not_understood_is_said(sample: bytes) -> None:
    drafted = guess(sample, "x")
    assert (drafted.format, drafted.toml) == ("unknown", "")
    assert drafted.notes


def test_neither_patients_nor_accounts_nor_searches_enter_the_draft() -> None:
    names = ["Quenouillard", "Brindezingue", "Trifouillard", "Zigoteau", "Pimprenel"]
    sample = access_log(*[f"/recherche/{name}" for name in names], *[f"/patients/{i}?nom=Ratiboise" for i in range(9)])
    toml = guess(sample, "x.json").toml
    assert read_mapping(toml)
    for canary in [*names, "Ratiboise", '"u0"', '"u1"']:
        assert canary not in toml
    for canary in ("P100", "u00", "99700", "192.0.2", "10.1.2"):
        assert canary not in guess(DOSSIER, "d.csv").toml + guess(PORTAL, "p.json").toml


@pytest.mark.parametrize("delimiter", [";", ",", "\t", "|"])
@pytest.mark.parametrize("encoding", ["utf-8", "cp1252"])
def test_dialects_are_recognised(delimiter: str, encoding: str) -> None:
    rows = [["Horodatage", "Login", "Opération", "N° patient"]]
    rows += [[f"2025-09-04 08:00:{i:02}", f"u{i % 4}", "Consultation – œil", str(70_000 + i)] for i in range(30)]
    sample = "".join(delimiter.join(f'"{cell}"' for cell in row) + "\r\n" for row in rows).encode(encoding)
    drafted = guess(sample, "table.csv")
    dialect = read_mapping(drafted.toml).dialect
    assert (dialect.delimiter, dialect.encoding) == (delimiter, encoding)
    assert imported(sample, drafted).accepted == 30


def test_a_date_and_a_time_of_day_in_two_columns() -> None:
    rows = "".join(f"04/09/2025;08:{i:02}:00;u{i % 3};LECTURE;{80000 + i}\n" for i in range(20))
    sample = ("Date;Heure;Login;Acte_type;IPP\n" + rows).encode()
    drafted = guess(sample, "t.csv")
    mapping = read_mapping(drafted.toml)
    assert (mapping.time.column, mapping.time.clock, mapping.time.format) == ("Date", "Heure", "%d/%m/%Y %H:%M:%S")
    assert imported(sample, drafted).accepted == 20


def test_odd_names_and_values_are_written_as_toml() -> None:
    head = 'Date;Login;"Action ""x""";IPP;Note # 1\n'
    rows = "".join(f'2025-09-04T08:00:{i:02}Z;u{i % 3};"lire ""a\\b""";{90000 + i};x\n' for i in range(20))
    drafted = guess((head + rows).encode(), "t.csv")
    assert imported((head + rows).encode(), drafted).accepted == 20
