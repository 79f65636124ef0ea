"""Fictitious BALP lines for benchmarks: several shapes, as several services of a region would write them."""

from __future__ import annotations

import base64
import json
import random
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta

Line = dict[str, object]
DCM = "http://dicom.nema.org/resources/ontology/DCM"
REST = "http://hl7.org/fhir/restful-interaction"
OBJECT = "http://hl7.org/fhir/object-role"
BALP = "https://profiles.ihe.net/ITI/BALP/"
AT_WORK = 1_000
"""Accounts that act at the same time."""
SESSION = 12
"""Acts of a session on average."""
FAMILIES = ("MARTIN", "BERNARD", "PETIT", "ROBERT", "RICHARD", "MOREAU", "SIMON", "GARCIA", "NGUYEN", "LEFEBVRE")


def coding(system: str, code: str, display: str) -> Line:
    return {"system": system, "code": code}


class Region:
    """Draws lines at random, reproducibly."""

    def __init__(self, *, accounts: int, seed: int = 7) -> None:
        self._random = random.Random(seed)
        self._accounts = [(f"8997{i:08d}", f"10.{i % 200}.{i // 200 % 250}.{i % 250}") for i in range(accounts)]
        self._at_work = self._random.sample(self._accounts, min(len(self._accounts), AT_WORK))

    def lines(self, count: int) -> Iterator[bytes]:
        """NDJSON lines without their line ends, about 1.7 kB each."""
        start = datetime(2025, 9, 1, tzinfo=UTC)
        draw: list[Callable[[str], Line]] = [self._read, self._read, self._query, self._listed, self._sign_in]
        for i in range(count):
            at = start + timedelta(milliseconds=i * 2592000000 // count + self._random.randrange(1000))
            stamp = at.isoformat(timespec="milliseconds").replace("+00:00", "Z")
            yield json.dumps(self._random.choice(draw)(stamp), separators=(",", ":"), ensure_ascii=False).encode()

    def _id(self) -> str:
        return f"{self._random.getrandbits(128):032x}"

    def _event(self, at: str, *, subtype: Line, action: str, agents: list[Line], entities: list[Line]) -> Line:
        system, code, display = (
            (DCM, "110114", "User Authentication") if action == "E" and not entities else
            ("http://hl7.org/fhir/audit-event-type", "rest", "RESTful Operation")
        )  # fmt: skip
        request: Line = {
            "what": {"identifier": {"value": self._id()}},
            "type": coding(BALP + "CodeSystem/BasicAuditEntityType", "XrequestId", "X-Request-Id"),
        }
        return {
            "resourceType": "AuditEvent",
            "id": self._id(),
            "type": coding(system, code, display),
            "subtype": [subtype],
            "action": action,
            "period": {"start": at},
            "recorded": at,
            "outcome": "0",
            "agent": agents,
            "source": {
                "site": self._random.choice(("therap-e", "orienta", "imagerie-region")),
                "observer": {"display": "https://fhir.ficti.example/r4"},
            },
            "entity": [*entities, request],
        }

    def _agents(self, client: str, server: str) -> list[Line]:
        """One of those at work, who after a session of SESSION acts on average gives the place to another."""
        seat = self._random.randrange(len(self._at_work))
        if self._random.randrange(SESSION) == 0:
            self._at_work[seat] = self._random.choice(self._accounts)
        account, address = self._at_work[seat]
        names = {"110152": "Destination Role ID", "110153": "Source Role ID"}
        return [
            {
                "extension": [
                    {
                        "url": BALP + "StructureDefinition/ihe-assuranceLevel",
                        "valueCodeableConcept": {
                            "coding": [
                                {
                                    "system": "http://terminology.hl7.org/CodeSystem/v3-ObservationValue",
                                    "code": "LOAAP3",
                                }
                            ]
                        },
                    }
                ],
                "type": {"coding": [coding(BALP + "CodeSystem/UserAgentTypes", "UserOauthAgent", "OAuth user")]},
                "who": {
                    "identifier": {"system": "https://auth.ficti.example", "value": account},
                    "display": f"Dr {self._random.choice(FAMILIES).title()} Élodie",
                },
                "requestor": True,
                "policy": ["urn:ietf:params:oauth:jti:" + self._id()],
                "purposeOfUse": [{"coding": [{"code": "TREAT"}]}],
            },
            {
                "type": {"coding": [coding(DCM, client, names[client])]},
                "who": {"display": f"poste-{address}"},
                "requestor": False,
                "network": {"address": address, "type": "2"},
            },
            {
                "type": {"coding": [coding(DCM, server, names[server])]},
                "who": {"display": "fhir.ficti.example"},
                "requestor": False,
                "network": {"address": "https://fhir.ficti.example/r4", "type": "5"},
            },
        ]

    def _patient(self) -> Line:
        number = self._random.randrange(400_000)
        return {
            "what": {"reference": f"Patient/{number}"},
            "type": coding("http://hl7.org/fhir/audit-entity-type", "1", "Person"),
            "role": coding(OBJECT, "1", "Patient"),
        }

    def _read(self, at: str) -> Line:
        kind = self._random.choice(("Observation", "DocumentReference", "Patient"))
        data: Line = {
            "what": {"reference": f"{kind}/{self._random.randrange(10**7)}"},
            "type": coding("http://hl7.org/fhir/audit-entity-type", "2", "System Object"),
            "role": coding(OBJECT, "4", "Domain Resource"),
        }
        return self._event(
            at,
            subtype=coding(REST, "read", "read"),
            action="R",
            agents=self._agents("110152", "110153"),
            entities=[data, self._patient()],
        )

    def _query_entity(self) -> Line:
        family = self._random.choice(FAMILIES)[: self._random.randrange(2, 8)]
        raw = f"GET https://fhir.ficti.example/r4/Patient?family={family}&_count=20&_getpagesoffset={20 * self._random.randrange(9)}"  # noqa: E501
        return {
            "type": coding("http://hl7.org/fhir/audit-entity-type", "2", "System Object"),
            "role": coding(OBJECT, "24", "Query"),
            "query": base64.b64encode(raw.encode()).decode(),
        }

    def _query(self, at: str) -> Line:
        return self._event(
            at,
            subtype=coding(REST, "search-type", "search"),
            action="E",
            agents=self._agents("110153", "110152"),
            entities=[self._query_entity()],
        )

    def _listed(self, at: str) -> Line:
        line = self._query(at)
        line["entity"] = [self._patient(), *line["entity"]]  # type: ignore[misc]
        return line

    def _sign_in(self, at: str) -> Line:
        return self._event(
            at, subtype=coding(DCM, "110122", "Login"), action="E", agents=self._agents("110153", "110152"), entities=[]
        )
