"""The catalogue: 43 services that the establishments of a region share, and who uses them for what."""

from dataclasses import dataclass

CARERS = "nurse physician gp"
HOSPITAL = "nurse aide physician secretary"
IDENTITY = "identity contact"
CLINICAL = "identity clinical document"


@dataclass(frozen=True, slots=True)
class Service:
    """One shared service, as the catalogue and its own trail know it."""

    key: str
    """Its name in the trail (`source.site`)."""
    title: str
    holds: str
    """Categories of data it declares to hold."""
    shows: str
    """FHIR types that its trail shows being read; empty when it holds no patients."""
    users: str
    """Roles that use it."""
    weight: float = 1.0
    """How much it is used, next to the others of the same role."""
    telling: str = "balp"
    """`balp`, or `plain` for FHIR R4 without the extras of Basic Audit Log Patterns."""
    twice: bool = False
    """Both the server and the client record an act, with one X-Request-Id."""
    local_ids: bool = False
    """Names patients by its own numbers rather than by reference."""
    bare_rpps: bool = False
    """Names those who sign in nationally by RPPS, where others use the national id `8` + RPPS."""
    zulu: bool = True
    """Writes times in UTC; otherwise in local time with its offset."""


SERVICES: tuple[Service, ...] = (
    Service(
        "teleconsultation",
        "Téléconsultation régionale : consultations à distance et avis d'urgence",
        "identity contact national-number appointment clinical document",
        "Patient Appointment Encounter DocumentReference",
        "nurse physician gp secretary social",
        4,
    ),
    Service(
        "identity-server",
        "Serveur régional d'identités",
        "identity contact national-number",
        "Patient RelatedPerson",
        "secretary admissions identity manager physician gp pharmacist technician robot",
        2,
    ),
    Service(
        "placement",
        "Orientation et admissions en EHPAD et en soins de réadaptation",
        "identity contact national-number administrative clinical document",
        "Patient ServiceRequest DocumentReference",
        "social physician gp secretary manager",
        5,
        zulu=False,
    ),
    Service(
        "document-exchange", "Partage de documents", CLINICAL, "DocumentReference Binary", f"{CARERS} secretary", 3
    ),
    Service(
        "imaging-share",
        "Partage d'images médicales",
        CLINICAL,
        "DiagnosticReport DocumentReference",
        "physician gp technician",
        3,
        twice=True,
    ),
    Service(
        "lab-results",
        "Résultats de biologie",
        "identity clinical",
        "DiagnosticReport Observation",
        f"{CARERS} technician pharmacist",
        3,
        twice=True,
    ),
    Service(
        "prescription",
        "Prescription partagée",
        "identity national-number clinical",
        "MedicationRequest Patient",
        "physician gp pharmacist nurse",
        2,
    ),
    Service(
        "care-pathway",
        "Coordination des parcours complexes",
        f"{CLINICAL} contact",
        "CarePlan Patient DocumentReference",
        "nurse gp social physician",
        1,
    ),
    Service(
        "emergency-record",
        "Dossier partagé des urgences",
        f"{CLINICAL} contact",
        "Encounter Patient Observation",
        HOSPITAL,
        4,
        local_ids=True,
    ),
    Service(
        "regulation",
        "Régulation médicale",
        "identity contact clinical",
        "Encounter Patient",
        "physician secretary",
        0.7,
        zulu=False,
    ),
    Service(
        "beds",
        "Gestion territoriale des lits",
        "identity administrative",
        "Encounter",
        "nurse admissions manager secretary",
        1.5,
    ),
    Service(
        "booking",
        "Prise de rendez-vous",
        "identity contact appointment",
        "Appointment Patient",
        "secretary admissions gp physician",
        4,
        local_ids=True,
    ),
    Service("telestroke", "Télé-AVC", CLINICAL, "Observation DocumentReference", "physician", 0.5),
    Service("tele-expertise", "Télé-expertise", CLINICAL, "ServiceRequest DocumentReference", "physician gp nurse", 1),
    Service(
        "home-hospital",
        "Hospitalisation à domicile",
        f"{CLINICAL} contact",
        "CarePlan Patient Observation",
        "nurse aide physician",
        1,
    ),
    Service(
        "transmissions",
        "Transmissions soignantes",
        "identity clinical",
        "Observation Encounter CarePlan",
        "nurse aide",
        10,
    ),
    Service("vaccination", "Vaccination", "identity contact clinical", "Immunization Patient", CARERS, 0.6),
    Service(
        "screening",
        "Dépistages organisés",
        "identity contact appointment clinical",
        "Patient DiagnosticReport",
        "gp secretary technician",
        0.4,
    ),
    Service(
        "oncology-board",
        "Réunions de concertation en cancérologie",
        CLINICAL,
        "DocumentReference Condition",
        "physician secretary",
        0.7,
    ),
    Service("education", "Éducation thérapeutique", "identity clinical", "CarePlan", "nurse", 0.3, "plain"),
    Service("palliative", "Soins palliatifs", CLINICAL, "CarePlan DocumentReference", "nurse physician", 0.3),
    Service(
        "perinatal",
        "Réseau périnatal",
        f"{CLINICAL} contact",
        "Patient Observation DocumentReference",
        "nurse physician",
        0.5,
    ),
    Service("child-health", "Suivi de l'enfant", "identity contact clinical", "Patient Observation", "gp nurse", 0.3),
    Service(
        "mental-health", "Réseau de santé mentale", CLINICAL, "Encounter DocumentReference", "nurse physician", 0.5
    ),
    Service("addiction", "Réseau addictions", CLINICAL, "CarePlan", "nurse physician social", 0.2),
    Service("tele-dialysis", "Télédialyse", "identity clinical", "Observation", "nurse physician", 0.3, local_ids=True),
    Service("cardiac-monitoring", "Télésurveillance cardiaque", "identity clinical", "Observation", "physician", 0.4),
    Service("diabetes-monitoring", "Télésurveillance du diabète", "identity clinical", "Observation", "nurse gp", 0.3),
    Service("wounds", "Plaies et cicatrisation", CLINICAL, "Observation DocumentReference", "nurse", 0.5),
    Service(
        "reconciliation",
        "Conciliation médicamenteuse",
        "identity clinical",
        "MedicationStatement MedicationRequest",
        "pharmacist physician",
        2,
    ),
    Service("pharmacovigilance", "Pharmacovigilance", "clinical", "MedicationStatement", "pharmacist", 0.3, "plain"),
    Service(
        "residence-record",
        "Dossier partagé des EHPAD",
        f"{CLINICAL} contact",
        "Encounter Observation CarePlan Patient",
        "nurse aide social gp",
        2,
    ),
    Service(
        "social-support",
        "Accompagnement social",
        "identity contact national-number administrative",
        "Patient Coverage",
        "social secretary",
        1.5,
        "plain",
    ),
    Service(
        "transport",
        "Transports sanitaires",
        "identity contact administrative",
        "ServiceRequest Patient",
        "secretary nurse admissions",
        0.7,
    ),
    Service(
        "billing",
        "Passerelle de facturation",
        "identity national-number financial",
        "Claim Coverage",
        "admissions secretary robot",
        1.2,
    ),
    Service(
        "coverage",
        "Consultation des droits",
        "identity national-number administrative",
        "Coverage",
        "admissions secretary pharmacist",
        1.5,
        bare_rpps=True,
    ),
    Service("directory", "Annuaire des professionnels", "", "", "secretary gp physician", 0.3),
    Service("mail", "Messagerie sécurisée", "document", "", "physician gp secretary pharmacist", 0.6),
    Service("training", "Formation en ligne", "", "", "nurse aide physician", 0.1),
    Service(
        "dashboards",
        "Pilotage et qualité",
        "identity administrative clinical",
        "Encounter Procedure",
        "manager robot",
        4,
        twice=True,
    ),
    Service(
        "cohorts",
        "Entrepôt régional de cohortes",
        "clinical",
        "Observation Condition",
        "manager robot",
        0.5,
        local_ids=True,
    ),
    Service("watch", "Veille et alertes sanitaires", "administrative", "Encounter", "manager physician", 0.2),
    Service("consent", "Portail des consentements", "identity contact", "Patient", "secretary admissions gp", 0.4),
)

SERVICE = {service.key: rank for rank, service in enumerate(SERVICES)}
"""Key of a service -> its number in every column."""


def shows_patients(service: Service) -> bool:
    """Whether the trail of the service names patients at all."""
    return bool(service.shows)
