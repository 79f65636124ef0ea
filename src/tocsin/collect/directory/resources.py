"""What is read of each FHIR R4 resource of the folder: everything is optional, everything else is skipped.

Names are FHIR's own. `gc=False`: these are built and dropped by the hundred thousand and hold no cycles.
"""

from __future__ import annotations

from msgspec import Struct


class Part(Struct, gc=False):
    """A data type of FHIR."""


class Identifier(Part):
    """A business number: RPPS, FINESS, INS, a local one."""

    system: str | None = None
    value: str | None = None
    type: CodeableConcept | None = None
    use: str | None = None


class Coding(Part):
    """A code; which system it is from does not matter here."""

    code: str | None = None


class CodeableConcept(Part):
    """Codes for one notion, or words for it."""

    coding: list[Coding] = []
    text: str | None = None


class Reference(Part):
    """A pointer to another resource, by address or by identifier."""

    reference: str | None = None
    type: str | None = None
    identifier: Identifier | None = None


class Period(Part):
    """From and to, both optional; the end is included."""

    start: str | None = None
    end: str | None = None


class Meta(Part):
    """When the directory last wrote it: since when it may explain anything."""

    lastUpdated: str | None = None


class Resource(Struct, tag_field="resourceType", gc=False):
    """What all resources have."""

    id: str | None = None
    meta: Meta | None = None

    def updated(self) -> str | None:
        """`meta.lastUpdated`, as written."""
        return self.meta.lastUpdated if self.meta is not None else None


class Practitioner(Resource, tag="Practitioner"):
    """A professional: facts `alias`, and `struck-off` of whom the directory calls inactive."""

    active: bool | None = None
    identifier: list[Identifier] = []


class PractitionerRole(Resource, tag="PractitionerRole"):
    """Where a professional works, as what, from when to when: facts `role`."""

    active: bool | None = None
    period: Period | None = None
    practitioner: Reference | None = None
    organization: Reference | None = None
    code: list[CodeableConcept] = []
    specialty: list[CodeableConcept] = []


class Organization(Resource, tag="Organization"):
    """An establishment, or a unit that is part of one: facts `unit`."""

    identifier: list[Identifier] = []
    partOf: Reference | None = None


class HealthcareService(Resource, tag="HealthcareService"):
    """A shared service and the categories of data it shows: facts `service`."""

    identifier: list[Identifier] = []
    name: str | None = None
    providedBy: Reference | None = None
    characteristic: list[CodeableConcept] = []


class Location(Resource, tag="Location"):
    """A place; it stands for the organization that manages it."""

    managingOrganization: Reference | None = None
    partOf: Reference | None = None


class EncounterParticipant(Part):
    """Who took part in a stay, and when."""

    individual: Reference | None = None
    period: Period | None = None


class Encounter(Resource, tag="Encounter"):
    """A stay or a visit: facts `stay`, one a participant."""

    status: str | None = None
    subject: Reference | None = None
    period: Period | None = None
    serviceProvider: Reference | None = None
    participant: list[EncounterParticipant] = []


class AppointmentParticipant(Part):
    """The patient, a professional, a place or a service of an appointment."""

    actor: Reference | None = None
    status: str | None = None


class Appointment(Resource, tag="Appointment"):
    """A meeting that was agreed on: facts `appointment`."""

    status: str | None = None
    start: str | None = None
    end: str | None = None
    minutesDuration: int | None = None
    created: str | None = None
    requestedPeriod: list[Period] = []
    participant: list[AppointmentParticipant] = []


class ServiceRequest(Resource, tag="ServiceRequest"):
    """An order or a referral: facts `referral`."""

    status: str | None = None
    subject: Reference | None = None
    requester: Reference | None = None
    performer: list[Reference] = []
    authoredOn: str | None = None


class CareTeamParticipant(Part):
    """A member of a care team."""

    member: Reference | None = None
    onBehalfOf: Reference | None = None
    period: Period | None = None


class CareTeam(Resource, tag="CareTeam"):
    """Those who care for a patient together: facts `care-team`."""

    status: str | None = None
    subject: Reference | None = None
    period: Period | None = None
    participant: list[CareTeamParticipant] = []


class Schedule(Resource, tag="Schedule"):
    """A roster: facts `roster`."""

    active: bool | None = None
    actor: list[Reference] = []
    planningHorizon: Period | None = None
    serviceType: list[CodeableConcept] = []


class Task(Resource, tag="Task", rename={"patients": "for"}):
    """A declared campaign or job: facts `campaign` and `task`."""

    status: str | None = None
    code: CodeableConcept | None = None
    patients: Reference | None = None
    owner: Reference | None = None
    executionPeriod: Period | None = None
    authoredOn: str | None = None


class GroupMember(Part):
    """One patient of a group."""

    entity: Reference | None = None
    inactive: bool | None = None


class Group(Resource, tag="Group"):
    """The patients of a campaign or job."""

    member: list[GroupMember] = []


class PatientLink(Part):
    """What another record is to this one: only replaced-by and replaces make them one person."""

    other: Reference | None = None
    type: str | None = None


class Patient(Resource, tag="Patient"):
    """A record: its identifiers, what it was merged with, and a fact `deceased`."""

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
