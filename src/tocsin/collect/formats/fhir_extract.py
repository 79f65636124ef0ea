"""Which text of an AuditEvent is which raw field. The whole meaning of the format, and nothing of the values'.

Every text of `Fields` is a text of the document, unchanged: so the accelerator can learn, by running `extract` once
over a document of marked texts, where each field stands in every line of the same shape. What `extract` decides upon
are codes, systems, URLs, the resource type that a reference begins with, whether a text is there at all, and the
comparisons that it notes in `Fields.compared`.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final, NamedTuple

from tocsin.collect.formats.fhir_action import action_of
from tocsin.collect.formats.fhir_document import Agent, AuditEvent, CodeableConcept, Entity, Identifier, Reference
from tocsin.collect.formats.names import ELEMENTS_OF_RESOURCE, RPPS_SYSTEMS, typed_prefix
from tocsin.collect.rows import ELEMENTS_UNSAID, RAW_ACTIONS

TEXTS: Final = (
    "account_system", "account_value", "other_id", "who_reference", "service", "client", "token", "address", "device",
    "assurance", "purpose", "request", "query", "query_base64",
)  # fmt: skip
"""The fields of `Fields` that are columns of `RawEvents`."""

_BALP: Final = "https://profiles.ihe.net/ITI/BALP/StructureDefinition/"
_USERS: Final = frozenset({"IRCP", "UserOauthAgent", "UserSamlAgent"})
_SOURCE, _DESTINATION, _APPLICATION = "110153", "110152", "110150"
_OUTCOMES: Final = {"0": 0, "4": 1, "8": 1, "12": 2}
"""AuditEvent.outcome -> position in OUTCOMES; absent or unknown counts as success: exposure is supposed."""
_URI: Final = "5"
BREAK_GLASS: Final = "BTG"


class Fields(NamedTuple):
    """What one line says: texts of the document or None, positions in vocabularies, and patients in their order."""

    at: str | None = None
    """`period.start`, else `recorded`."""
    recorded: str | None = None
    account_system: str | None = None
    account_value: str | None = None
    other_id: str | None = None
    who_reference: str | None = None
    service: str | None = None
    client: str | None = None
    token: str | None = None
    address: str | None = None
    device: str | None = None
    assurance: str | None = None
    purpose: str | None = None
    request: str | None = None
    query: str | None = None
    query_base64: str | None = None
    action: int = 0
    """Position in RAW_ACTIONS."""
    outcome: int = 0
    """Position in OUTCOMES."""
    elements: int = ELEMENTS_UNSAID
    patients: tuple[tuple[str | None, str], ...] = ()
    """(system, value); system None for a FHIR reference, "" for an identifier without system."""
    compared: tuple[tuple[str, str], ...] = ()
    """Pairs of texts that were found different, and would have changed the answer had they been equal."""


def extract(document: AuditEvent) -> Fields:
    """The raw fields of one AuditEvent."""
    agents = document.agent or []
    entities = document.entity or []
    patients = tuple(patient for entity in entities if (patient := _patient(entity)))
    patients = patients or tuple(patient for entity in entities if (patient := _patient_as_data(entity)))
    action = action_of(
        _codes([document.type] if document.type else None),
        _codes(document.subtype),
        document.action,
        names_patient=bool(patients),
    )
    requestor = _requestor(agents)
    client, compared = _client(agents, requestor, action, document)
    purpose, codes_compared = _purpose(requestor, agents, document)
    application = next((agent for agent in agents if _APPLICATION in _types(agent)), None)
    query = next((entity for entity in entities if _code(entity.role) == "24"), None)
    return Fields(
        at=document.period.start if document.period and document.period.start is not None else document.recorded,
        recorded=document.recorded,
        **_who(requestor),
        service=_service(document),
        client=_application_id(application),
        address=_address(client) or _address(application) or _address(requestor),
        device=_device(client or application),
        purpose=purpose,
        request=next((_value(entity.what) for entity in entities if _code(entity.type) == "XrequestId"), None),
        query=query.description or None if query and not query.query else None,
        query_base64=query.query or None if query else None,
        action=RAW_ACTIONS.index(action),
        outcome=_OUTCOMES.get(document.outcome or "0", 0),
        elements=_elements(entities) if action != "search" else ELEMENTS_UNSAID,
        patients=patients,
        compared=compared + codes_compared,
    )


# The agents ----------------------------------------------------------------------------------------------------


def _requestor(agents: list[Agent]) -> Agent | None:
    """The agent with `requestor = true`; of several the one of a user's type, else the first; of none a user's type."""
    asking = [agent for agent in agents if agent.requestor]
    users = [agent for agent in asking or agents if _types(agent) & _USERS]
    return users[0] if users else asking[0] if asking else None


def _who(agent: Agent | None) -> dict[str, str | None]:
    if agent is None:
        return {}
    who = agent.who or Reference()
    identifier = who.identifier or Identifier()
    value = identifier.value or None
    return {
        "account_system": (identifier.system or None) if value else None,
        "account_value": value or who.reference or agent.altId or agent.name or None,
        "other_id": next(_other_ids(agent), None),
        "who_reference": who.reference or None,
        "token": next((policy for policy in (agent.policy or [])[:1] if policy), None),
        "assurance": next(_assurances(agent), None),
    }


def _other_ids(agent: Agent) -> Iterator[str]:
    """Values of `ihe-otherId` that are a professional's number, by type or by system."""
    for extension in agent.extension or ():
        identifier = extension.valueIdentifier
        if extension.url == _BALP + "ihe-otherId" and identifier and identifier.value:
            types = {coding.code for coding in (identifier.type.coding or ())} if identifier.type else set()
            if types & {"PRN", "NPI"} or identifier.system in RPPS_SYSTEMS:
                yield identifier.value


