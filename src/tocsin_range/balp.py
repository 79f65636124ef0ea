"""One act as an AuditEvent line, after IHE Basic Audit Log Patterns (ITI.BasicAudit), or as plain R4.

In a read the client is the destination (110152) and the server the source (110153); in a query, a creation or an
update it is the other way round. From: ITI.BasicAudit, profiles Read, Query, Create, Update.

The bulk trail (`fhir.py`) and the live services put their lines together here, so that both are one contract.
"""

import base64
import json

from tocsin_range import acts
from tocsin_range.identifiers import RPPS
from tocsin_range.services import Service

_BALP = "https://profiles.ihe.net/ITI/BALP/StructureDefinition/"
_DCM = '"system":"http://dicom.nema.org/resources/ontology/DCM","code":'
_REST = '"system":"http://terminology.hl7.org/CodeSystem/audit-event-type","code":"rest"'
_VERB = '"system":"http://hl7.org/fhir/restful-interaction","code":'
_ENTITY = '"system":"http://terminology.hl7.org/CodeSystem/audit-entity-type","code":'
_ROLE = '"system":"http://terminology.hl7.org/CodeSystem/object-role","code":'
_PURPOSE = '"system":"http://terminology.hl7.org/CodeSystem/v3-ActReason","code":'
LOCAL_ID = "urn:oid:1.2.250.1.999.7"
"""System of the regional numbers by which some services name patients."""
_WHAT = {
    acts.SIGN_IN: (f'"type":{{{_DCM}"110114"}},"subtype":[{{{_DCM}"110122"}}],"action":"E",', ""),
    acts.SIGN_IN_FAILED: (f'"type":{{{_DCM}"110114"}},"subtype":[{{{_DCM}"110122"}}],"action":"E",', ""),
    acts.SIGN_OUT: (f'"type":{{{_DCM}"110114"}},"subtype":[{{{_DCM}"110123"}}],"action":"E",', ""),
    acts.ENROL: (f'"type":{{{_DCM}"110113"}},"subtype":[{{{_DCM}"110137"}}],"action":"U",', ""),
    acts.EXPORT: (f'"type":{{{_DCM}"110106"}},"action":"R",', "PrivacyDisclosure.Source"),
    acts.READ: (f'"type":{{{_REST}}},"subtype":[{{{_VERB}"read"}}],"action":"R",', "PatientRead"),
    acts.SEARCH: (f'"type":{{{_REST}}},"subtype":[{{{_VERB}"search"}}],"action":"E",', "PatientQuery"),
    acts.QUERY: (f'"type":{{{_REST}}},"subtype":[{{{_VERB}"search"}}],"action":"E",', "PatientQuery"),
    acts.CREATE: (f'"type":{{{_REST}}},"subtype":[{{{_VERB}"create"}}],"action":"C",', "PatientCreate"),
    acts.UPDATE: (f'"type":{{{_REST}}},"subtype":[{{{_VERB}"update"}}],"action":"U",', "PatientUpdate"),
}
_PULLS = (acts.READ, acts.EXPORT)
"""Acts in which data flow from server to client: the client is the destination."""
SIGNS = (acts.SIGN_IN, acts.SIGN_IN_FAILED, acts.SIGN_OUT, acts.ENROL)
"""Acts about the account itself: no patient, no request."""

PURPOSES = tuple(f',"purposeOfUse":[{{"coding":[{{{_PURPOSE}"{code}"}}]}}]' for code in acts.PURPOSES)
"""Each of `acts.PURPOSES` as part of a user's agent."""


def who(system: str, value: str) -> str:
    """An account, as an agent names it."""
    return f'"who":{{"identifier":{{"system":{json.dumps(system)},"value":{json.dumps(value, ensure_ascii=False)}}}}}'


def other_id(rpps: str) -> str:
    """The RPPS as an extension, which follows another one."""
    kind = '"type":{"coding":[{"system":"http://terminology.hl7.org/CodeSystem/v2-0203","code":"PRN"}]}'
    return f',{{"url":"{_BALP}ihe-otherId","valueIdentifier":{{{kind},"system":"{RPPS}","value":"{rpps}"}}}}'


def source(site: str, observer: str) -> str:
    """The service, and who recorded."""
    return f'"source":{{"site":"{site}","observer":{{"identifier":{{"value":"{observer}"}}}}}}'


