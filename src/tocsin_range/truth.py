"""The truth, written beside the trail: every theft with its harvest, every look-alike with its accounts.

`truth.json` has the keys `region`, `seed`, `accounts`, `days`, `start`, `end`, `lines`, `thefts` and `lookalikes`.
A theft has `attack`, `title`, `account` and `accounts` (`system|value`, as the trail names them), `tried` (accounts
attacked in vain), `start`, `end`, `opened`, `listed`, `exported` (each a list of `{"patient": id, "at": time}`, first
time only, oldest first), `unrecorded` (opened, but the trail holds no line of it), `honey` (marks among them) and
`events` (AuditEvent ids). A look-alike has `name`, `title`, `accounts`, `start` and `end`.
"""

import json
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from tocsin_range import acts
from tocsin_range.arrays import Records
from tocsin_range.facts_out import instant
from tocsin_range.lookalikes.part import Part
from tocsin_range.patients import patient_id
from tocsin_range.services import SERVICE
from tocsin_range.thieves.heist import Heist
from tocsin_range.world import World

_OPENED = (acts.READ, acts.QUERY, acts.CREATE, acts.UPDATE)


@dataclass(slots=True)
class Harvest:
    """What the lines of one theft say, gathered day after day."""

    names: dict[str, None] = field(default_factory=dict)
    tried: dict[str, None] = field(default_factory=dict)
    events: list[str] = field(default_factory=list)
    times: list[int] = field(default_factory=list)
    opened: dict[int, int] = field(default_factory=dict)
    listed: dict[int, int] = field(default_factory=dict)
    exported: dict[int, int] = field(default_factory=dict)

    def add(self, world: World, accounts: list[int], row: Any, ident: str) -> None:
        """Take in one line of the thief."""
        name = world.staff.name_in_trail(int(row["account"]), int(row["service"]))
        (self.names if int(row["account"]) in accounts else self.tried).setdefault(name)
        self.events.append(ident)
        at, patient, kind = int(row["at"]), int(row["patient"]), int(row["kind"])
        self.times.append(at)
        if patient < 0 or int(row["outcome"]) != 0:
            return
        into = self.listed if kind == acts.SEARCH else self.exported if kind == acts.EXPORT else self.opened
        into[patient] = min(at, into.get(patient, at))


class Truth:
    """Gathers the truth while the days are written."""

    def __init__(self, world: World, heists: list[Heist], parts: list[Part]) -> None:
        self.world = world
        self.heists = heists
        self.parts = parts
        self.harvests = {heist.number: Harvest() for heist in heists}
        self.lines = 0

    def see(self, rows: Records, owners: np.ndarray, idents: list[str]) -> None:
        """Look through a day's acts and the ids of their lines."""
        self.lines += len(idents)
        theft = rows["theft"][owners]
        for place in np.flatnonzero(theft >= 0).tolist():
            row = rows[owners[place]]
            number = int(row["theft"])
            self.harvests[number].add(self.world, self.heists[number].accounts, row, idents[place])

    def as_json(self) -> str:
        """The whole truth, stable byte for byte."""
        recipe = self.world.recipe
        return json.dumps(
            {
                "region": recipe.region,
                "seed": recipe.seed,
                "accounts": len(self.world.staff),
                "days": recipe.days,
                "start": instant(recipe.day_ms(0)),
                "end": instant(recipe.day_ms(recipe.days)),
                "lines": self.lines,
                "thefts": [self._theft(heist) for heist in self.heists],
                "lookalikes": [self._lookalike(part) for part in self.parts],
            },
            ensure_ascii=False,
            indent=1,
        )

    def _theft(self, heist: Heist) -> dict[str, object]:
        harvest = self.harvests[heist.number]
        names = list(harvest.names) or [self.world.staff.name_in_trail(account, 0) for account in heist.accounts]
        touched = {**harvest.listed, **harvest.opened, **harvest.exported}
        honey = sorted(patient for patient in touched if self.world.patients.honey[patient])
        return {
            "attack": heist.attack.name,
            "title": heist.attack.title,
            "account": names[0],
            "accounts": names,
            "tried": list(harvest.tried),
            "start": instant(min(harvest.times)) if harvest.times else None,
            "end": instant(max(harvest.times)) if harvest.times else None,
            "opened": _dated(harvest.opened),
            "listed": _dated(harvest.listed),
            "exported": _dated(harvest.exported),
            "unrecorded": _dated(dict(heist.unrecorded)),
            "honey": [patient_id(patient) for patient in honey],
            "events": sorted(harvest.events),
        }

    def _names(self, accounts: list[int]) -> list[str]:
        """Every name that the trail may use for some accounts."""
        name = self.world.staff.name_in_trail
        return list(dict.fromkeys(name(account, rank) for account in accounts for rank in (0, SERVICE["coverage"])))

    def _lookalike(self, part: Part) -> dict[str, object]:
        recipe = self.world.recipe
        return {
            "name": part.lookalike.name,
            "title": part.lookalike.title,
            "accounts": self._names(part.accounts),
            "start": instant(recipe.day_ms(part.first_day)),
            "end": instant(recipe.day_ms(part.last_day + 1)),
        }


def _dated(patients: dict[int, int]) -> list[dict[str, str]]:
    order = sorted(patients.items(), key=lambda item: (item[1], item[0]))
    return [{"patient": patient_id(patient), "at": instant(at)} for patient, at in order]
