"""What is read of each FHIR R4 resource of the folder: everything is optional, everything else is skipped.

Names are FHIR's own. `gc=False`: these are built and dropped by the hundred thousand and hold no cycles.
"""

from __future__ import annotations

from msgspec import Struct


class Part(Struct, gc=False):
    """A data type of FHIR."""


class Identifier(Part):
    system: str | None = None
    value: str | None = None
    type: CodeableConcept | None = None
    use: str | None = None


class Coding(Part):
    code: str | None = None


class CodeableConcept(Part):
    coding: list[Coding] = []
    text: str | None = None


class Reference(Part):
    reference: str | None = None
    type: str | None = None
    identifier: Identifier | None = None


class Period(Part):
    start: str | None = None
    end: str | None = None


class Meta(Part):
    lastUpdated: str | None = None


class Resource(Struct, tag_field="resourceType", gc=False):
    """What all resources have."""

    id: str | None = None
    meta: Meta | None = None

    def updated(self) -> str | None:
        """`meta.lastUpdated`, as written."""
        return self.meta.lastUpdated if self.meta is not None else None


class Practitioner(Resource, tag="Practitioner"):
    identifier: list[Identifier] = []


class PractitionerRole(Resource, tag="PractitionerRole"):
    active: bool | None = None
    period: Period | None = None
    practitioner: Reference | None = None
    organization: Reference | None = None
    code: list[CodeableConcept] = []
    specialty: list[CodeableConcept] = []


class Organization(Resource, tag="Organization"):
    identifier: list[Identifier] = []
    partOf: Reference | None = None


class HealthcareService(Resource, tag="HealthcareService"):
    identifier: list[Identifier] = []
    name: str | None = None
    providedBy: Reference | None = None
    characteristic: list[CodeableConcept] = []


class Location(Resource, tag="Location"):
    managingOrganization: Reference | None = None
    partOf: Reference | None = None


class EncounterParticipant(Part):
    individual: Reference | None = None
    period: Period | None = None


class Encounter(Resource, tag="Encounter"):
    status: str | None = None
    subject: Reference | None = None
    period: Period | None = None
    serviceProvider: Reference | None = None
    participant: list[EncounterParticipant] = []


class AppointmentParticipant(Part):
    actor: Reference | None = None
    status: str | None = None


class Appointment(Resource, tag="Appointment"):
    status: str | None = None
    start: str | None = None
    end: str | None = None
    minutesDuration: int | None = None
    created: str | None = None
    requestedPeriod: list[Period] = []
    participant: list[AppointmentParticipant] = []


class ServiceRequest(Resource, tag="ServiceRequest"):
    status: str | None = None
    subject: Reference | None = None
    requester: Reference | None = None
    performer: list[Reference] = []
    authoredOn: str | None = None


class CareTeamParticipant(Part):
    member: Reference | None = None
    onBehalfOf: Reference | None = None
    period: Period | None = None


class CareTeam(Resource, tag="CareTeam"):
    status: str | None = None
    subject: Reference | None = None
    period: Period | None = None
    participant: list[CareTeamParticipant] = []


class Schedule(Resource, tag="Schedule"):
    active: bool | None = None
    actor: list[Reference] = []
    planningHorizon: Period | None = None
    serviceType: list[CodeableConcept] = []


class Task(Resource, tag="Task", rename={"patients": "for"}):
    status: str | None = None
    code: CodeableConcept | None = None
    patients: Reference | None = None
    owner: Reference | None = None
    executionPeriod: Period | None = None
    authoredOn: str | None = None


class GroupMember(Part):
    entity: Reference | None = None
    inactive: bool | None = None


class Group(Resource, tag="Group"):
    member: list[GroupMember] = []


class PatientLink(Part):
    other: Reference | None = None
    type: str | None = None


class Patient(Resource, tag="Patient"):
    identifier: list[Identifier] = []
    deceasedDateTime: str | None = None
    link: list[PatientLink] = []


AnyResource = (
    Practitioner
    | PractitionerRole
    | Organization
    | HealthcareService
    | Location
    | Encounter
    | Appointment
    | ServiceRequest
    | CareTeam
    | Schedule
    | Task
    | Group
    | Patient
)
"""All that this room reads but the trail itself."""


def code_of(concepts: list[CodeableConcept]) -> str | None:
    """The first code of the first concept that has one, else the first text."""
    for concept in concepts:
        for coding in concept.coding:
            if coding.code:
                return coding.code
    return next((concept.text for concept in concepts if concept.text), None)
