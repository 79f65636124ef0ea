"""A rung and accounts -> acts, in order; and the honest gaps: what cannot be cut or proven here. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from tocsin.contain.ladder import ACTS_OF, NOT_ENFORCED
from tocsin.model.act import Act, act_id

GAPS: Final = {
    "suspend-account": "cannot be cut here: no connector suspends accounts of its system",
    "delete-tokens": "its tokens cannot be deleted here: they work until they expire",
    "prove-dead": "cannot be proven here: no probe asks a service about it",
}
"""Kind of act -> what it means for an account that nothing carries it out."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Means:
    """A connector or a probe, as far as a plan knows it."""

    name: str
    does: tuple[str, ...]
    """Kinds of act."""
    systems: tuple[str, ...] = ()
    """Systems whose accounts it holds; none: every account."""
    rungs: tuple[str, ...] = ()
    """Rungs at which it has something to do; none: every rung."""

    def holds(self, account: str) -> bool:
        """Whether this account is one of its."""
        return not self.systems or account.rpartition("|")[0] in self.systems

    def serves(self, rung: str) -> bool:
        """Whether it has something to do at this rung."""
        return not self.rungs or rung in self.rungs


@dataclass(frozen=True, slots=True, kw_only=True)
class Gap:
    """What the plan cannot do for an account."""

    account: str
    kind: str
    """The kind of act that nothing carries out."""
    words: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What a rung comes to."""

    acts: tuple[Act, ...]
    """In the order in which they are carried out: cuts of all accounts, then tokens, then proofs."""
    gaps: tuple[Gap, ...]
    not_enforced: str
    """Why the rung itself is not enforced; empty if it is."""


Round = Callable[[str, str, str], int]
"""(kind, by, account) -> how often it was taken back or done and asked for again."""


def plan(
    *,
    incident: str,
    rung: str,
    accounts: Sequence[str],
    means: Iterable[Means],
    asked_by: str,
    why: str,
    round_of: Round = lambda kind, by, account: 0,
) -> Plan:
    """What `rung` asks for, at every account, by all means there are. Planned twice it is the same."""
    means = list(means)
    acts: list[Act] = []
    gaps: list[Gap] = []
    for kind in ACTS_OF[rung]:
        for account in dict.fromkeys(accounts):
            by = [one.name for one in means if kind in one.does and one.holds(account) and one.serves(rung)]
            if not by:
                gaps.append(Gap(account=account, kind=kind, words=GAPS[kind]))
            acts += [_act(incident, rung, kind, name, account, asked_by, why, round_of) for name in by]
    return Plan(acts=tuple(acts), gaps=tuple(gaps), not_enforced=NOT_ENFORCED.get(rung, ""))


def _act(incident: str, rung: str, kind: str, by: str, account: str, asked_by: str, why: str, round_of: Round) -> Act:
    name = act_id(incident, kind, by, account, rung=rung, round=round_of(kind, by, account))
    return Act(
        id=name,
        incident=incident,
        kind=kind,
        by=by,
        target=account,
        arguments={"rung": rung},
        asked_by=asked_by,
        why=why,
    )
