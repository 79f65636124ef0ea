"""A region on paper: towns, establishments with FINESS, units with beds."""

from dataclasses import dataclass

import numpy as np

from tocsin_range.arrays import Floats, Ints
from tocsin_range.identifiers import finess
from tocsin_range.names import TOWNS
from tocsin_range.recipe import Recipe
from tocsin_range.streams import stream


@dataclass(frozen=True, slots=True)
class UnitKind:
    """One kind of unit; `stay_days` is the median stay, 0 where nobody is admitted."""

    key: str
    title: str
    beds: int
    stay_days: float


UNIT_KINDS: tuple[UnitKind, ...] = (
    UnitKind("emergency", "Urgences", 14, 0.25),
    UnitKind("medicine", "Médecine polyvalente", 26, 4.0),
    UnitKind("surgery", "Chirurgie", 24, 2.5),
    UnitKind("geriatrics", "Gériatrie", 24, 8.0),
    UnitKind("cardiology", "Cardiologie", 22, 3.0),
    UnitKind("maternity", "Maternité", 18, 3.0),
    UnitKind("paediatrics", "Pédiatrie", 16, 2.0),
    UnitKind("intensive", "Réanimation", 12, 4.0),
    UnitKind("oncology", "Oncologie", 20, 4.0),
    UnitKind("neurology", "Neurologie", 20, 5.0),
    UnitKind("pneumology", "Pneumologie", 20, 4.5),
    UnitKind("psychiatry", "Psychiatrie", 24, 14.0),
    UnitKind("rehabilitation", "Soins de réadaptation", 28, 18.0),
    UnitKind("admissions", "Admissions et identités", 0, 0),
    UnitKind("pharmacy", "Pharmacie", 0, 0),
    UnitKind("laboratory", "Laboratoire", 0, 0),
    UnitKind("imaging", "Imagerie", 0, 0),
    UnitKind("quality", "Information médicale et qualité", 0, 0),
    UnitKind("residence", "Hébergement", 60, 0),
    UnitKind("practice", "Cabinet", 0, 0),
    UnitKind("platform", "Plateforme régionale", 0, 0),
)
KIND = {kind.key: rank for rank, kind in enumerate(UNIT_KINDS)}
WARDS = tuple(range(KIND["emergency"], KIND["rehabilitation"] + 1))
"""Kinds of unit where patients are admitted for some days."""
TECHNICAL = tuple(KIND[key] for key in ("admissions", "pharmacy", "laboratory", "imaging", "quality"))


@dataclass(frozen=True, slots=True)
class Region:
    """Establishments and units as columns."""

    towns: tuple[str, ...]
    house_name: list[str]
    house_kind: list[str]
    house_finess: list[str]
    house_town: Ints
    unit_house: Ints
    unit_kind: Ints
    unit_beds: Ints
    hospital_share: Floats
    """For each establishment, its part of the hospital admissions; 0 outside hospitals."""

    @property
    def houses(self) -> int:
        return len(self.house_name)

    @property
    def units(self) -> int:
        return len(self.unit_house)

    def units_of_kind(self, *kinds: str) -> Ints:
        """Units of the given kinds, in order."""
        return np.flatnonzero(np.isin(self.unit_kind, [KIND[kind] for kind in kinds]))

    def unit_title(self, unit: int) -> str:
        """The name of a unit, with its establishment."""
        house = int(self.unit_house[unit])
        return f"{UNIT_KINDS[int(self.unit_kind[unit])].title}, {self.house_name[house]}"


def region_of(recipe: Recipe) -> Region:
    """Draw the establishments that `recipe.accounts` professionals need."""
    rng = stream(recipe.seed, recipe.region, "region")
    towns = tuple(str(town) for town in rng.permutation(np.array(TOWNS))[: min(len(TOWNS), 12 + recipe.accounts // 60)])
    draft = _Draft(towns=towns)
    _add_hospitals(draft, recipe.accounts, rng)
    for kind, title, one_for, unit in (
        ("ehpad", "EHPAD", 120, "residence"),
        ("practice", "Maison de santé", 45, "practice"),
        ("pharmacy", "Pharmacie", 300, "pharmacy"),
        ("laboratory", "Laboratoire", 700, "laboratory"),
        ("imaging", "Centre d'imagerie", 900, "imaging"),
    ):
        for _ in range(max(2, recipe.accounts // one_for)):
            draft.house(kind, title, int(rng.integers(len(towns))), [KIND[unit]], rng)
    draft.house("platform", f"Groupement régional {recipe.region.title()} e-santé", 0, [KIND["platform"]], rng)
    return draft.done()


class _Draft:
    """A region while it is being drawn."""

    def __init__(self, towns: tuple[str, ...]) -> None:
        self.towns = towns
        self.names: list[str] = []
        self.kinds: list[str] = []
        self.where: list[int] = []
        self.shares: list[float] = []
        self.units: list[tuple[int, int, int]] = []

    def house(
        self, kind: str, title: str, town: int, units: list[int], rng: np.random.Generator, share: float = 0.0
    ) -> None:
        house = len(self.names)
        of_same = sum(name.startswith(f"{title} de {self.towns[town]}") for name in self.names)
        self.names.append(
            title if kind == "platform" else f"{title} de {self.towns[town]}" + f" {of_same + 1}" * (of_same > 0)
        )
        self.kinds.append(kind)
        self.where.append(town)
        self.shares.append(share)
        for unit in units:
            beds = UNIT_KINDS[unit].beds
            self.units.append((house, unit, round(beds * rng.uniform(0.7, 1.3))))

    def done(self) -> Region:
        columns = np.array(self.units, dtype=np.int64)
        return Region(
            towns=self.towns,
            house_name=self.names,
            house_kind=self.kinds,
            house_finess=[finess(1_000 + rank) for rank in range(len(self.names))],
            house_town=np.array(self.where, dtype=np.int64),
            unit_house=columns[:, 0],
            unit_kind=columns[:, 1],
            unit_beds=columns[:, 2],
            hospital_share=np.array(self.shares),
        )


def _add_hospitals(draft: _Draft, accounts: int, rng: np.random.Generator) -> None:
    """Hospitals of very unequal size, the first one the university's; small ones share a few units."""
    count = max(2, accounts // 260)
    shares = 1.0 / np.arange(1, count + 1) ** 0.8
    shares /= shares.sum()
    wards_in_all = max(4 * count, accounts // 18)
    for rank, share in enumerate(shares):
        wards = int(np.clip(round(wards_in_all * share), 3, 48))
        kinds = [WARDS[0]] + [WARDS[1 + place % (len(WARDS) - 1)] for place in range(wards - 1)]
        title = "CHU" if rank < max(1, count // 30) else "Centre hospitalier" if rank % 4 else "Clinique"
        draft.house("hospital", title, rank % len(draft.towns), kinds + list(TECHNICAL), rng, float(share))
