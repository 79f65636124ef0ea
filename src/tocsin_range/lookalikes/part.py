"""What a look-alike is: it changes the world before the days are drawn, then plays on each of its days."""

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

from tocsin_range.arrays import Ints, Records
from tocsin_range.days import Day
from tocsin_range.scene import part_rng
from tocsin_range.world import World


@dataclass(frozen=True, slots=True)
class Lookalike:
    """One kind of honest work that a careless judge would stop."""

    name: str
    title: str
    prepare: Callable[["Part"], None]
    """Chooses accounts, declares what real life would declare."""
    act: Callable[["Part", Day], list[Records]] | None = None
    """What it adds to each of its days; None if the changed habits are enough."""


@dataclass(slots=True)
class Part:
    """A look-alike in a world."""

    lookalike: Lookalike
    world: World
    rng: np.random.Generator
    accounts: list[int] = field(default_factory=list)
    replaced: int = -1
    """The account that a locum stands in for."""
    first_day: int = 0
    last_day: int = 0
    patients: Ints = field(default_factory=lambda: np.zeros(0, dtype=np.int64))


def part_of(lookalike: Lookalike, world: World) -> Part:
    """Prepare a look-alike."""
    part = Part(lookalike, world, part_rng(world, lookalike.name), last_day=world.recipe.days - 1)
    lookalike.prepare(part)
    return part


def place_in_trail(part: Part, days: int) -> None:
    """Lay a part on weekdays after the first quarter of the trail, so that there is a past to compare with."""
    recipe = part.world.recipe
    latest = max(0, recipe.days - days)
    choices = [
        day
        for day in range(min(recipe.days // 4, latest), latest + 1)
        if (recipe.start.weekday() + day) % 7 + days <= 5 or days > 5
    ]
    part.first_day = int(part.rng.choice(choices)) if choices else latest
    part.last_day = min(part.first_day + days, recipe.days) - 1
