"""The normal form of each kind of name that a trail gives: one small function each, called once a distinct value."""

from __future__ import annotations

import ipaddress
import re
from functools import lru_cache
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from tocsin.model.event import CATEGORY_OF, bits_of

PATIENT: Final = "Patient"
"""The system of a record that is named by a FHIR reference."""

RPPS_SYSTEMS: Final = frozenset(
    {"https://rpps.esante.gouv.fr", "https://rppsrang.esante.gouv.fr", "urn:oid:1.2.250.1.71.4.2.1"}
)
"""Systems whose values are RPPS numbers. From: Annuaire Santé API, FR Core."""

KEPT: Final = 65_536
"""Answers remembered about accounts and addresses, which come again. Patients' names are not remembered."""

INS_SYSTEMS: Final = "urn:oid:1.2.250.1.213.1.4."
"""Prefix of the systems of the national health identity (`.8` NIR, `.9` NIA, `.10` and `.11` test)."""

ELEMENTS_OF_RESOURCE: Final[dict[str, int]] = {}
"""FHIR resource type -> bits over ELEMENTS. From: the trail contract, *Elements*."""


def _bits_of_categories(*categories: str) -> int:
    return bits_of(*(element for element, category in CATEGORY_OF.items() if category in categories))


PERSON_ELEMENTS: Final = bits_of("name", "birth", "sex", "local-number", "telephone", "e-mail", "postal-address")
"""What a Patient resource shows; `ins` depends on the service's catalogue entry, which scope adds."""

LISTING_ELEMENTS: Final = bits_of("name", "birth", "sex")
"""What a line of a result list shows."""

for _types, _bits in (
    ("Patient RelatedPerson", PERSON_ELEMENTS),
    ("Coverage", bits_of("ins", "coverage")),
    ("Encounter EpisodeOfCare", _bits_of_categories("administrative")),
    ("Appointment Slot", _bits_of_categories("appointment")),
    ("Account Invoice Claim", _bits_of_categories("financial")),
    ("DocumentReference Binary Composition", _bits_of_categories("document")),
    (
        "Observation Condition Procedure DiagnosticReport AllergyIntolerance Immunization CarePlan "
        "QuestionnaireResponse Medication MedicationAdministration MedicationDispense MedicationKnowledge "
        "MedicationRequest MedicationStatement",
        _bits_of_categories("clinical"),
    ),
    ("ServiceRequest ReferralRequest", _bits_of_categories("administrative", "clinical")),
):
    ELEMENTS_OF_RESOURCE.update(dict.fromkeys(_types.split(), _bits))

IN_RECORD: Final = frozenset(
    kind for kind, bits in ELEMENTS_OF_RESOURCE.items() if bits & _bits_of_categories("clinical", "document")
)
"""Resource types whose search shows the inside of a record, and not a list of persons."""

_TYPED: Final = re.compile(r"(?:^|/)(" + "|".join(ELEMENTS_OF_RESOURCE) + r")/")
_AUTHORITY: Final = re.compile(r"^[A-Za-z][A-Za-z0-9+.-]*://[^/]*")
_PLAIN_PATIENT: Final = re.compile(r"Patient/([A-Za-z0-9.-]+)", re.ASCII).fullmatch
_PLAIN: Final = "Patient/"
_ID_OCTETS: Final = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789.-"
_IPV4: Final = re.compile(r"(?:(?:25[0-5]|2[0-4][0-9]|1[0-9]{2}|[1-9]?[0-9])(?:\.(?!$)|$)){4}", re.ASCII).fullmatch
_INT64_DIGITS: Final = 19
"""Digits of the largest number of 64 bits: every shorter one is one."""
_UUID: Final = re.compile(r"^[0-9a-fA-F]{8}-?(?:[0-9a-fA-F]{4}-?){3}[0-9a-fA-F]{12}$")
_LAST_DIGITS: Final = re.compile(r"[0-9]{3,}$", re.ASCII)
_RPPS: Final = re.compile(r"^(?:8(?=[0-9]{11}$))?([0-9]{11})$", re.ASCII)
_SUBJECT: Final = re.compile(r"^f:[^:]+:(8?[0-9]{11})$", re.ASCII)
_PRACTITIONER: Final = re.compile(r"(?:^|/)(Practitioner/[^/?#|]+)")


