"""The actor: what the ladder asks for is done at once where it was approved beforehand, and proven behind.

The cut comes first: of the account on which the alert is, then of the person's other accounts. Tokens and proofs follow
in a thread of their own, so that a service that is slow to answer keeps no other account from being cut.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextlib import suppress
from typing import Any, Final

from tocsin.acts.hold import Held
from tocsin.config import Settings
from tocsin.errors import TocsinError
from tocsin.main.cutter import Cutter, act_data
from tocsin.model.act import NEVER, UNFINISHED, Standing
from tocsin.model.incident import incident_id

CUTS: Final = "suspend-account"
_ORDER: Final = {CUTS: 0, "delete-tokens": 1, "prove-dead": 2}


class Actor:
    """Called by the loop of the actor's process: `alerts` as they come, `due` about every second, `close` at the end.

    Everything it does is in the cases: after a kill, the next one's `due` carries on.
    """

    def __init__(self, settings: Settings, *, now: Callable[[], int], who: str = "ladder") -> None:
        """`now`: microseconds UTC. Raises `Usage` for connectors or probes that make no sense."""
        self._cutter = Cutter(settings, now=now, who=who)
        self._pre_approved = settings.contain.pre_approved
        self._now = now
        self._who = who
        self._behind = ThreadPoolExecutor(max_workers=1, thread_name_prefix="acts")
        self._running: Future[None] | None = None
        self._closing = False
        self._unasked: dict[tuple[str, str, str], tuple[int, Mapping[str, Any]]] = {}

    def warm(self) -> None:
        """Fetch tokens and open connections before they are urgent; a provider that is down is tried again then."""
        for connector in {id(one): one for one in self._cutter.connectors.values()}.values():
            if hasattr(connector, "warm"):
                with suppress(TocsinError):
                    connector.warm()

    def alerts(self, rows: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
        """Plan what each alert's rung asks for, cut at once what is approved beforehand, leave the rest to `due`.

        `rows`: dictionaries with `account`, `rung`, `episode` (and `at`). The same alert again changes nothing, and no
        rung redoes what a person took back or refused in its incident. Returns where the acts stand.
        """
        rows = sorted(rows, key=lambda row: row["rung"] != "suspend")
        told: dict[str, Standing] = {}
        for row in rows:
            self._keep(told, self._cut(row, [row["account"]]))
        for row in rows:
            self._keep(told, self._cut_others(row))
        self.due()
        return [act_data(standing) for standing in told.values()]

    def due(self) -> int | None:
        """Carry on behind with what is due; when something is due next (microseconds UTC), None if nothing is left.

        Raises what stopped the work behind since it was last asked (`DiskFull`, `StoreUnavailable`).
        """
        if self._running is not None and self._running.done():
            done, self._running = self._running, None
            done.result()
        self._ask_again()
        left = [one.next_at for one in self._cutter.cases.acts(states=UNFINISHED) if one.next_at < NEVER]
        if self._running is None and any(at <= self._now() for at in left):
            self._running = self._behind.submit(self._carry_on)
        return min(left, default=None)

    def settle(self, timeout_s: float) -> bool:
        """Wait until the work behind is through; False if it is not by then."""
        running = self._running
        return running is None or not wait([running], timeout_s).not_done

    def close(self) -> None:
        """Finish the act at hand and stop; what is left is in the cases."""
        self._closing = True
        self._behind.shutdown(wait=True, cancel_futures=True)

    def _cut(self, row: Mapping[str, Any], accounts: list[str]) -> list[Standing]:
        rung = row["rung"]
        made = self._cutter.planned(
            self._incident(row), rung, accounts, asked_by=self._who, why=f"rung {rung}", again=False
        )
        standings = self._cutter.runner.plan(made.acts, approve=rung in self._pre_approved)
        with suppress(Held):  # another process is at it: `due` carries on
            fresh = [one for one in standings if one.act.kind == CUTS and one.state == "approved"]
            done = {one.act.id: one for one in self._cutter.carry_out(fresh)}
            return [done.get(one.act.id, one) for one in standings]
        return standings

    def _cut_others(self, row: Mapping[str, Any]) -> list[Standing]:
        """The person's other accounts; where a provider cannot be asked for them, it is asked again later."""
        person = self._cutter.person_of(row["account"])
        if not person.asked:
            self._unasked[row["account"], row["rung"], row["episode"]] = (
                self._now() + int(self._cutter.settings.contain.retry_s * 1e6),
                row,
            )
        others = [one for one in person.accounts if one != row["account"]]
        return self._cut(row, others) if others else []

    def _ask_again(self) -> None:
        for key, (at, row) in list(self._unasked.items()):
            if at <= self._now():
                del self._unasked[key]
                self._cut_others(row)

    def _incident(self, row: Mapping[str, Any]) -> str:
        episode = str(row["episode"])
        given = self._cutter.cases.incident_of([episode]).get(episode)
        if given is None:
            given = incident_id([episode])
            self._cutter.cases.assign(given, [episode], at=self._now())
        return str(given)

    def _carry_on(self) -> None:
        """Everything due, cuts first, looked up anew after each act."""
        tried: set[str] = set()
        while not self._closing:
            due = [one for one in self._cutter.runner.due() if one.act.id not in tried]
            if not due:
                return
            one = min(due, key=lambda standing: _ORDER.get(standing.act.kind, 1))
            tried.add(one.act.id)
            with suppress(Held):
                self._cutter.runner.carry_on(one)

    @staticmethod
    def _keep(told: dict[str, Standing], standings: list[Standing]) -> None:
        told |= {standing.act.id: standing for standing in standings}
