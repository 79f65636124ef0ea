"""A provider in memory, and a way to die between any two steps."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tocsin.acts.run import Runner
from tocsin.errors import ConnectorFailed
from tocsin.model.act import Act, act_id
from tocsin.store.cases import SqlCases

IN_MEMORY = "/dev/shm" if Path("/dev/shm").is_dir() else None
"""Where what is committed waits for no disk: these tests commit thousands of times."""
INCIDENT = "INC-0123456789"
ACCOUNT = "https://idp.test|dupont"


class Killed(BaseException):
    """kill -9, as far as one process can play it: nothing catches it."""


def act(kind: str = "suspend-account", target: str = ACCOUNT, by: str = "idp", incident: str = INCIDENT) -> Act:
    """An act to carry out."""
    name = act_id(incident, kind, by, target)
    return Act(id=name, incident=incident, kind=kind, by=by, target=target, asked_by="A. Garde", why="suspend")


@dataclass
class World:
    """Accounts at a provider that does what it is told, unless it is scripted otherwise."""

    active: dict[str, bool] = field(default_factory=lambda: {ACCOUNT: True})
    patches: list[tuple[str, bool]] = field(default_factory=list)
    """Every change that was made, in order."""
    deleted: int = 0
    down: bool = False
    lies: bool = False
    """Says yes and does nothing."""
    blind: bool = False
    """Cannot be read back."""
    steps: int = 0
    die_at: int = -1
    retry_s: float = 0

    def step(self) -> None:
        """One step of the way; dies if it is its time."""
        self.steps += 1
        if self.steps == self.die_at:
            raise Killed

    def set(self, account: str, active: bool) -> None:
        """What a PATCH does."""
        if self.down:
            raise ConnectorFailed("the provider does not answer", retry_s=self.retry_s)
        if not self.lies and self.active[account] != active:
            self.active[account] = active
            self.patches.append((account, active))


class Scripted:
    """A connector at such a world."""

    def __init__(self, world: World, kind: str = "suspend-account") -> None:
        self.world = world
        self.kind = kind

    def before(self, act: Act) -> dict[str, Any]:
        self.world.step()
        if self.world.down:
            raise ConnectorFailed("the provider does not answer", retry_s=self.world.retry_s)
        return {"active": self.world.active[act.target]}

    def apply(self, act: Act) -> None:
        self.world.step()
        if self.kind == "delete-tokens":
            self.world.deleted += 1
        else:
            self.world.set(act.target, False)
        self.world.step()

    def verify(self, act: Act) -> dict[str, Any]:
        self.world.step()
        if self.kind == "delete-tokens":
            return {"state": "unasked", "how": "nothing to read"}
        if self.world.blind:
            return {"state": "unknown", "how": "no answer"}
        return {"state": "alive" if self.world.active[act.target] else "dead", "how": "read"}

    def revert(self, act: Act, before: Mapping[str, Any]) -> None:
        self.world.step()
        self.world.set(act.target, before["active"])
        self.world.step()

    def cannot_revert(self) -> str:
        """It can."""
        return ""

    def verify_reverted(self, act: Act, before: Mapping[str, Any]) -> bool:
        self.world.step()
        return self.world.active[act.target] == before["active"]


class MortalCases:
    """Cases that may die before or after each line is written."""

    def __init__(self, cases: SqlCases, world: World) -> None:
        self._cases = cases
        self._world = world

    def __getattr__(self, name: str) -> Any:
        return getattr(self._cases, name)

    def move(self, *args: Any, **keys: Any) -> Any:
        self._world.step()
        moved = self._cases.move(*args, **keys)
        self._world.step()
        return moved


class Clock:
    """Microseconds that pass by one at each look, and more when told."""

    def __init__(self) -> None:
        self.at = 1_000_000
        self._ticks = itertools.count()

    def __call__(self) -> int:
        return self.at + next(self._ticks)

    def pass_s(self, seconds: float) -> None:
        self.at += int(seconds * 1e6)


def runner(
    folder: Path, world: World, clock: Callable[[], int], *, who: str = "A. Garde", mortal: bool = False, **keys: Any
) -> Runner:
    """A runner of a fresh process on the cases in a folder."""
    cases: Any = SqlCases.open(folder / "cases.db")
    connectors = {
        ("suspend-account", "idp"): Scripted(world),
        ("delete-tokens", "idp"): Scripted(world, "delete-tokens"),
        ("prove-dead", "idp"): Scripted(world),
    }
    return Runner(MortalCases(cases, world) if mortal else cases, connectors, now=clock, who=who, retry_s=5, **keys)
