"""Acts -> AuditEvent lines, after IHE Basic Audit Log Patterns (ITI.BasicAudit); some services write plain R4.

Lines are put together from ready-made fragments: a region makes millions of them.
In a read the client is the destination (110152) and the server the source (110153); in a query, a creation or an
update it is the other way round. From: ITI.BasicAudit, profiles Read, Query, Create, Update.
"""

import base64
import json
from functools import lru_cache

import numpy as np
import numpy.typing as npt

from tocsin_range import acts
from tocsin_range.acts import RESOURCES
from tocsin_range.arrays import HOUR_MS, Ints, Records
from tocsin_range.identifiers import RPPS
from tocsin_range.names import SURNAMES
from tocsin_range.patients import FIRST_ID
from tocsin_range.places import address_name, device_name
from tocsin_range.recipe import offset_hours
from tocsin_range.services import SERVICES
from tocsin_range.streams import mix
from tocsin_range.world import World

_BALP = "https://profiles.ihe.net/ITI/BALP/StructureDefinition/"
_DCM = '"system":"http://dicom.nema.org/resources/ontology/DCM","code":'
_REST = '"system":"http://terminology.hl7.org/CodeSystem/audit-event-type","code":"rest"'
_VERB = '"system":"http://hl7.org/fhir/restful-interaction","code":'
_ENTITY = '"system":"http://terminology.hl7.org/CodeSystem/audit-entity-type","code":'
_ROLE = '"system":"http://terminology.hl7.org/CodeSystem/object-role","code":'
_PURPOSE = '"system":"http://terminology.hl7.org/CodeSystem/v3-ActReason","code":'
LOCAL_ID = "urn:oid:1.2.250.1.999.7"
"""System of the regional numbers by which some services name patients."""
TOKEN_MS = 120_000
"""An access token of the national provider lives two minutes. From: ANS, securisation-transport 1.2.0."""

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
_SIGNS = (acts.SIGN_IN, acts.SIGN_IN_FAILED, acts.SIGN_OUT, acts.ENROL)


@lru_cache(maxsize=1 << 16)
def _device(code: int) -> str:
    return device_name(code)


@lru_cache(maxsize=1 << 16)
def _address(code: int) -> str:
    return address_name(code)