def _assurances(agent: Agent) -> Iterator[str]:
    for extension in agent.extension or ():
        if extension.url == _BALP + "ihe-assuranceLevel" and extension.valueCodeableConcept:
            yield from _texts(extension.valueCodeableConcept)


def _client(
    agents: list[Agent], requestor: Agent | None, action: str, document: AuditEvent
) -> tuple[Agent | None, tuple[tuple[str, str], ...]]:
    """The agent that asked, and the comparisons that this rests on.

    BALP swaps the roles: the client of a read (and of an export) is the destination, 110152, of everything else the
    source, 110153. The server is known by a URI as its network. Where only one of the two roles is told and it is the
    server's, as plain R4 often does, the agent is taken for the client unless it is `source.observer`.
    """
    wanted, other = (_DESTINATION, _SOURCE) if action in ("read", "export") else (_SOURCE, _DESTINATION)
    machines = [agent for agent in agents if agent is not requestor and _types(agent) & {wanted, other}]
    callers = [agent for agent in machines if not _is_uri(agent)]
    expected = [agent for agent in callers or machines if wanted in _types(agent)]
    if expected or (callers and len(callers) < len(machines)):
        return (expected or callers)[0], ()
    observer = document.source.observer if document.source else None
    compared: list[tuple[str, str]] = []
    for agent in callers:
        if not _same(agent.who, observer, compared):
            return agent, tuple(compared)
    return None, tuple(compared)


def _same(who: Reference | None, observer: Reference | None, compared: list[tuple[str, str]]) -> bool:
    """Whether two references share a text; those that differ are noted."""
    mine, theirs = _names(who), _names(observer)
    compared += [(a, b) for a in mine for b in theirs]
    return any(a == b for a in mine for b in theirs)


def _names(who: Reference | None) -> list[str]:
    if who is None:
        return []
    return [text for text in (_value(who), who.reference, who.display) if text]


def _is_uri(agent: Agent) -> bool:
    return bool(agent.network and agent.network.type == _URI)


def _address(agent: Agent | None) -> str | None:
    return agent.network.address or None if agent and agent.network else None


def _device(agent: Agent | None) -> str | None:
    return _value(agent.who) or (agent.who.display or None) if agent and agent.who else None


def _application_id(agent: Agent | None) -> str | None:
    if agent is None:
        return None
    who = agent.who or Reference()
    return _value(who) or agent.altId or who.display or agent.name or who.reference or None


# What was asked for --------------------------------------------------------------------------------------------


def _patient(entity: Entity) -> tuple[str | None, str] | None:
    """The record of a patient's entity: type 1 and role 1 (one of the two may be missing)."""
    kind, role = _code(entity.type), _code(entity.role)
    if not (kind or role) or kind not in (None, "1") or role not in (None, "1") or entity.what is None:
        return None
    reference, identifier = entity.what.reference, entity.what.identifier
    if reference and not reference.startswith("#"):
        return None, reference
    return (identifier.system or "", identifier.value) if identifier and identifier.value else None


def _patient_as_data(entity: Entity) -> tuple[None, str] | None:
    """The record of a data entity that is a Patient: plain R4 often names the patient of a read so, and only so."""
    reference = entity.what.reference if entity.what else None
    if not reference or _code(entity.type) not in (None, "2") or _code(entity.role) == "24":
        return None
    typed = typed_prefix(reference)
    return (None, reference) if typed and typed[0] == "Patient" else None


def _elements(entities: list[Entity]) -> int:
    """Bits of the resource types that the data entities refer to; ELEMENTS_UNSAID where none refers to anything."""
    bits = ELEMENTS_UNSAID
    for entity in entities:
        reference = entity.what.reference if entity.what else None
        if not reference or _patient(entity) or _code(entity.type) not in (None, "2") or _code(entity.role) == "24":
            continue
        typed = typed_prefix(reference)
        bits = max(bits, 0) | (ELEMENTS_OF_RESOURCE[typed[0]] if typed else 0)
    return bits


def _service(document: AuditEvent) -> str | None:
    source = document.source
    if source is None:
        return None
    if source.site:
        return source.site
    observer = source.observer or Reference()
    return _value(observer) or observer.reference or observer.display or None


def _purpose(
    requestor: Agent | None, agents: list[Agent], document: AuditEvent
) -> tuple[str | None, tuple[tuple[str, str], ...]]:
    """The first code that is given for the requestor, else for another agent, else for the event; of several BTG.

    And the comparisons that this rests on.
    """
    theirs = [concept for agent in agents if agent is not requestor for concept in agent.purposeOfUse or ()]
    for concepts in (requestor.purposeOfUse if requestor else None, theirs, document.purposeOfEvent):
        codes = [text for concept in concepts or () for text in _texts(concept)]
        if len(codes) == 1:
            return codes[0], ()
        if codes:
            return (BREAK_GLASS if BREAK_GLASS in codes else codes[0]), tuple((code, BREAK_GLASS) for code in codes)
    return None, ()


# Parts ---------------------------------------------------------------------------------------------------------


def _code(coding: object) -> str | None:
    return getattr(coding, "code", None) or None


def _codes(codings: object) -> list[str]:
    return [coding.code for coding in codings or () if coding.code]  # type: ignore[attr-defined]


def _types(agent: Agent) -> set[str]:
    return set(_codes(agent.type.coding)) if agent.type else set()


def _texts(concept: CodeableConcept) -> Iterator[str]:
    """Codes, else the text, of one concept."""
    codes = _codes(concept.coding)
    yield from codes or ([concept.text] if concept.text else [])


def _value(reference: Reference | None) -> str | None:
    return reference.identifier.value or None if reference and reference.identifier else None
