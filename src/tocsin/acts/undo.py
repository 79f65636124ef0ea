"""Takes an act back: what was there before comes back, no more, and is read back. What cannot be undone says so."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, Final

from tocsin.acts.timing import Timed
from tocsin.errors import Conflict, ConnectorFailed
from tocsin.model.act import KINDS, Standing, State

if TYPE_CHECKING:
    from tocsin.acts.run import Runner

BEGUN: Final[tuple[State, ...]] = ("begun", "applied", "proven", "unproven", "failed", "undoing")
"""States in which something may have happened outside."""
HOLDS: Final[tuple[State, ...]] = ("begun", "applied", "proven", "unproven", "failed")


def undo(runner: Runner, act: str, *, why: str = "") -> Standing:
    """Take one act back; where it stands then.

    One that nobody began is refused instead. One without effect outside, or whose effect nothing brings back (tokens
    that are deleted), is only stopped: the journal says which. Where another act still asks for the same of the same
    account, nothing is restored: that act keeps what was there before, for its own undo. A failure of the other side
    leaves it `undoing`, tried again. Raises `Conflict` if somebody else is at it or it is undone already.
    """
    with runner.holding(act):
        standing = runner.standing(act)
        if standing.state in ("planned", "approved"):
            return runner.refuse(act, why=why)
        if standing.state not in BEGUN:
            raise Conflict(f"{act} stands at '{standing.state}'", done="Nothing was done.")
        at_first = standing
        if standing.state != "undoing":
            standing = runner.cases.move(
                act, "undoing", of=HOLDS, at=runner.now(), who=runner.who, detail={"why": why} if why else {}
            )
        if not KINDS.get(standing.act.kind, False):
            return _undone(runner, standing, {"nothing to undo": _words(standing.act.kind)})
        if not standing.before:
            return _undone(runner, standing, {"nothing to undo": "nothing was done: it failed before it began"})
        other = _still_held(runner, standing)
        if other is not None:
            return _handed_over(runner, standing, other)
        return _reverted(runner, standing, at_first)


def would(runner: Runner, standing: Standing, *, gone: Iterable[str] = ()) -> str:
    """What taking an act back would come to, in words, with nothing asked and nothing written.

    `gone`: acts that would be taken back before it.
    """
    if standing.state in ("planned", "approved"):
        return "it would never be done: nobody began it"
    if not KINDS.get(standing.act.kind, False):
        return f"nothing to undo: {_words(standing.act.kind)}"
    if not standing.before:
        return "nothing to undo: nothing was done, it failed before it began"
    other = _still_held(runner, standing, gone=gone)
    if other is not None:
        return f"nothing to undo: {other.act.id} of {other.act.incident} still asks for it"
    try:
        cannot = runner.connector(standing.act).cannot_revert()
    except ConnectorFailed as problem:
        cannot = str(problem)
    if cannot:
        return f"it would have to be taken back by hand: {cannot}"
    if standing.state == "undoing":
        return "it was tried and did not succeed; it would be tried again"
    return "what was there before would come back"


def _words(kind: str) -> str:
    if kind == "delete-tokens":
        return "tokens that were deleted stay deleted; the owner signs in anew"
    return "it had no effect outside that can be taken back; it is not asked again"


def _still_held(runner: Runner, standing: Standing, *, gone: Iterable[str] = ()) -> Standing | None:
    """Another act of the same kind at the same place on the same account, in whatever incident, that stands."""
    act, gone = standing.act, {standing.act.id, *gone}
    for other in runner.cases.acts(states=HOLDS):
        same = (other.act.kind, other.act.by, other.act.target) == (act.kind, act.by, act.target)
        if same and other.act.id not in gone and other.before:
            return other
    return None


def _handed_over(runner: Runner, standing: Standing, other: Standing) -> Standing:
    """The older of the two snapshots is what was there before both."""
    if standing.before["at"] < other.before["at"]:
        runner.cases.move(
            other.act.id,
            other.state,
            of=(other.state,),
            at=runner.now(),
            who=runner.who,
            before=standing.before,
            detail={"what was there before, from": standing.act.id},
            next_at=other.next_at,
        )
    words = f"{other.act.id} of {other.act.incident} still asks for it: it stays as it is"
    return _undone(runner, standing, {"nothing to undo": words})


def _reverted(runner: Runner, standing: Standing, at_first: Standing) -> Standing:
    timed = Timed(runner.now)
    act, before = standing.act, standing.before
    try:
        connector = runner.connector(act)
        timed("revert_ms", lambda: connector.revert(act, before))
        if timed("verify_ms", lambda: connector.verify_reverted(act, before)):
            return _undone(runner, standing, timed.told())
        raise ConnectorFailed("read back: what was there before is not there again")
    except ConnectorFailed as problem:
        return runner.cases.move(
            act.id,
            "undoing",
            of=("undoing",),
            at=runner.now(),
            who=runner.who,
            proof={"state": "unknown", "how": str(problem), "at": runner.now()},
            detail={**timed.told(), "failed": str(problem)},
            next_at=runner.later(at_first, retry_s=problem.retry_s),
        )


def _undone(runner: Runner, standing: Standing, detail: dict[str, Any]) -> Standing:
    return runner.cases.move(
        standing.act.id, "undone", of=("undoing",), at=runner.now(), who=runner.who, detail=detail, proof={}
    )