def typed_prefix(reference: str) -> tuple[str, int] | None:
    """Resource type of a reference and the letters before its id, or None where no known type stands in it.

    `Patient/1` and `https://x/fhir/Patient/1/_history/2` are both of type Patient; the host is never taken for a type.
    """
    authority = _AUTHORITY.match(reference)
    found = _TYPED.search(reference, authority.end() if authority else 0)
    return (found[1], found.end()) if found else None


def record_of(system: str | None, value: str) -> tuple[str, str] | None:
    """The record that a patient's reference or identifier names, as `(system, value)`.

    A null system marks a FHIR reference: `Patient/1`, `Patient/1/_history/2` and `https://x/fhir/Patient/1` are
    `("Patient", "1")`. A reference into the line itself (`#p1`) names no record.
    """
    if system is not None:
        return (system, value) if value else None
    plain = _PLAIN_PATIENT(value)
    if plain:
        return PATIENT, plain[1]
    typed = typed_prefix(value)
    if typed and typed[0] == PATIENT:
        value = re.split(r"[/?#|]", value[typed[1] :], maxsplit=1)[0]
    return (PATIENT, value) if value and not value.startswith("#") else None


def plain_ids(references: pa.Array) -> pa.Array | None:
    """The ids of references that all have the plain form, as nearly always, with one look at all; else None.

    It is what `record_of` says of each.
    """
    if not pc.all(pc.starts_with(references, _PLAIN), min_count=0).as_py():
        return None
    ids = pc.utf8_slice_codeunits(references, len(_PLAIN))
    if not pc.all(pc.greater(pc.binary_length(ids), 0), min_count=0).as_py():
        return None
    return None if octets_of(ids).translate(None, _ID_OCTETS) else ids


def octets_of(texts: pa.Array) -> bytes:
    """All texts of a column without nulls, one after the other."""
    whole = pa.ListArray.from_arrays(pa.array([0, len(texts)], pa.int32()), texts.cast(pa.binary()))
    joined = pc.binary_join(whole, b"")
    found: bytes = joined[0].as_py()
    return found


def id_low_of(system: str, value: str) -> int:
    """Low 12 bits of a numeric local id: the run of at least three digits that ends it, or the whole if all digits.

    -1 for a UUID, for a national health identity (it is not local, and its digits are a person's) and for the rest.
    """
    if system.startswith(INS_SYSTEMS):
        return -1
    if value.isascii() and value.isdigit():
        digits = value
    else:
        found = _LAST_DIGITS.search(value)
        digits = found[0] if found and not _UUID.match(value) else ""
    return int(digits[-12:]) % 4096 if digits else -1  # 10^12 is a multiple of 4096


def id_lows_of(system: str, values: pa.Array) -> np.ndarray:
    """As `id_low_of` says of each, (n,) int16; where all are numbers, as nearly always, all at once."""
    longest = pc.max(pc.binary_length(values)).as_py() or 0
    numbers = octets_of(values).isdigit() and pc.min(pc.binary_length(values)).as_py() > 0
    if numbers and longest < _INT64_DIGITS and not system.startswith(INS_SYSTEMS):
        return (values.cast(pa.int64()).to_numpy() % 4096).astype(np.int16)
    return np.array([id_low_of(system, value) for value in values.to_pylist()], np.int16)


def luhn(number: str) -> bool:
    """Whether the last digit is the Luhn check of the others (RPPS and SIRET use it)."""
    odd = sum(int(digit) for digit in number[-1::-2])
    even = sum(sum(divmod(2 * int(digit), 10)) for digit in number[-2::-2])
    return (odd + even) % 10 == 0