class Scribe:
    """Writes the acts of a world as lines; the lines of a day depend on the day alone."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.users = [self._user(account) for account in range(len(world.staff))]
        self.sources = [_source(rank) for rank in range(len(SERVICES))]
        self.purposes = [f',"purposeOfUse":[{{"coding":[{{{_PURPOSE}"{code}"}}]}}]' for code in acts.PURPOSES]

    def lines(self, rows: Records, texts: list[str]) -> tuple[list[str], list[str]]:
        """Each act as a line, and its AuditEvent id; `texts` are the queries of the day."""
        salt = self.world.recipe.seed
        idents = _idents(rows, salt).tolist()
        tellings = _twice(rows)
        lines: list[str] = []
        names: list[str] = []
        lag = _lags(mix(rows["at"], salt))
        times = zip(*_times(rows, lag), strict=True)
        columns = [rows[name].tolist() for name in acts.ACT.names or ()]
        tokens = self._tokens(rows)
        for ident, twice, (at, recorded), token, row in zip(
            idents, tellings, times, tokens, zip(*columns, strict=True), strict=True
        ):
            name = f"{ident:016x}"
            lines.append(self._line(name, at, recorded, token, row, texts, client=False))
            names.append(name)
            if twice:
                name = f"{ident ^ 0x5555555555555555:016x}"
                lines.append(self._line(name, at, at, token, row, texts, client=True))
                names.append(name)
        return lines, names

    def owners(self, rows: Records) -> Ints:
        """For each line, the place of its act in `rows` (an act told twice has two lines)."""
        return np.repeat(np.arange(len(rows)), 1 + _twice(rows).astype(np.int64))

    def _line(
        self, name: str, at: str, recorded: str, token: int, row: tuple[int, ...], texts: list[str], *, client: bool
    ) -> str:
        (
            _,
            account,
            rank,
            kind,
            resource,
            patient,
            request,
            _,
            _,
            device,
            address,
            assurance,
            purpose,
            text,
            out,
            _,
        ) = row
        service = SERVICES[rank]
        plain = service.telling == "plain"
        what, profile = _WHAT[kind]
        head = f'{{"resourceType":"AuditEvent","id":"{name}",'
        if profile and not plain:
            head += f'"meta":{{"profile":["{_BALP}IHE.BasicAudit.{profile}"]}},'
        agents = self._agents(account, rank, kind, token, device, address, assurance, purpose, plain)
        entities = self._entities(rank, kind, resource, patient, request, text, texts, plain)
        source = _source(rank, f"{SERVICES[rank].key}-client") if client else self.sources[rank]
        period = f'"period":{{"start":"{at}"}},'
        return f'{head}{what}{period}"recorded":"{recorded}","outcome":"{out}","agent":[{agents}],{source}{entities}}}'

    def _agents(
        self,
        account: int,
        rank: int,
        kind: int,
        token: int,
        device: int,
        address: int,
        assurance: int,
        purpose: int,
        plain: bool,
    ) -> str:
        user, other = self.users[account][SERVICES[rank].bare_rpps]
        network = f'"network":{{"address":"{_address(address)}","type":"2"}}'
        if plain:
            where = f",{network}" if kind in _SIGNS else ""
            machine = (
                "" if kind in _SIGNS else (f',{{"who":{{"display":"{_device(device)}"}},"requestor":false,{network}}}')
            )
            return f'{{{user},"requestor":true{where}}}{machine}'
        client, server = ("110152", "110153") if kind in _PULLS else ("110153", "110152")
        level = f'{{"url":"{_BALP}ihe-assuranceLevel","valueCodeableConcept":{{"coding":[{{"system":"http://terminology.hl7.org/CodeSystem/v3-ObservationValue","code":"LOAAP{assurance}"}}]}}}}'
        policy = "" if kind == acts.SIGN_IN_FAILED else f',"policy":["urn:ietf:params:oauth:jti:{token:016x}"]'
        reason = "" if kind in _SIGNS else self.purposes[purpose]
        extensions = f'"extension":[{level}{other}]' if kind != acts.SIGN_IN_FAILED else '"extension":[]'
        extensions = extensions + "," if kind != acts.SIGN_IN_FAILED else ""
        return (
            f'{{"type":{{"coding":[{{{_DCM}"{client}"}}]}},"who":{{"identifier":{{"value":"{_device(device)}"}}}},'
            f'"requestor":false,{network}}},'
            f'{{"type":{{"coding":[{{{_DCM}"{server}"}}]}},"who":{{"identifier":{{"value":"{SERVICES[rank].key}"}}}},'
            f'"requestor":false,"network":{{"address":"{self._url(rank)}","type":"5"}}}},'
            f'{{{extensions}"type":{{"coding":[{{"system":"http://terminology.hl7.org/CodeSystem/v3-ParticipationType","code":"IRCP"}}]}},'
            f'{user},"requestor":true{policy}{reason}}}'
        )

    def _entities(
        self, rank: int, kind: int, resource: int, patient: int, request: int, text: int, texts: list[str], plain: bool
    ) -> str:
        entities: list[str] = []
        if patient >= 0:
            entities.append(f'{{"what":{_patient(rank, patient)},"type":{{{_ENTITY}"1"}},"role":{{{_ROLE}"1"}}}}')
        if kind in (acts.SEARCH, acts.QUERY):
            query = texts[text] if text >= 0 else self._query(kind, resource, patient)
            raw = base64.b64encode(f"GET /fhir/{query}".encode()).decode()
            entities.append(f'{{"type":{{{_ENTITY}"2"}},"role":{{{_ROLE}"24"}},"query":"{raw}"}}')
        elif kind in (acts.READ, acts.CREATE, acts.UPDATE, acts.EXPORT):
            name = RESOURCES[resource]
            own = name == "Patient" and not SERVICES[rank].local_ids
            ident = FIRST_ID + patient if own else f"{request & 0xFFFFFFFF:08x}"
            role = "4" if kind != acts.EXPORT else "3"
            entities.append(
                f'{{"what":{{"reference":"{name}/{ident}"}},"type":{{{_ENTITY}"2"}},"role":{{{_ROLE}"{role}"}}}}'
            )
        if kind not in _SIGNS and not plain:
            entities.append(
                f'{{"what":{{"identifier":{{"value":"{request:016x}"}}}},"type":{{"system":"https://profiles.ihe.net/ITI/BALP/CodeSystem/BasicAuditEntityType","code":"XrequestId"}}}}'
            )
        return f',"entity":[{",".join(entities)}]' if entities else ""

    def _query(self, kind: int, resource: int, patient: int) -> str:
        """The usual request: people by birth date and three letters of the name, data by patient."""
        if kind == acts.QUERY or patient < 0:
            return f"{RESOURCES[resource]}?patient={FIRST_ID + patient}&_sort=-date&_count=20"
        people = self.world.patients
        born = np.datetime64(int(people.birth_days[patient]), "D")
        return f"Patient?birthdate={born}&family={SURNAMES[int(people.family[patient])][:3]}&_count=20"

    def _url(self, rank: int) -> str:
        return f"https://{SERVICES[rank].key}.{self.world.recipe.region}.example/fhir"

    def _user(self, account: int) -> tuple[tuple[str, str], tuple[str, str]]:
        """The account as most services name it and as those that name by RPPS do, each with its other id."""
        staff = self.world.staff
        number = staff.rpps[account]
        other = ""
        if number:
            kind = '"type":{"coding":[{"system":"http://terminology.hl7.org/CodeSystem/v2-0203","code":"PRN"}]}'
            other = f',{{"url":"{_BALP}ihe-otherId","valueIdentifier":{{{kind},"system":"{RPPS}","value":"{number}"}}}}'
        usual = _who(staff.issuer[account], staff.login[account])
        if staff.national[account] and number:
            return (usual, ""), (_who(RPPS, number), "")
        # Half of the hospitals' providers pass the RPPS on.
        other = other if account % 2 else ""
        return (usual, other), (usual, other)

    def _tokens(self, rows: Records) -> list[int]:
        """Token ids: one a session, but one every two minutes where the national provider gives them."""
        national = self.world.staff.national[rows["account"]]
        turn = np.where(national, (rows["at"] - rows["opened"]) // TOKEN_MS, 0)
        tokens: list[int] = mix(rows["session"] + turn * 7_919, self.world.recipe.seed).tolist()
        return tokens


def _who(system: str, value: str) -> str:
    return f'"who":{{"identifier":{{"system":{json.dumps(system)},"value":{json.dumps(value, ensure_ascii=False)}}}}}'


def _source(rank: int, observer: str = "") -> str:
    key = SERVICES[rank].key
    return f'"source":{{"site":"{key}","observer":{{"identifier":{{"value":"{observer or key}"}}}}}}'


def _patient(rank: int, patient: int) -> str:
    if SERVICES[rank].local_ids:
        return f'{{"identifier":{{"system":"{LOCAL_ID}","value":"{local_number(patient)}"}}}}'
    return f'{{"reference":"Patient/{FIRST_ID + patient}"}}'


def local_number(patient: int) -> int:
    """The regional number of a patient."""
    return 300_000 + patient


def _idents(rows: Records, salt: int) -> npt.NDArray[np.uint64]:
    """Ids made from the acts themselves: an act keeps its id whoever else is in the region that day."""
    first = mix(rows["at"] + (rows["account"].astype(np.int64) << 42), salt)
    last = (rows["patient"].astype(np.int64) << 8) + rows["kind"] + (rows["resource"].astype(np.int64) << 44)
    return mix(first ^ mix(rows["request"] ^ last, salt))


def _twice(rows: Records) -> Ints:
    tells = np.array([service.twice for service in SERVICES])[rows["service"]]
    return (tells & ~np.isin(rows["kind"], _SIGNS)).astype(np.int64)


def _lags(scatter: np.ndarray) -> Ints:
    """Most events are recorded at once, one in fifty minutes later, one in two hundred hours later."""
    part = (scatter % np.uint64(1000)).astype(np.int64)
    fine = (scatter >> np.uint64(20)).astype(np.int64)
    return np.where(part < 5, fine % (9 * HOUR_MS), np.where(part < 25, fine % 900_000, fine % 1_900))


def _times(rows: Records, lag: Ints) -> tuple[list[str], list[str]]:
    """When each act happened and was recorded, each service in its own notation."""
    if not len(rows):
        return [], []
    offset = offset_hours(int(rows["at"][0]))
    zulu = np.array([service.zulu for service in SERVICES])[rows["service"]]
    shift = np.where(zulu, 0, offset * HOUR_MS)
    zones = np.where(zulu, "Z", f"+{offset:02d}:00")
    at = np.char.add(np.datetime_as_string((rows["at"] + shift).astype("datetime64[ms]")), zones)
    recorded = np.char.add(np.datetime_as_string((rows["at"] + shift + lag).astype("datetime64[ms]")), zones)
    return at.tolist(), recorded.tolist()
