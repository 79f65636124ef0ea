"""Who works in a region: roles, their share of the accounts, and how many patients a day each one meets.

Shares and daily volumes are assumptions of the order of magnitude heard from the field; the text of each row says
what it stands for. From: atlas of health demography of Normandie (physicians), Haute-Normandie 2011 (nurses).
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Role:
    """One kind of professional."""

    key: str
    title: str
    share: float
    """Part of the human accounts of the region."""
    patients_a_day: float
    """Median of distinct patients opened on a working day through the shared services."""
    shifts: tuple[float, float, float]
    """Chances of office hours, of rotating days, of nights."""
    sources: tuple[tuple[str, float], ...]
    """Where the patients of a day come from: pool name (see `pools`), weight."""
    writes: float
    """Chance that a patient opened is also written to."""
    searches: float
    """Chance that a patient is found by an identity search before being opened."""
    national: float
    """Chance of signing in through the national provider; the rest is hospital or service-local accounts."""
    specialty: str = ""

    @property
    def whole_house(self) -> bool:
        """Works for the whole establishment: the directory says so."""
        return any(name in ("arrivals", "house") for name, _ in self.sources)


ROLES: tuple[Role, ...] = (
    Role("nurse", "Infirmier", 0.38, 9, (0.1, 0.7, 0.2), (("present", 0.96), ("recent", 0.04)), 0.35, 0.1, 0.12),
    Role("aide", "Aide-soignant", 0.22, 7, (0.1, 0.7, 0.2), (("present", 0.98), ("recent", 0.02)), 0.25, 0.1, 0.0),
    Role(
        "physician",
        "Médecin hospitalier",
        0.145,
        15,
        (0.75, 0.2, 0.05),
        (("present", 0.68), ("own-appointments", 0.22), ("recent", 0.1)),
        0.3,
        0.25,
        0.6,
        "médecine",
    ),
    Role(
        "gp",
        "Médecin généraliste",
        0.055,
        18,
        (1.0, 0.0, 0.0),
        (("own-appointments", 0.85), ("panel", 0.15)),
        0.35,
        0.3,
        0.95,
        "médecine générale",
    ),
    Role(
        "secretary",
        "Secrétaire médical",
        0.07,
        42,
        (1.0, 0.0, 0.0),
        (("unit-appointments", 0.5), ("present", 0.4), ("recent", 0.1)),
        0.25,
        0.45,
        0.0,
    ),
    Role(
        "admissions",
        "Agent des admissions",
        0.035,
        90,
        (0.6, 0.35, 0.05),
        (("arrivals", 0.9), ("house", 0.1)),
        0.3,
        0.5,
        0.0,
    ),
    Role(
        "identity",
        "Gestionnaire d'identitovigilance",
        0.005,
        60,
        (1.0, 0.0, 0.0),
        (("arrivals", 0.7), ("house", 0.3)),
        0.4,
        0.7,
        0.0,
    ),
    Role("manager", "Cadre de santé", 0.01, 20, (1.0, 0.0, 0.0), (("house", 0.5), ("present", 0.5)), 0.05, 0.2, 0.1),
    Role(
        "pharmacist",
        "Pharmacien",
        0.025,
        60,
        (0.9, 0.1, 0.0),
        (("house", 0.7), ("requests", 0.3)),
        0.3,
        0.15,
        0.7,
        "pharmacie",
    ),
    Role(
        "technician",
        "Manipulateur ou technicien",
        0.025,
        25,
        (0.6, 0.3, 0.1),
        (("requests", 0.95), ("present", 0.05)),
        0.5,
        0.2,
        0.1,
    ),
    Role(
        "social",
        "Coordonnateur social ou d'EHPAD",
        0.03,
        12,
        (1.0, 0.0, 0.0),
        (("requests", 0.5), ("present", 0.5)),
        0.2,
        0.2,
        0.2,
    ),
    Role("robot", "Compte de service", 0.0, 120, (0.0, 0.0, 1.0), (("house", 1.0),), 0.5, 0.0, 0.0),
)
"""Robots come on top of the shares: about one for a hundred accounts, at night, on schedule."""

ROLE = {role.key: rank for rank, role in enumerate(ROLES)}
"""Key of a role -> its number in every column."""
