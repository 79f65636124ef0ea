"""Every line is an AuditEvent that the trail contract accepts, and what it names exists."""

from __future__ import annotations

from collections import Counter, defaultdict
from datetime import datetime, timedelta

from range.conftest import Made, account_of, client_of, patient_of, request_of

WHAT_THE_FOLDER_HOLDS = (
    "HealthcareService Organization Practitioner PractitionerRole Encounter Appointment ServiceRequest CareTeam "
    "Schedule Task Group Patient"
)


def test_the_folder_holds_every_type_of_the_contract(made: Made) -> None:
    for kind in WHAT_THE_FOLDER_HOLDS.split():
        resources = made.read(kind)
        assert resources, kind
        assert {resource["resourceType"] for resource in resources} == {kind}
        assert all(datetime.fromisoformat(resource["meta"]["lastUpdated"]).tzinfo for resource in resources)


def test_every_event_is_dated_with_a_zone_and_recorded_after_it_happened(made: Made) -> None:
    for event in made.events:
        assert event["resourceType"] == "AuditEvent"
        at, recorded = (datetime.fromisoformat(text) for text in (event["period"]["start"], event["recorded"]))
        assert at.tzinfo is not None
        assert timedelta(0) <= recorded - at < timedelta(hours=10)


def test_every_event_names_an_account_and_patients_that_exist(made: Made) -> None:
    numbers = made.local_numbers()
    for event in made.events:
        assert account_of(event)
        patient = patient_of(event, numbers)
        assert patient is None or patient in made.patients


def test_ids_are_never_given_twice(made: Made) -> None:
    assert len(made.by_id) == len(made.events)


def test_several_services_stand_in_one_file_and_all_are_in_the_catalogue(made: Made) -> None:
    catalogue = {service["identifier"][0]["value"] for service in made.read("HealthcareService")}
    assert len(catalogue) == 43
    assert {"teleconsultation", "identity-server", "placement"} <= catalogue
    sites = {event["source"]["site"] for event in made.events}
    assert sites <= catalogue
    assert len(sites) > 30


def test_lines_come_in_no_order(made: Made) -> None:
    first = [event["period"]["start"] for event in made.events[:500]]
    assert first != sorted(first)


def test_the_client_is_destination_in_reads_and_source_in_queries(made: Made) -> None:
    seen: Counter[tuple[str, str]] = Counter()
    for event in made.events:
        profile = event.get("meta", {}).get("profile", [""])[0].rpartition(".")[2]
        if profile.startswith("Patient"):
            seen[profile, client_of(event)["type"]["coding"][0]["code"]] += 1
    assert set(seen) == {
        ("PatientRead", "110152"),
        ("PatientQuery", "110153"),
        ("PatientCreate", "110153"),
        ("PatientUpdate", "110153"),
    }


def test_a_small_share_is_plain_r4_and_a_small_share_names_patients_by_number(made: Made) -> None:
    total = len(made.events)
    plain = sum(all("type" not in agent for agent in event["agent"]) for event in made.events)
    numbered = sum(
        "identifier" in entity["what"]
        for event in made.events
        for entity in event.get("entity", ())
        if entity.get("role", {}).get("code") == "1"
    )
    assert 0 < plain < 0.1 * total
    assert 0 < numbered < 0.3 * total


def test_the_rows_of_one_answer_share_a_request_and_so_do_two_tellings(made: Made) -> None:
    numbers = made.local_numbers()
    rows: dict[str, list[tuple[str | None, str]]] = defaultdict(list)
    for event in made.events:
        request = request_of(event)
        if request is not None:
            rows[request].append((patient_of(event, numbers), event["source"]["observer"]["identifier"]["value"]))
    several = [row for row in rows.values() if len(row) > 1]
    assert any(len({patient for patient, _ in row}) > 3 for row in several)
    told_twice = [row for row in several if len(row) == 2 and row[0][0] == row[1][0]]
    assert told_twice
    assert all(len({observer for _, observer in row}) == 2 for row in told_twice)


def test_tokens_of_the_national_provider_live_two_minutes_and_others_a_session(made: Made) -> None:
    spans: dict[str, list[datetime]] = defaultdict(list)
    issuers: dict[str, str] = {}
    for event in made.events:
        user = next(agent for agent in event["agent"] if agent["requestor"])
        for token in user.get("policy", ()):
            spans[token].append(datetime.fromisoformat(event["period"]["start"]))
            issuers[token] = str(account_of(event))
    longest = {"national": timedelta(0), "local": timedelta(0)}
    for token, times in spans.items():
        kind = "national" if "|899" in issuers[token] or "rpps" in issuers[token] else "local"
        longest[kind] = max(longest[kind], max(times) - min(times))
    assert longest["national"] < timedelta(minutes=2)
    assert longest["local"] > timedelta(minutes=30)


def test_every_kind_of_act_is_there(made: Made) -> None:
    acts = {(event["type"]["code"], event.get("subtype", [{}])[0].get("code")) for event in made.events}
    assert acts >= {
        ("110114", "110122"),
        ("110114", "110123"),
        ("110106", None),
        ("110113", "110137"),
        *(("rest", verb) for verb in ("read", "search", "create", "update")),
    }
    outcomes = {event["outcome"] for event in made.events if event["type"]["code"] == "110114"}
    assert outcomes == {"0", "4", "8"}
