"""Facts are known when real life would know them: mostly before, sometimes late."""

from __future__ import annotations

from range.conftest import Made


def test_appointments_are_known_before_they_take_place(made: Made) -> None:
    booked = made.read("Appointment")
    assert all(one["meta"]["lastUpdated"] < one["start"] < one["end"] for one in booked)


def test_stays_are_known_at_admission_save_for_some_late(made: Made) -> None:
    stays = made.read("Encounter")
    late = [stay for stay in stays if stay["meta"]["lastUpdated"][:13] > stay["period"]["start"][:13]]
    early = [stay for stay in stays if stay["meta"]["lastUpdated"] < stay["period"]["start"]]
    assert 0.02 < len(late) / len(stays) < 0.3
    assert early
    assert all(stay["serviceProvider"]["reference"].startswith("Organization/u") for stay in stays)


def test_references_lead_somewhere(made: Made) -> None:
    people = {f"Practitioner/{one['id']}" for one in made.read("Practitioner")}
    places = {f"Organization/{one['id']}" for one in made.read("Organization")}
    services = {f"HealthcareService/{one['id']}" for one in made.read("HealthcareService")}
    patients = {f"Patient/{ident}" for ident in made.patients}
    groups = {f"Group/{one['id']}" for one in made.read("Group")}
    for role in made.read("PractitionerRole"):
        assert role["practitioner"]["reference"] in people
        assert role["organization"]["reference"] in places
    for one in made.read("Appointment"):
        assert {each["actor"]["reference"] for each in one["participant"]} <= people | services | patients
    for team in made.read("CareTeam"):
        assert {each["member"]["reference"] for each in team["participant"]} <= people
    for task in made.read("Task"):
        assert "for" not in task or task["for"]["reference"] in groups
        assert "reference" not in task["owner"] or task["owner"]["reference"] in people


def test_declared_context_is_known_before_the_work_begins(made: Made) -> None:
    tasks = made.read("Task")
    codes = {task["code"]["coding"][0]["code"] for task in tasks}
    assert codes == {"campaign", "migration", "identity-vigilance", "audit"}
    assert all(task["meta"]["lastUpdated"] < task["executionPeriod"]["start"] for task in tasks)


def test_a_catastrophe_is_on_the_roster_only_after_it_began(made: Made) -> None:
    duties = {duty["serviceType"][0]["text"]: duty for duty in made.read("Schedule")}
    plan, night = duties["Plan blanc"], duties["Garde des urgences"]
    assert plan["meta"]["lastUpdated"] > plan["planningHorizon"]["start"]
    assert night["meta"]["lastUpdated"] < night["planningHorizon"]["start"]


def test_the_locums_contract_has_an_end(made: Made) -> None:
    ended = [role for role in made.read("PractitionerRole") if "end" in role["period"]]
    assert len(ended) == 1
    assert ended[0]["meta"]["lastUpdated"] < ended[0]["period"]["start"] < ended[0]["period"]["end"]


def test_the_directory_hears_of_one_newcomer_late(made: Made) -> None:
    late = [one for one in made.read("PractitionerRole") if one["meta"]["lastUpdated"] > one["period"]["start"][:10]]
    newcomers = [one for one in late if one["period"]["start"] > "2025-09"]
    assert newcomers


def test_accounts_without_a_practitioner_exist(made: Made) -> None:
    known = {
        f"{identifier['system']}|{identifier['value']}"
        for one in made.read("Practitioner")
        for identifier in one["identifier"]
    }
    local = {name.split("|")[0] for name in known}
    assert any(system.endswith("/realms/personnel") for system in local)
    from_trail = {
        agent["who"]["identifier"]["system"] for event in made.events for agent in event["agent"] if agent["requestor"]
    }
    assert any(system.endswith("/comptes") for system in from_trail)
    assert not any(system.endswith("/comptes") for system in local)
