"""The kit of containment: cases, connectors and a runner, for a person's command and for the actor alike."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any, Final

from tocsin import wiring
from tocsin.acts.hold import Held, Hold
from tocsin.acts.run import TO_DO, Runner
from tocsin.config import Settings
from tocsin.contain.plan import Means, Plan, plan
from tocsin.errors import Conflict
from tocsin.main.person import Person, person_of
from tocsin.main.tables import instant
from tocsin.model.act import NEVER, UNFINISHED, Standing, act_id

LOCK: Final = "acts.lock"
"""File in the state folder: who carries out acts at this moment."""
PASSING: Final = ("delete-tokens", "prove-dead")
"""Kinds that do not last: a person may want them done again."""


class Cutter:
    """Plans and carries out acts on accounts in the name of `who`."""

    def __init__(self, settings: Settings, *, now: Callable[[], int], who: str, cases: Any = None) -> None:
        """`now`: microseconds UTC. Raises `Usage` for settings that make no sense."""
        self.settings = settings
        self.cases = cases if cases is not None else wiring.cases(settings)
        self._asks: Any = None
        self.connectors = wiring.connectors(settings, now=now)
        self.runner = Runner(
            self.cases,
            self.connectors,
            now=now,
            who=who,
            hold=Hold(settings.state / LOCK, who),
            retry_s=settings.contain.retry_s,
        )

    def means(self) -> list[Means]:
        """What the settings have to cut with and to ask."""
        cuts = [
            Means(name=name, does=said.does, systems=said.accounts) for name, said in self.settings.connectors.items()
        ]
        asks = [
            Means(
                name=name,
                does=("prove-dead",),
                systems=said.accounts,
                rungs=("suspend",) if said.asks == "account" else (),
            )
            for name, said in self.settings.probes.items()
        ]
        return cuts + asks

    def person_of(self, account: str) -> Person:
        """Every account of the person: see `main.person`."""
        directories = [one for (kind, _), one in self.connectors.items() if kind == "suspend-account"]
        return person_of(account, questions=self._questions(), directories=[d for d in directories if _knows(d)])

    def planned(
        self, incident: str, rung: str, accounts: Sequence[str], *, asked_by: str, why: str, again: bool
    ) -> Plan:
        """What a rung comes to. `again`: a person asks, so what was taken back or has passed is another act."""
        keys = {"round_of": _Rounds(self.cases.acts(incident=incident), incident, rung)} if again else {}
        return plan(
            incident=incident,
            rung=rung,
            accounts=accounts,
            means=self.means(),
            asked_by=asked_by,
            why=why,
            **keys,
        )

    def carry_out(self, standings: Iterable[Standing]) -> list[Standing]:
        """Carry out what is to be done, in this order; where somebody else was faster, what it came to."""
        return [self._one(standing) for standing in standings]

    def _one(self, standing: Standing) -> Standing:
        act = standing.act.id
        try:
            if standing.state == "proven" and standing.act.kind not in PASSING:
                standing = self.runner.check(act)
            if standing.state in TO_DO and standing.next_at < NEVER:
                return self.runner.carry_out(act)
            return standing
        except Held:
            raise
        except Conflict:
            return self.runner.standing(act)

    def _questions(self) -> Any | None:
        """Of the trail, as it is at this moment; None while there is none."""
        derived = self.settings.state / "derived"
        if self._asks is None and derived.exists():
            self._asks = wiring.questions(self.settings, wiring.parts(derived))
        return self._asks


class _Rounds:
    """How often the same was asked for before and is over."""

    def __init__(self, standings: Iterable[Standing], incident: str, rung: str) -> None:
        self._known = {standing.act.id: standing for standing in standings}
        self._incident = incident
        self._rung = rung

    def __call__(self, kind: str, by: str, account: str) -> int:
        number = 0
        while True:
            standing = self._known.get(act_id(self._incident, kind, by, account, rung=self._rung, round=number))
            if standing is None or not _is_over(standing):
                return number
            number += 1


def _is_over(standing: Standing) -> bool:
    passed = standing.state == "proven" or standing.next_at == NEVER
    return standing.state in ("undone", "refused") or (standing.act.kind in PASSING and passed)


def _knows(connector: Any) -> bool:
    return hasattr(connector, "accounts_of")


def act_data(standing: Standing) -> dict[str, Any]:
    """An act and where it stands, as `--json` writes it."""
    act = standing.act
    is_due = standing.state in UNFINISHED and standing.next_at < NEVER
    return {
        "act": act.id,
        "incident": act.incident,
        "kind": act.kind,
        "by": act.by,
        "account": act.target,
        "rung": act.arguments.get("rung", ""),
        "state": standing.state,
        "attempts": standing.attempts,
        "since": instant(standing.since),
        "next_at": instant(standing.next_at) if is_due and standing.next_at else None,
        "proof": {name: value for name, value in standing.proof.items() if name != "at"},
        "asked_by": act.asked_by,
        "why": act.why,
    }
