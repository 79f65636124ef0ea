"""The actor: what the ladder asks for is done at once where it was approved beforehand, and proven behind.

The cut comes first, in the caller's thread. In two threads of their own follow the person's other accounts (a provider
that cannot filter is read as a whole to find them) and everything that is due (tokens, proofs, what failed before): a
service that is slow to answer keeps no account from being cut.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextlib import suppress
from typing import Any, Final

from tocsin.acts.hold import Held
from tocsin.config import Settings
from tocsin.contain.ladder import ACTS_OF
from tocsin.errors import TocsinError
from tocsin.main.cutter import Cutter, act_data
from tocsin.model.act import UNFINISHED, Standing
from tocsin.model.incident import incident_id
from tocsin.store.interface import Cases

CUTS: Final = "suspend-account"
ASKED: Final = "person"
"""Kind of document in the cases: this account's person was asked for."""
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
        self._retry_us = int(settings.contain.retry_s * 1e6)
        self._asking = ThreadPoolExecutor(max_workers=1, thread_name_prefix="persons")
        self._behind = ThreadPoolExecutor(max_workers=1, thread_name_prefix="acts")
        self._lock = threading.Lock()
        self._tasks: list[Future[None]] = []
        self._carrying_on: Future[None] | None = None
        self._unasked: list[tuple[int, Mapping[str, Any]]] = [(0, row) for row in self._never_asked()]
        self._closing = False

    @property
    def cases(self) -> Cases:
        """Where everything it did is written down."""
        return self._cutter.runner.cases

    def warm(self) -> None:
        """Fetch tokens and open connections before they are urgent; a provider that is down is tried again then."""
        for connector in {id(one): one for one in self._cutter.connectors.values()}.values():
            if hasattr(connector, "warm"):
                with suppress(TocsinError):
                    connector.warm()

    def alerts(self, rows: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
        """Plan what each alert's rung asks for and cut at once what is approved beforehand; the rest follows behind.

        `rows`: dictionaries with `account`, `rung`, `episode` (and `at`). The same alert again changes nothing, and no
        rung redoes what a person took back or refused in its incident. Returns where the acts on these accounts stand.
        """
        rows = sorted(rows, key=lambda row: row["rung"] != "suspend")
        told: dict[str, Standing] = {}
        for row in rows:
            told |= {standing.act.id: standing for standing in self._cut(row, [row["account"]])}
        self._submit(self._asking, lambda: self._cut_others(rows))
        self.due()
        return [act_data(standing) for standing in told.values()]

    def due(self) -> int | None:
        """Carry on behind with what is due; when something is due next (microseconds UTC), None if nothing is left.

        Raises what stopped the work behind since it was last asked (`DiskFull`, `StoreUnavailable`).
        """
        with self._lock:
            done = [task for task in self._tasks if task.done()]
            self._tasks = [task for task in self._tasks if not task.done()]
            again = [row for at, row in self._unasked if at <= self._now()]
            self._unasked = [(at, row) for at, row in self._unasked if at > self._now()]
            waiting = [at for at, _ in self._unasked]
        for task in done:
            task.result()
        if again:
            self._submit(self._asking, lambda: self._cut_others(again))
        left = self._cutter.cases.next_due(UNFINISHED)
        if left is not None and left <= self._now():
            self._go_on()
        return min([*([] if left is None else [left]), *waiting, *(self._now() for _ in again)], default=None)

    def settle(self, timeout_s: float) -> bool:
        """Work until nothing is due at this moment; False if it is not so after `timeout_s` or several rounds."""
        for _ in range(5):  # what asks may leave something to carry on with
            with self._lock:
                tasks = list(self._tasks)
            if wait(tasks, timeout_s).not_done:
                return False
            next_at = self.due()
            if next_at is None or next_at > self._now():
                return True
        return False

    def close(self) -> None:
        """Finish the act at hand and stop; what is left is in the cases."""
        self._closing = True
        for pool in (self._asking, self._behind):
            pool.shutdown(wait=True, cancel_futures=True)

    def _submit(self, pool: ThreadPoolExecutor, work: Callable[[], None]) -> Future[None] | None:
        with self._lock:
            if self._closing:
                return None
            task = pool.submit(work)
            self._tasks.append(task)
            return task

    def _go_on(self) -> None:
        if self._carrying_on is None or self._carrying_on.done():
            self._carrying_on = self._submit(self._behind, self._carry_on)

    def _cut(self, row: Mapping[str, Any], accounts: list[str]) -> list[Standing]:
        rung = row["rung"]
        made = self._cutter.planned(
            self._incident(row), rung, accounts, asked_by=self._who, why=f"rung {rung}", again=False
        )
        approve = rung in self._pre_approved
        cuts = self._cutter.runner.plan([act for act in made.acts if act.kind == CUTS], approve=approve)
        with suppress(Held):  # another process is at it: `due` carries on
            done = {one.act.id: one for one in self._cutter.carry_out(one for one in cuts if one.state == "approved")}
            cuts = [done.get(one.act.id, one) for one in cuts]
        # Written after the cut, which waits for nothing that can wait: a kill in between has the alert told again.
        return [*cuts, *self._cutter.runner.plan([act for act in made.acts if act.kind != CUTS], approve=approve)]

    def _cut_others(self, rows: Iterable[Mapping[str, Any]]) -> None:
        """The person's other accounts; where a provider cannot be asked for them, it is asked again later."""
        for row in rows:
            if self._closing or not ACTS_OF[row["rung"]]:
                continue
            person = self._cutter.person_of(row["account"])
            others = [one for one in person.accounts if one != row["account"]]
            if others and self._cut(row, others):
                self._go_on()
            if person.asked:
                self._note_asked(row, person.accounts)
            else:
                with self._lock:
                    self._unasked.append((self._now() + self._retry_us, row))

    def _note_asked(self, row: Mapping[str, Any], accounts: Iterable[str]) -> None:
        for account in accounts:
            name = " ".join((self._incident(row), row["rung"], account))
            self._cutter.cases.keep(ASKED, name, {}, at=self._now())

    def _never_asked(self) -> list[Mapping[str, Any]]:
        """Rows of accounts that were cut before a kill, and whose person was not asked for yet."""
        asked = {name for name, _, _ in self._cutter.cases.kept(ASKED)}
        rows: dict[str, Mapping[str, Any]] = {}
        for standing in self._cutter.cases.acts():
            act, rung = standing.act, standing.act.arguments.get("rung", "")
            name = " ".join((act.incident, rung, act.target))
            if act.asked_by == self._who and rung and name not in asked and standing.state not in ("undone", "refused"):
                rows[name] = {"account": act.target, "rung": rung, "incident": act.incident}
        return list(rows.values())

    def _incident(self, row: Mapping[str, Any]) -> str:
        if "incident" in row:
            return str(row["incident"])
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
