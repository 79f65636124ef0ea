"""What is asked: regions, thefts, bars."""

from __future__ import annotations

import argparse
from dataclasses import dataclass

from tocsin.model.alert import RUNGS
from tocsin_range.lookalikes import LOOKALIKES
from tocsin_range.recipe import Recipe
from tocsin_range.thieves import ATTACKS

BEHAVIOURS = tuple(attack.name for attack in ATTACKS)
TITLES = {attack.name: attack.title for attack in ATTACKS}
ALIKE = tuple(lookalike.name for lookalike in LOOKALIKES)
LISTS = ("paging", "lists-only")
"""Behaviours that only list patients."""
INSIDE = ("own-units", "colleague")
"""Behaviours inside the owner's own units: caught by sign-in, honey or challenge."""
CREWS = ("shared", "rotation", "scattered")
PRINTED = ("export", "kiosk", "rotation", "suppression", "scattered")
"""Printed, not judged: one act that takes all, a thief who is the owner for all that a trail shows, two that are
judged with what sees across regions and what watches silence, and a crew that came after the bars."""
LATER = ("scattered",)
"""Thefts that were added to the exam: laid after all others, whose numbers and dice stay what they were."""
CONTENT = tuple(name for name in BEHAVIOURS if name not in (*LISTS, *INSIDE, *CREWS, *PRINTED))
"""Behaviours that leave a trace in what is opened."""

SEED, SHORT_SEED = 5_000, 4_900
REGION = "austrasie"
SILENT_SETS = 1
"""Sets with a silenced trail: it is silent for everybody, in every set."""

BARS = {
    "opened": (10, 30),  # content: median, p90 before `ask`
    "listed": (45, 90),  # lists: likewise
    "inside": 0.8,  # share caught
    "shared": 30,  # ten accounts, in all
    "held": 0.95,  # content-visible thieves at own-patients-only or higher within HELD_WITHIN
    "ask": 0.001,  # of each look-alike, per account-week
    "suspend": 0,  # likewise, in all
}
"""From: the issue of the judge, "Bars"."""
HELD_WITHIN = 60
HELD_AT = RUNGS.index("own-patients-only")


@dataclass(frozen=True, slots=True)
class Plan:
    """One region of the exam."""

    number: int
    accounts: int = 2_000
    weeks: int = 6
    past: int = 3
    """Weeks that teach; the others are judged."""
    sets: int = 10
    """Thefts of each kind, one to a set."""
    alike: int = 5
    """Parts of each look-alike."""
    short: bool = False

    @property
    def seed(self) -> int:
        """Seed of the region."""
        return (SHORT_SEED if self.short else SEED) + self.number

    @property
    def first_day(self) -> int:
        """First judged day, from 0."""
        return 7 * self.past

    def attacks(self) -> list[tuple[int, str]]:
        """(set, behaviour) of each theft, in the order of the truth."""
        first = [
            (number, name)
            for number in range(self.sets)
            for name in BEHAVIOURS
            if name not in LATER and (name != "suppression" or number < SILENT_SETS)
        ]
        return first + [(number, name) for name in LATER for number in range(self.sets)]

    def recipe(self) -> Recipe:
        """As the range makes it. Nobody is robbed on the first judged day: local midnight lies before UTC's."""
        return Recipe(
            region=REGION,
            seed=self.seed,
            accounts=self.accounts,
            days=7 * self.weeks,
            attacks=tuple((name, None) for _, name in self.attacks()),
            attack_from=self.first_day + 2,
            lookalikes=tuple(name for name in ALIKE for _ in range(1 if name in ONCE else self.alike)),
        )


ONCE = ("surge", "migration")
"""A region has one catastrophe and few robots."""


def plans(arguments: list[str] | None = None) -> tuple[list[Plan], argparse.Namespace]:
    """The regions that the command line asks for."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.detection.exam", description=__doc__)
    parser.add_argument("--region", type=int, action="append", help="number of a region (repeatable; default 1 to 20)")
    parser.add_argument("--short", action="store_true", help="small regions, to see in minutes what a change does")
    parser.add_argument("--accounts", type=int)
    parser.add_argument("--weeks", type=int)
    parser.add_argument("--past", type=int, help="weeks that teach")
    parser.add_argument("--sets", type=int, help="thefts of each kind in a region")
    parser.add_argument("--again", action="store_true", help="also regions whose result is there already")
    parser.add_argument("--page", action="store_true", help="only write the page from what is there")
    told = parser.parse_args(arguments)
    size = {"accounts": 300, "weeks": 4, "past": 2, "sets": 2, "alike": 1, "short": True} if told.short else {}
    size |= {key: getattr(told, key) for key in ("accounts", "weeks", "past", "sets") if getattr(told, key)}
    numbers = told.region or range(1, 4 if told.short else 21)
    return [Plan(number, **size) for number in numbers], told