def patient_number(number: object) -> str:
    """A patient named by the regional number."""
    return f'{{"identifier":{{"system":"{LOCAL_ID}","value":"{number}"}}}}'


def patient_reference(ident: object) -> str:
    """A patient named by logical id."""
    return f'{{"reference":"Patient/{ident}"}}'


def event(
    ident: str, at: str, recorded: str, kind: int, outcome: int, *, plain: bool, agents: str, source: str, entities: str
) -> str:
    """The whole line, without its end. `at` and `recorded` are FHIR instants."""
    what, profile = _WHAT[kind]
    head = f'{{"resourceType":"AuditEvent","id":"{ident}",'
    if profile and not plain:
        head += f'"meta":{{"profile":["{_BALP}IHE.BasicAudit.{profile}"]}},'
    period = f'"period":{{"start":"{at}"}},'
    return f'{head}{what}{period}"recorded":"{recorded}","outcome":"{outcome}","agent":[{agents}],{source}{entities}}}'


def agents(
    service: Service,
    kind: int,
    *,
    user: str,
    other: str,
    token: str,
    device: str,
    address: str,
    url: str,
    assurance: int,
    purpose: str,
) -> str:
    """Machine, server and user, or what plain R4 says of them; `user` and `other` are made by `who` and `other_id`."""
    network = f'"network":{{"address":"{address}","type":"2"}}'
    if service.telling == "plain":
        where = f",{network}" if kind in SIGNS else ""
        machine = "" if kind in SIGNS else f',{{"who":{{"display":"{device}"}},"requestor":false,{network}}}'
        return f'{{{user},"requestor":true{where}}}{machine}'
    client, server = ("110152", "110153") if kind in _PULLS else ("110153", "110152")
    level = f'{{"url":"{_BALP}ihe-assuranceLevel","valueCodeableConcept":{{"coding":[{{"system":"http://terminology.hl7.org/CodeSystem/v3-ObservationValue","code":"LOAAP{assurance}"}}]}}}}'
    policy = "" if kind == acts.SIGN_IN_FAILED else f',"policy":["urn:ietf:params:oauth:jti:{token}"]'
    reason = "" if kind in SIGNS else purpose
    extensions = f'"extension":[{level}{other}],' if kind != acts.SIGN_IN_FAILED else ""
    return (
        f'{{"type":{{"coding":[{{{_DCM}"{client}"}}]}},"who":{{"identifier":{{"value":"{device}"}}}},'
        f'"requestor":false,{network}}},'
        f'{{"type":{{"coding":[{{{_DCM}"{server}"}}]}},"who":{{"identifier":{{"value":"{service.key}"}}}},'
        f'"requestor":false,"network":{{"address":"{url}","type":"5"}}}},'
        f'{{{extensions}"type":{{"coding":[{{"system":"http://terminology.hl7.org/CodeSystem/v3-ParticipationType","code":"IRCP"}}]}},'
        f'{user},"requestor":true{policy}{reason}}}'
    )


def entities(service: Service, kind: int, *, patient: str, query: str, resource: str, request: str) -> str:
    """What the act was about, after the source.

    `patient` is made by `patient_reference` or `patient_number`; `query` is the request below the base; `resource` is
    `Type/id`; `request` is the X-Request-Id. What does not apply is empty.
    """
    found: list[str] = []
    if patient:
        found.append(f'{{"what":{patient},"type":{{{_ENTITY}"1"}},"role":{{{_ROLE}"1"}}}}')
    if kind in (acts.SEARCH, acts.QUERY):
        raw = base64.b64encode(f"GET /fhir/{query}".encode()).decode()
        found.append(f'{{"type":{{{_ENTITY}"2"}},"role":{{{_ROLE}"24"}},"query":"{raw}"}}')
    elif kind in (acts.READ, acts.CREATE, acts.UPDATE, acts.EXPORT):
        role = "4" if kind != acts.EXPORT else "3"
        found.append(f'{{"what":{{"reference":"{resource}"}},"type":{{{_ENTITY}"2"}},"role":{{{_ROLE}"{role}"}}}}')
    if kind not in SIGNS and service.telling != "plain":
        found.append(
            f'{{"what":{{"identifier":{{"value":"{request}"}}}},"type":{{"system":"https://profiles.ihe.net/ITI/BALP/CodeSystem/BasicAuditEntityType","code":"XrequestId"}}}}'
        )
    return f',"entity":[{",".join(found)}]' if found else ""
