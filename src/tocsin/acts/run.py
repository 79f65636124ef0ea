"""Carries acts out: each step is in the journal before the next is tried, so that a stop at any moment costs nothing.

    approved --(1) what is there is noted--> begun --(2) done--> applied --(3) read back--> proven | unproven
    failed, unproven, and whatever a process that died left behind: looked at first, done again only if need be

Whoever was faster wins: every step names the states it may start from, and the store refuses the slower (`Conflict`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from contextlib import nullcontext
from typing import Any, Final

from tocsin.acts.connector import PROVEN, UNASKED, Connector, Connectors
from tocsin.acts.hold import Held, Hold
from tocsin.acts.timing import Timed
from tocsin.acts.undo import undo
from tocsin.errors import Conflict, ConnectorFailed
from tocsin.model.act import KINDS, NEVER, UNFINISHED, Act, Standing, State
from tocsin.store.interface import Cases

LONGEST_US: Final = 600_000_000
"""What is alive, cannot be asked or failed is tried again at least every ten minutes."""
TO_DO: Final[tuple[State, ...]] = ("approved", "begun", "applied", "unproven", "failed")
"""States from which an act is carried out or proven."""
WITHOUT_EFFECT: Final = ("prove-dead",)
"""Kinds that only ask."""


class Runner:
    """Plans, approves, carries out and resumes acts in the name of `who`. May be used from several threads."""

    def __init__(
        self,
        cases: Cases,
        connectors: Connectors,
        *,
        now: Callable[[], int],
        who: str,
        hold: Hold | None = None,
        retry_s: float = 5.0,
    ) -> None:
        """`now`: microseconds UTC. `hold`: without it, nobody else carries out acts of these cases."""
        self.cases = cases
        self.now = now
        self.who = who
        self._connectors = connectors
        self._hold = hold
        self._retry_us = int(retry_s * 1e6)

    def plan(self, acts: Iterable[Act], *, approve: bool = False) -> list[Standing]:
        """Write acts down, and approve those that nobody decided on; where each stands, whoever planned it first."""
        return self.cases.plan(acts, at=self.now(), who=self.who, approve=approve)

    def approve(self, act: str, *, why: str = "") -> Standing:
        """A planned act may be carried out. Raises `Conflict` if somebody decided otherwise meanwhile."""
        return self._decide(act, "approved", why)

    def refuse(self, act: str, *, why: str = "") -> Standing:
        """An act that nobody began is not to be carried out. Raises `Conflict` if somebody began it meanwhile."""
        return self._decide(act, "refused", why, of=("planned", "approved"))

    def carry_out(self, act: str) -> Standing:
        """Do an act and read it back; where it stands then, with what failed in the journal.

        A failure of the other side is a state (`failed`, `unproven`), not an exception. Raises `Conflict` if somebody
        else is at it or decided otherwise, `DiskFull` before the effect if it cannot be written down.
        """
        with self.holding(act):
            return self._carry_out(self.standing(act))

    def check(self, act: str) -> Standing:
        """Ask again whether what was proven still is so: others may have changed it. If not, it is `unproven`, due."""
        with self.holding(act):
            standing = self.standing(act)
            if standing.state != "proven":
                return standing
            return self._prove(self.connector(standing.act), standing, standing)

    def undo(self, act: str, *, why: str = "") -> Standing:
        """Take one act back: see `acts.undo`."""
        return undo(self, act, why=why)

    def resume(self) -> list[Standing]:
        """Carry on with everything that is unfinished and due, in the order in which it was planned.

        What somebody else takes up meanwhile is theirs and left out. Raises `Held` if another process is at it.
        """
        return [standing for standing in map(self.carry_on, self.due()) if standing is not None]

    def due(self) -> list[Standing]:
        """What `resume` would take up now."""
        now = self.now()
        return [standing for standing in self.cases.acts(states=UNFINISHED) if standing.next_at <= now]

    def carry_on(self, standing: Standing) -> Standing | None:
        """Carry on with one act, forwards or (`undoing`) backwards; None if somebody else is at it."""
        try:
            if standing.state == "undoing":
                return undo(self, standing.act.id)
            return self.carry_out(standing.act.id)
        except Held:
            raise
        except Conflict:
            return None

    def standing(self, act: str) -> Standing:
        """Where an act stands. Raises `Conflict` if there is none of this name."""
        found = self.cases.act(act)
        if found is None:
            raise Conflict(f"there is no act {act}", advice="`tocsin contain INCIDENT --dry-run` shows what would be.")
        return found

    def connector(self, act: Act) -> Connector:
        """What carries this act out. Raises `ConnectorFailed` if the settings have it no more."""
        found = self._connectors.get((act.kind, act.by))
        if found is None:
            raise ConnectorFailed(
                f"nothing named '{act.by}' does {act.kind}",
                advice="Settings changed since: put [connectors] and [probes] right, then `tocsin resume`.",
            )
        return found

    def holding(self, act: str) -> Any:
        """A context in which nobody else carries out acts."""
        return self._hold.of(act) if self._hold else nullcontext()

    def later(self, standing: Standing, *, retry_s: float = 0) -> int:
        """When to try again: twice as long as it waited last, ten minutes at most; longer if the other side says so."""
        waited = standing.next_at - standing.since if standing.state in ("failed", "unproven", "undoing") else 0
        wait = min(max(2 * waited, self._retry_us), LONGEST_US)
        return self.now() + max(wait, int(retry_s * 1e6))

    # -- the steps -----------------------------------------------------------------------------------------------------

    def _decide(self, act: str, state: State, why: str, of: Iterable[State] = ("planned",)) -> Standing:
        detail = {"why": why} if why else {}
        return self.cases.move(act, state, of=of, at=self.now(), who=self.who, detail=detail)

    def _carry_out(self, standing: Standing) -> Standing:
        if standing.state not in TO_DO:
            raise Conflict(f"{standing.act.id} stands at '{standing.state}'", done="Nothing was done.")
        at_first = standing
        try:
            connector = self.connector(standing.act)
            if standing.state != "applied":
                standing = self._apply(connector, standing)
            return self._prove(connector, standing, at_first)
        except ConnectorFailed as problem:
            return self._failed(at_first, problem)

    def _apply(self, connector: Connector, standing: Standing) -> Standing:
        """From any state into `applied`; on ways other than the first, only what is not so yet is done."""
        act = standing.act
        timed = Timed(self.now)
        before = self._before(connector, standing, timed)
        begun = self.cases.move(
            act.id, "begun", of=TO_DO, at=self.now(), who=self.who, before=before, detail=timed.told()
        )  # (1) on the disk before the effect
        if act.kind in WITHOUT_EFFECT:
            return begun
        timed = Timed(self.now)
        if standing.state == "approved" or self._is_needed(connector, standing, timed):
            timed("apply_ms", lambda: connector.apply(act))  # (2) the effect
        return self.cases.move(act.id, "applied", of=("begun",), at=self.now(), who=self.who, detail=timed.told())

    def _is_needed(self, connector: Connector, standing: Standing, timed: Timed) -> bool:
        """Whether to do it again, by what is there: what is so already is not done twice.

        Where nobody can tell, it is done again unless the other side said yes before (`unproven`).
        """
        try:
            found = timed("look_ms", lambda: connector.verify(standing.act))["state"]
        except ConnectorFailed:
            found = "unknown"
        return found == "alive" or (found not in PROVEN and standing.state != "unproven")

    def _before(self, connector: Connector, standing: Standing, timed: Timed) -> Mapping[str, Any] | None:
        """The snapshot, unless there is one: what was there before the first attempt is what an undo restores."""
        if standing.before or not KINDS.get(standing.act.kind, False):
            return None
        at = self.now()
        return {**timed("before_ms", lambda: connector.before(standing.act)), "at": at}

    def _prove(self, connector: Connector, standing: Standing, at_first: Standing) -> Standing:
        """(3) Read back, in the words of the connector."""
        timed = Timed(self.now)
        try:
            proof = timed("verify_ms", lambda: connector.verify(standing.act))
        except ConnectorFailed as problem:
            proof = {"state": "unknown", "how": str(problem)}
            return self._told(standing, "unproven", proof, timed, next_at=self.later(at_first, retry_s=problem.retry_s))
        if proof["state"] in PROVEN:
            return self._told(standing, "proven", proof, timed)
        if proof["state"] == UNASKED:
            return self._told(standing, "applied", proof, timed, next_at=NEVER)
        return self._told(standing, "unproven", proof, timed, next_at=self.later(at_first))

    def _told(
        self, standing: Standing, state: State, proof: Mapping[str, Any], timed: Timed, *, next_at: int = 0
    ) -> Standing:
        at = self.now()
        return self.cases.move(
            standing.act.id,
            state,
            of=("begun", "applied", "proven"),
            at=at,
            who=self.who,
            proof={**proof, "at": at},
            detail={**timed.told(), "proof": dict(proof)},
            next_at=next_at,
        )

    def _failed(self, at_first: Standing, problem: ConnectorFailed) -> Standing:
        return self.cases.move(
            at_first.act.id,
            "failed",
            of=TO_DO,
            at=self.now(),
            who=self.who,
            proof={"state": "unknown", "how": str(problem), "at": self.now()},
            detail={"failed": str(problem)},
            next_at=self.later(at_first, retry_s=problem.retry_s),
        )
