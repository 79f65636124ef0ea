"""AuditEvent (FHIR R4) as far as it is read: typed, so that a wrong type is told; everything else is ignored.

Of two equal keys in one object the last counts. A JSON null is an absent field.
"""

from __future__ import annotations

import msgspec


class Coding(msgspec.Struct, gc=False):
    """A code of a vocabulary; `system` names the vocabulary."""

    system: str | None = None
    code: str | None = None


class CodeableConcept(msgspec.Struct, gc=False):
    """A concept as codes, or as text."""

    coding: list[Coding] | None = None
    text: str | None = None


class Identifier(msgspec.Struct, gc=False):
    """A value that is unique within a system."""

    system: str | None = None
    value: str | None = None
    type: CodeableConcept | None = None


class Reference(msgspec.Struct, gc=False):
    """Whom or what is meant: by a FHIR reference, an identifier or a name."""

    reference: str | None = None
    identifier: Identifier | None = None
    display: str | None = None


class Extension(msgspec.Struct, gc=False):
    """An extension, of the two kinds of value that are read."""

    url: str | None = None
    valueCodeableConcept: CodeableConcept | None = None
    valueIdentifier: Identifier | None = None


class Network(msgspec.Struct, gc=False):
    """Where an agent stands in the network; type 5 is a URI."""

    address: str | None = None
    type: str | None = None


class Agent(msgspec.Struct, gc=False):
    """Who took part: a person, a client, a server."""

    type: CodeableConcept | None = None
    who: Reference | None = None
    altId: str | None = None
    name: str | None = None
    requestor: bool | None = None
    policy: list[str | None] | None = None
    network: Network | None = None
    purposeOfUse: list[CodeableConcept] | None = None
    extension: list[Extension] | None = None


class Source(msgspec.Struct, gc=False):
    """Who recorded the event."""

    site: str | None = None
    observer: Reference | None = None


class Entity(msgspec.Struct, gc=False):
    """What was used: a patient, data, a query."""

    what: Reference | None = None
    type: Coding | None = None
    role: Coding | None = None
    description: str | None = None
    query: str | None = None


class Period(msgspec.Struct, gc=False):
    """When it happened."""

    start: str | None = None


class AuditEvent(msgspec.Struct, gc=False):
    """The resource itself."""

    resourceType: str | None = None
    type: Coding | None = None
    subtype: list[Coding] | None = None
    action: str | None = None
    period: Period | None = None
    recorded: str | None = None
    outcome: str | None = None
    purposeOfEvent: list[CodeableConcept] | None = None
    agent: list[Agent] | None = None
    source: Source | None = None
    entity: list[Entity] | None = None


class AnyResource(msgspec.Struct, gc=False):
    """Only to ask, of a line that does not fit, whether it is an AuditEvent at all."""

    resourceType: object = None