def rpps_of(system: str | None, value: str | None, *, vouched: bool = False) -> str | None:
    """The 11 digits of an RPPS number, or None.

    `vouched`: the trail says that the value is a professional's number (type PRN or NPI). Where neither that nor the
    system says so, only a value with a good Luhn digit counts; where they do, a bad one is the trail's business.
    """
    if not value:
        return None
    subject = _SUBJECT.match(value)  # Pro Santé Connect: f:<uuid>:8<rpps>
    number = _RPPS.match(subject[1] if subject else value)
    if number and (vouched or subject or system in RPPS_SYSTEMS or luhn(number[1])):
        return number[1]
    return None


@lru_cache(KEPT)
def person_of(
    system: str | None, value: str | None, other: str | None, reference: str | None
) -> tuple[str | None, str | None]:
    """Account and professional."""
    return account_of(system, value), professional_of(system, value, other, reference)


def professional_of(system: str | None, value: str | None, other: str | None, reference: str | None) -> str | None:
    """RPPS of the account, else of the other identifier, else the Practitioner that the line refers to."""
    rpps = rpps_of(system, value) or rpps_of(None, other, vouched=True)
    if rpps:
        return rpps
    practitioner = _PRACTITIONER.search(reference) if reference else None
    return practitioner[1] if practitioner else None


def account_of(system: str | None, value: str | None) -> str | None:
    """`system|value` where a system is given, else the value."""
    if not value:
        return None
    return f"{system}|{value}" if system else value


@lru_cache(KEPT)
def place_of(text: str) -> tuple[str | None, str | None]:
    """Address and network."""
    address = address_of(text)
    return address, network_of(address) if address else None


def address_of(text: str) -> str | None:
    """An IP address in its shortest form, a machine name in lower case, or the host of a URI; None if empty."""
    if _IPV4(text):
        return text
    host = text.strip()
    if "://" in host:
        host = re.split(r"[/?#]", host.split("://", 1)[1], maxsplit=1)[0].rpartition("@")[2]
    if host.startswith("["):
        host = host[1:].partition("]")[0]
    elif host.count(":") == 1:
        host = host.partition(":")[0]
    ip = _ip(host)
    return str(ip) if ip else host.lower() or None


def network_of(address: str) -> str:
    """IPv4 /24, IPv6 /48, else the address itself."""
    if _IPV4(address):
        return address.rpartition(".")[0] + ".0/24"
    ip = _ip(address)
    if ip is None:
        return address
    return str(ipaddress.ip_network(f"{ip}/{24 if ip.version == 4 else 48}", strict=False))


def _ip(text: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        ip = ipaddress.ip_address(text.partition("%")[0])
    except ValueError:
        return None
    mapped = ip.ipv4_mapped if isinstance(ip, ipaddress.IPv6Address) else None
    return mapped or ip


@lru_cache(KEPT)
def assurance_of(text: str) -> int:
    """How strongly the person was recognised, 0 to 4 (see `model.event`), from a level or a class of any dialect.

    HL7 `LOAAP1..4`, SAML authentication context classes, OIDC `acr` (`eidas1..3`, a bare 1 to 4).
    """
    word = text.strip().rstrip("/").rpartition(":")[2].rpartition("/")[2].rpartition("#")[2].lower()
    return _ASSURANCE.get(word, 0)


_ASSURANCE: Final = {
    "loaap1": 1, "loaap2": 2, "loaap3": 3, "loaap4": 4,
    "1": 1, "2": 2, "3": 3, "4": 4,
    "password": 1, "internetprotocolpassword": 1, "internetprotocol": 1, "previoussession": 1, "pwd": 1,
    "passwordprotectedtransport": 2, "nomadtelephony": 2, "telephony": 2, "authenticatedtelephony": 2,
    "timesynctoken": 3, "mobiletwofactorcontract": 3, "mobiletwofactorunregistered": 3, "kerberos": 2, "mfa": 3,
    "smartcard": 4, "smartcardpki": 4, "softwarepki": 3, "x509": 3, "tlsclient": 3,
    "eidas1": 2, "eidas2": 3, "eidas3": 4, "low": 2, "substantial": 3, "high": 4,
}  # fmt: skip
"""Class or level, in lower case, without its prefix -> level."""
